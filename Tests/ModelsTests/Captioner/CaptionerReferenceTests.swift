import Models
import Testing

/// The networks and the search against numbers of transformers; tolerance 1e-4 absolute.
@Suite("Captioner against transformers")
struct CaptionerReferenceTests {
    private static let tolerance = 1e-4

    @Test("states of image, queries and projection are transformers'", arguments: CaptionerFixtures.folders)
    func states(folder: String) throws {
        let expected = try FoundationFixtures.expected(folder)
        try computing {
            let model = try CaptionerFolder(path: folder).model()
            let states = model.encode(try expected.tensor(named: "pixel_values"))
            for (name, found) in [
                ("vision_last_hidden_state", states.vision),
                ("qformer_last_hidden_state", states.queries), ("language_projection", states.projection),
            ] {
                let difference = FoundationFixtures.difference(found, try expected.tensor(named: name))
                #expect(difference < Self.tolerance, "\(name)")
            }
        }
    }

    @Test("features of images are the means of their states")
    func features() throws {
        try computing {
            let pipeline = try CaptionPipeline(folder: CaptionerModel.builtin)
            let images = (0..<3).map { image in
                RGBImage(
                    width: 12, height: 9, pixels: (0..<12 * 9 * 3).map { UInt8(($0 * 31 + 50 * image) % 256) }
                )
            }
            let found = try pipeline.features(of: images)
            #expect(found.count == 3 * pipeline.featureWidth)
            let states = pipeline.model.encode(try pipeline.preparation(images)).vision
            let difference = FoundationFixtures.difference(
                Tensor(found, shape: [3, pipeline.featureWidth]), states.mean([1]))
            #expect(difference < 1e-6 && pipeline.featureOperations > 0)
        }
    }

    @Test("logits after the start token are transformers'", arguments: CaptionerFixtures.folders)
    func logits(folder: String) throws {
        let expected = try FoundationFixtures.expected(folder)
        try computing {
            let model = try CaptionerFolder(path: folder).model()
            let images = try expected.tensor(named: "pixel_values"), count = images.shape[0]
            let start = Int64(model.configuration.generation.startToken)
            let found = model(
                images, tokens: Tensor(indices: Array(repeating: start, count: count), shape: [count, 1]))
            let reference = try expected.tensor(named: "first_logits")
            let difference = FoundationFixtures.difference(found.reshape(reference.shape), reference)
            #expect(difference < Self.tolerance)
        }
    }

    /// Rows of `ids`, with what the model finds filled up as transformers does.
    private static func agrees(
        _ found: [[Int32]], with ids: Tensor, padding: Int32
    ) -> Bool {
        let width = ids.shape[1]
        let filled = found.flatMap { row in
            row.prefix(width).map(Int64.init)
                + Array(repeating: Int64(padding), count: max(0, width - row.count))
        }
        return filled == ids.integers && found.allSatisfy { $0.count <= width }
    }

    @Test("greedy captions are transformers', to the token", arguments: CaptionerFixtures.folders)
    func greedy(folder: String) throws {
        let expected = try FoundationFixtures.expected(folder)
        try computing {
            let model = try CaptionerFolder(path: folder).model()
            let generation = model.configuration.generation
            let all = try expected.tensor(named: "greedy_ids"), length = all.shape[1] - 1
            let found = model.generate(
                try expected.tensor(named: "pixel_values"), options: CaptionOptions(maximumNewTokens: length))
            #expect(
                Self.agrees(
                    found, with: all.narrow(1, from: 1, count: length), padding: generation.paddingToken))
        }
    }

    @Test("captions that go on from a prompt are transformers'")
    func prompted() throws {
        let expected = try FoundationFixtures.expected(CaptionerFixtures.variant)
        let prompt = try CaptionerFixtures.metadata("prompt", [Int32].self)
        try computing {
            let model = try CaptionerFolder(path: CaptionerFixtures.variant).model()
            let found = model.generate(
                try expected.tensor(named: "pixel_values"), prompt: prompt,
                options: CaptionOptions(maximumNewTokens: 12))
            #expect(Self.agrees(found, with: try expected.tensor(named: "prompted_ids"), padding: 1))
        }
    }

    /// Options as the fixture names them: beams, length penalty, `early_stopping`.
    private static func options(_ name: String) throws -> CaptionOptions {
        let parts = name.split(separator: " ").map(String.init)
        let stopping: [String: BeamStopping] = ["False": .heuristic, "True": .immediate, "never": .exact]
        return CaptionOptions(
            maximumNewTokens: 12, beams: try #require(Int(parts[1])),
            lengthPenalty: try #require(Double(parts[2])), stopping: try #require(stopping[parts[3]]))
    }

    @Test("beam search finds transformers' captions, whatever penalty and stopping rule")
    func beams() throws {
        let expected = try FoundationFixtures.expected(CaptionerFixtures.variant)
        let names = expected.names.filter { $0.hasPrefix("beam_ids ") }
        #expect(names.count >= 5)
        try computing {
            let model = try CaptionerFolder(path: CaptionerFixtures.variant).model()
            let images = try expected.tensor(named: "pixel_values")
            for name in names {
                let found = model.generate(images, options: try Self.options(name))
                #expect(Self.agrees(found, with: try expected.tensor(named: name), padding: 1), "\(name)")
            }
        }
    }

    @Test(
        "parameters have exactly the names of the checkpoint's tensors", arguments: CaptionerFixtures.folders)
    func names(folder: String) throws {
        let names = try SafetensorsFile(path: "\(folder)/model.safetensors").names
        let model = try CaptionerFolder(path: folder).model()
        #expect(model.parameters.entries.map(\.name).sorted() == names.sorted())
    }
}
