/// What can be wrong with a classifier in a TorchScript file.
///
/// Each case carries the data of its sentence; the English is in `TorchScriptError+Description.swift`.
public enum TorchScriptError: Error, Sendable, Hashable {
    /// The file is not there or cannot be read; `reason` has the system's words.
    case unreadableFile(path: String, reason: String)
    /// The file is something else: `found` says what.
    case foreignContent(path: String, found: String)
    /// It is TorchScript, and this libtorch does not load it: a version or an operator that it does not know.
    case cannotLoad(path: String, libtorch: String, reason: String)
    /// The module has no weights to be trained.
    case noParameters(path: String)
    /// A tensor of the state has an element type that states do not have.
    case unsupportedType(path: String, tensor: String, type: String, allowed: String)
    /// Two names of the state are one tensor.
    case sharedTensor(path: String, first: String, second: String)
    /// The module fails on images of this shape; `reason` has libtorch's words.
    case cannotRun(path: String, shape: [Int], reason: String)
    /// The module's answer to images has another shape than logits.
    case foreignOutput(path: String, shape: [Int], found: String, expected: [Int])
    /// No weight has a gradient in the module's answers.
    case noGradient(path: String)
    /// The file is not the one that a run was begun with.
    case changedFile(path: String)
}

extension TorchScriptError {
    /// Whether a file is missing or unreadable (exit code 74), rather than its content being at fault (65).
    public var isFileAccess: Bool {
        if case .unreadableFile = self { true } else { false }
    }
}
