/// A text as a denoiser takes it.
struct EncodedText {
    /// `[N, T, width]`, float32.
    let states: Tensor
    /// The text as one vector, `[N, P]`, float32; nil where the model takes none.
    let pooled: Tensor?

    /// Several texts of one model, one after the other.
    ///
    /// - Precondition: there is one.
    static func concatenate(_ texts: [EncodedText]) -> EncodedText {
        EncodedText(
            states: .concatenate(texts.map(\.states)),
            pooled: texts[0].pooled == nil ? nil : .concatenate(texts.compactMap(\.pooled)))
    }
}

/// The text half of a pipeline: one CLIP text encoder, or Stable Diffusion XL's two with a tokenizer each.
///
/// Prompts are encoded once, each alone, so that the states depend on nothing else.
final class PromptEncoder {
    let tokenizer: Tokenizer
    let textEncoder: CLIPTextModel
    /// Stable Diffusion XL's second one, whose states stand beside the first one's.
    let second: (tokenizer: Tokenizer, textEncoder: CLIPTextModelWithProjection)?
    /// Whether an empty negative prompt is all zeros instead of encoded (`force_zeros_for_empty_prompt`).
    let zeroesEmptyPrompt: Bool
    private let precision: SynthesisPrecision
    private var known: [String: EncodedText] = [:]

    init(
        tokenizer: Tokenizer, textEncoder: CLIPTextModel,
        second: (Tokenizer, CLIPTextModelWithProjection)? = nil, zeroesEmptyPrompt: Bool = false,
        precision: SynthesisPrecision
    ) {
        self.tokenizer = tokenizer
        self.textEncoder = textEncoder
        self.second = second
        self.zeroesEmptyPrompt = zeroesEmptyPrompt
        self.precision = precision
    }

    /// `[tokens, width]` of a text's states.
    var stateShape: [Int] {
        [
            tokenizer.maximumLength,
            textEncoder.configuration.width + (second?.textEncoder.encoder.configuration.width ?? 0),
        ]
    }

    /// Width of a text's vector; 0 where there is none.
    var pooledWidth: Int { second?.textEncoder.encoder.configuration.projectionWidth ?? 0 }

    /// A prompt, encoded.
    func callAsFunction(_ prompt: String) -> EncodedText {
        if let text = known[prompt] { return text }
        let text = Torch.withoutGradients { Torch.withAutocast(to: precision.autocast) { encoded(prompt) } }
        // A text that found no memory has no states.
        if !Torch.isOutOfMemory { known[prompt] = text }
        return text
    }

    /// What images are led away from.
    func negative(_ prompt: String) -> EncodedText {
        let text = self(prompt)
        guard prompt.isEmpty, zeroesEmptyPrompt else { return text }
        return EncodedText(states: .zeros(text.states.shape), pooled: text.pooled.map { .zeros($0.shape) })
    }

    private func encoded(_ prompt: String) -> EncodedText {
        let tokens = tokenizer.encode(prompt).map(Int64.init)
        let ids = Tensor(indices: tokens, shape: [1, tokens.count])
        guard let second else { return EncodedText(states: textEncoder(ids).to(.float32), pooled: nil) }
        let states = textEncoder.penultimateAndLast(ids).penultimate
        let other = second.textEncoder(second.tokenizer.encode(prompt))
        return EncodedText(
            states: .concatenate([states.to(.float32), other.states.to(.float32)], axis: 2),
            pooled: other.pooled.to(.float32))
    }
}

extension FoundationFolder {
    /// The text encoders and their tokenizers, checked to fit together.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`.
    func promptEncoder(
        _ files: CheckpointFiles, _ shapes: Configurations, _ index: PipelineIndex,
        precision: SynthesisPrecision
    ) throws -> PromptEncoder {
        let tokenizer = try tokenizer("tokenizer", files, shapes.textEncoder)
        let textEncoder: CLIPTextModel = try network(files, shapes.textEncoder, isChecked: true)
        guard let secondShape = shapes.secondTextEncoder else {
            return PromptEncoder(tokenizer: tokenizer, textEncoder: textEncoder, precision: precision)
        }
        let second = try self.tokenizer("tokenizer_2", files, secondShape)
        guard second.maximumLength == tokenizer.maximumLength else {
            throw FoundationModelError.mismatchedParts(
                path: path, first: "the tokenizer's model_max_length is \(tokenizer.maximumLength)",
                second: "the second tokenizer's is \(second.maximumLength)")
        }
        return PromptEncoder(
            tokenizer: tokenizer, textEncoder: textEncoder,
            second: (second, try network(files, secondShape, isChecked: true)),
            zeroesEmptyPrompt: index.zeroesEmptyPrompt, precision: precision)
    }

    private func tokenizer(
        _ name: String, _ files: CheckpointFiles, _ shape: TextEncoderConfiguration
    ) throws -> Tokenizer {
        let tokenizer = try Tokenizer(files.inner(name)), highest = max(tokenizer.highestToken, 0)
        guard highest < shape.vocabularySize else {
            throw FoundationModelError.mismatchedParts(
                path: path, first: "the \(name)'s highest id is \(highest)",
                second: "the text encoder's vocab_size less one is \(shape.vocabularySize - 1)")
        }
        guard tokenizer.maximumLength <= shape.maximumTokens else {
            throw FoundationModelError.mismatchedParts(
                path: path, first: "the \(name)'s model_max_length is \(tokenizer.maximumLength)",
                second: "the text encoder's max_position_embeddings is \(shape.maximumTokens)")
        }
        return tokenizer
    }
}
