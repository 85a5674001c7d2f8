import Foundation
import Models
import Results
import RunLog
import Scenarios
import Simulator
import Synchronization
import TestSupport
import Testing

/// Federations whose training comes to not-a-number.
@Suite("Not-a-number in federations", .serialized)
struct NotANumberTests {
    /// Two clients of ten images of 16 pixels. At a rate of 100 a weight decay of 1 multiplies weights by −99
    /// in each step: twenty of them are enough for every float, whatever the images.
    static let scenario = """
        name: diverging
        seed: 3
        clients: 2
        methods: [fedavg]
        data:     { set: shapes, side: 16, train-per-class: 2, test-per-class: 1, partition: { kind: iid } }
        training: { rounds: 2, local-epochs: 5, batch: 2, learning-rate: 100, weight-decay: 1 }
        centralized: { epochs: 3, batch: 2, learning-rate: 100, weight-decay: 1 }
        fedavg-one-shot: { epochs: 5 }
        dense: { local-epochs: 5, epochs: 1, generator-steps: 1, batch: 4 }
        asynchronous: { concurrency: 2, buffer: 2 }
        model:    { kind: tiny }
        network:  { server: { uplink: 1Gbps, downlink: 1Gbps }, client: { uplink: 20Mbps, downlink: 100Mbps, \
        latency: 50ms } }
        devices:  { client: 0.5TFLOPS, server: 100TFLOPS }
        """

    /// Collects what a run warns of.
    final class Warnings: RunProgress {
        let texts = Mutex<[String]>([])
        func began(round: Int, at instant: SimInstant) {}
        func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
        func measured(accuracy: Double, round: Int) {}
        func worked(kind: WorkKind, at instant: SimInstant) {}
        func ended(at instant: SimInstant) {}
        func warned(_ text: String) { texts.withLock { $0.append(text) } }
    }

    static func run(_ overrides: [String], text: String = scenario, jobs: Int = 2) throws -> (
        path: String, warnings: [String]
    ) {
        let scenario = try Scenario.parse(
            text, file: "test.yaml", overrides: overrides, knownMethods: FederatedMethods.names)
        let path = TestFiles.path("diverging.sqlite"), warnings = Warnings()
        try Experiment(scenario, output: path, jobs: jobs, build: "test").run { _, _ in warnings }
        return (path, warnings.texts.withLock { $0 })
    }

    private static let methods = [
        "fedavg", "fedavg-one-shot", "fedyogi", "scaffold", "fedbn", "local", "fedasync", "fedbuff", "dense",
        "centralized",
    ]

