import Core
import Models

/// What a client tells of its images instead of sending them.
public enum ImageDescription: Sendable {
    /// Texts, class-level or instance-level.
    case prompts([Prompt])
    /// States of class-level prompts, in the precision in which they travel.
    case embeddings([PromptEmbedding], Scenario.EmbeddingPrecision)
    /// Words learnt from the images, in the precision in which they travel.
    case words([TokenEmbedding], Scenario.EmbeddingPrecision)
    /// Texts, and what the client has taught the foundation model, which draws them with it.
    case personalized([Prompt], Personalization)

    /// What a client tells that holds no image: a message of no prompts, whatever the others send.
    static let nothing = ImageDescription.prompts([])
}

/// What the server has been asked to synthesize, all clients together.
public struct SynthesisRequest: Sendable {
    /// The class index of its images.
    public let label: Int
    /// What they are to show.
    public let condition: ImageCondition
    /// How many of the clients' images it stands for: its share among the requests of its label.
    public let weight: Int
    /// The text, or a hash of the states: what noise and work keys are derived from.
    public let key: String
    /// What a client has taught the foundation model, with which it is drawn; `nil` for the model as it is.
    public let personalization: Personalization?
}

extension SynthesisRequest {
    /// The requests of all clients: each distinct one once, with the sum of its weights, by label,
    /// personalization and then key.
    ///
    /// - Parameter template: the text that learnt words stand in.
    static func merged(_ descriptions: some Sequence<ImageDescription>, template: String)
        -> [SynthesisRequest]
    {
        var weights: [Identity: Int] = [:]
        var conditions: [Identity: ImageCondition] = [:]
        var personalizations: [Personalization] = []
        func add(
            _ label: Int, _ key: String, _ condition: ImageCondition, _ weight: Int, of place: Int? = nil
        ) {
            let identity = Identity(label: label, key: key, personalization: place)
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
            case .personalized(let prompts, let personalization):
                var place = personalizations.firstIndex(of: personalization)
                if place == nil {
                    place = personalizations.count
                    personalizations.append(personalization)
                }
                for prompt in prompts {
                    add(prompt.label, prompt.text, .text(prompt.text), prompt.count, of: place)
                }
            }
        }
        return weights.keys.sorted { $0.order < $1.order }.map { identity in
            SynthesisRequest(
                label: identity.label, condition: conditions[identity]!, weight: weights[identity]!,
                key: identity.key,
                personalization: identity.personalization.map {
                    personalizations[$0].with(label: identity.label)
                })
        }
    }

    private struct Identity: Hashable {
        let label: Int
        let key: String
        /// The place among the personalizations of the descriptions; `nil` for none. By their hashes the
        /// order would be another one in a run that is timing only.
        let personalization: Int?

        var order: (Int, Int, String) { (label, personalization ?? -1, key) }
    }
}

extension TextStates {
    /// SHA-256 of shape and values, hexadecimal.
    var sha256: String {
        var hash = SHA256()
        hash.update(data: Array("\(tokens) \(width)\n".utf8))
        values.withUnsafeBytes { hash.update(bufferPointer: $0) }
        pooled.withUnsafeBytes { hash.update(bufferPointer: $0) }
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
