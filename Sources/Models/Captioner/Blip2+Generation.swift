extension Blip2Model {
    /// Captions of images as token ids: neither start token nor prompt, the end token where it was reached.
    ///
    /// - Parameters:
    ///   - images: normalized, `[N, 3, side, side]`.
    ///   - prompt: ids that every caption begins with, after the start token.
    ///   - options: how to search; `batch` has no meaning here.
    /// - Precondition: prompt and longest caption fit the language model's positions,
    ///   `configuration.tokensForText`.
    public func generate(_ images: Tensor, prompt: [Int32] = [], options: CaptionOptions) -> [[Int32]] {
        let tokens = prompt.count + options.maximumNewTokens
        precondition(
            tokens <= configuration.tokensForText,
            "\(tokens) tokens of prompt and caption, but \(configuration.tokensForText) positions for them")
        return Torch.withoutGradients {
            let reading = Reading(
                self, images: images, prompt: [configuration.generation.startToken] + prompt)
            return CaptionSearch.captions(
                reading, endTokens: configuration.generation.endTokens, options: options)
        }
    }
}

/// What the language model has read of a batch of sequences, and its logits of what comes next.
private final class Reading: CaptionReading {
    private let decoder: OPTDecoder
    private var cache: DecoderCache? = DecoderCache()
    /// Of the next token, `[rows, vocabulary]`.
    private(set) var logits: Tensor

    /// Reads `images`, each followed by `prompt`.
    init(_ model: Blip2Model, images: Tensor, prompt: [Int32]) {
        decoder = model.decoder
        let read = model.encode(images).projection
        let tokens = decoder.embed(Tensor(indices: prompt.map(Int64.init), shape: [1, prompt.count]))
        let text = tokens.expand([read.shape[0], prompt.count, tokens.shape[2]])
        let states = decoder(.concatenate([read, text], axis: 1), cache: &cache)
        let last = states.narrow(1, from: states.shape[1] - 1, count: 1)
        logits = decoder.logits(last.reshape([read.shape[0], -1]))
    }

    func advance(rows: [Int], tokens: [Int32]) {
        if rows != Array(0..<self.rows) { cache?.select(rows) }
        let embedded = decoder.embed(Tensor(indices: tokens.map(Int64.init), shape: [tokens.count, 1]))
        let states = decoder(embedded, cache: &cache)
        logits = decoder.logits(states.reshape([tokens.count, -1]))
    }
}
