import Foundation
import Models
import Testing

/// The forms in which one tokenizer comes: as transformers 4 and 5 write it, with any line ends.
@Suite("Tokenizer files")
struct TokenizerFormatsTests {
    private static let words = ["photo", "star", "of"]
    private static let text = "A photo of a STAR's  12 <|endoftext|> étoile"

    private func json(_ url: URL) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(contentsOf: url), options: .fragmentsAllowed)
    }

    private func write(_ value: Any, _ url: URL) throws {
        try JSONSerialization.data(withJSONObject: value).write(to: url)
    }

    /// Merges of `merges.txt` as `tokenizer.json` has them, and the vocabulary's file.
    private func parts(_ folder: URL) throws -> (merges: [[String]], vocabulary: [String: Any]) {
        let lines = try String(contentsOf: folder.appending(path: "merges.txt"), encoding: .utf8).split(
            separator: "\n")
        let vocabulary = try json(folder.appending(path: "vocab.json")) as? [String: Any]
        return (lines.dropFirst().map { $0.split(separator: " ").map(String.init) }, vocabulary ?? [:])
    }

    private func withClip<Result>(_ body: (URL) throws -> Result) throws -> Result {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            try TokenizerBuilder(words: Self.words, maximumLength: 24).write(to: folder)
            return try body(folder)
        }
    }

    private func remove(_ names: String..., from folder: URL) throws {
        for name in names { try FileManager.default.removeItem(at: folder.appending(path: name)) }
    }

    @Test("line ends of any system mean the same", arguments: ["\r\n", "\r", "\n", "\r\n\r\n"])
    func lineEnds(end: String) throws {
        try withClip { folder in
            let known = try Tokenizer(folder: folder).encode(Self.text)
            for name in ["merges.txt", "vocab.json", "tokenizer_config.json", "special_tokens_map.json"] {
                let url = folder.appending(path: name)
                let text = try String(contentsOf: url, encoding: .utf8)
                let mark = name == "merges.txt" ? "\u{FEFF}" : ""
                try Data((mark + text.replacing("\n", with: end)).utf8).write(to: url)
            }
            #expect(try Tokenizer(folder: folder).encode(Self.text) == known)
        }
    }

    @Test("a captioner's line ends of any system mean the same", arguments: ["\r\n", "\r"])
    func captionerLineEnds(end: String) throws {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path), url = folder.appending(path: "merges.txt")
            try ByteLevelTokenizerBuilder(words: Self.words).write(to: folder)
            let known = try ByteLevelTokenizer(folder: folder).encode("a photo of stars")
            #expect(known.count < 10)
            let text = try String(contentsOf: url, encoding: .utf8)
            try Data(text.replacing("\n", with: end).utf8).write(to: url)
            #expect(try ByteLevelTokenizer(folder: folder).encode("a photo of stars") == known)
        }
    }

    @Test("special tokens are taken from tokenizer_config.json where transformers 5 has put them")
    func withoutMap() throws {
        try withClip { folder in
            let known = try Tokenizer(folder: folder).encode(Self.text)
            try remove("special_tokens_map.json", from: folder)
            #expect(try Tokenizer(folder: folder).encode(Self.text) == known)
            // As objects, and by the class's defaults.
            let url = folder.appending(path: "tokenizer_config.json")
            try Data(
                #"{"model_max_length": 24, "eos_token": {"content": "<|endoftext|>", "lstrip": false}, "bos_token": null}"#
                    .utf8
            )
            .write(to: url)
            #expect(try Tokenizer(folder: folder).encode(Self.text) == known)
            try Data(#"{"model_max_length": 24, "eos_token": 7}"#.utf8).write(to: url)
            let error = #expect(throws: FoundationModelError.self) { try Tokenizer(folder: folder) }
            #expect(
                error?.description.hasSuffix(
                    "tokenizer_config.json: 'eos_token' is 7; allowed is a text, or an object with its "
                        + "content"
                ) == true)
        }
    }

    @Test("tokenizer.json alone gives the same ids, in both forms of its merges", arguments: [false, true])
    func whole(isPaired: Bool) throws {
        try withClip { folder in
            let known = try Tokenizer(folder: folder).encode(Self.text)
            let (merges, all) = try parts(folder)
            var vocabulary = all
            let start = vocabulary.removeValue(forKey: "<|startoftext|>") ?? NSNull()
            let added: [[String: Any]] = [
                ["id": start, "content": "<|startoftext|>", "special": true],
                ["id": vocabulary["<|endoftext|>"]!, "content": "<|endoftext|>", "special": true],
            ]
            func model(_ changes: [String: Any] = [:]) -> [String: Any] {
                let own: [String: Any] = [
                    "type": "BPE", "dropout": NSNull(), "unk_token": "<|endoftext|>",
                    "continuing_subword_prefix": "",
                    "end_of_word_suffix": "</w>", "fuse_unk": false, "byte_fallback": false,
                    "ignore_merges": false,
                    "vocab": vocabulary,
                    "merges": isPaired ? merges : merges.map { $0.joined(separator: " ") },
                ]
                return own.merging(changes) { $1 }
            }
            let url = folder.appending(path: "tokenizer.json")
            try remove("vocab.json", "merges.txt", "special_tokens_map.json", from: folder)
            let missing = #expect(throws: FoundationModelError.self) { try Tokenizer(folder: folder) }
            #expect(
                missing?.description.hasSuffix("vocab.json: cannot be read: No such file or directory")
                    == true)
            try write(["version": "1.0", "added_tokens": added, "model": model()], url)
            #expect(try Tokenizer(folder: folder).encode(Self.text) == known)
            for (changes, words) in [
                (["type": "Unigram"], "tokenizer.json, model: 'type' is \"Unigram\"; allowed is \"BPE\""),
                (["end_of_word_suffix": ""], "'end_of_word_suffix' is \"\"; allowed is \"</w>\""),
                (["merges": ["zz yy"]], "tokenizer.json: 'zz yy' is not two symbols of the vocabulary"),
                (["merges": 7], "the merges are 7, not a list"),
                (["vocab": ["a"]], "the vocabulary is [\"a\"], not an object"),
            ] as [([String: Any], String)] {
                try write(["added_tokens": added, "model": model(changes)], url)
                let error = #expect(throws: FoundationModelError.self) { try Tokenizer(folder: folder) }
                #expect(error?.description.contains(words) == true, "\(String(describing: error))")
            }
        }
    }

    @Test("a captioner's tokenizer.json alone gives the same ids and text")
    func captionerWhole() throws {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            try ByteLevelTokenizerBuilder(words: Self.words).write(to: folder)
            let known = try ByteLevelTokenizer(folder: folder), ids = try known.encode("a photo of stars</s>")
            let (merges, vocabulary) = try parts(folder)
            try remove("vocab.json", "merges.txt", "special_tokens_map.json", from: folder)
            try write(
                [
                    "added_tokens": [
                        ["id": 2, "content": "</s>", "special": true],
                        ["id": vocabulary.count, "content": "<image>", "special": true],
                    ],
                    "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true],
                    "model": ["type": "BPE", "vocab": vocabulary, "merges": merges, "end_of_word_suffix": ""]
                        as [String: Any],
                ], folder.appending(path: "tokenizer.json"))
            for name in ["GPT2Tokenizer", "TokenizersBackend", "PreTrainedTokenizerFast"] {
                try write(
                    ["tokenizer_class": name, "eos_token": "</s>"],
                    folder.appending(path: "tokenizer_config.json"))
                let tokenizer = try ByteLevelTokenizer(folder: folder)
                #expect(try tokenizer.encode("a photo of stars</s>") == ids)
                #expect(tokenizer.decode(ids) == "a photo of stars")
                #expect(tokenizer.highestToken == known.highestToken)
            }
        }
    }

    @Test("tokens that were added to a vocabulary are one token, the longest first")
    func addedTokens() throws {
        try withClip { folder in
            let highest = try Tokenizer(folder: folder).highestToken
            let url = folder.appending(path: "tokenizer_config.json")
            var values = try #require(try json(url) as? [String: Any])
            values["added_tokens_decoder"] = [
                "\(highest + 1)": ["content": "<cat>", "special": false],
                "\(highest + 2)": ["content": "<cat>s", "special": false],
            ]
            try write(values, url)
            let tokenizer = try Tokenizer(folder: folder)
            #expect(tokenizer.tokensOfText("<cat>s<cat>") == [highest + 2, highest + 1])
            #expect(tokenizer.highestToken == highest + 2)
        }
    }

    /// As transformers 5.24 takes them apart (`CLIPTokenizer.tokenize`); in its `tokenizer.json` words that
    /// were added are `normalized` unless they are special.
    @Test("added words are found in any case, `normalized: false` as they stand, `single_word` alone")
    func addedWords() throws {
        try withClip { folder in
            let plain = try Tokenizer(folder: folder), first = plain.highestToken + 1
            let url = folder.appending(path: "tokenizer_config.json")
            var values = try #require(try json(url) as? [String: Any])
            values["added_tokens_decoder"] = [
                "\(first)": ["content": "<Cat>", "special": false],
                "\(first + 1)": ["content": "<Dog>", "special": false, "normalized": false],
                "\(first + 2)": ["content": "cup", "special": false, "single_word": true],
                "\(first + 3)": ["content": " ", "special": false],
            ]
            try write(values, url)
            let tokenizer = try Tokenizer(folder: folder)
            for text in ["<cat>", "<Cat>", "<CAT>"] { #expect(tokenizer.tokensOfText(text) == [first]) }
            #expect(tokenizer.tokensOfText("of <Dog>").last == first + 1)
            #expect(tokenizer.tokensOfText("<dog>") == plain.tokensOfText("<dog>"))
            for text in ["cup", "Cup", "cup."] { #expect(tokenizer.tokensOfText(text)[0] == first + 2) }
            for text in ["hiccup", "a cup_", "cup3", "cups"] {
                #expect(tokenizer.tokensOfText(text) == plain.tokensOfText(text), "\(text)")
            }
            #expect(tokenizer.tokensOfText("cups of cup").last == first + 2)
        }
    }

    @Test("a learnt word of several tokens brings all of them into a prompt, as in diffusers")
    func severalTokens() throws {
        try withClip { folder in
            let first = try Tokenizer(folder: folder).highestToken + 1
            try write(
                ["<v>": first, "<v>_1": first + 1, "<v>_2": first + 2, "<w>": first + 3],
                folder.appending(path: "added_tokens.json"))
            let tokenizer = try Tokenizer(folder: folder)
            let of = tokenizer.tokensOfText("of")[0]
            func tokens(_ text: String) -> [Int32] {
                Array(tokenizer.encode(text).dropFirst().prefix { $0 != tokenizer.endToken })
            }
            #expect(tokens("of <v>") == [of, first, first + 1, first + 2])
            #expect(tokens("<v> of <w>") == [first, first + 1, first + 2, of, first + 3])
            #expect(tokens("of <w>") == [of, first + 3])
            // The number of tokens is that of the text as it stands.
            #expect(tokenizer.tokensOfText("of <v>") == [of, first])
        }
    }
}
