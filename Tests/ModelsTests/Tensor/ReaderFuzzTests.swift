import Core
import Foundation
import Models
import Testing

/// Readers of untrusted files under 10,000 seeded mutations each: an error or a value, never a trap.
@Suite("Spoilt files")
struct ReaderFuzzTests {
    /// Changes a few bytes, cuts a piece out, repeats one, or puts in something that is special to the
    /// format.
    private static func mutated(
        _ bytes: [UInt8], words: [String], using generator: inout RandomStream
    ) -> [UInt8] {
        var bytes = bytes
        for _ in 0...generator.index(below: 4) {
            let place = generator.index(below: max(1, bytes.count))
            let end = min(bytes.count, place + generator.index(below: 40))
            switch generator.index(below: 6) {
            case 0 where !bytes.isEmpty: bytes[place] = UInt8(generator.index(below: 256))
            case 1 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(generator.index(below: 8))
            case 2: bytes.removeSubrange(min(place, end)..<end)
            case 3: bytes.insert(contentsOf: bytes[min(place, end)..<end], at: min(place, end))
            case 4:
                bytes.insert(
                    contentsOf: Array(words[generator.index(below: words.count)].utf8),
                    at: min(place, bytes.count))
            default: bytes.removeLast(min(bytes.count, generator.index(below: 30)))
            }
        }
        return bytes
    }

    @Test("safetensors", arguments: 0..<10 as Range<UInt64>)
    func safetensors(seed: UInt64) throws {
        let sound = Safetensors.encode(
            [
                ("a.weight", Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])), ("b", Tensor(indices: [1, 2])),
                ("empty", Tensor.zeros([0, 4])), ("half", Tensor.ones([3]).to(.float16)),
            ], metadata: ["format": "pt", "κ": "\"\\"])
        let words = [
            "9223372036854775807", "-1", "1e400", "{", "}", "[", "\"", "null", "\"dtype\":\"F64\"", "[[0]]",
            "\u{0}",
            "data_offsets", "__metadata__", "18446744073709551615", "F8_E4M3", ",",
        ]
        var generator = RandomStream(seed: seed, stream: 77)
        var opened = 0
        for _ in 0..<1000 {
            guard let file = try? SafetensorsFile(bytes: Self.mutated(sound, words: words, using: &generator))
            else { continue }
            opened += 1
            for name in file.names {
                let tensor = try file.tensor(named: name)
                #expect(tensor.shape == file.shape(of: name))
            }
        }
        // Bytes of elements may change as they like.
        #expect(opened > 0)
    }

    /// Spoils one file of a tokenizer folder after the other, and reads and uses what can be read.
    private func tokenizers(
        seed: UInt64, count: Int, files: [String], write: (URL) throws -> Void, use: (URL) -> Bool
    ) throws {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            try write(folder)
            let words = [
                "\"\"", "-1", "2147483648", "1048577", "</w>", "\u{120}", " ", "\n", "{", "}", "\"content\"",
                "null",
                "1e30", "\u{0}", "<|endoftext|>", "#version", "\\ud800",
            ]
            var generator = RandomStream(seed: seed, stream: 78)
            var used = 0
            for number in 0..<count {
                let file = folder.appending(path: files[number % files.count])
                let sound = try Data(contentsOf: file)
                var bytes = Self.mutated(Array(sound), words: words, using: &generator)
                // No UTF-8 at all, now and then.
                if number % 50 == 0 { bytes.insert(contentsOf: [0xFF, 0xC0, 0x80], at: bytes.count / 2) }
                try Data(bytes).write(to: file)
                if use(folder) { used += 1 }
                try sound.write(to: file)
            }
            #expect(used > 0)
        }
    }

    private static let text = "A photo of a red star, 日本 🙂 <|endoftext|></s> don't"

    @Test("CLIP's tokenizer", arguments: 0..<4 as Range<UInt64>)
    func clip(seed: UInt64) throws {
        try tokenizers(
            seed: seed, count: 1250,
            files: ["merges.txt", "vocab.json", "tokenizer_config.json", "special_tokens_map.json"]
        ) { folder in
            try TokenizerBuilder(words: ["a", "photo", "of", "star"], maximumLength: 16).write(to: folder)
        } use: { folder in
            guard let tokenizer = try? Tokenizer(folder: folder) else { return false }
            let tokens = tokenizer.encode(Self.text)
            #expect(tokens.count == tokenizer.maximumLength)
            #expect(tokens.allSatisfy { (0...tokenizer.highestToken).contains($0) })
            return true
        }
    }

    @Test("GPT-2's tokenizer", arguments: 4..<8 as Range<UInt64>)
    func gpt2(seed: UInt64) throws {
        try tokenizers(
            seed: seed, count: 1250,
            files: ["merges.txt", "vocab.json", "tokenizer_config.json", "special_tokens_map.json"]
        ) { folder in
            try ByteLevelTokenizerBuilder(words: ["A", "photo", "of", "star"]).write(to: folder)
        } use: { folder in
            guard let tokenizer = try? ByteLevelTokenizer(folder: folder),
                let tokens = try? tokenizer.encode(Self.text)
            else { return false }
            #expect(tokens.allSatisfy { (0...tokenizer.highestToken).contains($0) })
            _ = tokenizer.decode(tokens + [-1, .max])
            return true
        }
    }
}
