import Foundation

/// Makes a tokenizer in GPT-2's file format whose every word of a given list is one token, alone and after a
/// space.
///
/// Other words are spelled in pieces, down to bytes. Ids: OPT's four special tokens, 256 bytes, merges.
public struct ByteLevelTokenizerBuilder: Sendable {
    /// OPT's special tokens in the order of their ids: 1 is padding, 2 start and end.
    static let specials = ["<s>", "<pad>", "</s>", "<unk>"]

    /// Symbols by id.
    public let vocabulary: [String]
    /// Pairs of symbols, in the order of their ranks.
    public let merges: [[String]]

    /// Plans a tokenizer for `words`.
    ///
    /// Merges of an earlier word have lower ranks, so those of a later word never break it up.
    public init(words: [String]) {
        var ranks: [[String]: Int] = [:]
        var merges: [[String]] = []
        for word in words.filter({ !$0.isEmpty }).flatMap({ [$0, " \($0)"] }) {
            var symbols = TokenizerBytes.spelling(of: word).map { "\($0)" }
            while symbols.count > 1 {
                let pairs = (0..<symbols.count - 1).map { [symbols[$0], symbols[$0 + 1]] }
                let known = pairs.indices.filter { ranks[pairs[$0]] != nil }
                    .min { ranks[pairs[$0]]! < ranks[pairs[$1]]! }
                // The space joins last, so that a word and the word after a space share their merges.
                let position = known ?? (pairs.count > 1 && symbols[0] == Self.space ? 1 : 0)
                if known == nil {
                    ranks[pairs[position]] = merges.count
                    merges.append(pairs[position])
                }
                symbols.replaceSubrange(position...position + 1, with: [pairs[position].joined()])
            }
        }
        let bytes = TokenizerBytes.vocabularyOrder.map { "\(TokenizerBytes.characters[Int($0)])" }
        var vocabulary = Self.specials + bytes
        var isListed = Set(vocabulary)
        for symbol in merges.map({ $0.joined() }) where isListed.insert(symbol).inserted {
            vocabulary.append(symbol)
        }
        self.vocabulary = vocabulary
        self.merges = merges
    }

    private static let space = "\(TokenizerBytes.characters[32])"

    /// Writes the files of a tokenizer, which `ByteLevelTokenizer(folder:)` and transformers read.
    ///
    /// - Throws: `FoundationModelError.unwritableFile`.
    public func write(to folder: URL) throws {
        let tokens = Dictionary(uniqueKeysWithValues: vocabulary.enumerated().map { ($1, $0) })
        try FoundationModelFiles.write(json: tokens, to: folder.appending(path: "vocab.json"))
        let lines = ["#version: 0.2"] + merges.map { $0.joined(separator: " ") }
        try FoundationModelFiles.write(
            Data((lines.joined(separator: "\n") + "\n").utf8), to: folder.appending(path: "merges.txt"))
        let specials: [String: ConfigurationValue] = [
            "bos_token": .string("</s>"), "eos_token": .string("</s>"), "unk_token": .string("<unk>"),
            "pad_token": .string("<pad>"),
        ]
        try FoundationModelFiles.write(json: specials, to: folder.appending(path: "special_tokens_map.json"))
        let configuration = specials.merging([
            "tokenizer_class": .string("GPT2Tokenizer"), "errors": .string("replace"),
            "add_prefix_space": .bool(false), "add_bos_token": .bool(true),
        ]) { own, _ in own }
        try FoundationModelFiles.write(
            json: configuration, to: folder.appending(path: "tokenizer_config.json"))
    }
}
