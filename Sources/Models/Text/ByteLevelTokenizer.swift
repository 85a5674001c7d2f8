/// GPT-2's byte-level byte-pair encoding: text to token ids and back.
///
/// Text is split into words that keep the space before them; a word is spelled in the 256 byte symbols,
/// and neighbours are merged in the order of the merges file until none is left to merge. Any text has an
/// encoding, since every byte has a symbol, and decoding gives the text back.
///
/// Source: Radford et al., "Language models are unsupervised multitask learners", 2019, section 2.2, and
/// https://github.com/openai/gpt-2/blob/master/src/encoder.py
public struct ByteLevelTokenizer: Sendable {
    /// The longest text that is encoded, in bytes: spelling one long word takes time in the square of its
    /// length.
    public static let maximumByteCount = 8192

    /// The highest id.
    public let highestToken: Int32
    /// Texts that are one token as they stand, such as `</s>`; decoding leaves them out.
    public let specialTokens: [(text: String, token: Int32)]

    let merges: BytePairMerges
    /// Ids of the 256 bytes.
    let byteTokens: [Int32]
    /// The bytes of each id; empty for special tokens and ids that are not used.
    let bytes: [[UInt8]]
    /// Whether a text is encoded as if a space stood before it.
    let addsSpace: Bool

    /// The ids of a text; neither start nor end is added.
    ///
    /// - Throws: `CaptionerError.promptTooLarge`.
    public func encode(_ text: String) throws(CaptionerError) -> [Int32] {
        guard text.utf8.count <= Self.maximumByteCount else {
            throw .promptTooLarge(byteCount: text.utf8.count, allowed: Self.maximumByteCount)
        }
        return SpecialTokens(entries: specialTokens).tokens(of: text) { plain in
            Self.words(of: plain, addsSpace: addsSpace).flatMap(merged)
        }
    }

    /// The text of `tokens`; special ones and ids that are not used add nothing, and what is no UTF-8
    /// becomes U+FFFD.
    public func decode(_ tokens: some Sequence<Int32>) -> String {
        let text = tokens.flatMap { bytes.indices.contains(Int($0)) ? bytes[Int($0)] : [] }
        return String(decoding: text, as: UTF8.self)
    }

    /// The split that merges never cross.
    private static func words(of text: Substring, addsSpace: Bool) -> [Substring] {
        let text = addsSpace && text.first?.isWhitespace == false ? " " + text : text
        let pattern = #/'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/#
        return text.matches(of: pattern.matchingSemantics(.unicodeScalar)).map(\.output)
    }

    /// The symbols of one word after all merges.
    private func merged(_ word: Substring) -> [Int32] {
        merges.merged(word.utf8.map { byteTokens[Int($0)] })
    }
}
