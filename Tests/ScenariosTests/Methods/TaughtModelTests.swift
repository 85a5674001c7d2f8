import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// FGL with adapters, FedDEO and FedBiP, whose clients teach the foundation model, in small federations.
@Suite("Methods that teach the foundation model", .serialized)
struct TaughtModelTests {
    static let methods = ["fgl-lora", "feddeo", "fedbip"]

    private static let text = """
        name: taught
        seed: 4
        clients: 3
        methods: [\(methods.joined(separator: ", "))]
        data: { set: shapes, classes: [mug, comb, heart], side: 16, train-per-class: 6, test-per-class: 4, \
        partition: { kind: dirichlet, beta: 0.5, minimum: 2 } }
        model: { kind: tiny }
        synthesis: { foundation: builtin-small, per-class: 5, steps: 2, epochs: 1, batch: 4 }
        fgl-lora: { rank: 2, steps: 2, batch: 2 }
        feddeo: { steps: 2, batch: 2 }
        fedbip: { steps: 2, batch: 2 }
        """

    @Test("They run, the same for one worker and two, are timed alike without training, and replay")
    func play() throws {
        let paths = try [1, 2].map { try ExperimentTests.run(Self.text, jobs: $0) }
        let runs = try paths.map { try RunLogReader(path: $0).runs() }
        #expect(runs[0].map(\.method) == Self.methods)
        #expect(runs[0].allSatisfy { $0.status == .finished && $0.modelSHA256 != nil })
        #expect(runs[0].map(\.logSHA256) == runs[1].map(\.logSHA256))
        #expect(Set(runs[0].map(\.modelSHA256)).count == Self.methods.count)
        let timed = try ExperimentTests.run(Self.text, overrides: ["training.mode=none"])
        for run in 1...Self.methods.count {
            let id = Int64(run)
            #expect(
                try TimingOnlyTests.lines(timed, run: id) == TimingOnlyTests.lines(paths[0], run: id),
                "\(Self.methods[run - 1])")
            for path in [paths[0], timed] {
                let replay = try Replay(path: path, run: id)
                #expect(try replay.verify(replay.runs[0]).isWhole, "\(Self.methods[run - 1])")
            }
        }
        try bytes(paths[0])
        try work(paths[0])
    }

    /// What is really sent.
    private func bytes(_ path: String) throws {
        let pipeline = try TextToImagePipeline(folder: FoundationModel.folder(of: .small))
        let states = pipeline.states(of: "")
        func sent(_ run: Int, _ client: Int) throws -> [[String]] {
            try RunTable.query(
                path,
                """
                SELECT payload, bytes FROM transfer WHERE run_id = \(run) AND direction = 'up' \
                AND client_id = \(client) ORDER BY t_start
                """)
        }
        let adapter = LowRankAdapter.encodedByteCount(
            pipeline.operations.attention,
            AdapterOptions(rank: 2, alpha: 2, steps: 1, batch: 1, learningRate: 1), as: .float16)
        let names = ["mug", "comb", "heart"]
        for client in 0..<3 {
            let held = try RunTable.query(
                path,
                "SELECT label, samples FROM label_count WHERE run_id = 1 AND client_id = \(client) "
                    + "AND samples > 0 ORDER BY label"
            ).map { (label: Int($0[0])!, count: Int($0[1])!) }
            let prompts = PromptCodec.encode(
                held.map { Prompt(label: $0.label, text: "A photo of a \(names[$0.label])", count: $0.count) }
            )
            #expect(try sent(1, client) == [["prompts", "\(prompts.count)"], ["adapter", "\(adapter)"]])
            let embeddings = PromptEmbeddingCodec.encode(
                held.map { PromptEmbedding(label: $0.label, states: states) }, as: .float16)
            #expect(try sent(2, client) == [["embeddings", "\(embeddings.count)"]])
            let concept = ConceptMessage.encodedByteCount(
                classes: held.count, images: held.reduce(0) { $0 + $1.count }, width: states.width,
                shape: pipeline.latentShape, as: .float16)
            #expect(try sent(3, client) == [["concepts", "\(concept)"]])
        }
        let down = try RunTable.query(
            path, "SELECT DISTINCT payload FROM transfer WHERE direction = 'down'")
        #expect(down == [["weights"]])
    }

    /// Who computes what, and how many images are drawn.
    private func work(_ path: String) throws {
        let kinds = try RunTable.query(
            path,
            "SELECT run_id, kind, min(flops) > 0 FROM work WHERE client_id IS NOT NULL "
                + "GROUP BY 1, 2 ORDER BY 1, 2"
        )
        #expect(
            kinds == [
                ["1", "adapt", "1"], ["1", "describe", "1"], ["2", "tailor", "1"], ["3", "tailor", "1"],
            ])
        let drawn = try RunTable.query(
            path,
            "SELECT run_id, sum(metrics ->> 'bytes') FROM work WHERE kind = 'synthesize' "
                + "GROUP BY 1 ORDER BY 1"
        )
        #expect(drawn == (1...3).map { ["\($0)", "\(15 * 3 * 16 * 16)"] })
        // No piece of work of adapters or concepts draws for two clients.
        let shares = try RunTable.query(
            path, "SELECT run_id, count(*) FROM work WHERE kind = 'synthesize' GROUP BY 1 ORDER BY 1")
        #expect(Int(shares[0][1])! > 3 && Int(shares[2][1])! > 3 && shares[1][1] == "3")
        let losses = try RunTable.query(
            path, "SELECT json_array_length(metrics, '$.losses') FROM work WHERE kind IN ('adapt', 'tailor')")
        #expect(!losses.isEmpty && losses.allSatisfy { $0 == ["2"] })
    }

    @Test("Interrupted, they are resumed to the same end", arguments: methods)
    func resume(method: String) throws {
        try ResumeTests.expectSameEnd(Self.text, ["methods=[\(method)]"])
    }

    @Test("They end under every policy", arguments: PolicyTests.policies.keys.sorted())
    func policies(policy: String) throws {
        let path = try PolicyTests.run(
            PolicyTests.policies[policy]!,
            [
                "methods=[\(Self.methods.joined(separator: ", "))]", "model={kind: tiny}",
                "synthesis.foundation=builtin-small", "fgl-lora={rank: 1, steps: 1, batch: 1}",
                "feddeo={steps: 1, batch: 1}", "fedbip={steps: 1, batch: 1}",
            ])
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.allSatisfy { $0.status == .finished }, "\(runs.map { $0.error ?? "" })")
    }

    @Test("Every setting is a part of what the work is known by")
    func settings() throws {
        func keys(_ method: String, _ setting: String) throws -> [String] {
            let path = try ExperimentTests.run(
                Self.text,
                overrides: ["methods=[\(method)]", "training.mode=none"]
                    + (setting.isEmpty ? [] : [setting]))
            return try RunTable.query(
                path, "SELECT key FROM work WHERE kind IN ('adapt', 'tailor', 'synthesize') ORDER BY 1"
            ).map { $0[0] }
        }
        for (method, settings) in [
            (
                "fgl-lora",
                [
                    "", "fgl-lora.rank=3", "fgl-lora.alpha=1", "fgl-lora.steps=3", "fgl-lora.batch=3",
                    "fgl-lora.learning-rate=0.01", "fgl-lora.precision=float32",
                ]
            ),
            ("feddeo", ["", "feddeo.steps=3", "feddeo.batch=3", "feddeo.learning-rate=100"]),
            (
                "fedbip",
                [
                    "", "fedbip.steps=3", "fedbip.batch=3", "fedbip.learning-rate=0.5", "fedbip.noise=1",
                    "fedbip.strength=0.5",
                ]
            ),
        ] {
            let found = try settings.map { try keys(method, $0) }
            #expect(Set(found).count == settings.count, "\(method)")
        }
    }

    @Test("Attackers lie about labels, and about prompts where there are some; the filter asks all of them")
    func attacks() throws {
        for (method, kind) in [
            ("fgl-lora", "wrong-label"), ("fgl-lora", "flood"), ("feddeo", "wrong-label"),
            ("fedbip", "wrong-label"),
        ] {
            let path = try ExperimentTests.run(
                Self.text,
                overrides: [
                    "methods=[\(method)]", "attack={kind: \(kind), clients: [0]}",
                    "prompt-filter={rule: agreement, images: 2, epochs: 1}",
                ])
            #expect(try RunLogReader(path: path).run(1).status == .finished, "\(method) \(kind)")
            let agreed = try RunTable.query(path, "SELECT count(*) FROM work WHERE kind = 'agree'")
            #expect(Int(agreed[0][0])! > 0, "\(method) \(kind)")
        }
    }

    @Test("A message of concepts comes back as it was; what is none is refused")
    func messages() throws {
        let concept = ConceptMessage(
            domain: [1, 2], categories: [[3, 4], [5, 6]], labels: [2, 0],
            latents: [[1, 2, 3, 4], [5, 6, 7, 8, 9, 10, 11, 12]], shape: [1, 2, 2])
        for precision in [Scenario.EmbeddingPrecision.float16, .float32] {
            let bytes = concept.encoded(as: precision)
            #expect(try ConceptMessage(decoding: bytes) == concept)
            #expect(
                bytes.count
                    == ConceptMessage.encodedByteCount(
                        classes: 2, images: 3, width: 2, shape: [1, 2, 2], as: precision))
        }
        let found = try concept.latents(of: 0)
        #expect(found.map { Array($0.latent) } == [[5, 6, 7, 8], [9, 10, 11, 12]])
        #expect(found.allSatisfy { $0.category == [5, 6] })
        func parts(_ changes: [String: Tensor]) -> [UInt8] {
            var tensors: [String: Tensor] = [:]
            tensors["domain"] = Tensor([Float(1), 2])
            tensors["categories"] = Tensor([Float(3), 4], shape: [1, 2])
            tensors["labels"] = .int32([1])
            tensors["counts"] = .int32([1])
            tensors["latents"] = Tensor([Float(1)], shape: [1, 1, 1, 1])
            tensors.merge(changes) { $1 }
            return Safetensors.encode(tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
        #expect(throws: Never.self) { try ConceptMessage(decoding: parts([:])) }
        let one = Tensor([Float(1)])
        let changes: [(String, Tensor)] = [
            ("labels", .int32([-1])), ("counts", .int32([0])), ("counts", .int32([2])),
            ("counts", .int32([1, 1])),
            ("domain", one), ("domain", Tensor([Float.nan, 1])),
            ("latents", Tensor([Float.infinity], shape: [1, 1, 1, 1])), ("latents", one.reshape([1, 1])),
            ("latents", Tensor.zeros([0, 1, 1, 1])), ("domain", Tensor([Float(1), 2]).to(.float16)),
            ("labels", one),
        ]
        let none: [[UInt8]] = [[], [0]]
        for bad in none + changes.map({ parts([$0.0: $0.1]) }) {
            let error = #expect(throws: FederationError.self) { try ConceptMessage(decoding: bad) }
            #expect(error?.description.hasPrefix("a message of concept vectors is malformed: ") == true)
        }
        #expect(throws: FederationError.self) { try concept.latents(of: 1) }
    }
}

