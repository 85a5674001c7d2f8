import Core
import Foundation
import Models
import Testing

@Suite("Caption pipeline")
struct CaptionPipelineTests {
    private static func pipeline() throws -> CaptionPipeline {
        try CaptionPipeline(folder: URL(filePath: CaptionerFixtures.variant))
    }

    @Test("from images of any size to transformers' captions")
    func captions() throws {
        let expected = try CaptionerFixtures.metadata("captions", [String].self)
        try computing {
            let images = try (0..<2).map(CaptionerFixtures.image)
            var done: [Int] = []
            let found = try Self.pipeline().caption(
                images, options: CaptionOptions(maximumNewTokens: 12, batch: 1)
            ) { done.append($0) }
            #expect(found == Array(expected.prefix(2)))
            #expect(done == [1, 2])
        }
    }

    @Test("a set of images has the captions of its images; no images have none")
    func sets() throws {
        try computing {
            let pipeline = try Self.pipeline()
            var generator = RandomStream(seed: 2)
            let pixels = (0..<3 * 3 * 16 * 16).map { _ in UInt8(generator.index(below: 256)) }
            let set = ImageSet(side: 16, pixels: pixels, labels: [0, 0, 0], classNames: ["noise"])
            let images = (0..<3).map { RGBImage(width: 16, height: 16, planar: set.image(at: $0)) }
            #expect(try pipeline.caption(set) == pipeline.caption(images))
            #expect(try pipeline.caption([]) == [])
        }
    }

    @Test("an image of 1 × 1 pixels has the caption of a square of its colour")
    func onePixel() throws {
        try computing {
            let images = [1, 40].map {
                RGBImage(
                    width: $0, height: $0,
                    pixels: Array(repeating: [200, 30, 60], count: $0 * $0).flatMap { $0 })
            }
            let captions = try Self.pipeline().caption(images)
            #expect(captions[0] == captions[1])
        }
    }

