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
            return options.beams == 1
                ? greedy(reading, maximumNewTokens: options.maximumNewTokens)
                : beams(reading, options: options)
        }
    }

    private func greedy(_ reading: Reading, maximumNewTokens: Int) -> [[Int32]] {
        let endTokens = configuration.generation.endTokens
        var sequences = [[Int32]](repeating: [], count: reading.rows)
        // The image of each row: rows whose caption has ended are dropped.
        var images = Array(sequences.indices)
        for length in 1...maximumNewTokens {
            let tokens = reading.logits.argmax(1).integers.map { Int32($0) }
            for (image, token) in zip(images, tokens) { sequences[image].append(token) }
            let open = images.indices.filter { !endTokens.contains(tokens[$0]) }
            if open.isEmpty || length == maximumNewTokens { break }
            reading.advance(rows: open, tokens: open.map { tokens[$0] })
            images = open.map { images[$0] }
        }
        return sequences
    }

    private func beams(_ reading: Reading, options: CaptionOptions) -> [[Int32]] {
        let search = BeamSearch(options: options, endTokens: configuration.generation.endTokens)
        var searches = [BeamSearch](repeating: search, count: reading.rows)
        let vocabulary = configuration.text.vocabularySize
        while true {
            let logProbabilities = reading.logits.logSoftmax(axis: 1).floats
            var row = 0, rows: [Int] = []
            for image in searches.indices where !searches[image].isDone {
                let count = searches[image].sequences.count
                let parents = searches[image].advance(
                    logProbabilities[row * vocabulary..<(row + count) * vocabulary])
                if !searches[image].isDone { rows += parents.map { row + $0 } }
                row += count
            }
            if rows.isEmpty { return searches.map(\.best) }
            let open = searches.filter { !$0.isDone }
            reading.advance(rows: rows, tokens: open.flatMap { $0.sequences.map { $0[$0.count - 1] } })
        }
    }
}

/// What the language model has read of a batch of sequences, and its logits of what comes next.
private final class Reading {
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

    /// The number of sequences.
    var rows: Int { logits.shape[0] }

    /// Goes on with the sequences `rows`, in that order, each continued by its token.
    func advance(rows: [Int], tokens: [Int32]) {
        if rows != Array(0..<self.rows) { cache?.select(rows) }
        let embedded = decoder.embed(Tensor(indices: tokens.map(Int64.init), shape: [tokens.count, 1]))
        let states = decoder(embedded, cache: &cache)
        logits = decoder.logits(states.reshape([tokens.count, -1]))
    }
}
