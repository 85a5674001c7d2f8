import Models

/// The weights of a model that is trained or evaluated.
package enum ModelStart: Sendable {
    /// Fresh ones, drawn from a seed.
    case initial(seed: UInt64)
    /// Those of an encoded model.
    case state(StoredBytes)
    /// A client's own weights, if it has any yet, and over them those that are shared.
    case merged(shared: StoredBytes, own: StoredBytes?)

    /// The bytes that are read.
    var inputs: [StoredBytes] {
        switch self {
        case .initial: []
        case .state(let bytes): [bytes]
        case .merged(let shared, let own): [shared] + (own.map { [$0] } ?? [])
        }
    }

    /// What the model hash of a run with personal models says of one of them.
    var text: String {
        switch self {
        case .initial(let seed): "seed \(seed)"
        case .state(let bytes): bytes.sha256
        case .merged(let shared, let own): "shared \(shared.sha256) own \(own?.sha256 ?? "none")"
        }
    }

    /// The classifier with these weights.
    func classifier(_ model: ClassifierReference, in environment: WorkerEnvironment) throws -> Classifier {
        switch self {
        case .initial(let seed):
            return Classifier(model.architecture, seed: seed)
        case .state(let bytes):
            return try environment.withTensors(of: bytes) { try Classifier(model.architecture, state: $0) }
        case .merged(let shared, let own):
            // What neither has, batch norm before the first round, starts as it does in every network.
            let classifier = Classifier(model.architecture, seed: 0)
            if let own { try environment.withTensors(of: own) { try classifier.network.store.load($0) } }
            try environment.withTensors(of: shared) { try classifier.network.store.loadPart($0) }
            return classifier
        }
    }
}

extension ModelStart: Codable {
    private enum CodingKeys: String, CodingKey { case seed, state, shared, own }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let seed = try container.decodeIfPresent(UInt64.self, forKey: .seed) {
            self = .initial(seed: seed)
        } else if let state = try container.decodeIfPresent(StoredBytes.self, forKey: .state) {
            self = .state(state)
        } else {
            self = .merged(
                shared: try container.decode(StoredBytes.self, forKey: .shared),
                own: try container.decodeIfPresent(StoredBytes.self, forKey: .own))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .initial(let seed):
            try container.encode(seed, forKey: .seed)
        case .state(let bytes):
            try container.encode(bytes, forKey: .state)
        case .merged(let shared, let own):
            try container.encode(shared, forKey: .shared)
            try container.encodeIfPresent(own, forKey: .own)
        }
    }
}
