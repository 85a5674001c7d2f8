import Core
import Models

/// What a client tells of its images instead of sending them.
public enum ImageDescription: Sendable, Hashable {
    /// Texts, class-level or instance-level.
    case prompts([Prompt])
    /// States of class-level prompts, in the precision in which they travel.
    case embeddings([PromptEmbedding], Scenario.EmbeddingPrecision)
    /// Words learnt from the images, in the precision in which they travel.
    case words([TokenEmbedding], Scenario.EmbeddingPrecision)
}

/// What the server has been asked to synthesize, all clients together.
public struct SynthesisRequest: Sendable, Hashable {
    /// The class index of its images.
    public let label: Int
    /// What they are to show.
    public let condition: ImageCondition
    /// How many of the clients' images it stands for: its share among the requests of its label.
    public let weight: Int
    /// The text, or a hash of the states: what noise and work keys are derived from.
    public let key: String
}

extension SynthesisRequest {
    /// The requests of all clients: each distinct one once, with the sum of its weights, by label and then
    /// key.
    ///
    /// - Parameter template: the text that learnt words stand in.
    static func merged(_ descriptions: some Sequence<ImageDescription>, template: String)
        -> [SynthesisRequest]
    {
        var weights: [Identity: Int] = [:]
        var conditions: [Identity: ImageCondition] = [:]
        func add(_ label: Int, _ key: String, _ condition: ImageCondition, _ weight: Int) {
            let identity = Identity(label: label, key: key)
            weights[identity, default: 0] += weight
            conditions[identity] = condition
        }
        for description in descriptions {
            switch description {
            case .prompts(let prompts):
                for prompt in prompts { add(prompt.label, prompt.text, .text(prompt.text), prompt.count) }
            case .embeddings(let embeddings, _):
                for embedding in embeddings {
                    add(embedding.label, embedding.states.sha256, .states(embedding.states), 1)
                }
            case .words(let words, _):
                for word in words {
                    let prompt = TokenPrompt(template: template, placeholder: "{class}", vector: word.vector)
                    add(word.label, prompt.sha256, .token(prompt), word.count)
                }
            }
        }
        return weights.keys.sorted { ($0.label, $0.key) < ($1.label, $1.key) }.map {
            SynthesisRequest(label: $0.label, condition: conditions[$0]!, weight: weights[$0]!, key: $0.key)
        }
    }

    private struct Identity: Hashable {
        let label: Int
        let key: String
    }
}

extension TextStates {
    /// SHA-256 of shape and values, hexadecimal.
    var sha256: String {
        var hash = SHA256()
        hash.update(data: Array("\(tokens) \(width)\n".utf8))
        values.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().hexadecimal
    }
}

extension TokenPrompt {
    /// SHA-256 of text and vector, hexadecimal.
    var sha256: String {
        var hash = SHA256()
        hash.update(data: Array(pieces.map { "\($0.utf8.count) \($0)\n" }.joined().utf8))
        vector.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().hexadecimal
    }
}
