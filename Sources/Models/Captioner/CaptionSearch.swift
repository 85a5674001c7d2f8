/// What a captioner has read of a batch of sequences, and its logits of what comes next.
protocol CaptionReading: AnyObject {
    /// Of the next token, `[rows, vocabulary]`.
    var logits: Tensor { get }
    /// Goes on with the sequences `rows`, in that order, each continued by its token.
    func advance(rows: [Int], tokens: [Int32])
}

extension CaptionReading {
    /// The number of sequences.
    var rows: Int { logits.shape[0] }
}

/// The search for captions, whatever network reads them.
enum CaptionSearch {
    /// Captions as token ids, one for each row of a reading: without what was read before, with the end token
    /// where it was reached.
    ///
    /// - Parameters:
    ///   - reading: stands before the first token.
    ///   - endTokens: ids that end a caption.
    ///   - options: how to search; `batch` has no meaning here.
    static func captions(
        _ reading: any CaptionReading, endTokens: [Int32], options: CaptionOptions
    ) -> [[Int32]] {
        options.beams == 1
            ? greedy(reading, endTokens: endTokens, maximumNewTokens: options.maximumNewTokens)
            : beams(reading, endTokens: endTokens, options: options)
    }

    /// Captions of images, a batch at a time, so that memory does not grow with their number.
    static func inBatches(
        _ images: [RGBImage], _ options: CaptionOptions, _ progress: (Int) -> Void,
        _ captions: ([RGBImage], CaptionOptions) throws -> [String]
    ) throws -> [String] {
        var result: [String] = []
        result.reserveCapacity(images.count)
        try Torch.inBatches(of: images.count, atMost: options.batch, "images to caption") { range in
            let found = try captions(Array(images[range]), options)
            try Torch.endIfOutOfMemory()
            result += found
            progress(range.upperBound)
        }
        return result
    }

    private static func greedy(
        _ reading: any CaptionReading, endTokens: [Int32], maximumNewTokens: Int
    ) -> [[Int32]] {
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

    private static func beams(
        _ reading: any CaptionReading, endTokens: [Int32], options: CaptionOptions
    ) -> [[Int32]] {
        let search = BeamSearch(options: options, endTokens: endTokens)
        var searches = [BeamSearch](repeating: search, count: reading.rows)
        let vocabulary = reading.logits.shape[1]
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
