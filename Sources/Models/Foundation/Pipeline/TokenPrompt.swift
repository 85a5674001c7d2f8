/// A text in which a vector stands where a word would: the pseudo-word of textual inversion (arXiv
/// 2208.01618).
///
/// The vector is what the text encoder's table of tokens would hold for the word, so it belongs to one
/// checkpoint.
public struct TokenPrompt: Sendable, Hashable {
    /// The text before, between and after the places of the vector: at least two pieces.
    public let pieces: [String]
    /// As wide as the text encoder.
    public var vector: [Float]

    /// A template whose every `placeholder` is the vector's.
    ///
    /// - Precondition: `template` has the placeholder.
    public init(template: String, placeholder: String, vector: [Float]) {
        pieces = template.split(separator: placeholder, omittingEmptySubsequences: false).map(String.init)
        precondition(pieces.count > 1, "\(template) has no \(placeholder)")
        self.vector = vector
    }

    /// The text with a word in the place of the vector.
    public func text(_ word: String) -> String { pieces.joined(separator: word) }
}

/// A tokenized text with the places of a vector in it.
struct PlacedTokens {
    /// As many as the tokenizer gives; the ids at `places` say nothing.
    let tokens: [Int32]
    /// Where the vector stands, ascending.
    let places: [Int]
}

extension Tokenizer {
    /// The ids of `pieces` with a vector between each two: start, text, end, padding. As with tokens that are
    /// added to a vocabulary, no merge crosses the places of the vector. A longer text loses its end.
    func encode(pieces: [String]) -> PlacedTokens {
        var text: [Int32?] = []
        for (index, piece) in pieces.enumerated() {
            if index > 0 { text.append(nil) }
            text += tokensOfText(piece).map(Optional.some)
        }
        text = Array(text.prefix(maximumLength - 2))
        let padding = repeatElement(paddingToken, count: maximumLength - 2 - text.count)
        let tokens: [Int32] = [startToken] + text.map { $0 ?? endToken } + [endToken]
        return PlacedTokens(
            tokens: tokens + padding,
            places: text.indices.filter { text[$0] == nil }.map { $0 + 1 })
    }
}

extension TextToImagePipeline {
    /// Width of a word's vector; 0 where no words can be learnt, with two text encoders.
    public var tokenWidth: Int { prompts.second == nil ? textEncoder.configuration.width : 0 }

    /// The vector of a word as the text encoder takes it in: the mean over the word's tokens.
    public func tokenVector(of word: String) -> [Float] {
        var tokens = tokenizer.tokensOfText(word).map(Int64.init)
        // White space has none.
        if tokens.isEmpty { tokens = [Int64(tokenizer.endToken)] }
        return Torch.withoutGradients { textEncoder.tokenEmbedding(Tensor(indices: tokens)).mean([0]).floats }
    }

    /// States of a prompt, `[1, T, width]`, float32. Gradients reach `vector` where it asks for them.
    ///
    /// - Parameter vector: stands for that of the prompt, `[width]`.
    /// - Throws: `FoundationModelError.foreignToken`, `.lostToken`, `.noLearnedWords`.
    func states(of prompt: TokenPrompt, vector: Tensor) throws -> Tensor {
        guard prompts.second == nil else {
            throw FoundationModelError.noLearnedWords(path: loadedFiles.folder)
        }
        let width = textEncoder.configuration.width
        guard vector.shape == [width] else {
            throw FoundationModelError.foreignToken(expected: width, found: vector.count)
        }
        let placed = try tokenizer.placedTokens(of: prompt)
        return Torch.withAutocast(to: precision.autocast) {
            textEncoder(
                Tensor(indices: placed.tokens.map(Int64.init), shape: [1, placed.tokens.count]),
                vector: vector,
                at: placed.places
            ).to(.float32)
        }
    }
}

extension Tokenizer {
    /// The ids of a prompt, each of whose vectors has a place.
    ///
    /// - Throws: `FoundationModelError.lostToken` where the text is too long for that.
    func placedTokens(of prompt: TokenPrompt) throws -> PlacedTokens {
        let placed = encode(pieces: prompt.pieces)
        guard placed.places.count == prompt.pieces.count - 1 else {
            throw FoundationModelError.lostToken(text: prompt.text("…"), limit: maximumLength - 2)
        }
        return placed
    }

    /// Checks that a template has room for a vector in the place of `placeholder`.
    ///
    /// - Throws: `FoundationModelError.lostToken`.
    public func check(template: String, placeholder: String) throws {
        _ = try placedTokens(of: TokenPrompt(template: template, placeholder: placeholder, vector: []))
    }
}
