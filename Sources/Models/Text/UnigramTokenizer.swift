import Foundation

/// SentencePiece's unigram model: text to token ids and back.
///
/// Words begin with `▁` in the place of the space before them; a word is cut into the pieces whose
/// log-probabilities add up to the most. What no piece covers is the unknown token.
///
/// Kudo, "Subword regularization", arXiv 1804.10959, section 3.2; `Unigram` and `Metaspace` of
/// https://github.com/huggingface/tokenizers. Text is normalized by NFKC, of which SentencePiece's own table
/// differs in rare characters.
public struct UnigramTokenizer: Sendable {
    /// The longest text that is encoded, in bytes.
    public static let maximumByteCount = 8192
    /// What stands for a space.
    private static let space: Character = "▁"
    /// How much less likely than the least likely piece the unknown one is.
    private static let unknownPenalty = 10.0

    /// The highest id.
    public let highestToken: Int32
    private let pieces: [String]
    private let tokens: [String: Int32]
    private let scores: [Double]
    private let special: Set<Int32>
    private let unknown: Int32
    private let longestPiece: Int
    private let unknownScore: Double

    /// - Parameters:
    ///   - pieces: with their log-probabilities, by id.
    ///   - unknown: the id of what no piece covers.
    ///   - special: ids that decoding leaves out and encoding never gives.
    init(pieces: [(String, Double)], unknown: Int32, special: Set<Int32>) {
        self.pieces = pieces.map(\.0)
        scores = pieces.map(\.1)
        tokens = Dictionary(
            pieces.indices.filter { !special.contains(Int32($0)) }.map { (pieces[$0].0, Int32($0)) }
        ) { first, _ in first }
        self.special = special
        self.unknown = unknown
        highestToken = Int32(pieces.count - 1)
        longestPiece = self.pieces.map(\.unicodeScalars.count).max() ?? 1
        unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    }

    /// The ids of a text; no end is added.
    ///
    /// - Throws: `CaptionerError.promptTooLarge`.
    public func encode(_ text: String) throws(CaptionerError) -> [Int32] {
        guard text.utf8.count <= Self.maximumByteCount else {
            throw .promptTooLarge(byteCount: text.utf8.count, allowed: Self.maximumByteCount)
        }
        let words = text.precomposedStringWithCompatibilityMapping.split { $0.isWhitespace }
        return words.flatMap { cut(Array("\(Self.space)\($0)".unicodeScalars)) }
    }

    /// The text of `tokens`, special ones left out.
    public func decode(_ tokens: some Sequence<Int32>) -> String {
        let text = tokens.filter { !special.contains($0) && pieces.indices.contains(Int($0)) }
            .map { pieces[Int($0)] }.joined()
        let spaced = String(text.map { $0 == Self.space ? " " : $0 })
        return spaced.hasPrefix(" ") ? String(spaced.dropFirst()) : spaced
    }

    /// The likeliest pieces of a word (Viterbi).
    private func cut(_ word: [Unicode.Scalar]) -> [Int32] {
        // The best way to each place: its score, where its last piece begins, and that piece.
        var best = [(score: Double, start: Int, token: Int32)](
            repeating: (-.infinity, 0, unknown), count: word.count + 1)
        best[0].score = 0
        for start in word.indices {
            var text = String.UnicodeScalarView(), hasSingle = false
            for end in start..<min(word.count, start + longestPiece) {
                text.append(word[end])
                guard let token = tokens[String(text)] else { continue }
                let score = best[start].score + scores[Int(token)]
                if score > best[end + 1].score { best[end + 1] = (score, start, token) }
                if end == start { hasSingle = true }
            }
            if !hasSingle, best[start].score + unknownScore > best[start + 1].score {
                best[start + 1] = (best[start].score + unknownScore, start, unknown)
            }
        }
        var result: [Int32] = [], place = word.count
        while place > 0 {
            // Unknown characters beside each other are one token.
            if best[place].token != unknown || result.last != unknown { result.append(best[place].token) }
            place = best[place].start
        }
        return result.reversed()
    }
}

extension UnigramTokenizer {
    /// Reads `tokenizer.json` as transformers' `T5Tokenizer` writes it.
    ///
    /// - Throws: `FoundationModelError` where the file is missing, or is not what its name promises.
    init(_ files: CheckpointFiles) throws {
        let name = "tokenizer.json", path = files.path(name)
        let values = try files.object(name)
        guard case .object(let model)? = values["model"], case .array(let vocabulary)? = model["vocab"],
            !vocabulary.isEmpty
        else {
            throw FoundationModelError.missingKey(path: path, key: "model.vocab")
        }
        if let type = model["type"], type != .string("Unigram") {
            throw FoundationModelError.unsupportedValue(
                path: path, key: "model.type", value: type.excerpt, allowed: "\"Unigram\"")
        }
        let pieces = try vocabulary.map { item in
            guard case .array(let pair) = item, pair.count == 2, case .string(let piece) = pair[0],
                case .number(let score) = pair[1], score.isFinite
            else {
                throw FoundationModelError.unsupportedValue(
                    path: path, key: "model.vocab", value: item.excerpt,
                    allowed: "pairs of a piece and its log-probability")
            }
            return (piece, score)
        }
        let given = model["unk_id"] ?? .null
        guard let unknown = given == .null ? 2 : given.integer, pieces.indices.contains(unknown) else {
            throw FoundationModelError.unsupportedValue(
                path: path, key: "model.unk_id", value: given == .null ? "2" : given.excerpt,
                allowed: "an id from 0 to \(pieces.count - 1)")
        }
        var special: Set<Int32> = [Int32(unknown)]
        if case .array(let added)? = values["added_tokens"] {
            for case .object(let token) in added where token["special"] == .bool(true) {
                if let id = token["id"]?.integer, (0..<(1 << 24)).contains(id) { special.insert(Int32(id)) }
            }
        }
        self.init(pieces: pieces, unknown: Int32(unknown), special: special)
    }
}
