import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// OSCAR, FedCGS, FedPFT, Co-Boosting and Private Evolution in small federations.
@Suite("Generative rivals", .serialized)
struct GenerativeRivalTests {
    static let methods = ["oscar", "fedcgs", "fedpft", "co-boosting", "private-evolution"]

    private static let text = """
        name: rivals
        seed: 4
        clients: 3
        methods: [\(methods.joined(separator: ", "))]
        data: { set: shapes, classes: [mug, star, heart], side: 16, train-per-class: 6, test-per-class: 4, \
        partition: { kind: dirichlet, beta: 0.5, minimum: 2 } }
        model: { kind: tiny }
        training: { rounds: 1, local-epochs: 1, batch: 4 }
        synthesis: { foundation: builtin-small, per-class: 4, steps: 2, epochs: 1, batch: 4 }
        co-boosting: { local-epochs: 1, epochs: 2, generator-steps: 1, batch: 4, generator-width: 4, \
        noise-width: 4 }
        private-evolution: { rounds: 2, candidates: 3, noise: 2 }
        """
    private static let epsilon = "private-evolution={rounds: 2, candidates: 3, epsilon: 8}"

    @Test("They run, the same for one worker and two, are timed alike without training, and replay")
    func play() throws {
        let paths = try [1, 2].map {
            try ExperimentTests.run(Self.text, overrides: [Self.epsilon], jobs: $0)
        }
        let runs = try paths.map { try RunLogReader(path: $0).runs() }
        #expect(runs[0].map(\.method) == Self.methods)
        #expect(runs[0].allSatisfy { $0.status == .finished && $0.modelSHA256 != nil })
        #expect(runs[0].map(\.logSHA256) == runs[1].map(\.logSHA256))
        #expect(Set(runs[0].map(\.modelSHA256)).count == Self.methods.count)
        let timed = try ExperimentTests.run(Self.text, overrides: [Self.epsilon, "training.mode=none"])
        for run in 1...Self.methods.count {
            let id = Int64(run)
            #expect(
                try TimingOnlyTests.lines(timed, run: id) == TimingOnlyTests.lines(paths[0], run: id),
                "\(Self.methods[run - 1])")
            let replay = try Replay(path: paths[0], run: id)
            #expect(try replay.verify(replay.runs[0]).isWhole, "\(Self.methods[run - 1])")
        }
        let accuracies = try RunTable.query(
            paths[0], "SELECT run_id, round, count(*) FROM accuracy GROUP BY 1 ORDER BY 1")
        #expect(
            accuracies == [
                ["1", "1", "1"], ["2", "1", "1"], ["3", "1", "1"], ["4", "1", "1"], ["5", "2", "1"],
            ])
        try bytes(paths[0])
        try privacy(paths[0])
    }

    /// What is really sent.
    private func bytes(_ path: String) throws {
        func sent(_ run: Int, _ direction: String, _ client: Int) throws -> [[String]] {
            try RunTable.query(
                path,
                """
                SELECT payload, bytes FROM transfer WHERE run_id = \(run) AND direction = '\(direction)' \
                AND client_id = \(client) ORDER BY t_start
                """)
        }
        let width = try CaptionPipeline(folder: CaptionerModel.builtin).featureWidth
        let states = try TextToImagePipeline(folder: FoundationModel.folder(of: .small)).states(of: "")
        #expect(width == 128)
        for client in 0..<3 {
            let held = try RunTable.query(
                path,
                "SELECT label FROM label_count WHERE run_id = 1 AND client_id = \(client) AND samples > 0"
            ).map { Int($0[0])! }
            let embeddings = PromptEmbeddingCodec.encode(
                held.map { PromptEmbedding(label: $0, states: states) }, as: .float16)
            #expect(try sent(1, "up", client) == [["embeddings", "\(embeddings.count)"]])
            let sums = FeatureStatistics.encodedByteCount(classes: held.count, width: width)
            #expect(try sent(2, "up", client) == [["statistics", "\(sums)"]])
            let gaussians = FeatureGaussians.encodedByteCount(classes: held.count, width: width)
            #expect(try sent(3, "up", client) == [["statistics", "\(gaussians)"]])
            let head = LinearHead.encodedByteCount(classes: 3, width: width)
            #expect(try sent(2, "down", client) == [["weights", "\(head)"]])
            #expect(try sent(3, "down", client) == [["weights", "\(head)"]])
            #expect(try sent(4, "up", client).map { $0[0] } == ["weights"])
            // Nine numbers of votes in each of two rounds, whatever a client holds.
            let votes = Safetensors.encode([("votes", Tensor.zeros([9]).to(.int32))]).count
            #expect(try sent(5, "up", client) == Array(repeating: ["votes", "\(votes)"], count: 2))
            let candidates = LabelledFeatures.encodedByteCount(images: 9, width: width, as: .float16)
            let down = try sent(5, "down", client)
            #expect(down.prefix(2) == [["candidates", "\(candidates)"], ["candidates", "\(candidates)"]])
            #expect(down.count == 3 && down[2][0] == "weights")
        }
        // Features of a client's images are computed once, those of the candidates in each round.
        let extracted = try RunTable.query(
            path,
            "SELECT client_id IS NULL, count(*) FROM work WHERE run_id = 5 AND kind = 'extract' GROUP BY 1")
        #expect(extracted == [["0", "3"], ["1", "2"]])
        // Three candidates of each class, then as many variations, then the set.
        let prompts = try RunTable.query(
            path, "SELECT count(*), min(text) FROM prompt WHERE run_id = 1 AND text LIKE 'mean of %'")
        #expect(Int(prompts[0][0])! >= 3)
    }

    /// ε of each round of votes, and how it is counted.
    private func privacy(_ path: String) throws {
        let spent = try RunTable.query(
            path,
            """
            SELECT run_id, round, value FROM metric WHERE name = 'epsilon' ORDER BY round
            """)
        #expect(spent.map { $0[0] } == ["5", "5"])
        let noise = try #require(RenyiAccountant.noise(epsilon: 8, delta: 1e-5, rounds: 2))
        for (row, rounds) in zip(spent, [1, 2]) {
            var accountant = RenyiAccountant()
            accountant.add(noise: noise, rate: 1, rounds: rounds)
            #expect(abs(Double(row[2])! - accountant.epsilon(delta: 1e-5)) < 1e-9)
        }
        #expect(abs(Double(spent[1][2])! - 8) < 1e-6)
        let events = try RunTable.query(
            path,
            "SELECT run_id, detail ->> 'unit', detail ->> 'accounting' FROM event "
                + "WHERE kind = 'privacy-accounting'")
        #expect(events == [["5", "image", "participations"]])
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
                "methods=[\(Self.methods.joined(separator: ", "))]",
                "private-evolution={candidates: 2, rounds: 3}", "model={kind: tiny}",
                "synthesis.foundation=builtin-small",
            ])
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.allSatisfy { $0.status == .finished }, "\(runs.map { $0.error ?? "" })")
    }

    @Test("Without noise there is no ε in the log; with more candidates than votes images are still made")
    func noNoise() throws {
        let path = try ExperimentTests.run(
            Self.text,
            overrides: [
                "methods=[private-evolution]", "private-evolution={rounds: 1, candidates: 20, noise: 0}",
            ])
        #expect(try RunTable.query(path, "SELECT count(*) FROM metric WHERE name = 'epsilon'") == [["0"]])
        #expect(try RunLogReader(path: path).run(1).status == .finished)
    }

    @Test("Settings count: covariance, shrinkage, passes, hardness, weights and perturbation")
    func settings() throws {
        func model(_ method: String, _ setting: String) throws -> String? {
            let path = try ExperimentTests.run(
                Self.text, overrides: ["methods=[\(method)]", "co-boosting.generator-steps=4", setting])
            return try RunLogReader(path: path).run(1).modelSHA256
        }
        for (method, settings) in [
            (
                "fedcgs",
                [
                    "fedcgs.covariance=global", "fedcgs.covariance=within", "fedcgs.shrinkage=0.5",
                    "fedcgs.covariance=per-class", "fedcgs.covariance=per-class-diagonal",
                ]
            ),
            ("fedpft", ["fedpft.epochs=50", "fedpft.epochs=2", "fedpft.batch=3", "fedpft.momentum=0"]),
            (
                "co-boosting",
                [
                    "co-boosting.hardness=1", "co-boosting.adversarial-weight=0",
                    "co-boosting.perturbation=0",
                    "co-boosting.weight-step=10", "co-boosting.temperature=1",
                ]
            ),
        ] {
            let models = try settings.map { try model(method, $0) }
            #expect(Set(models).count == settings.count && !models.contains(nil), "\(method)")
        }
    }

    @Test("A head whose covariance has no inverse is not-a-number, and the run says so")
    func singular() throws {
        let path = try ExperimentTests.run(
            Self.text, overrides: ["methods=[fedcgs]", "fedcgs.shrinkage=0"])
        let run = try RunLogReader(path: path).run(1)
        #expect(run.status == .diverged)
        let events = try RunTable.query(
            path, "SELECT detail ->> 'work', detail ->> 'layer' FROM event WHERE kind = 'not-a-number'")
        #expect(events == [["solve", "weight"]])
    }

    @Test("Attackers of OSCAR lie about labels")
    func attack() throws {
        let path = try ExperimentTests.run(
            Self.text, overrides: ["methods=[oscar]", "attack={kind: wrong-label, clients: [0]}"])
        #expect(try RunLogReader(path: path).run(1).status == .finished)
    }
}

