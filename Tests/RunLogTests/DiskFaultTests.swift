import Foundation
import GRDB
import RunLog
import Testing

/// Records steps until the disk refuses, and returns the error and how many steps were committed.
private func fill(_ recorder: RunRecorder) throws -> (error: RunLogError, committed: Int) {
    var step = 0
    while true {
        let committed = step
        for _ in 0..<100 {
            recorder.event(at: .seconds(Double(step)), kind: "step", round: step, bytes: step * 7)
            step += 1
        }
        do {
            try recorder.flush()
        } catch let error as RunLogError {
            return (error, committed)
        }
        precondition(step < 1_000_000, "the disk takes everything")
    }
}

/// Checks that a run has the steps `0..<count`, marked as not finished once the file was opened again.
private func checkSteps(of path: String, count: Int) throws {
    let reader = try RunLogReader(path: path)
    #expect(try all(reader.events(run: 1)).map(\.bytes) == (0..<count).map { $0 * 7 })
    #expect(try column("PRAGMA integrity_check", of: path) == ["ok"])
    let log = try RunLog(path: path)
    let status = try log.reader.run(1).status
    #expect(status == .interrupted || status == .failed)
    let recorder = try log.begin(.sample())
    recorder.recordSample()
    try recorder.finish(.finished, at: .seconds(2))
    #expect(try log.reader.run(2).status == .finished)
    #expect(try all(log.reader.events(run: 1)).count == count)
    try log.close()
}

/// A file system of 720 KiB in memory; only root can make one, and not in every container.
private final class SmallDisk {
    let folder: RunLogFolder

    init?() {
        guard getuid() == 0, let folder = try? RunLogFolder(),
            Self.run("mount", "-t", "tmpfs", "-o", "size=720k", "tmpfs", folder.url.path)
        else { return nil }
        self.folder = folder
    }

    deinit { _ = Self.run("umount", "-l", folder.url.path) }

