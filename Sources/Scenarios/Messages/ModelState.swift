import Models

/// The encoded state of a classifier, as it is sent, averaged and evaluated.
public struct ModelState: Sendable {
    /// A safetensors file with PyTorch's names.
    public let bytes: StoredBytes
    /// The number of images it was trained on last, by which `averaging: samples` weighs it.
    public let samples: Int
    /// The number of steps that led to it, where the file says so.
    public var steps: Int?
    /// Which tensors it has.
    var scope = StateScope.whole
    /// The model that the client was sent, of which it made this one; the server has it.
    var base: StoredBytes?
    /// The first tensor with an element that is infinite or not a number, or `NotANumber.loss`; `nil` where
    /// all are numbers, or not checked.
    var firstNotFinite: String?

    /// Pairs encoded bytes with what they were made of.
    init(bytes: StoredBytes, samples: Int, steps: Int? = nil, scope: StateScope = .whole) {
        self.bytes = bytes
        self.samples = samples
        self.steps = steps
        self.scope = scope
    }

    /// A state that has just been made, with what in it is not a number.
    ///
    /// - Parameter encoded: its file.
    /// - Throws: `SafetensorsError` where the file cannot be read; what storing it throws.
    init(storing encoded: [UInt8], in blobs: BlobStore, samples: Int, steps: Int? = nil) throws {
        let finding = try SafetensorsFile(bytes: encoded).firstNotFinite
        try self.init(bytes: blobs.store(encoded), samples: samples, steps: steps)
        firstNotFinite = finding
    }

    /// What stands in the file beside the tensors of a model that a client has trained.
    static func metadata(samples: Int, steps: Int?) -> [String: String] {
        var metadata = ["samples": "\(samples)"]
        metadata["steps"] = steps.map { "\($0)" }
        return metadata
    }
}

/// Which tensors of a model a state has.
package enum StateScope: String, Sendable, Hashable, Codable {
    /// All of them.
    case whole
    /// Those that FedBN shares: all but those of batch norm.
    case shared
    /// Those that training changes: a control variate's.
    case parameters

    /// The tensors that belong to it.
    func layout(of whole: [Safetensors.Declaration]) -> [Safetensors.Declaration] {
        switch self {
        case .whole:
            return whole
        case .shared:
            let local = Self.localNames(in: whole)
            return whole.filter { !local.contains($0.name) }
        case .parameters:
            return whole.filter { $0.part == .parameters }
        }
    }

    /// The tensors that `shared` leaves out: those of every layer that has a running mean.
    package static func localNames(in layout: [Safetensors.Declaration]) -> Set<String> {
        let suffix = ".running_mean"
        let layers = layout.map(\.name).filter { $0.hasSuffix(suffix) }.map { $0.dropLast(suffix.count) }
        let prefixes = Set(layers.map { "\($0)." })
        return Set(
            layout.map(\.name).filter { name in
                name.lastIndex(of: ".").map { prefixes.contains(String(name[...$0])) } ?? false
            })
    }
}