/// What these methods refuse, and what they warn of.
@Suite("Generative rivals: bad input")
struct GenerativeRivalInputTests {
    private func sentences(_ text: String, _ methods: String = "private-evolution") -> [String] {
        scenarioSentences("name: a\nmethods: [\(methods)]\n\(text)\n", methods: FederatedMethods.names)
    }

    @Test("Values out of bounds")
    func bounds() {
        for (text, sentence) in [
            (
                "fedcgs: { shrinkage: 1.5 }",
                "22: fedcgs.shrinkage: 1.5 is not allowed; allowed: a number from 0 to 1"
            ),
            (
                "fedcgs: { covariance: diagonal }",
                "23: fedcgs.covariance: diagonal is not allowed; allowed: global, within, per-class, "
                    + "per-class-diagonal"
            ),
            (
                "fedpft: { epochs: 0 }",
                "19: fedpft.epochs: 0 is not allowed; allowed: a whole number from 1 to 100000"
            ),
            (
                "private-evolution: { rounds: 0 }",
                "30: private-evolution.rounds: 0 is not allowed; allowed: a whole number from 1 to 1000"
            ),
            (
                "private-evolution: { strength: 0 }",
                "32: private-evolution.strength: 0 is not allowed; allowed: a number above 0, at most 1"
            ),
            (
                "private-evolution: { strength: 1.5 }",
                "32: private-evolution.strength: 1.5 is not allowed; allowed: a number above 0, at most 1"
            ),
            (
                "private-evolution: { epsilon: 0 }",
                "31: private-evolution.epsilon: 0 is not allowed; allowed: a number above 0, at most 10000"
            ),
            (
                "private-evolution: { noise: -1 }",
                "29: private-evolution.noise: -1 is not allowed; allowed: a number from 0 to 1000000"
            ),
            (
                "private-evolution: { candidates: many }",
                "34: private-evolution.candidates: many is not allowed; "
                    + "allowed: a whole number from 1 to 10000"
            ),
            (
                "co-boosting: { perturbation: 2 }",
                "30: co-boosting.perturbation: 2 is not allowed; allowed: a number from 0 to 1"
            ),
            (
                "co-boosting: { generator: fresh }",
                "27: co-boosting.generator: fresh is not allowed; allowed: continued, restarted"
            ),
        ] {
            #expect(sentences(text) == ["test.yaml:3:\(sentence)"])
        }
    }

