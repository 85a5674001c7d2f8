import Core
import Foundation
import RunLog
import Simulator
import Testing

/// A process that writes a run until it is killed, and keeps a note of what it has committed.
private struct DoomedRun {
    let path: String
    let notes: String
    let attempt: Int

    /// Rows of each of three tables in a commit.
    static let stepsPerCommit = 40

    /// Writes until it is killed: some time after some commit, or before the file is open.
    func write() throws {
        var random = RandomStream(seed: UInt64(attempt), purpose: "kill")
        let survivedCommits = Int.random(in: 0...6, using: &random)
        let microseconds = UInt32.random(in: 0...20_000, using: &random)
        if attempt % 5 == 0 { kill(after: microseconds) }
        let log = try RunLog(path: path)
        let recorder = try log.begin(.sample(seed: UInt64(attempt)))
        recorder.client(ClientRow(client: 0, samples: 1))
        for commit in 0... {
            if commit == survivedCommits, attempt % 5 != 0 { kill(after: microseconds) }
            for step in 0..<Self.stepsPerCommit {
                Self.record(step + commit * Self.stepsPerCommit, on: recorder)
            }
            try recorder.flush()
            try note("\(recorder.runID) \((commit + 1) * Self.stepsPerCommit)\n")
        }
    }

    /// One row in each of three tables, which a commit must not tear apart.
    static func record(_ step: Int, on recorder: RunRecorder) {
        let instant = SimInstant.seconds(Double(step))
        recorder.event(at: instant, kind: "step", round: step, bytes: step * 7)
        recorder.exchange(.up, client: 0, bytes: step, from: Double(step), to: Double(step) + 0.5)
        recorder.metric(at: instant, round: step, split: "test", name: "loss", value: Double(step))
    }

    private func kill(after microseconds: UInt32) {
        Thread.detachNewThread {
            usleep(microseconds)
            Glibc.kill(getpid(), SIGKILL)
        }
    }

    private func note(_ text: String) throws {
        let descriptor = open(notes, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }
}

@Suite("Run logs of processes that are killed")
struct CrashTests {
    let folder: RunLogFolder

    init() throws { folder = try RunLogFolder() }

    /// Run and number of steps that the killed processes knew to be committed.
    private func notes() throws -> [Int64: Int] {
        let path = folder.path("notes")
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
        var steps: [Int64: Int] = [:]
        for line in text.split(separator: "\n") {
            let numbers = line.split(separator: " ")
            let run: Int64 = try #require(Int64(numbers[0]))
            let count: Int = try #require(Int(numbers[1]))
            steps[run] = count
        }
        return steps
    }

    /// Checks that each run holds whole commits, at least those that were noted.
    private func checkRows(_ reader: RunLogReader) throws {
        let noted = try notes()
        for run in try reader.runs() where run.method == "fedavg" {
            let events = try all(reader.events(run: run.runID))
            #expect(events.count >= noted[run.runID] ?? 0)
            #expect(events.count.isMultiple(of: DoomedRun.stepsPerCommit))
            #expect(events.map(\.bytes) == (0..<events.count).map { $0 * 7 })
            let transfers = try all(reader.transfers(run: run.runID))
            #expect(transfers.map(\.bytes) == Array(0..<events.count))
            let metrics = try all(reader.metrics(run: run.runID))
            #expect(metrics.map(\.value) == (0..<events.count).map(Double.init))
        }
    }

    @Test("After each of 20 kills at random instants the file is whole, keeps every commit and goes on")
    func kills() async throws {
        let path = folder.path()
        var expectedHash: String?
        for attempt in 0..<20 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, notes = folder.path("notes") as String, attempt = attempt as Int] in
                try DoomedRun(path: path, notes: notes, attempt: attempt).write()
            }
            var left: [Int64] = []
            if let reader = try? RunLogReader(path: path) {
                try checkRows(reader)
                left = try reader.runs().filter { $0.status == .running }.map(\.runID)
                #expect(left.count <= 1)
                #expect(try column("PRAGMA integrity_check", of: path) == ["ok"])
            } else {
                #expect(try notes().isEmpty, "attempt \(attempt): a file with commits cannot be read")
            }
            let log = try RunLog(path: path)
            #expect(log.abandonedRuns == left)
            for runID in left { #expect(try log.reader.run(runID).status == .interrupted) }
            let recorder = try log.begin(.sample(method: "centralized"))
            recorder.recordSample()
            let hash = try recorder.finish(.finished, at: .seconds(2))
            #expect(hash == expectedHash ?? hash)
            expectedHash = hash
            try checkRows(log.reader)
            try log.close()
        }
        #expect(try notes().count > 5, "most processes lived long enough to commit something")
    }

    @Test("A killed process's lock does not outlive it, though its lock file does")
    func lockFile() async throws {
        let path = folder.path()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let log = try RunLog(path: path)
            _ = try log.begin(.sample())
            withExtendedLifetime(log) { _ = Glibc.kill(getpid(), SIGKILL) }
        }
        #expect(FileManager.default.fileExists(atPath: path + ".lock"))
        let log = try RunLog(path: path)
        #expect(log.abandonedRuns == [1])
        try log.close()
    }

    @Test("A second process is refused as a writer and welcome as a reader")
    func twoProcesses() async throws {
        try await refuseSecondWriter()
        await #expect(processExitsWith: .success) { [path = folder.path() as String] in
            let log = try RunLog(path: path)
            #expect(log.abandonedRuns.isEmpty)
            #expect(try log.begin(.sample()).runID == 2)
            try log.close()
        }
        #expect(try RunLogReader(path: folder.path()).runs().map(\.status) == [.finished, .interrupted])
    }

    /// Writes a run while another process tries to, and closes the log.
    private func refuseSecondWriter() async throws {
        let log = try RunLog(path: folder.path())
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        try recorder.flush()
        await #expect(processExitsWith: .success) {
            [path = folder.path() as String, holder = getpid() as Int32] in
            #expect(throws: RunLogError.locked(path: path, processID: holder)) { try RunLog(path: path) }
            let reader = try RunLogReader(path: path)
            #expect(try reader.run(1).status == .running)
            #expect(try all(reader.events(run: 1)).map(\.kind) == ["round-start", "round-end"])
        }
        recorder.event(at: .seconds(3), kind: "later")
        try recorder.finish(.finished, at: .seconds(3))
        try log.close()
    }

    @Test("Another name of the file is the same file")
    func symbolicLink() throws {
        let log = try RunLog(path: folder.path())
        let link = folder.path("link.sqlite")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "runs.sqlite")
        #expect(throws: RunLogError.locked(path: link, processID: getpid())) { try RunLog(path: link) }
        let recorder = try log.begin(.sample())
        recorder.event(at: .start, kind: "round-start")
        try recorder.flush()
        let reader = try RunLogReader(path: link)
        #expect(try all(reader.events(run: 1)).count == 1)
        try log.close()
    }
}
