extension TorchScriptError: CustomStringConvertible {
    /// One line: what is wrong, where, and what is allowed.
    public var description: String {
        switch self {
        case .unreadableFile(let path, let reason):
            "\(path): cannot be read: \(reason)"
        case .foreignContent(let path, let found):
            "\(path): is not TorchScript but \(found); allowed: a module that torch.jit.save wrote"
        case .cannotLoad(let path, let libtorch, let reason):
            "\(path): libtorch \(libtorch) cannot load this module: \(reason)"
        case .noParameters(let path):
            "\(path): the module has no parameters to be trained; allowed: one that is not frozen, with parameters "
                + "that require gradients"
        case .unsupportedType(let path, let tensor, let type, let allowed):
            "\(path): tensor \(tensor) of the module's state is \(type); allowed: \(allowed)"
        case .sharedTensor(let path, let first, let second):
            "\(path): \(first) and \(second) are one tensor; allowed: parameters and buffers of their own memory"
        case .cannotRun(let path, let shape, let reason):
            "\(path): the module fails on images \(shape): \(reason)"
        case .foreignOutput(let path, let shape, let found, let expected):
            "\(path): the module makes \(found) of images \(shape); expected: logits \(expected), float32"
        case .noGradient(let path):
            "\(path): no parameter has a gradient in what the module makes of images in training"
        case .changedFile(let path):
            "\(path): is not the file that the run was begun with"
        }
    }
}