/// What these methods refuse.
@Suite("Methods that teach the foundation model: bad input")
struct TaughtModelInputTests {
    private func sentences(_ text: String, _ method: String = "fgl-lora") -> [String] {
        scenarioSentences("name: a\nmethods: [\(method)]\n\(text)\n", methods: FederatedMethods.names)
    }

    @Test("Values out of bounds")
    func bounds() {
        for (text, sentence) in [
            (
                "fgl-lora: { rank: 0 }",
                "19: fgl-lora.rank: 0 is not allowed; allowed: a whole number from 1 to 1024"
            ),
            (
                "fgl-lora: { rank: 1.5 }",
                "19: fgl-lora.rank: 1.5 is not allowed; allowed: a whole number from 1 to 1024"
            ),
            (
                "fgl-lora: { alpha: 0 }",
                "20: fgl-lora.alpha: 0 is not allowed; allowed: a number above 0, at most 1000000"
            ),
            (
                "fgl-lora: { steps: 0 }",
                "20: fgl-lora.steps: 0 is not allowed; allowed: a whole number from 1 to 1000000"
            ),
            (
                "fgl-lora: { batch: 5000 }",
                "20: fgl-lora.batch: 5000 is not allowed; allowed: a whole number from 1 to 4096"
            ),
            (
                "fgl-lora: { learning-rate: -1 }",
                "28: fgl-lora.learning-rate: -1 is not allowed; allowed: a number above 0, at most 100"
            ),
            (
                "fgl-lora: { precision: int8 }",
                "24: fgl-lora.precision: int8 is not allowed; allowed: float16, float32"
            ),
            (
                "feddeo: { steps: none }",
                "18: feddeo.steps: none is not allowed; allowed: a whole number from 1 to 1000000"
            ),
            (
                "feddeo: { learning-rate: 0 }",
                "26: feddeo.learning-rate: 0 is not allowed; allowed: a number above 0, at most 1000000"
            ),
            (
                "fedbip: { strength: 0 }",
                "21: fedbip.strength: 0 is not allowed; allowed: a number above 0, at most 1"
            ),
            (
                "fedbip: { strength: 1.5 }",
                "21: fedbip.strength: 1.5 is not allowed; allowed: a number above 0, at most 1"
            ),
            (
                "fedbip: { noise: -0.1 }",
                "18: fedbip.noise: -0.1 is not allowed; allowed: a number from 0 to 1000"
            ),
        ] {
            #expect(sentences(text) == ["test.yaml:3:\(sentence)"])
        }
    }

