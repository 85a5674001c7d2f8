/// CLIP's byte-pair encoding: text to token ids.
///
/// Text is cleaned and split into pieces (`TokenizerText`); a piece is spelled in the 256 byte symbols, its
/// last one marked as the end of a word, and neighbours are merged in the order of the merges file until none
/// is left to merge. Any text has an encoding, since every byte has a symbol.
///
/// Source: Sennrich et al., "Neural machine translation of rare words with subword units", arXiv 1508.07909.
public struct Tokenizer: Sendable {
    /// The length of every encoding, start, end and padding included.
    public let maximumLength: Int
    /// The number of different ids.
    public let vocabularySize: Int
    /// The highest id.
    public let highestToken: Int32
    /// The id before every text.
    public let startToken: Int32
    /// The id after every text.
    public let endToken: Int32
    /// The id that fills up to `maximumLength`.
    public let paddingToken: Int32

    let merges: BytePairMerges
    /// Ids of the 256 bytes inside a word.
    let byteTokens: [Int32]
    /// Ids of the 256 bytes at the end of a word.
    let finalByteTokens: [Int32]
    /// Texts that are one token as they stand, such as `<|endoftext|>`.
    let special: SpecialTokens
    /// Texts that are one token in a cleaned text: those of learnt words.
    let added: SpecialTokens
    /// Learnt words of several tokens: the text that stands for one in a prompt, and those of all.
    let continued: [(text: String, whole: String)]

    /// The ids of `text`, `maximumLength` of them: start, text, end, padding. A longer text loses its end.
    ///
    /// - Complexity: O(n · m) for n bytes and at most m merges in a piece.
    public func encode(_ text: String) -> [Int32] {
        var tokens = [startToken]
        tokens.append(contentsOf: tokensOfText(withWholeWords(text)).prefix(maximumLength - 2))
        tokens.append(endToken)
        tokens.append(contentsOf: repeatElement(paddingToken, count: maximumLength - tokens.count))
        return tokens
    }

    /// The ids of the text alone, however many; special texts are taken before any clean-up, learnt words
    /// after it.
    public func tokensOfText(_ text: String) -> [Int32] {
        special.tokens(of: text) { plain in
            added.tokens(of: TokenizerText.cleaned(String(plain))) { rest in
                TokenizerText.pieces(of: String(rest)).flatMap(merged)
            }
        }
    }

    /// The prompt with all tokens of learnt words that have several, as diffusers' `maybe_convert_prompt`
    /// writes it.
    private func withWholeWords(_ text: String) -> String {
        guard !continued.isEmpty else { return text }
        let tokens = Set(tokensOfText(text))
        return continued.reduce(text) { text, word in
            tokensOfText(word.text).allSatisfy(tokens.contains)
                ? text.replacing(word.text, with: word.whole) : text
        }
    }

    /// The symbols of one piece after all merges.
    private func merged(_ piece: String) -> [Int32] {
        var symbols = piece.utf8.map { byteTokens[Int($0)] }
        guard let lastByte = piece.utf8.last else { return [] }
        symbols[symbols.count - 1] = finalByteTokens[Int(lastByte)]
        return merges.merged(symbols)
    }
}