    /// Fills the disk to its last byte.
    func fillUp() throws {
        let descriptor = open(folder.path("ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 7, count: 4096)
        var size = 0
        while pwrite(descriptor, block, block.count, off_t(size)) > 0 { size += block.count }
    }

    func makeReadOnly() -> Bool { Self.run("mount", "-o", "remount,ro", folder.url.path) }

    static let isPossible = SmallDisk() != nil

    private static func run(_ arguments: String...) -> Bool {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

@Suite("Disks that refuse")
struct DiskFaultTests {
    let folder: RunLogFolder

    init() throws { folder = try RunLogFolder() }

    @Test("At a limit on the size of files the run ends with an error, and everything committed is readable")
    func fileSizeLimit() async throws {
        await #expect(processExitsWith: .success) {
            [path = folder.path() as String, notes = folder.path("notes") as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 520_000, rlim_max: 520_000)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let log = try RunLog(path: path)
            let recorder = try log.begin(.sample())
            let (error, committed) = try fill(recorder)
            guard case .writeFailed(path, _) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(error.exitCode == 73)
            #expect(throws: RunLogError.self) { try recorder.finish(.finished, at: .seconds(1e6)) }
            try "\(committed)".write(toFile: notes, atomically: false, encoding: .utf8)
        }
        let committed = try #require(Int(String(contentsOfFile: folder.path("notes"), encoding: .utf8)))
        #expect(committed > 500)
        try checkSteps(of: folder.path(), count: committed)
    }

    @Test("On a full disk it is told as such", .enabled(if: SmallDisk.isPossible))
    func fullDisk() throws {
        let disk = try #require(SmallDisk())
        let path = disk.folder.path()
        let ballast = disk.folder.path("ballast")
        try write(Data(count: 150_000), to: ballast)
        let committed: Int
        do {
            let log = try RunLog(path: path)
            let recorder = try log.begin(.sample())
            let found = try fill(recorder)
            committed = found.committed
            #expect(found.error == .diskFull(path: path))
            #expect(throws: RunLogError.diskFull(path: path)) {
                try recorder.finish(.finished, at: .seconds(1e6))
            }
            #expect(try all(RunLogReader(path: path).events(run: 1)).count == committed)
            // Closing moves rows into the file, which may need room too.
            try? log.close()
        }
        #expect(committed > 100)
        try FileManager.default.removeItem(atPath: ballast)
        try checkSteps(of: path, count: committed)
    }

    @Test("A disk without room for the first page is told as such", .enabled(if: SmallDisk.isPossible))
    func noRoomAtAll() throws {
        let disk = try #require(SmallDisk())
        let path = disk.folder.path()
        try? write(Data(count: 706_000), to: disk.folder.path("ballast"))
        let error = #expect(throws: RunLogError.self) { try RunLog(path: path) }
        #expect(error?.exitCode == 73, "\(String(describing: error))")
        try FileManager.default.removeItem(atPath: disk.folder.path("ballast"))
        try RunLog(path: path).close()
        #expect(try RunLogReader(path: path).runs().isEmpty)
    }

    @Test(
        "On a full disk a log can be read whose rows all are in the file",
        .enabled(if: SmallDisk.isPossible))
    func readingOnFullDisk() throws {
        let disk = try #require(SmallDisk())
        let path = disk.folder.path()
        let log = try RunLog(path: path)
        try log.begin(.sample()).finish(.finished, at: .start)
        try log.close()
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
        try disk.fillUp()
        #expect(try RunLogReader(path: path).run(1).status == .finished)
        // The first reader has left an empty write-ahead log.
        #expect(try RunLogReader(path: path).comparison().count == 1)
    }

    @Test(
        "A write-ahead log that a full disk keeps from being read is told as such",
        .enabled(if: SmallDisk.isPossible))
    func readingRowsOnFullDisk() throws {
        let disk = try #require(SmallDisk())
        let log = try RunLog(path: folder.path())
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        try recorder.flush()
        let path = disk.folder.path()
        try folder.copyAsAfterCrash(from: folder.path(), to: path)
        try disk.fillUp()
        let error = #expect(throws: RunLogError.self) { try RunLogReader(path: path) }
        #expect(error?.exitCode == 74, "\(error!)")
        #expect("\(error!)".contains("cannot open the run log: no space for runs.sqlite-shm"), "\(error!)")
        try FileManager.default.removeItem(atPath: disk.folder.path("ballast"))
        #expect(try RunLogReader(path: path).run(1).status == .running)
        try log.close()
    }

    @Test("A disk mounted for reading only can be read", .enabled(if: SmallDisk.isPossible))
    func readOnlyDisk() throws {
        let disk = try #require(SmallDisk())
        let path = disk.folder.path()
        do {
            let log = try RunLog(path: path)
            try log.begin(.sample()).finish(.finished, at: .start)
            try log.close()
        }
        try #require(disk.makeReadOnly())
        #expect(try RunLogReader(path: path).run(1).status == .finished)
        #expect(throws: RunLogError.readOnly(path: path)) { try RunLog(path: path) }
        let new = disk.folder.path("new.sqlite")
        #expect(throws: RunLogError.cannotCreate(path: new, reason: "Read-only file system")) {
            try RunLog(path: new)
        }
    }

    @Test("Without permission to write, a log can be read but neither written nor created")
    func readOnlyFolder() async throws {
        let log = try RunLog(path: folder.path())
        try log.begin(.sample()).finish(.finished, at: .start)
        try log.close()
        try write(Data(), to: folder.path("secret.sqlite"))
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: 0], ofItemAtPath: folder.path("secret.sqlite"))
        try files.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.url.path)
        defer { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path) }
        await #expect(processExitsWith: .success) { [folder = folder.url.path as String] in
            // Root may do everything: be nobody.
            if getuid() == 0 { try #require(setgid(65534) == 0 && setuid(65534) == 0) }
            let path = folder + "/runs.sqlite"
            #expect(try RunLogReader(path: path).run(1).status == .finished)
            #expect(throws: RunLogError.self) { try RunLog(path: path) }
            let new = folder + "/new.sqlite"
            #expect(throws: RunLogError.cannotCreate(path: new, reason: "Permission denied")) {
                try RunLog(path: new)
            }
            let deep = folder + "/deep/new.sqlite"
            #expect(throws: RunLogError.cannotCreate(path: deep, reason: "no folder \(folder)/deep")) {
                try RunLog(path: deep)
            }
            let secret = folder + "/secret.sqlite"
            #expect(throws: RunLogError.cannotOpen(path: secret, reason: "Permission denied")) {
                try RunLogReader(path: secret)
            }
            #expect(throws: RunLogError.cannotOpen(path: secret, reason: "Permission denied")) {
                try RunLog(path: secret)
            }
        }
    }

    @Test("Without permission to write, a write-ahead log with rows is named, and an empty one does no harm")
    func writeAheadLogInReadOnlyFolder() async throws {
        let log = try RunLog(path: folder.path("source.sqlite"))
        try log.begin(.sample()).finish(.finished, at: .start)
        try folder.copyAsAfterCrash(from: folder.path("source.sqlite"), to: folder.path("rows.sqlite"))
        try log.close()
        try FileManager.default.copyItem(
            atPath: folder.path("source.sqlite"), toPath: folder.path("empty.sqlite"))
        try write(Data(), to: folder.path("empty.sqlite-wal"))
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.url.path)
        defer { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path) }
        await #expect(processExitsWith: .success) { [folder = folder.url.path as String] in
            if getuid() == 0 { try #require(setgid(65534) == 0 && setuid(65534) == 0) }
            #expect(try RunLogReader(path: folder + "/empty.sqlite").run(1).status == .finished)
            let error = #expect(throws: RunLogError.self) {
                try RunLogReader(path: folder + "/rows.sqlite")
            }
            let text = "\(error!)"
            #expect(text.contains("no permission to write in "), "\(text)")
            #expect(text.contains("SQLite does not read rows.sqlite-wal"), "\(text)")
        }
    }

    @Test("A transaction of another program that does not end is told as such; its end sets the run free")
    func busy() throws {
        let log = try RunLog(path: folder.path())
        let recorder = try log.begin(.sample())
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: folder.path(), configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        recorder.event(at: .start, kind: "round-start")
        #expect(throws: RunLogError.busy(path: folder.path())) { try recorder.flush() }
        #expect(try log.reader.run(1).status == .running)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try other.close()
        // A row is missing from the log: the run is lost, not the file.
        #expect(throws: RunLogError.busy(path: folder.path())) { try recorder.finish(.finished, at: .start) }
        let run = try log.reader.run(1)
        #expect(run.status == .failed)
        #expect(run.error == RunLogError.busy(path: folder.path()).description)
        #expect(run.logSHA256 == nil)
        try log.begin(.sample()).finish(.finished, at: .start)
        try log.close()
    }

    @Test("A folder, a device or a pipe is no run log", arguments: ["folder", "/dev/null", "pipe"])
    func notRegular(name: String) throws {
        let path = name.hasPrefix("/") ? name : folder.path(name)
        if name == "folder" {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        } else if name == "pipe" {
            try #require(mkfifo(path, 0o600) == 0)
        }
        let expected = RunLogError.cannotOpen(path: path, reason: "not a regular file")
        #expect(throws: expected) { try RunLogReader(path: path) }
        #expect(throws: expected) { try RunLog(path: path) }
        #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
    }

    @Test(
        "A name that means something to SQLite is a file's name",
        arguments: [":memory:", "file:a?mode=ro", "a b?c#d"])
    func names(name: String) throws {
        let path = folder.path(name)
        do {
            let log = try RunLog(path: path)
            try log.begin(.sample()).finish(.finished, at: .start)
            try log.close()
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [name])
        #expect(try RunLogReader(path: path).runs().count == 1)
    }
}
