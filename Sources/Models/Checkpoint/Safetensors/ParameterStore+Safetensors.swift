extension ParameterStore {
    /// Names, shapes and types of the state, in registration order.
    public var declarations: [Safetensors.Declaration] {
        entries.map { .init(name: $0.name, shape: $0.tensor.shape, type: $0.tensor.elementType) }
    }

    /// Bytes of the state, buffers included, without names: what `torch.save` would be at least.
    public var stateByteCount: Int { declarations.reduce(0) { $0 + $1.byteCount } }

    /// How many bytes `encoded` makes, without making them.
    public func encodedByteCount(as type: ElementType? = nil, metadata: [String: String] = [:]) -> Int {
        Safetensors.encodedByteCount(declarations, as: type, metadata: metadata)
    }

    /// The state, buffers included, as a safetensors file.
    public func encoded(as type: ElementType? = nil, metadata: [String: String] = [:]) -> [UInt8] {
        Safetensors.encode(entries.map { ($0.name, $0.tensor) }, as: type, metadata: metadata)
    }

    /// Overwrites the registered tensors that `file` has, which may be some of them.
    ///
    /// - Throws: `SafetensorsError.unexpectedTensor`, `.shapeMismatch`.
    public func loadPart(_ file: SafetensorsFile) throws(SafetensorsError) {
        for name in file.names {
            guard let tensor = self[name], let found = file.shape(of: name) else {
                throw .unexpectedTensor(file: file.file, tensor: name, count: 1)
            }
            guard found == tensor.shape else {
                throw .shapeMismatch(file: file.file, tensor: name, expected: tensor.shape, found: found)
            }
        }
        for name in file.names {
            guard let tensor = self[name] else { continue }
            try Torch.withoutGradients { () throws(SafetensorsError) in
                try file.copyTensor(named: name, to: tensor)
            }
        }
    }

    /// Overwrites every registered tensor with the one of the same name in `file`, converted to the
    /// registered type.
    ///
    /// Everything is checked before the first tensor changes.
    ///
    /// - Parameters:
    ///   - file: Where the values come from.
    ///   - prefix: What stands before the names in the file, its last dot included: `text_model.`.
    ///   - strict: Whether tensors of the file under `prefix` that are not registered are an error.
    /// - Throws: `SafetensorsError.missingTensor`, `.shapeMismatch`, `.unexpectedTensor`.
    public func load(
        _ file: SafetensorsFile, prefix: String = "", strict: Bool = true
    ) throws(SafetensorsError) {
        for entry in entries {
            let name = prefix + entry.name
            guard let found = file.shape(of: name) else {
                throw .missingTensor(file: file.file, tensor: name)
            }
            let expected = entry.tensor.shape
            guard found == expected else {
                throw .shapeMismatch(file: file.file, tensor: name, expected: expected, found: found)
            }
        }
        if strict {
            let unknown = file.names.filter {
                $0.hasPrefix(prefix) && self[String($0.dropFirst(prefix.count))] == nil
            }
            if let first = unknown.first {
                throw .unexpectedTensor(file: file.file, tensor: first, count: unknown.count)
            }
        }
        for entry in entries {
            try Torch.withoutGradients { () throws(SafetensorsError) in
                try file.copyTensor(named: prefix + entry.name, to: entry.tensor)
            }
        }
    }
}
