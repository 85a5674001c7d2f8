import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// DENSE in a small federation, with real training.
@Suite("Ensemble distillation, played", .serialized)
struct DenseTests {
    private static let overrides = [
        "methods=[dense]", "dense.local-epochs=1", "dense.epochs=3", "dense.generator-steps=2",
        "dense.batch=4",
        "dense.generator-width=4", "dense.noise-width=8", "dense.pool=2",
    ]

    private static func run(_ overrides: [String] = [], jobs: Int = 2) throws -> String {
        try MethodRunTests.run(Self.overrides + overrides, jobs: jobs)
    }

    @Test("One round of models up and one model down, the same for one worker and two, and in a replay")
    func play() throws {
        let paths = try [1, 2].map { try Self.run(jobs: $0) }
        let runs = try paths.map { try RunLogReader(path: $0).run(1) }
        #expect(runs[0].status == .finished && runs[0].modelSHA256 != nil)
        #expect(runs[0].logSHA256 == runs[1].logSHA256 && runs[0].modelSHA256 == runs[1].modelSHA256)
        let replay = try Replay(path: paths[0])
        #expect(try replay.verify(replay.runs[0]).isWhole)
        let sent = try RunTable.query(
            paths[0], "SELECT direction, payload, count(*), min(bytes) FROM transfer GROUP BY 1, 2 ORDER BY 1"
        )
        // The initial model and the last one down.
        #expect(sent.map { Array($0.prefix(3)) } == [["down", "weights", "4"], ["up", "weights", "2"]])
        let architecture = TinyArchitecture(classes: 10)
        // Its numbers, and a header that says where they are.
        #expect((1...2000).contains(Int(sent[1][3])! - 4 * architecture.parameterCount))
        #expect(
            try RunTable.query(paths[0], "SELECT round, count(*) FROM accuracy GROUP BY 1") == [["1", "1"]])
        // Every epoch of the server has its loss, and an instant inside the distillation.
        let epochs = try RunTable.query(
            paths[0],
            "SELECT count(*) FROM metric WHERE split = 'train' AND client_id IS NULL AND name = 'loss'")
        #expect(epochs == [["3"]])
        let flops = try RunTable.query(paths[0], "SELECT flops FROM work WHERE kind = 'distill'")
        let options = DataFreeDistillationOptions(
            epochs: 3, generatorSteps: 2, batch: 4, noiseWidth: 8, generatorWidth: 4, pool: 2)
        let expected = (1...3).map {
            options.operations(
                epoch: $0, classifiers: 2, architecture, side: 32)
        }.reduce(0, +)
        #expect(flops.count == 1 && abs(Double(flops[0][0])! / expected - 1) < 1e-12)
    }

    @Test("Timing only plays the same events, bytes and times")
    func timingOnly() throws {
        let lines = try ["real", "none"].map { try TimingOnlyTests.lines(Self.run(["training.mode=\($0)"])) }
        #expect(lines[0] == lines[1] && lines[0].count > 1)
    }

    @Test("Interrupted, it is resumed to the same end")
    func resume() throws {
        let expected = try RunLogReader(path: Self.run()).run(1)
        for work in [1, 3] {
            let path = try ResumeTests.interrupted(
                ExperimentTests.tiny,
                [
                    "clients=2", "training.rounds=3", "training.evaluate-every=3", "data.train-per-class=4",
                    "fedavg-one-shot.epochs=2", "data.test-per-class=2",
                ] + Self.overrides, after: work)
            try Experiment(resuming: path, jobs: 2, build: "test").run { _, _ in SilentProgress() }
            let run = try RunLogReader(path: path).run(1)
            #expect(run.logSHA256 == expected.logSHA256 && run.modelSHA256 == expected.modelSHA256)
        }
    }

    @Test("Uploads are compressed like any other, and every setting of the distillation counts")
    func variants() throws {
        let plain = try RunLogReader(path: Self.run()).run(1).modelSHA256
        let int8 = try Self.run(["compression=int8"])
        let bytes = try RunTable.query(int8, "SELECT max(bytes) FROM transfer WHERE direction = 'up'")
        #expect(Int(bytes[0][0])! < MethodRunTests.state / 3)
        var models: Set<String?> = [plain, try RunLogReader(path: int8).run(1).modelSHA256]
        let settings = [
            "dense.generator=restarted", "dense.batch-norm-weight=0", "dense.boundary-weight=0",
            "dense.temperature=20", "dense.momentum=0", "dense.pool=1",
        ]
        for setting in settings {
            models.insert(try RunLogReader(path: Self.run([setting])).run(1).modelSHA256)
        }
        #expect(models.count == settings.count + 2 && !models.contains(nil))
    }

    @Test("The keys: the paper's defaults, and what is not allowed")
    func keys() throws {
        let dense = try parseScenario(minimalScenario).dense
        #expect(
            dense.localEpochs == 200 && dense.epochs == 200 && dense.generatorSteps == 30
                && dense.batch == 128)
        #expect(dense.statisticsWeight == 1 && dense.boundaryWeight == 0.5 && dense.generatorRate == 0.001)
        #expect(
            dense.rate == 0.01 && dense.momentum == 0.9 && dense.generator == .continued && dense.pool == nil)
        let cases = [
            (
                "dense: { batch: 1 }",
                "17: dense.batch: 1 is not allowed; allowed: a whole number from 2 to 65536"
            ),
            (
                "dense: { generator: fresh }",
                "21: dense.generator: fresh is not allowed; allowed: continued, restarted"
            ),
            (
                "dense: { boundary-weight: -1 }",
                "27: dense.boundary-weight: -1 is not allowed; allowed: a number from 0 to 1000"
            ),
            (
                "dense: { temperature: 0 }",
                "23: dense.temperature: 0 is not allowed; allowed: a number above 0, at most 1000"
            ),
            (
                "dense: { momentum: 1 }",
                "20: dense.momentum: 1 is not allowed; allowed: a number from 0, below 1"
            ),
        ]
        for (text, sentence) in cases {
            #expect(scenarioSentences(minimalScenario + text + "\n") == ["test.yaml:3:" + sentence])
        }
        // Noise for a mean has no place where nothing is averaged.
        let error = #expect(throws: ScenarioError.self) {
            try Scenario.parse(
                "name: noisy\nmethods: [dense]\nprivacy: { clip: 1 }\n", file: "test.yaml",
                knownMethods: FederatedMethods.names)
        }
        #expect(
            error?.description
                == "test.yaml:3:18: privacy.at: server does not go with methods: dense; allowed: client")
    }
}
