import Core
import Foundation
import Models
import Testing

@Suite("Byte-level tokenizer")
struct ByteLevelTokenizerTests {
    private func withBuilt<Result>(_ words: [String], _ body: (ByteLevelTokenizer) throws -> Result) throws
        -> Result
    {
        try withTemporaryFolder { path in
            try ByteLevelTokenizerBuilder(words: words).write(to: URL(filePath: path))
            return try body(ByteLevelTokenizer(folder: URL(filePath: path)))
        }
    }

    @Test("token ids are those of transformers' GPT2Tokenizer")
    func references() throws {
        let texts = try CaptionerFixtures.metadata("texts", [String].self)
        let ids = try CaptionerFixtures.metadata("ids", [[Int32]].self)
        let tokenizer = try ByteLevelTokenizer(folder: URL(filePath: CaptionerFixtures.variant))
        #expect(texts.count == ids.count && texts.count > 5)
        for (text, expected) in zip(texts, ids) {
            let found = try tokenizer.encode(text)
            #expect(found == expected, "\(text)")
        }
    }

    @Test("decoding gives any text back", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let tokenizer = try ByteLevelTokenizer(folder: URL(filePath: CaptionerFixtures.variant))
        var generator = RandomStream(seed: seed)
        var text = String.UnicodeScalarView()
        for _ in 0..<40 {
            let limit = [0x80, 0x250, 0x3100, 0x1F700][generator.index(below: 4)]
            if let scalar = Unicode.Scalar(UInt32(generator.index(below: limit))) { text.append(scalar) }
        }
        let tokens = try tokenizer.encode(String(text))
        #expect(tokenizer.decode(tokens).utf8.elementsEqual(String(text).utf8))
        #expect(tokens.allSatisfy { $0 >= 0 && $0 <= tokenizer.highestToken })
    }

    @Test("every word that a tokenizer is built for is one token, alone and after a space")
    func wordsAreTokens() throws {
        let words = ["a", "photo", "of", "star", "striped", "stripe", "tar", "on", "background", "café"]
        try withBuilt(words) { tokenizer in
            for word in words {
                let alone = try tokenizer.encode(word), after = try tokenizer.encode(" \(word)")
                #expect(alone.count == 1 && after.count == 1 && alone != after, "\(word)")
            }
            let sentence = words.joined(separator: " ")
            let tokens = try tokenizer.encode(sentence)
            #expect(tokens.count == words.count)
            #expect(tokenizer.decode(tokens) == sentence)
        }
    }

    @Test("special tokens are taken out of a text, and left out of one")
    func specials() throws {
        try withBuilt(["star"]) { tokenizer in
            #expect(try tokenizer.encode("</s>star<pad>").first == 2)
            #expect(try tokenizer.encode("</s>star<pad>").last == 1)
            let star = try tokenizer.encode("star")
            #expect(tokenizer.decode([2] + star + [1, 1, 9999, -5]) == "star")
            #expect(tokenizer.specialTokens.map(\.token) == [0, 1, 2, 3])
        }
    }

    @Test("bytes that are no UTF-8 become U+FFFD")
    func invalidBytes() throws {
        try withBuilt([]) { tokenizer in
            let tokens = try tokenizer.encode("é")
            #expect(tokens.count == 2 && tokenizer.decode(tokens) == "é")
            #expect(tokenizer.decode([tokens[0]]) == "\u{FFFD}")
        }
    }

    @Test(
        "a prompt of ten thousand characters is an error; one just within the limit is encoded",
        arguments: ["a", "a ", "é"])
    func longText(unit: String) throws {
        try withBuilt(["aa", "aaaa"]) { tokenizer in
            let bytes = 10_000 * unit.utf8.count
            #expect(throws: CaptionerError.promptTooLarge(byteCount: bytes, allowed: 8192)) {
                try tokenizer.encode(String(repeating: unit, count: 10_000))
            }
            let text = String(repeating: unit, count: 8192 / unit.utf8.count)
            let tokens = try tokenizer.encode(text)
            #expect(tokenizer.decode(tokens) == text)
        }
    }

    @Test(
        "a damaged tokenizer is an error that names the file",
        arguments: [
            ("vocab.json", nil), ("vocab.json", "{}"), ("vocab.json", "[1]"),
            ("vocab.json", "{\"a\": \"b\"}"),
            ("vocab.json", "{\"a\": -1}"), ("vocab.json", "{\"a\": 2000000000}"),
            ("vocab.json", "{\"a\": 1e30}"),
            ("merges.txt", nil), ("merges.txt", "#version: 0.2\nq w x\n"),
            ("merges.txt", "#version: 0.2\nzz yy\n"),
            ("tokenizer_config.json", "[]"),
            ("tokenizer_config.json", "{\"tokenizer_class\": \"T5Tokenizer\"}"),
            ("tokenizer_config.json", "{\"add_prefix_space\": 3}"), ("special_tokens_map.json", "7"),
        ] as [(String, String?)])
    func damage(file: String, contents: String?) throws {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path), url = folder.appending(path: file)
            try ByteLevelTokenizerBuilder(words: ["photo"]).write(to: folder)
            if let contents {
                try Data(contents.utf8).write(to: url)
            } else {
                try FileManager.default.removeItem(at: url)
            }
            let error = #expect(throws: FoundationModelError.self) { try ByteLevelTokenizer(folder: folder) }
            #expect(error?.description.contains(file) == true && error?.description.contains("\n") == false)
        }
    }

    @Test("a folder without special_tokens_map.json and tokenizer_config.json has OPT's special tokens")
    func withoutMaps() throws {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            try ByteLevelTokenizerBuilder(words: ["photo"]).write(to: folder)
            for file in ["special_tokens_map.json", "tokenizer_config.json"] {
                try FileManager.default.removeItem(at: folder.appending(path: file))
            }
            let tokenizer = try ByteLevelTokenizer(folder: folder)
            #expect(tokenizer.specialTokens.map(\.text) == ["<s>", "<pad>", "</s>", "<unk>"])
        }
    }
}
