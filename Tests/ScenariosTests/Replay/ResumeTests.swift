import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Experiments that are stopped and taken up again.
@Suite("Resume", .serialized)
struct ResumeTests {
    /// Stops the experiment after some pieces of work.
    private struct Fuse: RunProgress {
        let experiment: Experiment
        let left: Counter

        final class Counter: @unchecked Sendable {
            // @unchecked because the value is touched only under the lock.
            private let lock = NSLock()
            private var value: Int
            init(_ value: Int) { self.value = value }
            func countDown() -> Bool {
                lock.withLock {
                    value -= 1
                    return value == 0
                }
            }
        }

        func began(round: Int, at instant: SimInstant) {}
        func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
        func measured(accuracy: Double, round: Int) {}
        func worked(kind: WorkKind, at instant: SimInstant) { if left.countDown() { experiment.cancel() } }
        func ended(at instant: SimInstant) {}
    }

    /// Runs a scenario until `work` pieces of work are done, and returns the file.
    static func interrupted(_ text: String, _ overrides: [String], after work: Int) throws -> String {
        let scenario = try Scenario.parse(
            text, file: "test.yaml", overrides: overrides, knownMethods: FederatedMethods.names)
        let path = TestFiles.path("resume.sqlite")
        let experiment = Experiment(scenario, output: path, jobs: 1, build: "test")
        let counter = Fuse.Counter(work)
        #expect(throws: FederationError.interrupted) {
            try experiment.run { _, _ in Fuse(experiment: experiment, left: counter) }
        }
        return path
    }

    /// Expects of a run that was stopped after three pieces of work and resumed the hashes of one that was
    /// not.
    static func expectSameEnd(_ text: String, _ overrides: [String]) throws {
        let expected = try RunLogReader(path: ExperimentTests.run(text, overrides: overrides)).run(1)
        let path = try interrupted(text, overrides, after: 3)
        try Experiment(resuming: path, jobs: 2, build: "test").run { _, _ in SilentProgress() }
        let run = try RunLogReader(path: path).run(1)
        #expect(run.logSHA256 == expected.logSHA256 && run.modelSHA256 == expected.modelSHA256)
    }

    private func resume(_ path: String) throws {
        try Experiment(resuming: path, jobs: 2, build: "test").run { _, _ in SilentProgress() }
    }

    private func states(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(path)-states")) ?? []
    }

    /// Log and model hashes of all runs.
    private func hashes(_ path: String) throws -> [[String?]] {
        try RunLogReader(path: path).runs().map { [$0.method, $0.logSHA256, $0.modelSHA256] }
    }

    @Test(
        "Interrupted after any piece of work, a resumed run ends as one that was never interrupted",
        arguments: [1, 2, 4, 5, 8])
    func fedavg(work: Int) throws {
        let path = try Self.interrupted(ExperimentTests.tiny, [], after: work)
        let before = try RunLogReader(path: path).run(1)
        #expect(before.status == .interrupted)
        try resume(path)
        #expect(try hashes(path) == hashes(ExperimentTests.run(ExperimentTests.tiny)))
        #expect(!FileManager.default.fileExists(atPath: "\(path)-states"))
        #expect(throws: FederationError.nothingToResume(path: path)) { try resume(path) }
    }

    @Test("States that nobody needs any more do not stay beside the file")
    func fewStates() throws {
        // They go when the rows that need them no more are committed; the trainings of a tiny classifier are
        // all done before the first commit.
        let path = try Self.interrupted(ExperimentTests.resNet, [], after: 8)
        // At most the global model, the clients' local ones, and one that is being made.
        #expect(states(path).count <= 5, "\(states(path))")
    }

    @Test(
        "All methods of an experiment, also those not yet begun, are there in the end",
        arguments: [3, 14, 20])
    func experiment(work: Int) throws {
        let methods = ["methods=[fgl-5-round-syn, fedavg, centralized]"]
        let path = try Self.interrupted(GenerativeTests.tiny, methods, after: work)
        try resume(path)
        #expect(try hashes(path) == hashes(ExperimentTests.run(GenerativeTests.tiny, overrides: methods)))
    }

    @Test("What a finished run has trained is not trained again for those that share it")
    func sharedWork() throws {
        let methods = ["methods=[fgl-one-shot, fgl-5-round, fgl-5-round-syn]"]
        let scenario = try Scenario.parse(
            GenerativeTests.tiny, file: "test.yaml", overrides: methods, knownMethods: FederatedMethods.names)
        let path = TestFiles.path("resume.sqlite")
        let experiment = Experiment(scenario, output: path, jobs: 1, build: "test")
        #expect(throws: FederationError.interrupted) {
            try experiment.run { _, id in
                if id == 2 { experiment.cancel() }
                return SilentProgress()
            }
        }
        #expect(!states(path).isEmpty)
        try Experiment(resuming: path, jobs: 1, build: "test").run { _, _ in SilentProgress() }
        // Seconds of wall time are those of the one worker who did it.
        let seconds = try RunTable.query(
            path, "SELECT wall_s FROM work WHERE kind = 'train' AND round = 1 AND client_id IS NULL")
        #expect(seconds.count == 3 && Set(seconds).count == 1, "\(seconds)")
        #expect(try hashes(path) == hashes(ExperimentTests.run(GenerativeTests.tiny, overrides: methods)))
        #expect(!FileManager.default.fileExists(atPath: "\(path)-states"))
    }

    @Test("Interrupted again and again, it still ends the same")
    func repeatedly() throws {
        let path = try Self.interrupted(ExperimentTests.tiny, [], after: 2)
        for work in [3, 5, 7] {
            let experiment = try Experiment(resuming: path, jobs: 1, build: "test")
            let counter = Fuse.Counter(work)
            #expect(throws: FederationError.interrupted) {
                try experiment.run { _, _ in Fuse(experiment: experiment, left: counter) }
            }
        }
        try resume(path)
        #expect(try hashes(path) == hashes(ExperimentTests.run(ExperimentTests.tiny)))
    }

    @Test("Without the states beside the file, or with damaged ones, work is done again and must agree")
    func lostStates() throws {
        let expected = try hashes(ExperimentTests.run(ExperimentTests.tiny))
        for damage in [true, false] {
            let path = try Self.interrupted(ExperimentTests.tiny, [], after: 6)
            #expect(!states(path).isEmpty)
            for name in states(path) {
                let file = "\(path)-states/\(name)"
                guard damage else {
                    try FileManager.default.removeItem(atPath: file)
                    continue
                }
                let handle = try #require(FileHandle(forUpdatingAtPath: file))
                try handle.seek(toOffset: 10_000)
                try handle.write(contentsOf: Data([1, 2, 3, 4]))
                try handle.close()
            }
            try resume(path)
            #expect(try hashes(path) == expected)
        }
    }

    @Test("States that a process left which was killed after its last commit are removed")
    func statesOfFinishedRuns() throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny, overrides: ["training=none"])
        try FileManager.default.createDirectory(atPath: "\(path)-states", withIntermediateDirectories: true)
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(path)-states/1-abc"))
        #expect(throws: FederationError.nothingToResume(path: path)) { try resume(path) }
        #expect(!FileManager.default.fileExists(atPath: "\(path)-states"))
    }

    @Test("A file without any run is told from one whose runs have finished")
    func noRun() throws {
        let path = TestFiles.path("empty.sqlite")
        try RunLog(path: path).close()
        let error = #expect(throws: FederationError.self) { try resume(path) }
        #expect(error == .noRunToResume(path: path))
        #expect("\(error!)".contains("begin with: fgl-sim run SCENARIO --output \(path)"))
        #expect(error?.exitCode == 64)
    }

    @Test("A relative path that leads nowhere from here is named, and the run can still be resumed")
    func strayPath() throws {
        let trace = TestFiles.path("links.csv"), text = "t_s,uplink_Bps,downlink_Bps\n0,100000,100000\n"
        try text.write(toFile: trace, atomically: true, encoding: .utf8)
        let depth = URL(fileURLWithPath: ".").standardizedFileURL.pathComponents.count - 1
        let relative = String(repeating: "../", count: depth) + trace.dropFirst()
        let path = try Self.interrupted(
            ExperimentTests.tiny, ["network.changes.trace=\(relative)"], after: 2)
        try FileManager.default.removeItem(atPath: trace)
        let error = #expect(throws: FederationError.self) { try resume(path) }
        #expect(error == .strayPath(runs: path, key: "network.changes.trace", path: relative))
        #expect("\(error!)".contains("the folder in which the run was begun: resume it there"))
        #expect(error?.exitCode == 74)
        #expect(try RunLogReader(path: path).run(1).status == .interrupted)
        try text.write(toFile: trace, atomically: true, encoding: .utf8)
        try resume(path)
        #expect(try RunLogReader(path: path).run(1).status == .finished)
    }

    @Test("A what-if whose process was killed is named, and the same what-if takes its place")
    func killedWhatIf() throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny, overrides: ["training=none"])
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        func whatIf() throws -> Int64 {
            let replay = try Replay(path: path, run: 1)
            let made = try replay.whatIf(
                replay.runs[0], overrides: ["network.client.uplink=1Mbps"], pool: pool, build: "test")
            #expect(made.isNew)
            return made.runID
        }
        var id = try whatIf()
        for status in ["running", "interrupted"] {
            _ = try RunTable.change(path, "UPDATE run SET status = '\(status)' WHERE run_id = \(id)")
            let error = #expect(throws: FederationError.self) { try resume(path) }
            #expect(error == .unfinishedWhatIf(path: path, runID: id))
            #expect("\(error!)".contains("the what-if \(id) was not finished"))
            #expect(error?.exitCode == 64)
            id = try whatIf()
            #expect(try RunLogReader(path: path).runs().map(\.status) == [.finished, .finished])
            #expect(throws: FederationError.nothingToResume(path: path)) { try resume(path) }
        }
        // As an import, which is in no plan and varies no run.
        _ = try RunTable.change(
            path, "DELETE FROM what_if; UPDATE run SET status = 'interrupted' WHERE run_id = \(id)")
        #expect(throws: FederationError.unplannedRun(path: path, runID: id)) { try resume(path) }
    }

    @Test("An interrupted run is verified as far as its log goes")
    func verify() throws {
        let path = try Self.interrupted(ExperimentTests.tiny, [], after: 6)
        let replay = try Replay(path: path)
        let result = try replay.verify(replay.runs[0])
        #expect(!result.isWhole && result.rows > 20)
    }

    @Test("A log that was changed is not gone on with")
    func changed() throws {
        let path = try Self.interrupted(ExperimentTests.tiny, [], after: 6)
        _ = try RunTable.change(path, "UPDATE event SET kind = 'other' WHERE seq = 5")
        let error = #expect(throws: RunLogError.self) { try resume(path) }
        guard case .diverged? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A run that was made anew since it was interrupted is not made a second time")
    func madeAnew() throws {
        let path = try Self.interrupted(ExperimentTests.tiny, [], after: 2)
        let scenario = try Scenario.parse(
            ExperimentTests.tiny, file: "test.yaml", knownMethods: FederatedMethods.names)
        try Experiment(scenario, output: path, jobs: 2, build: "test").run { _, _ in SilentProgress() }
        let before = try RunLogReader(path: path).runs()
        #expect(before.first?.status == .interrupted && before.contains { $0.status == .finished })
        var notices: [String] = []
        try Experiment(resuming: path, jobs: 2, build: "test")
            .run(notice: { notices.append("\($0)") }) { _, _ in SilentProgress() }
        #expect(notices.contains { $0.hasPrefix("warning: ") && $0.contains("not made again") }, "\(notices)")
        #expect(try RunLogReader(path: path).runs() == before)
        #expect(states(path).isEmpty)
    }

    @Test("A run by the rules of a later version is refused")
    func laterRules() throws {
        let path = try Self.interrupted(ExperimentTests.tiny, [], after: 2)
        _ = try RunTable.change(path, "UPDATE run_rules SET rules = 5")
        let sentence = "run 1 cannot be replayed: it was made by rules 5; this version knows those up to 4"
        let error = #expect(throws: FederationError.self) { try resume(path) }
        #expect("\(error!)" == sentence)
        let replay = try Replay(path: path)
        let other = #expect(throws: FederationError.self) { try replay.verify(replay.runs[0]) }
        #expect("\(other!)" == sentence)
    }
}
