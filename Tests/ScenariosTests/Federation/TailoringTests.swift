import Core
import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Words that clients learn from their images, played in small federations with the shipped model.
@Suite("Tailored embeddings", .serialized)
struct TailoringTests {
    private static func run(_ overrides: [String] = [], jobs: Int = 2) throws -> String {
        try ExperimentTests.run(
            GenerativeTests.tiny,
            overrides: [
                "methods=[fgl-one-shot]", "synthesis.prompts=tailored", "synthesis.tailoring.steps=2",
                "synthesis.tailoring.batch=2",
            ] + overrides, jobs: jobs)
    }

    private static func words(_ count: Int, width: Int) -> [TokenEmbedding] {
        // Halves of small integers are exact in float16.
        (0..<count).map { word in
            TokenEmbedding(label: word, count: word + 1, vector: (0..<width).map { Float($0 - word) / 2 })
        }
    }

    @Test("A message is as long as its elements and a header", arguments: [1, 2, 10])
    func messageBytes(count: Int) throws {
        for (precision, size) in [(Scenario.EmbeddingPrecision.float16, 2), (.float32, 4)] {
            let words = Self.words(count, width: 6)
            let bytes = TokenEmbeddingCodec.encode(words, as: precision)
            let header = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
            // N vectors, N labels and counts of four bytes, a length of eight bytes and the JSON it
            // announces.
            #expect(bytes.count == 8 + header + count * (6 * size + 8))
            #expect(try TokenEmbeddingCodec.decode(bytes) == words)
            #expect(Message.description(.words(words, precision)).byteCount == bytes.count)
        }
    }

