/// What a message between a client and the server carries: the column `transfer.payload`.
public enum Payload: Sendable, Hashable {
    /// Labelled prompts.
    case prompts
    /// States of prompts.
    case embeddings
    /// Learnt words.
    case tokens
    /// A model, or the change of one.
    case weights
    /// A control variate.
    case control
    /// Mean features of classes.
    case prototypes
    /// A client's summary of the features of its images.
    case statistics
    /// Features of candidates, which clients compare with those of their images.
    case candidates
    /// How many images of a client are nearest to each candidate.
    case votes
    /// A low-rank adapter of the foundation model.
    case adapter
    /// Vectors of a client's domain and classes, and noised latents of its images.
    case concepts
    /// A payload that only another version knows; no part of this package writes one.
    case other(String)
}

extension Payload: LogWord {
    public static let all: [Payload] = [
        .prompts, .embeddings, .tokens, .weights, .control, .prototypes, .statistics, .candidates, .votes,
        .adapter, .concepts,
    ]

    public var rawValue: String {
        switch self {
        case .prompts: "prompts"
        case .embeddings: "embeddings"
        case .tokens: "tokens"
        case .weights: "weights"
        case .control: "control"
        case .prototypes: "prototypes"
        case .statistics: "statistics"
        case .candidates: "candidates"
        case .votes: "votes"
        case .adapter: "adapter"
        case .concepts: "concepts"
        case .other(let text): text
        }
    }

    /// The payload of a text that was read.
    public init(rawValue: String) {
        self = Self.all.first { $0.rawValue == rawValue } ?? .other(rawValue)
    }

    public var meaning: String {
        switch self {
        case .prompts: "A line of label and text for each prompt."
        case .embeddings: "States of the text encoder for prompts, as a safetensors file."
        case .tokens: "Words learnt from images, as a safetensors file."
        case .weights:
            "A model's state as a safetensors file, or a client's change of it in the form of its upload."
        case .control:
            "A control variate as a safetensors file: the server's, down; a client's change of its own, up."
        case .prototypes: "The mean features of classes as a safetensors file, with numbers of images."
        case .statistics:
            "Sums, or means and variances, of the features of a client's images, as a safetensors file."
        case .candidates: "Features of the server's candidate images with labels, as a safetensors file."
        case .adapter:
            "A client's low-rank adapter (LoRA) of the foundation model, as a safetensors file."
        case .concepts:
            "Vectors learnt of a client's domain and classes, and noised latents, as a safetensors file."
        case .votes: "A number for each candidate as a safetensors file."
        case .other: ""
        }
    }
}
