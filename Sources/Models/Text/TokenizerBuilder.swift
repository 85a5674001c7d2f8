import Foundation

/// Makes a tokenizer in CLIP's file format whose every word of a given list is one token.
///
/// Other words are spelled in pieces, down to bytes, as in CLIP. Ids: 256 bytes, 256 bytes at the end of a
/// word, merges, start, end.
public struct TokenizerBuilder: Sendable {
    /// Start of a text in CLIP's vocabulary.
    static let start = "<|startoftext|>"
    /// End of a text in CLIP's vocabulary, and its padding.
    static let end = "<|endoftext|>"

    /// Symbols by id.
    public let vocabulary: [String]
    /// Pairs of symbols, in the order of their ranks.
    public let merges: [[String]]
    /// The length of an encoding.
    public let maximumLength: Int

    /// Plans a tokenizer for `words`, given in lower case.
    ///
    /// Merges of an earlier word have lower ranks, so those of a later word never break it up.
    public init(words: [String], maximumLength: Int) {
        precondition(maximumLength >= 3, "an encoding of \(maximumLength) tokens has no room for text")
        var ranks: [[String]: Int] = [:]
        var merges: [[String]] = []
        for word in words where !word.isEmpty {
            var symbols = TokenizerBytes.spelling(of: word).map { "\($0)" }
            symbols[symbols.count - 1] += Tokenizer.endOfWord
            while symbols.count > 1 {
                let pairs = (0..<symbols.count - 1).map { [symbols[$0], symbols[$0 + 1]] }
                let known = pairs.indices.filter { ranks[pairs[$0]] != nil }
                    .min { ranks[pairs[$0]]! < ranks[pairs[$1]]! }
                if known == nil {
                    ranks[pairs[0]] = merges.count
                    merges.append(pairs[0])
                }
                let position = known ?? 0
                symbols.replaceSubrange(position...position + 1, with: [pairs[position].joined()])
            }
        }
        let bytes = TokenizerBytes.vocabularyOrder.map { "\(TokenizerBytes.characters[Int($0)])" }
        var vocabulary = bytes + bytes.map { $0 + Tokenizer.endOfWord }
        var isListed = Set(vocabulary)
        for symbol in merges.map({ $0.joined() }) where isListed.insert(symbol).inserted {
            vocabulary.append(symbol)
        }
        self.vocabulary = vocabulary + [Self.start, Self.end]
        self.merges = merges
        self.maximumLength = maximumLength
    }

    /// Writes the four files of a tokenizer folder, which `Tokenizer(folder:)` and transformers read.
    ///
    /// - Throws: `FoundationModelError.unwritableFile`.
    public func write(to folder: URL) throws {
        let tokens = Dictionary(uniqueKeysWithValues: vocabulary.enumerated().map { ($0.element, $0.offset) })
        try FoundationModelFiles.write(json: tokens, to: folder.appending(path: "vocab.json"))
        let lines = ["#version: 0.2"] + merges.map { $0.joined(separator: " ") }
        try FoundationModelFiles.write(
            Data((lines.joined(separator: "\n") + "\n").utf8), to: folder.appending(path: "merges.txt"))
        let specials = [
            "bos_token": Self.start, "eos_token": Self.end, "unk_token": Self.end, "pad_token": Self.end,
        ]
        try FoundationModelFiles.write(json: specials, to: folder.appending(path: "special_tokens_map.json"))
        let configuration = Configuration(
            model_max_length: maximumLength, bos_token: Self.start, eos_token: Self.end, unk_token: Self.end,
            pad_token: Self.end)
        try FoundationModelFiles.write(
            json: configuration, to: folder.appending(path: "tokenizer_config.json"))
    }

    private struct Configuration: Encodable {
        var tokenizer_class = "CLIPTokenizer"
        var model_max_length: Int
        var bos_token: String
        var eos_token: String
        var unk_token: String
        var pad_token: String
        var do_lower_case = true
        var errors = "replace"
        var add_prefix_space = false
    }
}
