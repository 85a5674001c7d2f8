import Foundation

/// The state of a training run between two steps, in one safetensors file.
struct PretrainingCheckpoint {
    /// What a tensor of the file is to the run.
    enum Group: String {
        case autoencoder, weights, averages
        case firstMoments = "first_moments"
        case secondMoments = "second_moments"
    }

    private let file: SafetensorsFile
    /// Steps that were made.
    let step: Int

    /// Reads a checkpoint of `plan`; nil where there is no file.
    ///
    /// - Throws: `FoundationModelError.foreignCheckpoint` where another plan wrote it, `SafetensorsError`
    ///   where the file is damaged.
    init?(at url: URL, plan: some Encodable) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        file = try SafetensorsFile(path: url.path)
        guard file.metadata["plan"] == (try Self.text(of: plan)) else {
            throw FoundationModelError.foreignCheckpoint(path: url.path, detail: "its plan differs")
        }
        guard let step = file.metadata["step"].flatMap(Int.init), step >= 0 else {
            throw FoundationModelError.foreignCheckpoint(path: url.path, detail: "it names no step")
        }
        self.step = step
    }

    /// Whether the denoiser's training had begun.
    var hasDenoiser: Bool { file.names.contains { $0.hasPrefix(Group.weights.rawValue) } }

    /// Overwrites `tensors` with those of a group.
    ///
    /// - Throws: `SafetensorsError` where one is missing or has another shape.
    func load(into tensors: [(name: String, tensor: Tensor)], group: Group) throws {
        try Torch.withoutGradients {
            for (name, tensor) in tensors {
                let source = try file.tensor(named: "\(group.rawValue).\(name)")
                guard source.shape == tensor.shape else {
                    throw SafetensorsError.shapeMismatch(
                        file: file.file, tensor: name, expected: tensor.shape, found: source.shape)
                }
                tensor.copy(from: source)
            }
        }
    }

    /// Writes a checkpoint; the one that stands there is replaced at once or not at all.
    ///
    /// - Throws: `SafetensorsError.unwritable`.
    static func write(
        _ groups: [(group: Group, tensors: [(name: String, tensor: Tensor)])], plan: some Encodable,
        step: Int, to url: URL
    ) throws {
        let tensors = groups.flatMap { group in
            group.tensors.map { (name: "\(group.group.rawValue).\($0.name)", tensor: $0.tensor) }
        }
        try Safetensors.write(
            tensors, to: url.path, metadata: ["plan": try text(of: plan), "step": "\(step)"])
    }

    private static func text(of plan: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(plan), as: UTF8.self)
    }
}
