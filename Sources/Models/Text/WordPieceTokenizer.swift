import Foundation

/// BERT's WordPiece: text to token ids and back.
///
/// Text is cleaned, lower-cased and stripped of accents where the file says so, and split at white space,
/// punctuation and ideographs; a word is then cut from the left into the longest pieces of the vocabulary, of
/// which all but the first begin with `##`. A word that cannot be cut so is the unknown token.
///
/// Devlin et al., "BERT", arXiv 1810.04805; `BertNormalizer`, `BertPreTokenizer` and `WordPiece` of
/// https://github.com/huggingface/tokenizers
public struct WordPieceTokenizer: Sendable {
    /// The longest text that is encoded, in bytes.
    public static let maximumByteCount = 8192
    /// A longer word is unknown as a whole.
    private static let longestWord = 100

    /// The highest id.
    public let highestToken: Int32
    private let vocabulary: [String: Int32]
    private let pieces: [Int32: String]
    private let unknown: Int32
    private let special: Set<Int32>
    /// The same by their texts, `[SEP]` for one, which are taken before a text is cleaned.
    private let specialTexts: SpecialTokens
    private let lowercases: Bool
    private let stripsAccents: Bool

    /// - Parameters:
    ///   - vocabulary: ids by piece.
    ///   - unknown: the piece that stands for a word that cannot be cut.
    ///   - special: pieces that decoding leaves out.
    ///   - lowercases: whether text is lower-cased.
    ///   - stripsAccents: whether marks are taken off letters.
    init(
        vocabulary: [String: Int32], unknown: Int32, special: [String], lowercases: Bool,
        stripsAccents: Bool
    ) {
        self.vocabulary = vocabulary
        self.unknown = unknown
        let known = Set(special).sorted().compactMap { text in
            vocabulary[text].map { (text: text, token: $0) }
        }
        self.special = Set(known.map(\.token))
        specialTexts = SpecialTokens(entries: known.filter { !$0.text.isEmpty })
        self.lowercases = lowercases
        self.stripsAccents = stripsAccents
        pieces = Dictionary(vocabulary.sorted { $0.key < $1.key }.map { ($1, $0) }) { first, _ in first }
        highestToken = vocabulary.values.max() ?? 0
    }

    /// The ids of a text; neither start nor end is added.
    ///
    /// - Throws: `CaptionerError.promptTooLarge`.
    public func encode(_ text: String) throws(CaptionerError) -> [Int32] {
        guard text.utf8.count <= Self.maximumByteCount else {
            throw .promptTooLarge(byteCount: text.utf8.count, allowed: Self.maximumByteCount)
        }
        return specialTexts.tokens(of: text) { plain in
            Self.words(of: normalized(String(plain))).flatMap(cut)
        }
    }

    /// The text of `tokens`, special ones and unused ids left out.
    public func decode(_ tokens: some Sequence<Int32>) -> String {
        var text = ""
        for token in tokens where !special.contains(token) {
            guard let piece = pieces[token] else { continue }
            if piece.hasPrefix("##"), !text.isEmpty {
                text += piece.dropFirst(2)
            } else {
                text += text.isEmpty ? piece : Self.joined(piece)
            }
        }
        return text
    }

    /// A word behind another: punctuation stands close to it.
    private static func joined(_ word: String) -> String {
        [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"].first { word.hasPrefix($0) } == nil
            ? " " + word : word
    }

    /// The pieces of one word.
    private func cut(_ word: [Unicode.Scalar]) -> [Int32] {
        guard word.count <= Self.longestWord else { return [unknown] }
        var tokens: [Int32] = [], start = 0
        while start < word.count {
            let prefix = start == 0 ? "" : "##"
            let end = (start + 1...word.count).reversed().first { end in
                vocabulary[prefix + Self.text(word[start..<end])] != nil
            }
            guard let end, let token = vocabulary[prefix + Self.text(word[start..<end])] else {
                return [unknown]
            }
            tokens.append(token)
            start = end
        }
        return tokens
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// Without control characters, ideographs set apart, accents and capitals as the tokenizer has them.
    private func normalized(_ text: String) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.value == 0 || scalar.value == 0xFFFD || Self.isControl(scalar) { continue }
            if scalar.properties.isWhitespace || "\t\n\r".unicodeScalars.contains(scalar) {
                clean.append(" ")
            } else if Self.isIdeograph(scalar) {
                clean.append(contentsOf: [" ", scalar, " "])
            } else {
                clean.append(scalar)
            }
        }
        var result = String(clean)
        if stripsAccents {
            let marked = result.decomposedStringWithCanonicalMapping.unicodeScalars
            result = String(
                String.UnicodeScalarView(marked.filter { $0.properties.generalCategory != .nonspacingMark }))
        }
        return lowercases ? result.lowercased() : result
    }

    /// The split that pieces never cross: white space goes, punctuation stands alone.
    private static func words(of text: String) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = [], word: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace || isPunctuation(scalar) {
                if !word.isEmpty { words.append(word) }
                word = []
                if isPunctuation(scalar) { words.append([scalar]) }
            } else {
                word.append(scalar)
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar != "\t", scalar != "\n", scalar != "\r" else { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .unassigned, .privateUse, .surrogate: return true
        default: return false
        }
    }

    /// ASCII's signs all count, beside Unicode's punctuation.
    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 33...47, 58...64, 91...96, 123...126: return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }

    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        let ranges: [ClosedRange<UInt32>] = [
            0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F,
        ]
        return ranges.contains { $0.contains(scalar.value) }
    }
}
