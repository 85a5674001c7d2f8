import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// The weight-based methods in small federations, with real training.
@Suite("Weight-based methods, played", .serialized)
struct MethodRunTests {
    static let methods = [
        "fedavg-one-shot", "fedprox", "fedavgm", "fedadagrad", "fedadam", "fedyogi", "scaffold", "fednova",
        "fedbn",
        "local",
    ]
    static let all = "methods=[\(methods.joined(separator: ", "))]"
    /// A state of ResNet-18 with 10 classes, its header included.
    static let state = 44_775_976

    /// One round more than two, so that what is remembered counts; two clients.
    static func run(_ overrides: [String], jobs: Int = 2) throws -> String {
        try ExperimentTests.run(
            ExperimentTests.tiny,
            overrides: [
                "clients=2", "training.rounds=3", "training.evaluate-every=3", "data.train-per-class=4",
                "fedavg-one-shot.epochs=2", "data.test-per-class=2",
            ] + overrides, jobs: jobs)
    }

    @Test(
        "All run to the end and come to models of their own; the same for one worker and two, and in a replay"
    )
    func playAll() throws {
        let paths = try [1, 2].map { try Self.run([Self.all], jobs: $0) }
        let runs = try paths.map { try RunLogReader(path: $0).runs() }
        #expect(runs[0].map(\.method) == Self.methods)
        #expect(runs[0].allSatisfy { $0.status == .finished && $0.modelSHA256 != nil })
        #expect(runs[0].map(\.logSHA256) == runs[1].map(\.logSHA256))
        #expect(runs[0].map(\.modelSHA256) == runs[1].map(\.modelSHA256))
        #expect(Set(runs[0].map(\.modelSHA256)).count == Self.methods.count)
        for run in runs[0] {
            let replay = try Replay(path: paths[0], run: run.runID)
            #expect(try replay.verify(replay.runs[0]).isWhole, "\(run.method)")
        }
        let accuracies = try RunTable.query(
            paths[0], "SELECT run_id, round FROM accuracy ORDER BY run_id, round")
        #expect(accuracies == (1...10).map { ["\($0)", $0 == 1 ? "1" : "3"] })
    }

    @Test("What would be real training is played alike where nothing is trained: events, bytes and times")
    func timingOnly() throws {
        let paths = try ["real", "none"].map { try Self.run([Self.all, "training.mode=\($0)"]) }
        for run in 1...Self.methods.count {
            let lines = try paths.map { try TimingOnlyTests.lines($0, run: Int64(run)) }
            #expect(lines[0] == lines[1] && lines[0].count > 1, "\(Self.methods[run - 1])")
        }
    }

    @Test("Bytes: SCAFFOLD sends its control variates, FedBN leaves batch norm at home, local sends nothing")
    func bytes() throws {
        let path = try Self.run([Self.all, "training.mode=none", "model.kind=resnet18"])
        let rows = try RunTable.query(
            path,
            """
            SELECT method, direction, payload, count(*), min(bytes), max(bytes) FROM transfer JOIN run USING \
            (run_id)
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """)
        func found(_ method: String, _ direction: String, _ payload: String = "weights") -> [Int]? {
            rows.first { Array($0.prefix(3)) == [method, direction, payload] }?.dropFirst(3).map { Int($0)! }
        }
        // The word samples and its number stand beside an uploaded state.
        #expect(found("fedprox", "up") == [6, Self.state, Self.state])
        #expect(found("fedavg-one-shot", "up") == [2, Self.state, Self.state])
        let sent = try #require(found("fedavg-one-shot", "down"))
        #expect(sent[0] == 4)
        // 11,181,642 parameters at four bytes, in each of three rounds; the first control down is zero and
        // known.
        let control = try #require(found("scaffold", "up", "control"))
        let parameters = 44_726_568
        #expect(control[0] == 6)
        #expect(control[1] >= parameters)
        #expect(control[1] < parameters + 8000)
        #expect(found("scaffold", "down", "control") == [4, control[1], control[1]])
        // Without scales, shifts and statistics of 4,800 channels each, and 20 counts.
        let shared = try #require(found("fedbn", "up"))
        let rest = 44_765_128 - 16 * 4800 - 160
        #expect(shared[2] >= rest)
        #expect(shared[2] < rest + 4000)
        #expect(found("local", "up") == nil && found("local", "down") == nil)
        // FedNova says its number of steps.
        let nova = try #require(found("fednova", "up"))
        #expect(nova[1] > Self.state)
    }

