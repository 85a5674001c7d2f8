import Models
import RunLog

/// What a client has taught the foundation model of its images, in the bytes that have travelled.
public enum Personalization: Sendable, Hashable {
    /// A low-rank adapter of its weights (`FGLLoRA`).
    case adapter(StoredBytes)
    /// Concept vectors and noised latents (`FedBiP`).
    case concept(ClientConcept)

    /// The bytes.
    public var bytes: StoredBytes {
        switch self {
        case .adapter(let bytes): bytes
        case .concept(let concept): concept.bytes
        }
    }

    /// The same for a label.
    func with(label: Int) -> Personalization {
        guard case .concept(var concept) = self else { return self }
        concept.label = label
        return .concept(concept)
    }

    /// What its message carries.
    var payload: Payload {
        switch self {
        case .adapter: .adapter
        case .concept: .concepts
        }
    }

    public static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.adapter(let left), .adapter(let right)): left.sha256 == right.sha256
        case (.concept(let left), .concept(let right)): left == right
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes.sha256) }
}

/// How a client's concept is drawn.
public struct ClientConcept: Codable, Sendable, Hashable {
    /// The message (`ConceptMessage`).
    public let bytes: StoredBytes
    /// The part of the denoising steps that is made, from the latents on.
    public let strength: Double
    /// The deviation of the noise on the domain's vector, anew for each image.
    public let noise: Double
    /// The label of its vectors and latents that are used.
    public var label: Int

    private enum CodingKeys: String, CodingKey { case bytes, strength, noise, label }

    package init(_ bytes: StoredBytes, strength: Double, noise: Double, label: Int = 0) {
        self.bytes = bytes
        self.strength = strength
        self.noise = noise
        self.label = label
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.bytes.sha256 == right.bytes.sha256 && left.strength == right.strength
            && left.noise == right.noise && left.label == right.label
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes.sha256) }
}