    @Test("Every method ends as diverged, with events, no accuracy, and a replay that is equal")
    func everyMethod() throws {
        let (path, warnings) = try Self.run([
            "methods=[\(Self.methods.joined(separator: ", "))]", "training.rounds=1",
        ])
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.map(\.method) == Self.methods)
        for run in runs {
            #expect(
                run.status == .diverged && run.logSHA256 != nil && run.virtualSeconds! > 0, "\(run.method)")
            #expect(
                run.error?.hasPrefix("the final model is not a number; first: train, ") == true,
                "\(run.error ?? "")")
            let events = try RunTable.query(
                path,
                """
                SELECT round, coalesce(client_id, 'server'), detail ->> 'work', coalesce(detail ->> 'layer', \
                '')
                FROM event WHERE run_id = \(run.runID) AND kind = 'not-a-number' ORDER BY seq
                """)
            let first = try #require(events.first, "\(run.method)")
            #expect(
                first[0] == (run.method == "centralized" ? "" : "1") && first[2] == "train",
                "\(run.method): \(events)")
            #expect(events.allSatisfy { $0[3].contains(".") }, "\(run.method): \(events)")
            // At the server once, whatever follows; where there is no server's model, never.
            let atServer = events.count { $0[1] == "server" }
            #expect(atServer == (run.method == "local" ? 0 : 1), "\(run.method): \(events)")
            #expect(events.count <= 3, "\(run.method): \(events)")
            let accuracies = try RunTable.query(
                path,
                """
                SELECT count(*), count(value) FROM metric
                WHERE run_id = \(run.runID) AND split = 'test' AND name IN ('accuracy', 'loss')
                """)
            #expect(Int(accuracies[0][0])! > 0 && accuracies[0][1] == "0", "\(run.method)")
            let replay = try Replay(path: path, run: run.runID)
            let verified = try replay.verify(replay.runs[0])
            #expect(verified.isWhole, "\(run.method)")
        }
        #expect(warnings.contains { $0.hasPrefix("a training has come to not-a-number (train, client ") })
        #expect(
            warnings.contains {
                $0.hasPrefix("the server's model has come to not-a-number (average, server, round 1")
            })
        let table = try Comparison(path: path).table()
        #expect(table.components(separatedBy: "diverged").count - 1 == Self.methods.count, "\(table)")
        #expect(!table.contains("unfinished") && !table.contains("10.0 %"))
        let csv = try Comparison(path: path).csv().components(separatedBy: "\r\n")
        #expect(csv[1].contains(",diverged,1,") && csv[1].contains(",,,"), "\(csv[1])")
    }

    @Test("The same for one worker; every upload form; and a what-if has diverged as well")
    func formsAndWhatIf() throws {
        let (path, _) = try Self.run([]), (again, _) = try Self.run([], jobs: 1)
        let run = try RunLogReader(path: path).run(1)
        #expect(try RunLogReader(path: again).run(1).logSHA256 == run.logSHA256)
        // Who starts from a model that is no number is not told of again: nothing in round 2.
        let told = try RunTable.query(
            path, "SELECT round, count(*) FROM event WHERE kind = 'not-a-number' GROUP BY round")
        #expect(told == [["1", "3"]])
        for form in ["int8", "top-k", "fp16", "{ zstd: true }"] {
            let (path, _) = try Self.run(["compression=\(form)", "training.rounds=1"])
            #expect(try RunLogReader(path: path).run(1).status == .diverged, "\(form)")
        }
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let replay = try Replay(path: path, run: 1), warnings = Warnings()
        let id = try replay.whatIf(
            replay.runs[0], overrides: ["network.client.uplink=1Mbps"], pool: pool, build: "test",
            progress: warnings
        ).runID
        let varied = try RunLogReader(path: path).run(id)
        #expect(varied.status == .diverged && varied.virtualSeconds! > run.virtualSeconds!)
        #expect(warnings.texts.withLock { $0.count } == 2)
        // It is not taken for one that is to be resumed.
        #expect(throws: FederationError.nothingToResume(path: path)) {
            try Experiment(resuming: path, jobs: 1, build: "test")
        }
    }

    @Test(
        "Clients that diverge and whose updates never come leave a model of numbers: events, a warning, finished"
    )
    func unusedUpdates() throws {
        let (path, warnings) = try Self.run(["training.rounds=1", "faults.dropout.after-training=1"])
        #expect(
            warnings.count == 2 && warnings[0].hasPrefix("a training has come to not-a-number"), "\(warnings)"
        )
        #expect(try RunLogReader(path: path).run(1).status == .finished)
        let events = try RunTable.query(
            path, "SELECT client_id FROM event WHERE kind = 'not-a-number' ORDER BY 1")
        #expect(events == [["0"], ["1"]])
        let accuracy = try RunTable.query(path, "SELECT count(value) FROM accuracy")
        #expect(accuracy == [["1"]])
    }

    @Test("Where all are numbers nothing is said")
    func numbers() throws {
        let (path, warnings) = try Self.run([
            "training={rounds: 1, local-epochs: 1, batch: 2, learning-rate: 0.01, weight-decay: 0}"
        ])
        #expect(warnings.isEmpty)
        #expect(try RunLogReader(path: path).run(1).status == .finished)
        #expect(try RunTable.query(path, "SELECT count(*) FROM event WHERE kind = 'not-a-number'") == [["0"]])
        #expect(
            try RunTable.query(path, "SELECT count(*) FROM work WHERE metrics LIKE '%not_a_number%'") == [
                ["0"]
            ])
    }

    @Test(
        "Files of version 0.1 are replayed by their own rules: diverged runs as finished, ε and Oort as they were"
    )
    func versionOne() throws {
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden/version-0.1.sqlite")
        let path = TestFiles.path("version-0.1.sqlite")
        try FileManager.default.copyItem(at: golden, to: URL(fileURLWithPath: path))
        let reader = try RunLogReader(path: path)
        let runs = try reader.runs()
        #expect(runs.count == 3 && runs.allSatisfy { $0.status == .finished })
        let before = try reader.comparison()
        for run in runs {
            #expect(try reader.rules(run: run.runID) == 1)
            #expect(try Replay(path: path).verify(run).isWhole, "\(run.name)")
        }
        // Opened for writing it becomes a file of this version, and says the same.
        do { try RunLog(path: path).close() }
        #expect(try RunTable.query(path, "PRAGMA foreign_key_check").isEmpty)
        #expect(
            try RunTable.query(path, "SELECT identifier FROM grdb_migrations").contains([
                "v5 diverged runs and rules"
            ]))
        let after = try RunLogReader(path: path)
        #expect(try after.runs() == runs && after.comparison() == before)
        for run in runs { #expect(try Replay(path: path).verify(run).isWhole, "\(run.name)") }
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let id = try Replay(path: path, run: 2).whatIf(
            runs[1], overrides: ["network.client.uplink=1Mbps"], pool: pool, build: "test"
        ).runID
        #expect(try after.run(id).status == .finished && after.rules(run: id) == 1)
        // By the rules of today the same scenario spends more: Oort's choice hides nobody.
        let scenario = try Scenario.parse(runs[0].scenario, file: "0.1", knownMethods: FederatedMethods.names)
        let fresh = TestFiles.path("fresh.sqlite")
        try Experiment(scenario, output: fresh, jobs: 1, build: "test").run { _, _ in SilentProgress() }
        #expect(try RunLogReader(path: fresh).rules(run: 1) == 4)
        let epsilon =
            "SELECT value FROM metric WHERE name = 'epsilon' AND run_id = 1 ORDER BY round DESC LIMIT 1"
        let (now, then) = (try RunTable.query(fresh, epsilon)[0][0], try RunTable.query(path, epsilon)[0][0])
        #expect(Double(now)! > 1.2 * Double(then)!, "\(now) against \(then)")
    }

    @Test("Views and what somebody has added to the table live through the migration; diverged is admitted")
    func migration() throws {
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden/version-0.1.sqlite")
        let path = TestFiles.path("version-0.1.sqlite")
        try FileManager.default.copyItem(at: golden, to: URL(fileURLWithPath: path))
        _ = try RunTable.change(
            path,
            "CREATE VIEW mine AS SELECT run_id, status FROM run; CREATE INDEX run_by_name ON run (name);")
        #expect(throws: Never.self) { try RunLog(path: path).close() }
        #expect(try RunTable.query(path, "SELECT count(*) FROM mine") == [["3"]])
        #expect(
            try RunTable.query(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'run_by_name'") == [
                ["1"]
            ])
        _ = try RunTable.change(path, "UPDATE run SET status = 'diverged' WHERE run_id = 2")
        #expect(
            try RunTable.query(path, "SELECT status FROM comparison ORDER BY run_id") == [
                ["finished"], ["diverged"], ["finished"],
            ])
        _ = try RunTable.change(path, "UPDATE run SET status = 'lost' WHERE run_id = 2")
        #expect(try RunTable.query(path, "SELECT status FROM run WHERE run_id = 2") == [["diverged"]])
    }

    @Test(
        "The best accuracy before it diverged stays; seeds that have diverged are counted beside the others' mean"
    )
    func comparison() throws {
        let path = TestFiles.path("comparison.sqlite")
        let log = try RunLog(path: path)
        for (seed, accuracies) in [(1, [0.5, .nan]), (2, [0.6, 0.7])] as [(UInt64, [Double])] {
            let recorder = try log.begin(
                RunDescription(
                    name: "x", method: "fedavg", seed: seed, clients: 0, scenario: "", build: "", rules: 2))
            for (round, accuracy) in accuracies.enumerated() {
                recorder.metric(
                    at: .start + .seconds(Double(round + 1)), round: round + 1, split: .test,
                    name: .accuracy, value: accuracy)
                recorder.metric(
                    at: .start + .seconds(Double(round + 1)), round: round + 1, split: .participation,
                    name: .updates, value: Double(3 + round))
            }
            try recorder.finish(seed == 1 ? .diverged(reason: "so") : .finished, at: .start + .seconds(3))
        }
        try log.close()
        let rows = try RunLogReader(path: path).comparison()
        #expect(rows[0].bestAccuracy == 0.5 && rows[0].finalAccuracy == nil && rows[0].error == "so")
        let table = try Comparison(path: path).table()
        #expect(table.contains("70.0 % (1 diverged)") && table.contains("3–4"), "\(table)")
        let participants = try RunTable.query(path, "SELECT * FROM participants")
        #expect(participants == [["1", "2", "3", "4", "3.5"], ["2", "2", "3", "4", "3.5"]])
        let json = try Comparison(path: path).json()
        #expect(
            json.contains("\"status\" : \"diverged\"") && json.contains("\"participants_mean\" : 3.5"),
            "\(json)")
    }
}
