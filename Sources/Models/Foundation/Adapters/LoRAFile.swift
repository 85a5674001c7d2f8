import Foundation

/// An adapter's file: the pairs of matrices and the layers that they change.
struct LoRAFile {
    /// The change of one layer's weights: up · down · alpha / rank.
    struct Change {
        let key: LoRAKey
        /// Names of the tensors.
        let down: String
        let up: String
        let alpha: String?
    }

    let path: String
    let tensors: SafetensorsFile
    /// By the name of their first matrix.
    let changes: [Change]
    /// The alpha of a file without one for each layer; nil where it is the rank.
    let commonAlpha: [FoundationFolder.Part: Double]

    /// What is not in the file itself and changes the result, as a text that identities may hold.
    var settings: String {
        commonAlpha.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key.rawValue) \(String($0.value.bitPattern, radix: 16))" }.joined(separator: " ")
    }

    /// - Parameters:
    ///   - path: of a safetensors file.
    ///   - resnetsPerLevel: residual blocks of a level of the UNet that it is merged into.
    /// - Throws: `SafetensorsError`; `FoundationModelError.adapter` where it is no adapter.
    init(path: String, resnetsPerLevel: Int) throws {
        try self.init(SafetensorsFile(path: path), path: path, resnetsPerLevel: resnetsPerLevel)
    }

    /// - Parameters:
    ///   - tensors: the file.
    ///   - path: where it is, or what errors call it.
    ///   - resnetsPerLevel: residual blocks of a level of the UNet that it is merged into.
    /// - Throws: `FoundationModelError.adapter` where it is no adapter.
    init(_ tensors: SafetensorsFile, path: String, resnetsPerLevel: Int) throws {
        self.path = path
        self.tensors = tensors
        var parts: [LoRAKey: [LoRAKey.Role: String]] = [:]
        var unknown: String?
        for name in tensors.names.sorted() {
            guard let (key, role) = LoRAKey.parsed(name, resnetsPerLevel: resnetsPerLevel) else {
                unknown = unknown ?? name
                continue
            }
            parts[key, default: [:]][role] = name
        }
        func problem(_ key: String, _ problem: LoRAProblem) -> FoundationModelError {
            .adapter(path: path, key: key, problem: problem)
        }
        guard parts.values.contains(where: { $0[.down] != nil }) else { throw problem("", .noAdapter) }
        if let unknown { throw problem(unknown, .unknownKey) }
        var changes: [Change] = []
        // By name, so that of several faults the same one is told.
        let named = parts.map { (name: $0.value.values.min() ?? "", part: $0) }
        for (_, (key, roles)) in named.sorted(by: { $0.name < $1.name }) {
            guard let down = roles[.down], let up = roles[.up] else {
                throw problem(roles[.down] ?? roles[.up] ?? roles[.alpha] ?? "", .noPartner)
            }
            changes.append(Change(key: key, down: down, up: up, alpha: roles[.alpha]))
        }
        self.changes = changes.sorted { $0.down < $1.down }
        commonAlpha = try LoRASettings.alphas(of: tensors, path: path)
    }
}

/// What an adapter's writer says of it beside its matrices: `lora_adapter_metadata` of diffusers, or
/// `adapter_config.json` of peft beside `adapter_model.safetensors`.
enum LoRASettings {
    /// The alpha of each network's layers, where it is said.
    ///
    /// - Throws: `FoundationModelError` for settings that change how the adapter is merged.
    static func alphas(
        of tensors: SafetensorsFile, path: String
    ) throws -> [FoundationFolder.Part: Double] {
        if let text = tensors.metadata["lora_adapter_metadata"] {
            guard case .object(let values)? = try? JSONReader.value(of: Array(text.utf8)) else {
                throw FoundationModelError.malformedJSON(
                    path: path, detail: "lora_adapter_metadata is no object")
            }
            var alphas: [FoundationFolder.Part: Double] = [:]
            for part in [FoundationFolder.Part.unet, .textEncoder, .secondTextEncoder] {
                alphas[part] = try alpha(
                    values, prefix: "\(part.rawValue).", path: "\(path), lora_adapter_metadata")
            }
            return alphas
        }
        let url = URL(fileURLWithPath: path), name = "adapter_config.json"
        let files = CheckpointFiles(folder: url.deletingLastPathComponent().path)
        guard url.lastPathComponent == "adapter_model.safetensors", files.exists(name) else { return [:] }
        let alpha = try alpha(try files.object(name), prefix: "", path: files.path(name))
        return alpha.map { [.unet: $0, .textEncoder: $0, .secondTextEncoder: $0] } ?? [:]
    }

    private static func alpha(
        _ values: [String: ConfigurationValue], prefix: String, path: String
    ) throws -> Double? {
        var fields = ConfigurationFields(file: path, values: values)
        for key in ["use_dora", "use_rslora", "alpha_pattern", "fan_in_fan_out"] {
            guard let value = values[prefix + key], !value.isOff, value != .object([:]) else { continue }
            throw FoundationModelError.adapter(
                path: path, key: prefix + key,
                problem: .setting(value: value.excerpt, allowed: value == .bool(true) ? "false" : "{}"))
        }
        let absent = -1.0
        let alpha = try fields.number(prefix + "lora_alpha", default: absent, in: 0...1e6)
        return alpha == absent ? nil : alpha
    }
}
