import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Files of version 0.1, whose keys nobody can compute any more, and files of later versions.
@Suite("Files with other identities", .serialized)
struct FormerIdentityTests {
    /// What is trained is not the point here.
    private static let model = ["model.kind=tiny"]

    /// A copy of the recorded runs of version 0.1 that the cookbook of queries is about.
    private static func cookbook() throws -> String {
        let results = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("results")
        let path = TestFiles.path("cookbook.sqlite")
        try FileManager.default.copyItem(
            at: results.appendingPathComponent("cookbook.sqlite"), to: URL(fileURLWithPath: path))
        return path
    }

    /// Makes a file look as if an earlier version had written it, whose keys are any texts.
    private static func makeFormer(_ path: String) throws {
        _ = try RunTable.change(
            path,
            "UPDATE work SET key = 'key ' || work_id; UPDATE run SET log_sha256 = NULL; DELETE FROM "
                + "identity_version"
        )
    }

    private func whatIf(
        _ path: String, _ run: Int64, _ overrides: [String], trainMissing: Bool = false
    ) throws -> RunSummary {
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let replay = try Replay(path: path, run: run)
        let id = try replay.whatIf(
            replay.runs[0], overrides: overrides, trainMissing: trainMissing, pool: pool, build: "test"
        ).runID
        return try RunLogReader(path: path).run(id)
    }

    @Test("A run of version 0.1 is verified with the keys that stand in its file", arguments: [1, 2, 3, 4])
    func verify(run: Int64) throws {
        let path = try Self.cookbook()
        #expect(try RunLogReader(path: path).identities(run: run) == 1)
        let replay = try Replay(path: path, run: run)
        #expect(try replay.verify(replay.runs[0]).isWhole)
    }

    @Test(
        "It is re-timed: the same work at other times, with identities of this version, which a replay verifies"
    )
    func retimed() throws {
        let path = try Self.cookbook()
        let varied = try whatIf(path, 3, ["network.client.uplink=1Mbps"])
        let reader = try RunLogReader(path: path)
        #expect(try varied.virtualSeconds! > 1.5 * reader.run(3).virtualSeconds!)
        #expect(
            try varied.modelSHA256 == reader.run(3).modelSHA256 && reader.identities(run: varied.runID) == 2)
        let works = "SELECT kind, round, client_id, output_sha256, metrics FROM work WHERE run_id = "
        let (old, new) = (
            try RunTable.query(path, works + "3"), try RunTable.query(path, works + "\(varied.runID)")
        )
        #expect(Set(old) == Set(new) && old.count > 20)
        #expect(
            try RunTable.query(
                path, "SELECT count(*) FROM work WHERE run_id = \(varied.runID) AND length(key) = 64")
                == [["\(old.count)"]])
        let replay = try Replay(path: path, run: varied.runID)
        #expect(try replay.verify(replay.runs[0]).isWhole)
    }

    @Test(
        "A change of what is trained stops at the first work that reads something else",
        arguments: [
            (3, "training.local-epochs=7", "train", 1), (3, "training.batch=16", "train", 1),
            (3, "participation={policy: k-of-m, select: 6, wait-for: 5}", "average", 1),
            (2, "synthesis.per-class=7", "synthesize", 1), (2, "synthesis.epochs=3", "train", 1),
            (3, "training.rounds=7", "train", 6), (3, "training.averaging=uniform", "average", 1),
        ])
    func stops(run: Int64, change: String, kind: String, round: Int) throws {
        let path = try Self.cookbook()
        let error = #expect(throws: FederationError.self) { try whatIf(path, run, [change]) }
        guard case .missingWork(kind: WorkKind(rawValue: kind), round: round, _, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try RunTable.query(path, "SELECT count(*), max(run_id) FROM run") == [["8", "8"]])
    }

    @Test("What is missing is trained, and what leads to it: the result is a fresh run's")
    func trainMissing() throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny, overrides: Self.model)
        try Self.makeFormer(path)
        let varied = try whatIf(path, 1, ["training.rounds=3"], trainMissing: true)
        let fresh = try RunLogReader(
            path: ExperimentTests.run(ExperimentTests.tiny, overrides: Self.model + ["training.rounds=3"])
        )
        .run(1)
        #expect(varied.modelSHA256 == fresh.modelSHA256 && varied.virtualSeconds == fresh.virtualSeconds)
        #expect(varied.logSHA256 == fresh.logSHA256)
    }

    @Test(
        "A run that an earlier version left is gone on with: what is recorded is found by its occurrence",
        arguments: [
            ("fedavg", 5, true), ("fgl-5-round-syn", 7, false),
        ])
    func resume(method: String, work: Int, keepsStates: Bool) throws {
        let overrides = Self.model + ["methods=[\(method)]"]
        let whole = try ExperimentTests.run(GenerativeTests.tiny, overrides: overrides)
        let path = try ResumeTests.interrupted(GenerativeTests.tiny, overrides, after: work)
        let recorded = try RunTable.query(path, "SELECT count(*) FROM work")[0][0]
        try Self.makeFormer(path)
        if !keepsStates { try FileManager.default.removeItem(atPath: "\(path)-states") }
        try Experiment(resuming: path, jobs: 2, build: "test").run { _, _ in SilentProgress() }
        let (run, fresh) = (try RunLogReader(path: path).run(1), try RunLogReader(path: whole).run(1))
        #expect(run.status == .finished && run.modelSHA256 == fresh.modelSHA256)
        let rows = "SELECT kind, quote(t), round, client_id, bytes FROM event"
        #expect(try RunTable.query(path, rows) == RunTable.query(whole, rows))
        // The rows that there were have their keys still, and the run is verified with both kinds of keys.
        #expect(try RunTable.query(path, "SELECT count(*) FROM work WHERE key LIKE 'key %'") == [[recorded]])
        let replay = try Replay(path: path)
        #expect(try replay.verify(run).isWhole)
    }

    @Test("Identities of a later version are refused in a sentence, and nothing is lost")
    func laterVersion() throws {
        let finished = try ExperimentTests.run(
            ExperimentTests.tiny, overrides: Self.model + ["training=none"])
        let stopped = try ResumeTests.interrupted(ExperimentTests.tiny, Self.model, after: 2)
        let rows = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM work), status FROM run"
        let before = try [finished, stopped].map { path in
            _ = try RunTable.change(path, "UPDATE identity_version SET version = 3")
            return try RunTable.query(path, rows)
        }
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let replay = try Replay(path: finished)
        let attempts: [() throws -> Void] = [
            { _ = try replay.verify(replay.runs[0]) },
            { _ = try Experiment(resuming: stopped, jobs: 1, build: "test") },
            {
                _ = try replay.whatIf(
                    replay.runs[0], overrides: ["network.client.uplink=1Mbps"], pool: pool, build: "test")
            },
        ]
        for attempt in attempts {
            let error = #expect(throws: FederationError.self) { try attempt() }
            #expect(
                "\(error!)"
                    == "run 1 cannot be replayed: its identities are of version 3, written by a later "
                    + "version of "
                    + "fgl-sim; this one knows those up to 2")
            #expect(error?.exitCode == 65)
        }
        #expect(try [finished, stopped].map { try RunTable.query($0, rows) } == before)
        // What only reads results is not concerned.
        #expect(try RunLogReader(path: finished).comparison().count == 1)
    }
}
