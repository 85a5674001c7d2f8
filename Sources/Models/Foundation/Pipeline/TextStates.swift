/// The states of a text as a text encoder gives them: what a denoiser attends to.
///
/// A value that may travel between threads and, encoded, between a client and a server.
public struct TextStates: Sendable, Hashable {
    /// The number of states, padding included.
    public let tokens: Int
    /// Width of a state.
    public let width: Int
    /// The states one after the other, `[tokens, width]`.
    public let values: [Float]
    /// The text as one vector, which Stable Diffusion XL takes beside the states; empty for others.
    public let pooled: [Float]

    /// - Precondition: `values.count == tokens * width`.
    public init(tokens: Int, width: Int, values: [Float], pooled: [Float] = []) {
        precondition(values.count == tokens * width, "\(values.count) values for \(tokens) × \(width)")
        self.tokens = tokens
        self.width = width
        self.values = values
        self.pooled = pooled
    }

    /// The weighted mean of the states of several texts, element by element, in double precision.
    ///
    /// - Precondition: there is one, weights are positive, and all have one shape.
    public static func mean(of all: [(states: TextStates, weight: Int)]) -> TextStates {
        guard let first = all.first?.states else { preconditionFailure("a mean of no states") }
        precondition(
            all.allSatisfy {
                $0.weight > 0 && $0.states.tokens == first.tokens && $0.states.width == first.width
                    && $0.states.pooled.count == first.pooled.count
            }, "states of several shapes")
        let total = all.reduce(0.0) { $0 + Double($1.weight) }
        func mean(_ part: (TextStates) -> [Float]) -> [Float] {
            var sums = [Double](repeating: 0, count: part(first).count)
            for (states, weight) in all {
                for (place, value) in part(states).enumerated() {
                    sums[place] += Double(weight) * Double(value)
                }
            }
            return sums.map { Float($0 / total) }
        }
        return TextStates(
            tokens: first.tokens, width: first.width, values: mean(\.values), pooled: mean(\.pooled))
    }
}

/// What an image is to show.
public enum ImageCondition: Sendable, Hashable {
    /// A text, which the pipeline encodes.
    case text(String)
    /// A text's states, encoded elsewhere by the same encoder.
    case states(TextStates)
    /// A text with a vector in it, which the pipeline encodes.
    case token(TokenPrompt)
}

extension TextToImagePipeline {
    /// The states of a prompt, as `images(of:seeds:options:progress:)` takes them.
    public func states(of prompt: String) -> TextStates {
        let text = prompts(prompt)
        return TextStates(
            tokens: text.states.shape[1], width: text.states.shape[2], values: text.states.floats,
            pooled: text.pooled?.floats ?? [])
    }

    /// A condition as the denoiser takes it.
    ///
    /// - Throws: `FoundationModelError.foreignStates`, `.foreignToken` where they are not those of this
    ///   checkpoint's encoder; `.lostToken`, `.noLearnedWords`.
    func encoded(_ condition: ImageCondition) throws -> EncodedText {
        switch condition {
        case .text(let prompt):
            return prompts(prompt)
        case .states(let states):
            let expected = prompts.stateShape + [prompts.pooledWidth]
            let found = [states.tokens, states.width, states.pooled.count]
            guard found == expected else {
                throw FoundationModelError.foreignStates(expected: expected, found: found)
            }
            return EncodedText(
                states: Tensor(states.values, shape: [1, states.tokens, states.width]),
                pooled: states.pooled.isEmpty
                    ? nil : Tensor(states.pooled, shape: [1, states.pooled.count]))
        case .token(let prompt):
            // Images of one prompt come one after the other.
            if let (known, states) = encodedToken, known == prompt {
                return EncodedText(states: states, pooled: nil)
            }
            let states = try Torch.withoutGradients {
                try self.states(of: prompt, vector: Tensor(prompt.vector))
            }
            if !Torch.isOutOfMemory { encodedToken = (prompt, states) }
            return EncodedText(states: states, pooled: nil)
        }
    }
}
