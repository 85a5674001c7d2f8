import Core
import Foundation
import Models
import Testing

@Suite("Tokenizer")
struct TokenizerTests {
    /// Checkpoints that come with CLIP's vocabulary; the small copies in the repository have none.
    static let folders = FoundationFixtures.folders.filter {
        FileManager.default.fileExists(atPath: "\($0)/tokenizer/vocab.json")
    }

    @Test("token ids are CLIP's", arguments: folders)
    func references(folder: String) throws {
        let expected = try FoundationFixtures.expected(folder)
        let prompts = try JSONDecoder().decode(
            [String].self, from: Data((expected.metadata["prompts"] ?? "").utf8))
        let tokenizer = try Tokenizer(folder: URL(filePath: "\(folder)/tokenizer"))
        let ids = prompts.flatMap { tokenizer.encode($0).map(Int64.init) }
        #expect(try expected.tensor(named: "input_ids").integers == ids)
    }

    /// Ids that transformers 5.23's CLIPTokenizer gives with CLIP's vocabulary, start, end and padding left
    /// out.
    static let clipIds: [(String, [Int32])] = [
        ("hello world", [3306, 1002]),
        ("  HELLO \t\n world  ", [3306, 1002]),
        ("don't", [847, 713]),
        (
            "we'll 2024 naïve Ångström ½ x²",
            [
                649, 1342, 273, 271, 273, 275, 1097, 35689, 563, 23176, 10352, 807, 7255, 332, 33613, 343,
                41175,
            ]
        ),
        ("<|endoftext|> star", [49407, 1565]),
        ("I'M İstanbul ŒUVRE ﬁ", [328, 880, 328, 16384, 11231, 129, 241, 84, 17501, 171, 105, 479]),
        ("日本 🙂", [39121, 19277, 361, 14860]),
        ("tab\u{A0}nbsp\u{200B}zw", [14724, 6459, 4393, 9844, 42188]),
        ("'sup ''s 'S", [568, 705, 8445, 338, 568]),
    ]

    @Test("white space and case do not matter, contractions are cut off", arguments: folders)
    func cleanUp(folder: String) throws {
        let tokenizer = try Tokenizer(folder: URL(filePath: "\(folder)/tokenizer"))
        for (text, ids) in Self.clipIds { #expect(tokenizer.tokensOfText(text) == ids, "\(text)") }
    }

    private func withBuilt<Result>(_ words: [String], length: Int = 16, _ body: (Tokenizer) throws -> Result)
        throws
        -> Result
    {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            try TokenizerBuilder(words: words, maximumLength: length).write(to: folder)
            return try body(Tokenizer(folder: folder))
        }
    }

    @Test("every word that a tokenizer is built for is one token, and no two share one")
    func wordsAreTokens() throws {
        let words = [
            "a", "photo", "of", "star", "striped", "stripe", "tar", "on", "orange", "background", "back",
            "café",
        ]
        try withBuilt(words) { tokenizer in
            let tokens = words.map(tokenizer.tokensOfText)
            #expect(tokens.allSatisfy { $0.count == 1 })
            #expect(Set(tokens).count == words.count)
            #expect(tokenizer.tokensOfText(words.joined(separator: " ")) == tokens.flatMap { $0 })
        }
    }

    @Test("words are told apart from their parts, and unknown ones are spelled")
    func otherWords() throws {
        try withBuilt(["photo", "star"]) { tokenizer in
            #expect(tokenizer.tokensOfText("stars").count == 2 || tokenizer.tokensOfText("stars").count > 2)
            #expect(tokenizer.tokensOfText("stars") != tokenizer.tokensOfText("star s"))
            #expect(tokenizer.tokensOfText("日本").count == 6)
            #expect(tokenizer.tokensOfText("🙂").count == 4)
        }
    }

    @Test("an encoding has the configured length, with start, end and padding in place")
    func frame() throws {
        try withBuilt(["photo"], length: 6) { tokenizer in
            let photo = tokenizer.tokensOfText("photo")[0]
            let (start, end, padding) = (tokenizer.startToken, tokenizer.endToken, tokenizer.paddingToken)
            #expect(tokenizer.encode("") == [start, end, padding, padding, padding, padding])
            #expect(tokenizer.encode("photo photo") == [start, photo, photo, end, padding, padding])
            #expect(
                tokenizer.encode("photo photo photo photo photo") == [start, photo, photo, photo, photo, end])
        }
    }

    @Test(
        "a text of ten thousand characters is cut off, whether it is one word or many",
        arguments: ["a", "a ", "1", "!"])
    func longText(unit: String) throws {
        try withBuilt(["aa", "aaaa"]) { tokenizer in
            let encoding = tokenizer.encode(String(repeating: unit, count: 10_000))
            #expect(encoding.count == 16)
            #expect(encoding.last == tokenizer.endToken)
        }
    }

    @Test("any string of random scalars has an encoding", arguments: 0..<200 as Range<UInt64>)
    func randomText(seed: UInt64) throws {
        try withBuilt(["photo"]) { tokenizer in
            var generator = RandomStream(seed: seed)
            var text = String.UnicodeScalarView()
            for _ in 0..<40 {
                if let scalar = Unicode.Scalar(UInt32(generator.index(below: 0x3000))) { text.append(scalar) }
            }
            let encoding = tokenizer.encode(String(text))
            #expect(encoding.count == 16)
            #expect(encoding.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
        }
    }

    /// Writes a good tokenizer, spoils one file, and gives the error.
    private func errorAfter(_ file: String, _ contents: String?) throws -> FoundationModelError? {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            try TokenizerBuilder(words: ["photo"], maximumLength: 16).write(to: folder)
            let url = folder.appending(path: file)
            if let contents {
                try Data(contents.utf8).write(to: url)
            } else {
                try FileManager.default.removeItem(at: url)
            }
            return #expect(throws: FoundationModelError.self) { try Tokenizer(folder: folder) }
        }
    }

    @Test(
        "a damaged tokenizer folder is an error that names the file",
        arguments: [
            ("vocab.json", nil), ("vocab.json", "{}"), ("vocab.json", "[1]"),
            ("vocab.json", "{\"a\": \"b\"}"),
            ("merges.txt", nil), ("merges.txt", ""), ("merges.txt", "#version: 0.2\nq w x\n"),
            ("merges.txt", "#version: 0.2\nzz yy\n"), ("tokenizer_config.json", nil),
            (
                "tokenizer_config.json",
                "{\"model_max_length\": 2, \"bos_token\": \"a\", \"eos_token\": \"b\"}"
            ),
            ("special_tokens_map.json", "{\"pad_token\": 3}"),
        ] as [(String, String?)])
    func damage(file: String, contents: String?) throws {
        #expect(try errorAfter(file, contents)?.description.contains(file) == true)
    }

    @Test("errors say what is wrong in one line")
    func sentences() throws {
        let merge = try errorAfter("merges.txt", "#version: 0.2\np h\nzz yy\n")
        #expect(
            merge?.description.hasSuffix(
                "merges.txt:3: 'zz yy' is not two symbols of the vocabulary whose union is a third")
                == true)
        let symbol = try errorAfter("vocab.json", "{\"<|startoftext|>\": 0}")
        #expect(symbol?.description.hasSuffix("vocab.json: the vocabulary lacks '<|endoftext|>'") == true)
    }
}