    @Test("A message that is no message of words is refused, and a spoilt one never a trap")
    func malformed() {
        let labels = ("labels", Tensor(indices: [1]).to(.int32)),
            counts = ("counts", Tensor(indices: [1]).to(.int32))
        let bad: [[(String, Tensor)]] = [
            [("weights", .zeros([2, 3]))], [("tokens", .zeros([1, 4])), labels],
            [("tokens", .zeros([1, 4, 2])), labels, counts], [("tokens", .zeros([2, 4])), labels, counts],
            [("tokens", .full([1, 4], .infinity)), labels, counts],
            [("tokens", .zeros([1, 4])), ("labels", Tensor(indices: [-1]).to(.int32)), counts],
            [("tokens", .zeros([1, 4])), labels, ("counts", Tensor(indices: [0]).to(.int32))],
            [("tokens", .zeros([1, 4], .float64)), labels, counts],
        ]
        for tensors in bad {
            #expect(throws: FederationError.self) {
                try TokenEmbeddingCodec.decode(Safetensors.encode(tensors))
            }
        }
        let error = #expect(throws: FederationError.self) {
            try TokenEmbeddingCodec.decode(Safetensors.encode(bad[0]))
        }
        #expect(
            error?.description == "a message of learnt words is malformed: it holds weights [2, 3]; "
                + "allowed are labels and counts (I32) and tokens (F16 or F32, words × width)")
        let whole = TokenEmbeddingCodec.encode(Self.words(3, width: 4), as: .float16)
        var generator = RandomStream(seed: 3)
        for _ in 0..<300 {
            var spoilt = whole
            for _ in 0...generator.index(below: 3) {
                spoilt[generator.index(below: spoilt.count)] = UInt8(generator.index(below: 256))
            }
            if generator.isTrue(withProbability: 0.3) {
                spoilt.removeLast(generator.index(below: spoilt.count))
            }
            _ = try? TokenEmbeddingCodec.decode(spoilt)
        }
    }

    @Test(
        "A client uploads a vector for each class that it holds, in the precision of the scenario, and nothing else",
        arguments: [("float16", 2), ("float32", 4)])
    func uploads(name: String, size: Int) throws {
        let path = try Self.run(["synthesis.embedding-precision=\(name)"])
        let precision = try #require(Scenario.EmbeddingPrecision(rawValue: name))
        for client in 0..<3 {
            let sent = try RunTable.query(
                path, "SELECT payload, bytes FROM transfer WHERE direction = 'up' AND client_id = \(client)")
            let held = try RunTable.query(
                path, "SELECT class FROM label_count WHERE client_id = \(client) ORDER BY label")
            // The shipped model's width is 128.
            let message = TokenEmbeddingCodec.encode(Self.words(held.count, width: 128), as: precision)
            #expect(sent == [["tokens", "\(message.count)"]])
            let prompts = try RunTable.query(
                path, "SELECT text, bytes FROM prompt WHERE client_id = \(client) ORDER BY label")
            #expect(prompts == held.map { ["A photo of a <\($0[0])>", "\(128 * size)"] })
        }
    }

    @Test(
        "Each client's word of a class has its own images, their number in proportion to what it was learnt from"
    )
    func synthesis() throws {
        let path = try Self.run()
        let learnt = try RunTable.query(
            path, "SELECT count(*), count(DISTINCT key) FROM work WHERE kind = 'tailor'")
        let held = try RunTable.query(path, "SELECT count(*) FROM label_count")[0][0]
        #expect(learnt == [[held, held]])
        let drawn = try RunTable.query(path, "SELECT sum(flops) FROM work WHERE kind = 'synthesize'")
        let operations = try TextToImagePipeline(folder: FoundationModel.builtin).operations
        #expect(abs(Double(drawn[0][0])! / (40 * operations.image(steps: 2)) - 1) < 1e-9)
        // So many of each word as `per-prompt` says.
        let each = try Self.run(["synthesis.per-prompt=1"])
        let few = try RunTable.query(each, "SELECT sum(flops) FROM work WHERE kind = 'synthesize'")
        #expect(abs(Double(few[0][0])! / (Double(held)! * operations.image(steps: 2)) - 1) < 1e-9)
    }

    @Test("Learning takes a client the virtual time of its operations, one word after the other")
    func time() throws {
        let path = try Self.run(["devices.stragglers.fraction=0"])
        let operations = try TextToImagePipeline(folder: FoundationModel.builtin).operations
        let options = InversionOptions(steps: 2, batch: 2, learningRate: 1)
        let events = try RunLogReader(path: path).events(run: 1, limit: 10_000)
        for client in 0..<3 {
            let counts = try RunTable.query(
                path, "SELECT samples FROM label_count WHERE client_id = \(client) ORDER BY label")
            let own = events.filter { $0.client == client && $0.kind.hasPrefix("tailor-") }
            #expect(own.map(\.kind) == counts.flatMap { _ in ["tailor-start", "tailor-end"] })
            for (index, count) in counts.enumerated() {
                let span = (own[2 * index + 1].instant - own[2 * index].instant).seconds
                // FLOPs over 0.5 TFLOPS.
                let modelled = operations.inversion(options, images: Int(count[0])!) / 0.5e12
                #expect(abs(span - modelled) < 2e-9)
            }
        }
    }

    @Test("The same log for one worker and for two, and a replay comes to it without the model")
    func determinism() throws {
        let paths = try [1, 2].map { try Self.run(jobs: $0) }
        let runs = try paths.map { try RunLogReader(path: $0).runs()[0] }
        #expect(runs[0].logSHA256 == runs[1].logSHA256 && runs[0].modelSHA256 == runs[1].modelSHA256)
        let replay = try Replay(path: paths[0])
        #expect(try replay.verify(replay.runs[0]).isWhole)
        // Another learning rate learns other words.
        let other = try RunLogReader(path: Self.run(["synthesis.tailoring.learning-rate=0.01"])).runs()[0]
        #expect(other.modelSHA256 != runs[0].modelSHA256)
    }

    @Test("Timing only plays the same messages at the same instants")
    func timingOnly() throws {
        let transfers = try [[], ["training.mode=none"]].map { overrides in
            try RunTable.query(
                Self.run(overrides),
                "SELECT client_id, direction, payload, bytes, t_start, t_end FROM transfer ORDER BY "
                    + "transfer_id"
            )
        }
        #expect(transfers[0] == transfers[1] && transfers[0].count == 6)
    }

    @Test("A template without room for a word is told before a run begins")
    func longTemplate() throws {
        let template = String(repeating: "photo ", count: 20) + "{class}"
        #expect(throws: FoundationModelError.self) { try Self.run(["synthesis.template=\"\(template)\""]) }
    }

    @Test(
        "Settings that are none are refused with what is allowed",
        arguments: [
            ("steps=0", "1 to 1000000"), ("batch=0", "1 to 4096"),
            ("learning-rate=0", "a number above 0, at most 100"),
            ("rate=1", "unknown key"),
        ])
    func refusals(setting: String, allowed: String) {
        let error = #expect(throws: ScenarioError.self) {
            try Scenario.parse(
                GenerativeTests.tiny, file: "test.yaml", overrides: ["synthesis.tailoring.\(setting)"],
                knownMethods: FederatedMethods.names)
        }
        #expect(error.map { "\($0)".contains(allowed) } == true, "\(String(describing: error))")
    }

    @Test("A template for each domain has no place for a word that stands in one")
    func templates() {
        let error = #expect(throws: ScenarioError.self) {
            try Scenario.parse(
                GenerativeTests.tiny, file: "test.yaml",
                overrides: [
                    "synthesis.prompts=tailored", "synthesis.templates={ sketch: \"A sketch of a {class}\" }",
                ],
                knownMethods: FederatedMethods.names)
        }
        #expect(
            error?.description.contains(
                "synthesis.prompts: tailored does not go with synthesis.templates; allowed: class, instance, "
                    + "embeddings: a learnt word stands in one template") == true,
            "\(String(describing: error))")
    }
}
