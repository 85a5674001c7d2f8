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

    /// - Precondition: `values.count == tokens * width`.
    public init(tokens: Int, width: Int, values: [Float]) {
        precondition(values.count == tokens * width, "\(values.count) values for \(tokens) × \(width)")
        self.tokens = tokens
        self.width = width
        self.values = values
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
        let states = encode(prompt: prompt)
        return TextStates(tokens: states.shape[1], width: states.shape[2], values: states.floats)
    }

    /// The states of a condition, `[1, T, width]`, float32.
    ///
    /// - Throws: `FoundationModelError.foreignStates`, `.foreignToken` where they are not those of this checkpoint's
    ///   encoder; `.lostToken`.
    func states(of condition: ImageCondition) throws -> Tensor {
        switch condition {
        case .text(let prompt):
            return encode(prompt: prompt)
        case .states(let states):
            let expected = [tokenizer.maximumLength, textEncoder.configuration.width]
            guard [states.tokens, states.width] == expected else {
                throw FoundationModelError.foreignStates(
                    expected: expected, found: [states.tokens, states.width])
            }
            return Tensor(states.values, shape: [1, states.tokens, states.width])
        case .token(let prompt):
            // Images of one prompt come one after the other.
            if let (known, states) = encodedToken, known == prompt { return states }
            let states = try Torch.withoutGradients {
                try self.states(of: prompt, vector: Tensor(prompt.vector))
            }
            encodedToken = (prompt, states)
            return states
        }
    }
}
