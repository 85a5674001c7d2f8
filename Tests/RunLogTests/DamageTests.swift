import Core
import Foundation
import RunLog
import Testing

@Suite("Damaged run logs")
struct DamageTests {
    let folder: RunLogFolder
    private let entries = RandomLog(seed: 3, count: 1200)

    init() throws { folder = try RunLogFolder() }

    /// A closed file with one run of all kinds of rows.
    private func wholeFile() throws -> Data {
        let log = try RunLog(path: folder.path())
        let recorder = try log.begin(.sample(clients: entries.clients))
        entries.record(on: recorder)
        try recorder.finish(.finished, at: entries.end)
        try log.close()
        return try fileContent(folder.path())
    }

    /// What a reader makes of a file: its rows if its hash is right, `nil` if anything shows the damage.
    private func trustedRows(of path: String) throws -> [LogEntry]? {
        do {
            let reader = try RunLogReader(path: path)
            let rows = try reader.entries(run: 1)
            _ = try reader.comparison()
            _ = try reader.accuracy(run: 1)
            _ = try reader.communication(run: 1)
            return try reader.recomputedHash(run: 1) == reader.run(1).logSHA256 ? rows : nil
        } catch let error as RunLogError {
            #expect(error.exitCode == 65 || error == .noSuchRun(path: path, runID: 1), "\(error)")
            return nil
        }
    }

