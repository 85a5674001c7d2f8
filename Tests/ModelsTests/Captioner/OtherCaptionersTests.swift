import Foundation
import Models
import Testing

/// BLIP and BLIP-2 with FLAN-T5 against transformers; `Fixtures/blip.py` and `blip_t5.py` made the folders.
@Suite("Captioners beside transformers'")
struct OtherCaptionersTests {
    private static func folder(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/\(name)")
    }

    /// What transformers' tokenizer makes of texts.
    private struct Texts: Decodable {
        let texts: [String]
        let ids: [[Int32]]
        let decoded: [String]
        let captions: [String]
        let prompt: [Int32]?
    }

    private static func expected(_ name: String) throws -> (SafetensorsFile, Texts) {
        let file = try SafetensorsFile(path: folder(name).path + "/expected.safetensors")
        return (
            file, try JSONDecoder().decode(Texts.self, from: Data(try #require(file.metadata["texts"]).utf8))
        )
    }

    /// The rows of a stored table of ids, each up to its end token.
    private static func rows(_ file: SafetensorsFile, _ name: String, end: Int32) throws -> [[Int32]] {
        let tensor = try file.tensor(named: name), width = tensor.shape[1]
        let ids = tensor.integers.map { Int32($0) }
        return (0..<tensor.shape[0]).map { row in
            let tokens = ids[row * width..<(row + 1) * width]
            return Array(tokens.firstIndex(of: end).map { tokens[...$0] } ?? tokens)
        }
    }

    private static func image(_ tensor: Tensor) -> RGBImage {
        RGBImage(width: tensor.shape[1], height: tensor.shape[0], pixels: tensor.integers.map { UInt8($0) })
    }

    /// A copy of BLIP's folder with one of its files changed.
    private static func blip<Result>(
        _ file: String, _ change: (String) -> String, _ body: (BlipPipeline) throws -> Result
    ) throws -> Result {
        try withTemporaryFolder { folder in
            let copy = URL(filePath: "\(folder)/blip"), changed = copy.appending(path: file)
            try FileManager.default.copyItem(at: Self.folder("blip-tiny"), to: copy)
            let text = try String(contentsOf: changed, encoding: .utf8)
            try Data(change(text).utf8).write(to: changed)
            return try computing { try body(try BlipPipeline(folder: copy)) }
        }
    }

    /// Ids of `BertTokenizer` of transformers 5.24.
    @Test("Special texts in a prompt are one token each, as they stand")
    func specialTexts() throws {
        try computing {
            let tokenizer = try BlipPipeline(folder: Self.folder("blip-tiny")).tokenizer
            let known: [(String, [Int32])] = [
                ("a [SEP] star", [10, 3, 51]), ("[sep]", [1, 1, 1]), ("[CLS]a", [2, 10]),
                ("x[MASK]y", [1, 4, 30]), ("[UNK]", [1]), ("[PAD] [DEC]", [0, 1, 13, 42, 36, 1]),
            ]
            for (text, ids) in known { #expect(try tokenizer.encode(text) == ids, "\(text)") }
        }
    }

    @Test("A vocabulary whose lines end as Windows ends them is the same one")
    func carriageReturns() throws {
        let texts = ["a photo of", "a photograph of two dogs"]
        let plain = try Self.blip("vocab.txt", { $0 }) { try texts.map($0.tokenizer.encode) }
        let other = try Self.blip("vocab.txt", { $0.replacingOccurrences(of: "\n", with: "\r\n") }) {
            try texts.map($0.tokenizer.encode)
        }
        #expect(other == plain)
    }

    /// transformers' `generate`, tried with 5.24: a `max_length` of 20, given or not, is its own default, and
    /// means so many new tokens; of others the start token is one.
    @Test("The longest caption follows from max_length", arguments: [(nil, 20), (20, 20), (21, 20), (5, 4)])
    func longestCaption(length: Int?, expected: Int) throws {
        func change(_ text: String) -> String {
            guard var values = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                var decoder = values["text_config"] as? [String: Any]
            else { return "" }
            decoder["max_new_tokens"] = nil
            decoder["max_length"] = length
            values["text_config"] = decoder
            let data = try? JSONSerialization.data(withJSONObject: values)
            return String(decoding: data ?? Data(), as: UTF8.self)
        }
        let longest = try Self.blip("config.json", change) { $0.defaultOptions.maximumNewTokens }
        #expect(longest == expected)
    }

    @Test("BLIP's states, logits and token ids are transformers'")
    func blip() throws {
        let (file, _) = try Self.expected("blip-tiny")
        try computing {
            let captioner = try BlipPipeline(folder: Self.folder("blip-tiny"))
            let pixels = try file.tensor(named: "pixels")
            let states = captioner.model.encode(pixels)
            #expect(FoundationFixtures.difference(states, try file.tensor(named: "vision")) < 1e-4)
            let image = RGBImage(width: 8, height: 8, pixels: (0..<192).map { UInt8($0) })
            let features = try captioner.features(of: [image])
            let means = captioner.model.encode(try captioner.preparation([image])).mean([1])
            #expect(
                FoundationFixtures.difference(Tensor(features, shape: [1, captioner.featureWidth]), means)
                    < 1e-6)
            let logits = captioner.model.firstLogits(pixels)
            #expect(FoundationFixtures.difference(logits, try file.tensor(named: "first_logits")) < 1e-4)
            let prompt = try captioner.tokenizer.encode("a photo of")
            for (name, prompt, beams) in [("greedy", [], 1), ("prompted", prompt, 1), ("beams", [], 3)] {
                let found = captioner.model.generate(
                    pixels, prompt: prompt, options: CaptionOptions(maximumNewTokens: 12, beams: beams))
                #expect(try found == Self.rows(file, name, end: 3), "\(name)")
            }
        }
    }

    @Test("BLIP-2's logits and token ids with T5 are transformers'")
    func t5() throws {
        let (file, texts) = try Self.expected("blip-t5-tiny")
        try computing {
            let captioner = try Blip2T5Pipeline(folder: Self.folder("blip-t5-tiny"))
            let pixels = try file.tensor(named: "pixels")
            let start = captioner.configuration.emptyPrompt
            #expect(start == [1])
            let logits = captioner.model.firstLogits(pixels, prompt: start)
            #expect(FoundationFixtures.difference(logits, try file.tensor(named: "first_logits")) < 1e-4)
            let prompt = try captioner.tokenizer.encode("a photo of") + [1]
            #expect(prompt == texts.prompt)
            for (name, prompt, beams) in [("greedy", start, 1), ("prompted", prompt, 1), ("beams", start, 3)]
            {
                let found = captioner.model.generate(
                    pixels, prompt: prompt, options: CaptionOptions(maximumNewTokens: 14, beams: beams))
                #expect(try found == Self.rows(file, name, end: 1), "\(name)")
            }
        }
    }

    @Test(
        "texts become the ids of transformers' tokenizers, and ids their texts",
        arguments: ["blip-tiny", "blip-t5-tiny"])
    func tokenizers(name: String) throws {
        let (_, texts) = try Self.expected(name)
        let word: WordPieceTokenizer? =
            name == "blip-tiny" ? try BlipPipeline(folder: Self.folder(name)).tokenizer : nil
        let unigram: UnigramTokenizer? =
            name == "blip-tiny" ? nil : try Blip2T5Pipeline(folder: Self.folder(name)).tokenizer
        for (text, (ids, decoded)) in zip(texts.texts, zip(texts.ids, texts.decoded)) {
            let found = try word?.encode(text) ?? unigram?.encode(text)
            #expect(found == ids, "\(text)")
            #expect((word?.decode(ids) ?? unigram?.decode(ids)) == decoded, "\(text)")
        }
    }

    @Test("captions of images are transformers', through the one door for captioners")
    func captions() throws {
        try computing {
            for (name, names, end) in [
                ("blip-tiny", ["image_0", "image_1", "image_2"], 12), ("blip-t5-tiny", ["image"], 14),
            ] {
                let (file, texts) = try Self.expected(name)
                let captioner = try Captioners.open(Self.folder(name))
                var options = captioner.defaultOptions
                #expect(options.maximumNewTokens == 20)
                options.maximumNewTokens = end
                let images = try names.map { Self.image(try file.tensor(named: $0)) }
                let found = try captioner.caption(images, prompt: "", options: options) { _ in }
                #expect(found == Array(texts.captions.prefix(images.count)))
                #expect(captioner.operations(newTokens: 10) > captioner.operations(newTokens: 1))
            }
            #expect(try Captioners.open(Self.folder("blip2-variant")) is CaptionPipeline)
        }
    }

    @Test("a tied head is read under either name, and transformers 5's tokenizer.json alone")
    func layouts() throws {
        try withTemporaryFolder { path in
            let copy = path + "/copy"
            try FileManager.default.copyItem(atPath: Self.folder("blip-tiny").path, toPath: copy)
            let weights = try SafetensorsFile(path: copy + "/model.safetensors")
            let embedding = "text_decoder.bert.embeddings.word_embeddings.weight"
            let head = "text_decoder.cls.predictions.decoder.weight"
            let bias = "text_decoder.cls.predictions.bias"
            let otherBias = "text_decoder.cls.predictions.decoder.bias"
            let expected = try Self.logits(copy)
            func value(_ names: [String]) throws -> Tensor {
                try weights.tensor(named: try #require(names.first { weights.contains($0) }))
            }
            let matrix = try value([embedding, head]), row = try value([bias, otherBias])
            let others = try weights.names.filter { ![embedding, head, bias, otherBias].contains($0) }
                .map { ($0, try weights.tensor(named: $0)) }
            for tied in [
                [(head, matrix), (otherBias, row)], [(embedding, matrix), (head, matrix), (bias, row)],
            ] {
                try Data(Safetensors.encode(others + tied)).write(
                    to: URL(fileURLWithPath: copy + "/model.safetensors"))
                #expect(try FoundationFixtures.difference(Self.logits(copy), expected) == 0)
            }
            // tokenizer.json in the place of vocab.txt.
            let words = try String(contentsOfFile: copy + "/vocab.txt", encoding: .utf8).split(
                separator: "\n")
            let vocabulary = Dictionary(uniqueKeysWithValues: words.enumerated().map { (String($1), $0) })
            let json: [String: Any] = [
                "model": ["type": "WordPiece", "vocab": vocabulary], "added_tokens": [],
            ]
            try FileManager.default.removeItem(atPath: copy + "/vocab.txt")
            try JSONSerialization.data(withJSONObject: json).write(
                to: URL(fileURLWithPath: copy + "/tokenizer.json"))
            let (_, texts) = try Self.expected("blip-tiny")
            let tokenizer = try BlipPipeline(folder: URL(fileURLWithPath: copy)).tokenizer
            #expect(try texts.texts.map { try tokenizer.encode($0) } == texts.ids)
        }
    }

    private static func logits(_ path: String) throws -> Tensor {
        let (file, _) = try expected("blip-tiny")
        return try computing {
            try BlipPipeline(folder: URL(fileURLWithPath: path)).model.firstLogits(
                try file.tensor(named: "pixels"))
        }
    }

    @Test(
        "captioners of other kinds, and parts that do not fit, are refused by file and key",
        arguments: [
            (
                "blip-tiny", "model_type", "\"git\"",
                "'model_type' is \"git\"; allowed is \"blip-2\" or \"blip\""
            ),
            ("blip-tiny", "architectures", "[\"BlipForQuestionAnswering\"]", "'architectures' is"),
            (
                "blip-t5-tiny", "text_config", "{\"model_type\": \"llama\"}",
                "text_config: 'model_type' is \"llama\""
            ),
            ("blip-t5-tiny", "num_query_tokens", "5", "query_tokens"),
            ("blip-t5-tiny", "num_query_tokens", "0", "'num_query_tokens' is 0"),
        ])
    func refused(name: String, key: String, value: String, words: String) throws {
        try withTemporaryFolder { path in
            let copy = path + "/copy", url = URL(fileURLWithPath: copy + "/config.json")
            try FileManager.default.copyItem(atPath: Self.folder(name).path, toPath: copy)
            var object = try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
            object[key] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
            try JSONSerialization.data(withJSONObject: object).write(to: url)
            let error = #expect(throws: (any Error).self) { try Captioners.open(URL(fileURLWithPath: copy)) }
            #expect(error.map { "\($0)".contains(words) } == true, "\(String(describing: error))")
        }
    }
}