    @Test("Epsilon without votes, epsilon and noise, an epsilon that no noise reaches")
    func epsilon() {
        #expect(
            sentences("private-evolution: { epsilon: 10 }", "fgl-one-shot, fedavg") == [
                "test.yaml:3:31: private-evolution.epsilon: 10 does not go with methods without "
                    + "private-evolution; allowed: private-evolution among the methods: no other method has "
                    + "votes that epsilon covers"
            ])
        #expect(
            sentences("private-evolution: { epsilon: 10, noise: 2 }") == [
                "test.yaml:3:42: private-evolution.noise: 2 does not go with private-evolution.epsilon: 10; "
                    + "allowed: one of the two: the noise follows from epsilon"
            ])
        #expect(
            sentences("private-evolution: { epsilon: 0.001 }") == [
                "test.yaml:3:31: private-evolution.epsilon: 0.001 does not go with privacy.delta: 1e-05; "
                    + "allowed: a larger delta, or an epsilon above 0.00350141, the least that Rényi orders "
                    + "up to 1024 tell"
            ])
        #expect(
            sentences("synthesis: { per-prompt: 3 }") == [
                "test.yaml:3:26: synthesis.per-prompt: 3 does not go with methods: private-evolution; "
                    + "allowed: synthesis.per-class: images are made for classes"
            ])
        #expect(
            sentences("privacy: { clip: 1 }", "fedcgs") == [
                "test.yaml:3:18: privacy.at: server does not go with methods: fedcgs; allowed: other methods"
            ])
        #expect(
            sentences("privacy: { clip: 1, at: client }", "oscar") == [
                "test.yaml:3:25: privacy.at: client does not go with methods: oscar; allowed: other methods"
            ])
        #expect(
            sentences("data.partition.per-client: 50") == [
                "test.yaml:3:28: data.partition.per-client: 50 does not go with methods: "
                    + "[private-evolution]; allowed: no value: an image that is drawn twice would have "
                    + "two votes, and epsilon is that of one"
            ])
        #expect(
            sentences("attack: { kind: flood }", "oscar") == [
                "test.yaml:3:17: attack.kind: flood does not go with methods: oscar; "
                    + "allowed: wrong-label: a mean of embeddings is no text"
            ])
        #expect(sentences("private-evolution: { epsilon: 10 }") == [])
    }

    @Test("Compression that a method's uploads do not have is told once", arguments: ["fedproto", "fedcgs"])
    func uncompressed(method: String) throws {
        let scenario = try Scenario.parse(
            """
            name: a
            clients: 2
            methods: [\(method), fedavg]
            data: { set: shapes, classes: [mug, star], side: 16, train-per-class: 2, test-per-class: 2, \
            partition: { kind: iid } }
            model: { kind: tiny }
            training: { mode: none, rounds: 1, local-epochs: 1, batch: 2 }
            compression: int8
            """, file: "a.yaml", knownMethods: FederatedMethods.names)
        var warnings: [String] = []
        try Experiment(scenario, seeds: [1, 2], output: TestFiles.path("a.sqlite"), jobs: 1, build: "test")
            .run(
                notice: { if $0.isWarning { warnings.append($0.description) } },
                progress: { _, _ in SilentProgress() })
        let uploads = method == "fedproto" ? "prototypes" : "sums of features"
        #expect(
            warnings == [
                "warning: \(method): compression.kind: int8 is for weights; "
                    + "this method's clients upload \(uploads), as they are"
            ])
    }

    @Test("Privacy of weights that a method does not upload is told once")
    func privacyOfPrompts() throws {
        let scenario = try Scenario.parse(
            GenerativeTests.tiny, file: "a.yaml",
            overrides: [
                "methods=[fgl-one-shot]", "training.mode=none", "training.averaging=uniform",
                "privacy={clip: 1}",
            ],
            knownMethods: FederatedMethods.names)
        var warnings: [String] = []
        try Experiment(scenario, seeds: [1, 2], output: TestFiles.path("a.sqlite"), jobs: 1, build: "test")
            .run(
                notice: { if $0.isWarning { warnings.append($0.description) } },
                progress: { _, _ in SilentProgress() })
        #expect(
            warnings == [
                "warning: fgl-one-shot: privacy.clip and privacy.noise are for weights, and its clients "
                    + "upload none: no epsilon covers what they upload"
            ])
    }
}
