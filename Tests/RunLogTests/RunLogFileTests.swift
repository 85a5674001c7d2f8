import Foundation
import GRDB
import RunLog
import Testing

@Suite("The file of a run log")
struct RunLogFileTests {
    let folder: RunLogFolder

    init() throws { folder = try RunLogFolder() }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test("Missing folders are made, and nothing but the database stays after closing")
    func createsFolder() throws {
        let path = folder.path("results/deep/runs.sqlite")
        do {
            let log = try RunLog(path: path)
            #expect(FileManager.default.fileExists(atPath: path + ".lock"))
            #expect(try log.reader.runs().isEmpty)
            try log.close()
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path("results/deep"))
        #expect(left == ["runs.sqlite"])
    }

    @Test("Runs are added to a file that has some already")
    func appends() throws {
        for expected in Int64(1)...3 {
            let log = try RunLog(path: folder.path())
            #expect(log.abandonedRuns.isEmpty)
            let recorder = try log.begin(.sample())
            #expect(recorder.runID == expected)
            recorder.recordSample()
            try recorder.finish(.finished, at: .seconds(2))
            try log.close()
        }
        let hashes = try RunLogReader(path: folder.path()).runs().map(\.logSHA256)
        #expect(hashes.count == 3 && Set(hashes).count == 1 && hashes[0] != nil)
    }

    @Test("What a killed process committed is readable, and the next writer marks the run interrupted")
    func crash() throws {
        let log = try RunLog(path: folder.path())
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        try recorder.flush()
        recorder.event(at: .seconds(3), kind: "never committed")
        let copy = folder.path("copy.sqlite")
        try folder.copyAsAfterCrash(from: folder.path(), to: copy)

        let reader = try RunLogReader(path: copy)
        #expect(try reader.run(1).status == .running)
        #expect(try reader.events(run: 1, limit: 10).map(\.kind) == ["round-start", "round-end"])

        let next = try RunLog(path: copy)
        #expect(next.abandonedRuns == [1])
        let run = try next.reader.run(1)
        #expect(run.status == .interrupted)
        #expect(run.error == "the process ended before the run did")
        #expect(run.virtualSeconds == 2)
        #expect(try next.begin(.sample()).runID == 2)
        #expect(try column("PRAGMA integrity_check", of: copy) == ["ok"])
    }

    @Test("Closing a log leaves no run as running")
    func closeInterrupts() throws {
        let log = try RunLog(path: folder.path())
        _ = try log.begin(.sample())
        try log.close()
        #expect(try RunLogReader(path: folder.path()).run(1).status == .interrupted)
    }

    @Test("Closing moves all rows into the file, also while a reader has it open, and twice is as once")
    func closeBesideReader() throws {
        let log = try RunLog(path: folder.path())
        let reader = try RunLogReader(path: folder.path())
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        try recorder.finish(.finished, at: .seconds(2))
        #expect(try reader.run(1).status == .finished)
        try log.close()
        try log.close()
        let rest = try? FileManager.default.attributesOfItem(atPath: folder.path() + "-wal")[.size] as? Int
        #expect((rest ?? 0) == 0, "rows are left in the write-ahead log")
        let copy = folder.path("copy.sqlite")
        try FileManager.default.copyItem(atPath: folder.path(), toPath: copy)
        #expect(try RunLogReader(path: copy).run(1) == reader.run(1))
    }

    @Test("A reader in the middle of a transaction does not keep a log from being closed")
    func closeBesideTransaction() throws {
        let log = try RunLog(path: folder.path())
        try onDatabase(folder.path()) { other in
            try other.execute(sql: "BEGIN")
            #expect(try Int.fetchOne(other, sql: "SELECT count(*) FROM run") == 0)
            _ = try log.begin(.sample())
            try log.close()
            try other.execute(sql: "COMMIT")
        }
        #expect(try RunLogReader(path: folder.path()).run(1).status == .interrupted)
    }