    @Test("A rank above the model's attention, a set in the place of drawing, lies that are texts")
    func conflicts() {
        #expect(sentences("fgl-lora: { rank: 64 }") == [])
        #expect(
            sentences("fgl-lora: { rank: 65 }") == [
                "test.yaml:3:19: fgl-lora.rank: 65 does not go with synthesis.foundation: builtin; allowed: "
                    + "a whole number from 1 to 64, the width of the narrowest layer of its attention"
            ])
        #expect(sentences("fgl-lora: { rank: 65 }", "fedavg") == [])
        for (method, what) in [
            ("fgl-lora", "with the clients' adapters"), ("feddeo", "from the clients' descriptions"),
            ("fedbip", "from the clients' concepts"),
        ] {
            #expect(
                sentences("synthesis: { set: somewhere }", method) == [
                    "test.yaml:3:19: synthesis.set: a set does not go with methods: \(method); "
                        + "allowed: no such key: images are drawn \(what)"
                ])
        }
        #expect(
            sentences("attack: { kind: flood }", "feddeo") == [
                "test.yaml:3:17: attack.kind: flood does not go with methods: feddeo; "
                    + "allowed: wrong-label: a description is no text"
            ])
        #expect(
            sentences("attack: { kind: text }", "fedbip") == [
                "test.yaml:3:17: attack.kind: text does not go with methods: fedbip; "
                    + "allowed: wrong-label: a concept is no text"
            ])
        #expect(sentences("attack: { kind: flood }") == [])
        for method in ["fgl-lora", "feddeo", "fedbip"] {
            #expect(
                sentences("privacy: { clip: 1 }", method) == [
                    "test.yaml:3:18: privacy.at: server does not go with methods: \(method); "
                        + "allowed: other methods"
                ])
        }
    }

    @Test("The rank for a checkpoint on disk is compared when it is opened, before the first run")
    func folder() throws {
        let folder = try FoundationModel.folder(of: .small).path
        let scenario = try Scenario.parse(
            """
            name: a
            clients: 2
            methods: [fgl-lora]
            data: { set: shapes, classes: [mug, star], side: 16, train-per-class: 2, test-per-class: 2, \
            partition: { kind: iid } }
            model: { kind: tiny }
            training: { mode: none }
            synthesis: { foundation: \(folder) }
            fgl-lora: { rank: 1000 }
            """, file: "a.yaml", knownMethods: FederatedMethods.names)
        let error = #expect(throws: FederationError.self) {
            try Experiment(scenario, seeds: [1], output: TestFiles.path("a.sqlite"), jobs: 1, build: "test")
                .run(notice: { _ in }, progress: { _, _ in SilentProgress() })
        }
        guard case .adapterRank(_, 1000, let narrowest?)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(
            error?.description
                == "fgl-lora.rank: 1000 is not allowed for the foundation model \(folder); allowed: a whole "
                + "number from 1 to \(narrowest), the width of the narrowest layer of its attention")
        #expect(error?.exitCode == 65)
        #expect(
            "\(FederationError.adapterRank(path: "m", rank: 1, narrowest: nil))"
                == "m: the foundation model has no attention, whose layers adapters change; "
                + "allowed: another model, or methods other than fgl-lora")
    }

    @Test("Words that these methods teach are no words that the model has to know")
    func words() throws {
        func unknown(_ methods: String) throws -> Int {
            try Scenario.parse(
                "name: a\nmethods: [\(methods)]\ndata: { set: shapes, classes: [mug, comb] }\n",
                file: "a.yaml",
                knownMethods: FederatedMethods.names
            ).notLearntWords().count
        }
        #expect(try unknown("fgl-lora, feddeo, fedbip") == 0)
        #expect(try unknown("fgl-lora, fgl-one-shot") == 1)
    }
}
