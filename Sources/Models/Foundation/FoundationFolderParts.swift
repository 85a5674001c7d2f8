extension FoundationFolder {
    /// A network's folder.
    enum Part: String {
        case textEncoder = "text_encoder"
        case unet
        case autoencoder = "vae"

        /// Where the weights may be, the usual place first.
        var weightFiles: [String] {
            let stem = self == .textEncoder ? "model" : "diffusion_pytorch_model"
            return ["\(stem).safetensors", "\(stem).fp16.safetensors"]
        }

        /// The parameter's name in the model for a tensor's name in a file; nil for tensors that are not
        /// used.
        ///
        /// Checkpoints carry the names of the library's version that wrote them.
        func parameterName(_ name: String) -> String? {
            switch self {
            case .textEncoder: Self.textEncoderName(name)
            case .unet: name
            case .autoencoder: Self.autoencoderName(name)
            }
        }

        /// transformers before 5 put `text_model.` before every name, and stored the positions 0, 1, … as a
        /// tensor.
        private static func textEncoderName(_ name: String) -> String? {
            let prefix = "text_model."
            let short = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
            return ["embeddings.position_ids", "text_projection.weight"].contains(short) ? nil : short
        }

        /// diffusers before 0.18 named the projections of the autoencoder's attention differently.
        private static func autoencoderName(_ name: String) -> String? {
            var parts = name.split(separator: ".").map(String.init)
            let renamed = [
                "query": ["to_q"], "key": ["to_k"], "value": ["to_v"], "proj_attn": ["to_out", "0"],
            ]
            if parts.contains("attentions"), parts.count >= 2, let new = renamed[parts[parts.count - 2]] {
                parts.replaceSubrange(parts.count - 2..<parts.count - 1, with: new)
            }
            return parts.joined(separator: ".")
        }
    }
}

extension ParameterStore {
    /// Overwrites every registered tensor from `file`, converted to the registered type.
    ///
    /// Everything is checked before the first tensor changes.
    ///
    /// - Parameter rename: gives the registered name for a name in the file, or nil for a tensor that is not
    ///   used.
    /// - Throws: `SafetensorsError.missingTensor`, `.shapeMismatch`, `.unexpectedTensor`.
    func load(_ file: SafetensorsFile, rename: (String) -> String?) throws(SafetensorsError) {
        var sources: [String: String] = [:]
        for name in file.names {
            if let registered = rename(name) { sources[registered] = name }
        }
        for entry in entries {
            guard let name = sources[entry.name], let found = file.shape(of: name) else {
                throw .missingTensor(file: file.file, tensor: entry.name)
            }
            let expected = entry.tensor.shape
            if found != expected {
                throw .shapeMismatch(file: file.file, tensor: name, expected: expected, found: found)
            }
        }
        let unexpected = file.names.filter { name in rename(name).map { self[$0] == nil } ?? false }
        if let first = unexpected.first {
            throw .unexpectedTensor(file: file.file, tensor: first, count: unexpected.count)
        }
        for entry in entries {
            let source = try file.tensor(named: sources[entry.name]!)
            Torch.withoutGradients { entry.tensor.copy(from: source) }
        }
    }
}
