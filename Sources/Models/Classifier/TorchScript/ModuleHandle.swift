import CTorch
import Core
import Foundation

/// A TorchScript module in libtorch's memory.
///
/// `@unchecked`: only one thread at a time uses a module; `ScriptedModule` copies its own under a lock, and a copy
/// belongs to the worker that asked for it.
final class ModuleHandle: @unchecked Sendable {
    private let handle: ct_module

    private init(owning handle: ct_module) { self.handle = handle }

    deinit { ct_module_free(handle) }

    /// Loads a module from the bytes of its file; errors call it `path`.
    init(loading bytes: [UInt8], path: String) throws(TorchScriptError) {
        var handle = ct_module()
        let status = bytes.withUnsafeBytes { ct_module_load($0.baseAddress, $0.count, &handle) }
        guard status.code == Int32(CT_OK) else {
            throw .cannotLoad(path: path, libtorch: Torch.version, reason: Self.reason)
        }
        self.handle = handle
    }

    /// A module of its own memory with the same weights.
    func copy() -> ModuleHandle {
        var copy = ct_module()
        check(ct_module_copy(handle, &copy))
        return ModuleHandle(owning: copy)
    }

    /// The state dict: names as the module has them, in PyTorch's order.
    ///
    /// - Throws: `TorchScriptError` where a tensor is not one of a state that can be averaged, or none is trained.
    func stateTensors(path: String) throws(TorchScriptError) -> [ParameterStore.Entry] {
        var count: Int32 = 0
        check(ct_module_tensor_count(handle, &count))
        var entries: [ParameterStore.Entry] = []
        for index in 0..<count {
            var info = ct_module_tensor_info(), tensor = ct_tensor()
            check(ct_module_tensor(handle, index, &info, &tensor))
            let name = String(cString: info.name), owned = Tensor(owning: tensor)
            if let other = info.same_as {
                throw .sharedTensor(path: path, first: String(cString: other), second: name)
            }
            let declared = Safetensors.Declaration(name: name, shape: [], type: .float32)
            let type = declared.part == .counts ? "int64" : "float32"
            guard String(cString: info.type) == type else {
                throw .unsupportedType(
                    path: path, tensor: name, type: String(cString: info.type), allowed: "\(type) for it")
            }
            entries.append(ParameterStore.Entry(name: name, tensor: owned, isTrainable: info.is_trainable))
        }
        guard entries.contains(where: \.isTrainable) else { throw .noParameters(path: path) }
        return entries
    }

    /// What the module makes of images; layers that draw do so from `seed`.
    func forward(
        _ images: Tensor, training: Bool, seed: UInt64, path: String
    ) throws(TorchScriptError) -> Tensor {
        var output = ct_tensor()
        let status = ct_module_forward(handle, images.handle, training, seed, &output)
        guard status.code == Int32(CT_OK) else {
            throw .cannotRun(path: path, shape: images.shape, reason: Self.reason)
        }
        return Tensor(owning: output)
    }

    /// Tries the module, of which a copy is made, on images of zeros.
    ///
    /// - Returns: Floating-point operations of a forward pass of one image.
    /// - Throws: `TorchScriptError` where it does not make logits of them.
    func tried(path: String, classes: Int, side: Int) throws(TorchScriptError) -> Int {
        let module = copy()
        for count in [1, 3] {
            let images = Tensor.zeros([count, 3, side, side])
            let logits = try Torch.withoutGradients { () throws(TorchScriptError) in
                try module.forward(images, training: false, seed: 0, path: path)
            }
            try Self.checkShape(of: logits, images: images, classes: classes, path: path)
        }
        let images = Tensor.zeros([2, 3, side, side])
        ct_count_operations_begin()
        let logits: Tensor
        do throws(TorchScriptError) {
            logits = try module.forward(images, training: true, seed: 0, path: path)
        } catch {
            _ = ct_count_operations_end()
            throw error
        }
        let operations = ct_count_operations_end() / Int64(images.shape[0])
        try Self.checkShape(of: logits, images: images, classes: classes, path: path)
        var hasGradient = false
        check(ct_requires_grad(logits.handle, &hasGradient))
        guard hasGradient else { throw .noGradient(path: path) }
        return Int(operations)
    }

    private static func checkShape(
        of logits: Tensor, images: Tensor, classes: Int, path: String
    ) throws(TorchScriptError) {
        let expected = [images.shape[0], classes]
        guard logits.shape == expected else {
            throw .foreignOutput(
                path: path, shape: images.shape, found: "a tensor \(logits.shape)", expected: expected)
        }
    }

    /// The line of libtorch's message that says what is wrong: the last one of an error of Python's kind, which ends a
    /// traceback, else the first.
    private static var reason: String {
        let lines = String(cString: ct_last_error()).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }.filter { !$0.isEmpty }
        let line = lines.last { $0.hasPrefix("RuntimeError: ") } ?? lines.first ?? "no reason is known"
        var text = line.hasPrefix("RuntimeError: ") ? String(line.dropFirst(14)) : line
        // libtorch's file and line.
        if text.hasPrefix("[enforce fail at "), let end = text.range(of: "] . ") {
            text = String(text[end.upperBound...])
        }
        return TerminalText.line(text.hasSuffix(".") ? String(text.dropLast()) : text, limit: 300)
    }
}