    @Test("A second writer is refused with the first one's process id; readers are not")
    func lock() throws {
        do {
            let log = try RunLog(path: folder.path())
            #expect(throws: RunLogError.locked(path: folder.path(), processID: getpid())) {
                try RunLog(path: folder.path())
            }
            #expect(try RunLogReader(path: folder.path()).runs().isEmpty)
            try log.close()
        }
        try RunLog(path: folder.path()).close()
    }

    @Test("Another program's database is refused and left as it was", arguments: [0, 0x1234])
    func foreignDatabase(applicationID: Int32) throws {
        try onDatabase(folder.path()) {
            try $0.execute(sql: "CREATE TABLE bookmarks (url); PRAGMA application_id = \(applicationID)")
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.path()))
        let expected = RunLogError.foreignDatabase(path: folder.path(), applicationID: applicationID)
        #expect(throws: expected) { try RunLog(path: folder.path()) }
        #expect(throws: expected) { try RunLogReader(path: folder.path()) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path())) == before)
    }

    @Test("A file whose first process died between GRDB's own table and the first migration is a new one")
    func halfMade() throws {
        try onDatabase(folder.path()) {
            try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try RunLog(path: folder.path()).close()
        #expect(try RunLogReader(path: folder.path()).runs().isEmpty)
    }

    /// The first page of a database in which a process died that made its first change: a journal of SQLite
    /// says that the file was empty before.
    private func writeHalfMade(_ path: String) throws {
        try onDatabase(path) { try $0.execute(sql: "PRAGMA user_version = 1") }
        let header: [UInt8] = [
            0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0,
            0, 0, 0x10, 0,
        ]
        let journal = Data(header + [UInt8](repeating: 0, count: 512 - header.count))
        try journal.write(to: URL(fileURLWithPath: path + "-journal"))
    }

    @Test("A file whose process died before it had made the tables is told from another program's")
    func unbegun() throws {
        try write("", to: folder.path("empty"))
        try onDatabase(folder.path("page")) { try $0.execute(sql: "PRAGMA user_version = 1") }
        try onDatabase(folder.path("migrations")) {
            try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try writeHalfMade(folder.path("journal"))
        for name in ["empty", "page", "migrations", "journal"] {
            let path = folder.path(name), before = try fileContent(path)
            #expect(throws: RunLogError.unbegun(path: path), "\(name)") { try RunLogReader(path: path) }
            #expect(try fileContent(path) == before, "\(name)")
            try RunLog(path: path).close()
            #expect(try RunLogReader(path: path).runs().isEmpty)
        }
        try onDatabase(folder.path("foreign")) { try $0.execute(sql: "CREATE TABLE bookmarks (url)") }
        try onDatabase(folder.path("marked")) { try $0.execute(sql: "PRAGMA application_id = 5") }
        try write(String(repeating: "text\n", count: 100), to: folder.path("text"))
        for name in ["foreign", "marked", "text", "missing"] {
            let error = #expect(throws: RunLogError.self, "\(name)") {
                try RunLogReader(path: folder.path(name))
            }
            #expect(error != .unbegun(path: folder.path(name)), "\(name)")
        }
    }

    @Test("A file that is no database is refused and left as it was")
    func notADatabase() throws {
        let text = "name: quickstart\n" + String(repeating: "# scenario\n", count: 100)
        try write(text, to: folder.path())
        #expect(throws: RunLogError.notADatabase(path: folder.path())) { try RunLog(path: folder.path()) }
        #expect(throws: RunLogError.notADatabase(path: folder.path())) {
            try RunLogReader(path: folder.path())
        }
        #expect(try String(contentsOfFile: folder.path(), encoding: .utf8) == text)
        // What git leaves of a results file, and one that was packed.
        try write("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4096\n", to: folder.path())
        let pointer = "a git-lfs pointer, not the file itself; 'git lfs pull' in its folder fetches it"
        #expect(throws: RunLogError.notADatabase(path: folder.path(), content: pointer)) {
            try RunLogReader(path: folder.path())
        }
    }

    @Test("An empty file becomes a run log when written, and is none when read")
    func emptyFile() throws {
        try write("", to: folder.path())
        #expect(throws: RunLogError.unbegun(path: folder.path())) {
            try RunLogReader(path: folder.path())
        }
        try RunLog(path: folder.path()).close()
        #expect(try RunLogReader(path: folder.path()).runs().isEmpty)
    }

    @Test("A truncated file is reported as damaged, wherever it was cut", arguments: [0.3, 0.6, 0.95])
    func truncatedFile(fraction: Double) throws {
        do {
            let log = try RunLog(path: folder.path())
            let recorder = try log.begin(.sample())
            for number in 0..<5000 { recorder.event(at: .start, kind: "tick", round: number) }
            try recorder.finish(.finished, at: .start)
            try log.close()
        }
        let url = URL(fileURLWithPath: folder.path())
        let content = try Data(contentsOf: url)
        try content.prefix(Int(Double(content.count) * fraction)).write(to: url)
        for opensForWriting in [true, false] {
            let error = #expect(throws: RunLogError.self) {
                if opensForWriting {
                    _ = try RunLog(path: folder.path())
                } else {
                    _ = try RunLogReader(path: folder.path())
                }
            }
            guard case .corrupt = error else {
                Issue.record("\(String(describing: error)) is not .corrupt")
                return
            }
        }
    }

    @Test("A file of a later version is refused with the migrations it has")
    func futureSchema() throws {
        try RunLog(path: folder.path()).close()
        try onDatabase(folder.path()) {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v99 galaxies')")
        }
        let expected = RunLogError.futureSchema(path: folder.path(), migrations: ["v99 galaxies"])
        #expect(throws: expected) { try RunLog(path: folder.path()) }
        #expect(throws: expected) { try RunLogReader(path: folder.path()) }
    }

    @Test("A path below a file cannot be created; a missing file and a folder cannot be opened")
    func impossiblePaths() throws {
        try write("", to: folder.path("file"))
        let below = folder.path("file/runs.sqlite")
        #expect(throws: RunLogError.cannotCreate(path: below, reason: "no folder \(folder.path("file"))")) {
            try RunLog(path: below)
        }
        let missing = folder.path("missing.sqlite")
        #expect(throws: RunLogError.cannotOpen(path: missing, reason: "No such file or directory")) {
            try RunLogReader(path: missing)
        }
        let here = folder.path("")
        #expect(throws: RunLogError.cannotOpen(path: here, reason: "not a regular file")) {
            try RunLogReader(path: here)
        }
    }

    @Test("An empty name, and a symbolic link to itself, are told as such")
    func strangeNames() throws {
        let empty = "the name of the file is empty"
        #expect(throws: RunLogError.cannotCreate(path: "''", reason: empty)) { try RunLog(path: "") }
        #expect(throws: RunLogError.cannotOpen(path: "''", reason: empty)) { try RunLogReader(path: "") }
        let loop = folder.path("loop")
        try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: "loop")
        let reason = "Too many levels of symbolic links"
        #expect(throws: RunLogError.cannotCreate(path: loop, reason: reason)) { try RunLog(path: loop) }
        #expect(throws: RunLogError.cannotOpen(path: loop, reason: reason)) { try RunLogReader(path: loop) }
    }

    @Test("A run id that the file does not have is named")
    func noSuchRun() throws {
        let log = try RunLog(path: folder.path())
        #expect(throws: RunLogError.noSuchRun(path: folder.path(), runID: 3)) { try log.reader.run(3) }
        #expect(throws: RunLogError.noSuchRun(path: folder.path(), runID: 3)) {
            try log.reader.recomputedHash(run: 3)
        }
    }

    static let sqlite3 = "/usr/bin/sqlite3"

    @Test(
        "The sqlite3 program reads the comparison while the run is being written",
        .enabled(if: FileManager.default.isExecutableFile(atPath: sqlite3)))
    func commandLineReader() throws {
        let log = try RunLog(path: folder.path())
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        try recorder.flush()
        let query = "select method, status, uplink_bytes, rounds from comparison"
        #expect(try output(of: query) == "fedavg|running|26|1\n")
        try recorder.finish(.finished, at: .seconds(2))
        #expect(try output(of: query) == "fedavg|finished|26|1\n")
    }

    private func output(of query: String) throws -> String {
        // The simulator has a `Process` of its own.
        let process = Foundation.Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.sqlite3)
        process.arguments = [folder.path(), query]
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }
}
