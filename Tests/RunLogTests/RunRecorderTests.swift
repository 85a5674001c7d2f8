import Foundation
import GRDB
import RunLog
import Simulator
import Testing

@Suite("Recording a run")
struct RunRecorderTests {
    let folder: RunLogFolder
    let log: RunLog

    init() throws {
        folder = try RunLogFolder()
        log = try RunLog(path: folder.path())
    }

    private func sampleHash(seed: Int = 0, wallSeconds: Double = 1, build: String = "a") throws -> String {
        let recorder = try log.begin(.sample(build: build))
        recorder.recordSample(seed: seed, wallSeconds: wallSeconds)
        return try recorder.finish(.finished, at: .seconds(2), modelSHA256: "ef")
    }

    @Test("The log hash of a small run is what it always was")
    func goldenHash() throws {
        // Computed from the file by a Python program (sqlite3, struct, hashlib) after the text of
        // `LogDigest`.
        #expect(try sampleHash() == "f2db8c3b85938b0b2c394d7d978e6c85734de6c58c63e0c7f6401d3cb19baa5a")
    }

    @Test("Equal rows have an equal hash whatever the wall time, the build and the other runs in the file")
    func hashIgnoresWallTime() throws {
        let first = try sampleHash(wallSeconds: 1, build: "a")
        try log.begin(.sample(seed: 99)).finish(.interrupted, at: .start)
        let second = try sampleHash(wallSeconds: 2, build: "b")
        #expect(first == second)
        let stored = try log.reader.runs().map(\.logSHA256)
        #expect(stored[0] == first && stored[2] == first && stored[1] != first)
    }

    @Test("One byte more in one transfer gives another hash")
    func hashSeesOneByte() throws {
        let hash = try sampleHash(seed: 0)
        #expect(try sampleHash(seed: 1) != hash)
    }

    @Test("How the rows are cut into commits does not change the hash")
    func hashIgnoresFlushes() throws {
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        for number in 0..<20_000 { recorder.event(at: .seconds(3), kind: "tick", round: number) }
        let whole = try recorder.finish(.finished, at: .seconds(3))
        let flushed = try log.begin(.sample())
        flushed.recordSample()
        for number in 0..<20_000 {
            flushed.event(at: .seconds(3), kind: "tick", round: number)
            if number % 3000 == 0 { try flushed.flush() }
        }
        #expect(try flushed.finish(.finished, at: .seconds(3)) == whole)
    }

    @Test(
        "The hash can be computed from the file alone, and every change to a row shows in it",
        arguments: [
            "UPDATE event SET kind = 'round-stop' WHERE seq = 1",
            "UPDATE event SET detail = NULL",
            "UPDATE event SET t = t + 1e-9 WHERE seq = 1",
            "UPDATE transfer SET bytes = bytes - 1",
            "UPDATE transfer SET status = 'lost'",
            "UPDATE metric SET value = 0.25 WHERE name = 'loss'",
            "UPDATE prompt SET text = 'A photo of a Star'",
            "UPDATE work SET output_sha256 = 'ce'",
            "UPDATE client SET samples = 4 WHERE client_id = 1",
            "DELETE FROM label_count WHERE client_id = 1",
            "UPDATE run SET seed = 8",
            "UPDATE run SET model_sha256 = NULL",
        ])
    func recomputedHash(change: String) throws {
        let hash = try sampleHash()
        #expect(try log.reader.recomputedHash(run: 1) == hash)
        try onDatabase(folder.path()) { try $0.execute(sql: change) }
        #expect(try log.reader.recomputedHash(run: 1) != hash)
    }

    @Test("Changing wall time in the file leaves the recomputed hash as it is")
    func recomputedHashIgnoresWallTime() throws {
        let hash = try sampleHash()
        try onDatabase(folder.path()) {
            try $0.execute(
                sql: "UPDATE work SET wall_s = 9; UPDATE run SET wall_s = 9, started_at = '', build = ''")
        }
        #expect(try log.reader.recomputedHash(run: 1) == hash)
    }

    @Test("Two threads that write two runs get two whole runs with the hashes of runs written alone")
    func concurrentRuns() async throws {
        let alone = try longRun(in: log)
        let hashes = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<2 { group.addTask { [log] in try longRun(in: log) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(hashes == [alone, alone])
        let sequences: [String] = try column(
            "SELECT count(*) || ' ' || min(seq) || ' ' || max(seq) FROM event GROUP BY run_id",
            of: folder.path())
        #expect(sequences == Array(repeating: "30000 0 29999", count: 3))
    }

    @Test("flush makes the rows visible to a reader of its own")
    func flushIsVisible() throws {
        let recorder = try log.begin(.sample())
        let reader = try RunLogReader(path: folder.path())
        recorder.event(at: .start, kind: "round-start")
        #expect(try reader.events(run: recorder.runID, limit: 10).isEmpty)
        try recorder.flush()
        #expect(try reader.events(run: recorder.runID, limit: 10).map(\.kind) == ["round-start"])
    }

    @Test("Events and transfers come back page by page as they were recorded, to the nanosecond")
    func paging() throws {
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        for number in 0..<10 {
            let instant = SimInstant(nanoseconds: 2_000_000_001 + Int64(number))
            recorder.event(at: instant, kind: "tick", client: number)
        }
        recorder.exchange(.down, client: 1, bytes: 3, of: 9, from: 2, to: 2.25, status: .lost)
        try recorder.flush()
        let page = try log.reader.events(run: recorder.runID, from: 2, limit: 4)
        #expect(page.map(\.sequence) == [2, 3, 4, 5])
        #expect(page.map { $0.instant.nanoseconds - 2_000_000_000 } == [1, 2, 3, 4])
        #expect(page.map(\.client) == [0, 1, 2, 3])
        let first = try log.reader.events(run: recorder.runID, limit: 1)
        #expect(first.first?.detail == #"{"note":"größer","seed":0,"whole":2}"#)
        let transfer = try #require(try log.reader.transfers(run: recorder.runID, from: 1, limit: 5).first)
        #expect(transfer.bytes == 3 && transfer.direction == .down && transfer.status == .lost)
        #expect(transfer.end == .seconds(2.25))
    }

    @Test("An empty text, a text beyond the basic plane, minus zero and infinity survive")
    func unusualValues() throws {
        let recorder = try log.begin(.sample())
        recorder.client(ClientRow(client: 0, domain: "", samples: 0, uplinkBytesPerSecond: .infinity))
        recorder.prompt(client: 0, label: -1, text: "a 🌟")
        recorder.metric(at: .start, split: "", name: "loss", value: -0.0)
        let hash = try recorder.finish(.finished, at: .start)
        #expect(try log.reader.recomputedHash(run: recorder.runID) == hash)
        #expect(try column("SELECT domain FROM client", of: folder.path()) == [""])
        #expect(try column("SELECT uplink_Bps FROM client", of: folder.path()) == [Double.infinity])
        #expect(try column("SELECT length(CAST(text AS BLOB)) FROM prompt", of: folder.path()) == [6])
    }

    @Test("The benchmark stays under 60 bytes an event")
    func benchmark() throws {
        let result = try LogBenchmark.measure(rows: 100_000)
        #expect(result.bytesPerEvent < 60)
        #expect(result.rowsPerSecond > 10_000)
    }
}

private func longRun(in log: RunLog) throws -> String {
    let recorder = try log.begin(.sample())
    for number in 0..<30_000 {
        let instant = SimInstant(nanoseconds: Int64(number) * 1_000_003)
        recorder.event(at: instant, kind: "tick", client: number % 100)
    }
    return try recorder.finish(.finished, at: .seconds(60))
}