    @Test("A flipped bit is an error, a wrong hash or without effect: never a trap, never wrong rows")
    func flippedBits() throws {
        let content = try wholeFile()
        let expected = try #require(try trustedRows(of: folder.path()))
        var random = RandomStream(seed: 1, purpose: "flip")
        let path = folder.path("flipped.sqlite")
        var noticed = 0
        // Pages of tables without rows, where nothing can be noticed, are a part of the file.
        let anywhere = (0..<150).map { _ in Int.random(in: 0..<content.count, using: &random) }
        for place in Array(stride(from: 0, to: 100, by: 3)) + anywhere {
            var flipped = content
            flipped[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try write(flipped, to: path)
            if let rows = try trustedRows(of: path) {
                #expect(rows == expected, "byte \(place)")
            } else {
                noticed += 1
            }
        }
        #expect(noticed > 50)
    }

    @Test("Opening a damaged file for writing is an error or harmless, and keeps whole rows as they are")
    func writingToDamage() throws {
        let content = try wholeFile()
        var random = RandomStream(seed: 2, purpose: "flip")
        let path = folder.path("flipped.sqlite")
        for _ in 0..<40 {
            let place = Int.random(in: 0..<content.count, using: &random)
            var flipped = content
            flipped[place] ^= 0x10
            try write(flipped, to: path)
            let before = try trustedRows(of: path)
            do {
                let log = try RunLog(path: path)
                let recorder = try log.begin(.sample())
                recorder.recordSample()
                try recorder.finish(.finished, at: .seconds(2))
                try log.close()
            } catch is RunLogError {
                // Whatever it is, it is typed; the rows are what counts here.
            }
            if let before { #expect(try trustedRows(of: path) == before, "byte \(place)") }
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        }
    }

    @Test("A file cut off anywhere is bad input, for readers and for writers")
    func truncation() throws {
        let content = try wholeFile()
        var random = RandomStream(seed: 3, purpose: "cut")
        let path = folder.path("cut.sqlite")
        let pageSize = 4096
        let atPages = stride(from: pageSize, to: content.count, by: pageSize * 5)
        let anywhere = (0..<40).map { _ in Int.random(in: 1..<content.count, using: &random) }
        for length in [1, 15, 16, 99, 100, 101, 511, 512, 4095] + Array(atPages) + anywhere {
            try write(content.prefix(length), to: path)
            let reading = #expect(throws: RunLogError.self, "\(length) bytes") {
                try RunLogReader(path: path)
            }
            #expect(reading?.exitCode == 65, "\(length) bytes: \(String(describing: reading))")
            let writing = #expect(throws: RunLogError.self, "\(length) bytes") { try RunLog(path: path) }
            #expect(writing?.exitCode == 65, "\(length) bytes: \(String(describing: writing))")
            #expect(try fileContent(path).count == length, "the file is left as it was")
        }
    }

    /// Commits 20 times 50 events and copies file and write-ahead log as a killed process leaves them.
    private func fileWithWriteAheadLog() throws -> (file: Data, writeAheadLog: Data) {
        try RunLog(path: folder.path()).close()
        let log = try RunLog(path: folder.path())
        let recorder = try log.begin(.sample())
        for step in 0..<1000 {
            recorder.event(at: .seconds(Double(step)), kind: "step", bytes: step)
            if step % 50 == 49 { try recorder.flush() }
        }
        return (try fileContent(folder.path()), try fileContent(folder.path() + "-wal"))
    }

    /// Checks that a file holds a first part of the commits, and returns how many events.
    private func checkPrefix(of path: String) throws -> Int {
        let log = try RunLog(path: path)
        let bytes = try all(log.reader.events(run: 1)).map(\.bytes)
        #expect(bytes == Array(0..<bytes.count))
        #expect(bytes.count.isMultiple(of: 50))
        if let run = try log.reader.runs().first { #expect(run.status == .interrupted) }
        _ = try log.begin(.sample())
        try log.close()
        #expect(try column("PRAGMA integrity_check", of: path) == ["ok"])
        return bytes.count
    }

    @Test("A write-ahead log that lost its end in a power failure gives the commits before")
    func shortenedWriteAheadLog() throws {
        let (file, writeAheadLog) = try fileWithWriteAheadLog()
        var counts: [Int] = []
        for part in 0...24 {
            let path = folder.path("short-\(part).sqlite")
            try write(file, to: path)
            try write(writeAheadLog.prefix(writeAheadLog.count * part / 24), to: path + "-wal")
            counts.append(try checkPrefix(of: path))
        }
        #expect(counts == counts.sorted())
        #expect(counts.first == 0 && counts.last == 1000 && Set(counts).count > 10)
    }

    @Test("A write-ahead log with a flipped bit gives the commits before it")
    func flippedWriteAheadLog() throws {
        let (file, writeAheadLog) = try fileWithWriteAheadLog()
        var random = RandomStream(seed: 4, purpose: "flip")
        for number in 0..<25 {
            let path = folder.path("flipped-\(number).sqlite")
            var flipped = writeAheadLog
            let place = Int.random(in: 0..<flipped.count, using: &random)
            flipped[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try write(file, to: path)
            try write(flipped, to: path + "-wal")
            #expect(try checkPrefix(of: path) <= 1000)
        }
    }

    @Test("A write-ahead log without its shared-memory file, or of another file, does no harm")
    func strangeWriteAheadLog() throws {
        let (file, writeAheadLog) = try fileWithWriteAheadLog()
        let path = folder.path("strange.sqlite")
        try write(file, to: path)
        try write(Data("not a write-ahead log".utf8), to: path + "-wal")
        #expect(try checkPrefix(of: path) == 0)
        let alone = folder.path("alone.sqlite")
        try write(writeAheadLog, to: alone + "-wal")
        #expect(throws: RunLogError.cannotOpen(path: alone, reason: "No such file or directory")) {
            try RunLogReader(path: alone)
        }
        try RunLog(path: alone).close()
        #expect(try RunLogReader(path: alone).runs().isEmpty)
    }

    @Test("A file whose maker died is told as such to a reader, and a writer repairs it")
    func hotJournal() throws {
        let path = folder.path()
        let source = folder.path("source.sqlite")
        try onDatabase(source) { database in
            // With a cache this small the journal and pages go to disk before the commit.
            try database.execute(sql: "PRAGMA user_version = 1; PRAGMA cache_size = 1")
            try database.inTransaction {
                try database.execute(
                    sql: "CREATE TABLE unfinished (row); INSERT INTO unfinished VALUES (zeroblob(100000))")
                for suffix in ["", "-journal"] {
                    try write(fileContent(source + suffix), to: path + suffix)
                }
                return .rollback
            }
        }
        // What it had committed is no table, and so no run.
        #expect(throws: RunLogError.unbegun(path: path)) { try RunLogReader(path: path) }
        let log = try RunLog(path: path)
        try log.begin(.sample()).finish(.finished, at: .start)
        try log.close()
        #expect(try RunLogReader(path: path).run(1).status == .finished)
        #expect(try column("PRAGMA integrity_check", of: path) == ["ok"])
    }
}