    @Test(
        "Interrupted, they are resumed to the same end", arguments: ["scaffold", "fedadam", "fedbn", "local"])
    func resume(method: String) throws {
        let overrides = ["methods=[\(method)]"]
        let expected = try RunLogReader(path: Self.run(overrides)).run(1)
        // Without communication there is less work than that.
        for work in method == "local" ? [2, 3] : [5, 9] {
            let path = try ResumeTests.interrupted(
                ExperimentTests.tiny,
                [
                    "clients=2", "training.rounds=3", "training.evaluate-every=3", "data.train-per-class=4",
                    "fedavg-one-shot.epochs=2", "data.test-per-class=2",
                ] + overrides, after: work)
            try Experiment(resuming: path, jobs: 2, build: "test").run { _, _ in SilentProgress() }
            let run = try RunLogReader(path: path).run(1)
            #expect(run.logSHA256 == expected.logSHA256 && run.modelSHA256 == expected.modelSHA256)
        }
    }

    @Test("Where a method has nothing of its own, it is FedAvg, to the bit or to rounding")
    func limits() throws {
        let path = try Self.run([
            "methods=[fedavg, fedprox]", "fedprox.mu=0", "training.evaluate-every=1",
        ])
        let models = try RunLogReader(path: path).runs().map(\.modelSHA256)
        #expect(models[0] == models[1])
        // One round of SCAFFOLD with zero control variates is FedAvg's, clients counting the same.
        let first = try Self.run(["methods=[fedavg, scaffold]", "training={rounds: 1, averaging: uniform}"])
        #expect(Set(try RunLogReader(path: first).runs().map(\.modelSHA256)).count == 1)
    }

    @Test("FedBN and local measure each client's own model, and their mean")
    func personal() throws {
        let path = try Self.run(["methods=[fedbn, local]"])
        let rows = try RunTable.query(
            path,
            """
            SELECT run_id, count(client_id), avg(value) FILTER (WHERE client_id IS NOT NULL),
                max(value) FILTER (WHERE client_id IS NULL)
            FROM metric WHERE name = 'accuracy' AND split = 'test' GROUP BY 1
            """)
        #expect(rows.count == 2)
        for row in rows { #expect(row[1] == "2" && abs(Double(row[2])! - Double(row[3])!) < 1e-12) }
    }
}

/// Every method under every policy, timing only.
@Suite("Weight-based methods under policies", .serialized)
struct MethodPolicyTests {
    @Test("They end, with balanced books and all their rounds", arguments: PolicyTests.policies.keys.sorted())
    func matrix(policy: String) throws {
        let path = try PolicyTests.run(PolicyTests.policies[policy]!, [MethodRunTests.all])
        let runs = try RunLogReader(path: path).comparison()
        #expect(runs.allSatisfy { $0.status == .finished })
        let rounds = try RunTable.query(
            path, "SELECT count(*) FROM event WHERE kind = 'round-end' GROUP BY run_id ORDER BY run_id")
        #expect(rounds == Self.rounds)
    }

    private static let rounds = MethodRunTests.methods.map { [$0 == "fedavg-one-shot" ? "1" : "3"] }

    @Test("The keys of the methods: defaults of the papers, and what is not allowed")
    func keys() throws {
        let scenario = try parseScenario(minimalScenario)
        #expect(scenario.fedprox.mu == 0.01 && scenario.fedavgm.momentum == 0.9 && scenario.fedavgm.rate == 1)
        #expect(scenario.fedopt.rate == 0.01 && scenario.fedopt.tau == 1e-3 && scenario.fedopt.beta2 == 0.99)
        #expect(scenario.scaffold.rate == 1 && scenario.oneShotFedAvg.epochs == 200)
        let cases = [
            ("fedprox: { mu: -1 }", "16: fedprox.mu: -1 is not allowed; allowed: a number from 0 to 1000"),
            (
                "fedavgm: { rate: 0 }",
                "18: fedavgm.rate: 0 is not allowed; allowed: a number above 0, at most 100"
            ),
            (
                "fedavgm: { momentum: 1 }",
                "22: fedavgm.momentum: 1 is not allowed; allowed: a number from 0, below 1"
            ),
            (
                "fedopt: { beta1: 1.5 }",
                "18: fedopt.beta1: 1.5 is not allowed; allowed: a number from 0, below 1"
            ),
            ("fedopt: { beta2: x }", "18: fedopt.beta2: x is not allowed; allowed: a number from 0, below 1"),
            (
                "fedopt: { tau: 0 }",
                "16: fedopt.tau: 0 is not allowed; allowed: a number above 0, at most 100"
            ),
            ("fedopt: { lr: 1 }", "11: fedopt.lr: unknown key; known here: rate, beta1, beta2, tau"),
            (
                "scaffold: { rate: 101 }",
                "19: scaffold.rate: 101 is not allowed; allowed: a number above 0, at most 100"
            ),
            (
                "fedavg-one-shot: { epochs: 0 }",
                "28: fedavg-one-shot.epochs: 0 is not allowed; allowed: a whole number from 1 to 100000"
            ),
        ]
        for (text, sentence) in cases {
            #expect(scenarioSentences(minimalScenario + text + "\n") == ["test.yaml:3:" + sentence])
        }
    }
}