    @Test("prompt and caption that do not fit the language model's positions are an error with the numbers")
    func tooLong() throws {
        try computing {
            let pipeline = try Self.pipeline()
            let image = [try CaptionerFixtures.image(0)]
            // 40 positions, 5 queries, the start token.
            #expect(pipeline.configuration.tokensForText == 34)
            #expect(try pipeline.caption(image, options: .init(maximumNewTokens: 34)).count == 1)
            #expect(throws: CaptionerError.tooManyTokens(prompt: 0, caption: 35, allowed: 34)) {
                try pipeline.caption(image, options: .init(maximumNewTokens: 35))
            }
            let prompt = String(repeating: "7", count: 20)
            #expect(throws: CaptionerError.tooManyTokens(prompt: 20, caption: 15, allowed: 34)) {
                try pipeline.caption(image, prompt: prompt, options: .init(maximumNewTokens: 15))
            }
            #expect(throws: CaptionerError.promptTooLarge(byteCount: 10_000, allowed: 8192)) {
                try pipeline.caption(image, prompt: String(repeating: "x", count: 10_000))
            }
        }
    }

    @Test("what is written is read back: configuration, preparation and, in float32, weights to the bit")
    func roundTrip() throws {
        try withTemporaryFolder { path in
            var configuration = CaptionerFixtures.configuration
            configuration.generation.endTokens = [2, 3]
            configuration.text.hasFinalNorm = false
            let model = CaptionerFixtures.model(seed: 1, configuration)
            let preparation = ImagePreparation(side: 10, mean: [0.5, 0.25, 0.125])
            let folder = try CaptionerFolder.write(model, preparation: preparation, to: path, type: .float32)
            #expect(try folder.configuration() == configuration)
            #expect(try folder.preparation() == preparation)
            for (left, right) in zip(model.parameters.entries, try folder.model().parameters.entries) {
                // The last state is not normalized in this shape.
                #expect(left.name == right.name && left.tensor.floats == right.tensor.floats)
            }
        }
    }

    /// Copies the checkpoint with the tokenizer and lets `change` spoil it.
    private func withCopy<Result>(_ body: (String) throws -> Result) throws -> Result {
        try withTemporaryFolder { path in
            let copy = "\(path)/blip2"
            try FileManager.default.copyItem(atPath: CaptionerFixtures.variant, toPath: copy)
            return try body(copy)
        }
    }

    @Test(
        "a missing file is an error that names it",
        arguments: ["config.json", "model.safetensors", "vocab.json", "merges.txt"])
    func missingFiles(name: String) throws {
        try withCopy { path in
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            let error = #expect(throws: (any Error).self) { try CaptionPipeline(folder: URL(filePath: path)) }
            #expect(error.map { "\($0)".hasPrefix("\(path)/\(name): ") } == true)
        }
        #expect(throws: CaptionerError.noFolder(path: "/no/such")) {
            try CaptionPipeline(folder: URL(filePath: "/no/such"))
        }
    }

    @Test(
        "a tensor that is missing, misshapen, of whole numbers or superfluous is named, and a truncated file is"
    )
    func wrongTensors() throws {
        try withCopy { path in
            let file = "\(path)/model.safetensors", folder = try CaptionerFolder(path: path)
            let entries = try folder.model().parameters.entries.map { (name: $0.name, tensor: $0.tensor) }
            func write(_ change: (String, Tensor) -> Tensor?, extra: [(name: String, tensor: Tensor)] = [])
                throws
            {
                let changed: [(name: String, tensor: Tensor)] = entries.compactMap { entry in
                    change(entry.name, entry.tensor).map { (name: entry.name, tensor: $0) }
                }
                try Safetensors.write(changed + extra, to: file)
            }
            let name = "qformer.encoder.layer.3.crossattention.attention.key.weight"
            try write { $0 == name ? nil : $1 }
            #expect(throws: SafetensorsError.missingTensor(file: file, tensor: name)) { try folder.model() }
            try write { $0 == name ? .zeros([20, 25]) : $1 }
            #expect(
                throws: SafetensorsError.shapeMismatch(
                    file: file, tensor: name, expected: [20, 24], found: [20, 25])
            ) { try folder.model() }
            try write { $0 == name ? .zeros([20, 24], .int64) : $1 }
            #expect(throws: SafetensorsError.wholeNumbers(file: file, tensor: name, found: .int64)) {
                try folder.model()
            }
            try write({ $1 }, extra: [("vision_model.extra", .zeros([1]))])
            #expect(
                throws: SafetensorsError.unexpectedTensor(file: file, tensor: "vision_model.extra", count: 1)
            ) {
                try folder.model()
            }
            let data = try Data(contentsOf: URL(filePath: file))
            try data.prefix(data.count / 2).write(to: URL(filePath: file))
            let error = #expect(throws: SafetensorsError.self) { try folder.model() }
            #expect(error.map { "\($0)".hasPrefix(file) } == true)
        }
    }

    @Test("a configuration of sizes that the weights do not bear out costs no memory")
    func inventedSizes() throws {
        try withCopy { path in
            let file = URL(filePath: "\(path)/config.json")
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            try Data(text.replacing("\"ffn_dim\": 36", with: "\"ffn_dim\": 1048576").utf8).write(to: file)
            let error = #expect(throws: CaptionerError.self) {
                try CaptionPipeline(folder: URL(filePath: path))
            }
            if case .mismatchedSize? = error {} else { Issue.record("\(String(describing: error))") }
        }
    }

    @Test("weights in several files with an index are the weights of one")
    func shards() throws {
        try withCopy { path in
            let folder = try CaptionerFolder(path: path)
            let entries = try folder.model().parameters.entries.map { (name: $0.name, tensor: $0.tensor) }
            let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
            let half = entries.count / 2
            try Safetensors.write(Array(entries[..<half]), to: "\(path)/\(names[0])", as: .float16)
            try Safetensors.write(Array(entries[half...]), to: "\(path)/\(names[1])", as: .float16)
            try FileManager.default.removeItem(atPath: "\(path)/model.safetensors")
            func writeIndex(_ change: (String, Int) -> String) throws {
                let map = Dictionary(
                    uniqueKeysWithValues: entries.enumerated().map { ($1.name, change($1.name, $0)) })
                try JSONEncoder().encode(["weight_map": map])
                    .write(to: URL(filePath: "\(path)/model.safetensors.index.json"))
            }
            try writeIndex { names[$1 < half ? 0 : 1] }
            for (left, right) in zip(entries, try folder.model().parameters.tensors) {
                #expect(left.tensor.to(.float16).floats == right.floats)
            }
            try writeIndex { names[$1 <= half ? 0 : 1] }
            #expect(
                throws: SafetensorsError.missingTensor(
                    file: "\(path)/\(names[0])", tensor: entries[half].name)
            ) { try folder.model() }
            try writeIndex { _, _ in "../model.safetensors" }
            #expect(throws: FoundationModelError.self) { try folder.model() }
        }
    }

    @Test("a tokenizer with more ids than the language model is refused with both numbers")
    func mismatch() throws {
        try withCopy { path in
            try ByteLevelTokenizerBuilder(words: (0..<60).map { "word\($0)" }).write(to: URL(filePath: path))
            let error = #expect(throws: FoundationModelError.self) {
                try CaptionPipeline(folder: URL(filePath: path))
            }
            #expect(error.map { "\($0)".contains("the language model's vocab_size less one is 335") } == true)
        }
    }
}
