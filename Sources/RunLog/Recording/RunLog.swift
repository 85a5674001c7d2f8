import Foundation
import GRDB
import Synchronization

/// An SQLite file that runs are written to: its tables are in docs/schema.md.
///
/// ```swift
/// let log = try RunLog(path: "results/quickstart.sqlite")
/// let recorder = try log.begin(RunDescription(…))
/// recorder.event(at: simulation.now, kind: .roundStart, round: 1)
/// try recorder.flush()
/// try recorder.finish(.finished, at: simulation.now)
/// try log.close()
/// ```
/// Runs are only ever added. Several runs may be written at the same time, from any threads; all rows pass
/// through one serial writer. While a `RunLog` is open its process holds `<path>.lock`, so a second process
/// is refused, and whoever opens the file next knows that runs still marked `running` are dead.
///
/// The file is in WAL mode with `synchronous = NORMAL`: after a crash of the process everything committed
/// is there; after a power failure the commits of the last seconds may be missing, and the file is whole.
public final class RunLog: Sendable {
    /// The file.
    public let path: String
    /// Runs that an earlier process left `running`, and that opening the file marked `interrupted`.
    public let abandonedRuns: [Int64]
    let pool: DatabasePool
    private let lock: LockFile
    private let lastSynchronized = Mutex(ContinuousClock.now)
    private let isClosed = Mutex(false)

    /// Opens the file for writing, or creates it with its folder.
    ///
    /// - Throws: `RunLogError`. A file that is not a run log is left as it was.
    public init(path: String) throws {
        self.path = path
        guard !path.isEmpty else {
            throw RunLogError.cannotCreate(path: "''", reason: DatabaseIdentity.emptyName)
        }
        let file = DatabaseIdentity.file(at: path)
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw RunLogError.cannotCreate(path: path, reason: "no folder \(folder.path)")
        }
        let fileExists = access(path, F_OK) == 0
        if !fileExists, let obstacle = DatabaseIdentity.obstacle(onTheWayTo: path) {
            throw RunLogError.cannotCreate(path: path, reason: obstacle)
        }
        if fileExists, access(path, R_OK) != 0 {
            throw RunLogError.cannotOpen(path: path, reason: systemMessage(errno))
        }
        if fileExists, access(path, W_OK) != 0 { throw RunLogError.readOnly(path: path) }
        lock = try LockFile(forDatabaseAt: file, namedInErrors: path)
        if fileExists { try DatabaseIdentity.check(path: path, isForWriting: true) }
        pool = try translatingErrorsOfQueries(path: path) {
            let pool = try DatabasePool(path: file, configuration: Self.configuration())
            try RunLogSchema.migrator.migrate(pool)
            return pool
        }
        abandonedRuns = try translatingErrors(path: path) { [pool] in
            try pool.write {
                try Self.interruptRunningRuns($0, error: "the process ended before the run did")
            }
        }
    }

    /// Reads the file while it is being written.
    public var reader: RunLogReader { RunLogReader(database: pool, path: path) }

    /// Marks runs that nobody finished as interrupted, moves all rows from the write-ahead log into the
    /// file and closes it. The lock is released with the last reference to the log.
    ///
    /// Closing it again does nothing.
    ///
    /// - Throws: `RunLogError`. The file is closed then, too.
    public func close() throws {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        try translatingErrors(path: path) {
            let marking = Result {
                try pool.write { try Self.interruptRunningRuns($0, error: "closed before the run ended") }
            }
            pool.invalidateReadOnlyConnections()
            // SQLite moves the write-ahead log with the last connection alone, and somebody may have the
            // file open, such as the reader of a replay. Where one is in the middle of reading, or the disk
            // is full, the rows stay in the write-ahead log: committed, and found by whoever opens the file.
            _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try pool.close()
            _ = try marking.get()
        }
    }

    /// Brings everything committed until here onto the disk itself, so that it also survives a power failure;
    /// not where that was done less than `interval` ago: a disk may take a tenth of a second for it.
    ///
    /// - Throws: `RunLogError.writeFailed`.
    public func synchronize(atMostEvery interval: Duration = .seconds(5)) throws {
        let isDue = lastSynchronized.withLock { last in
            let now = ContinuousClock.now
            guard now - last >= interval else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        // In WAL mode commits go to this file alone until SQLite moves them, with an fsync of its own.
        let descriptor = open(DatabaseIdentity.file(at: path) + "-wal", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            // Without the file there is nothing that is not in the database.
            if errno == ENOENT { return }
            throw RunLogError.writeFailed(path: path, detail: systemMessage(errno))
        }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw RunLogError.writeFailed(path: path, detail: systemMessage(errno))
        }
    }

    /// SQL for the present wall-clock time in UTC. The simulator itself never asks for the time of day.
    static let wallClockNow = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "run log"
        configuration.busyMode = .timeout(DatabaseIdentity.busyTimeoutSeconds)
        configuration.prepareDatabase { database in
            guard !database.configuration.readonly else { return }
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        return configuration
    }

    private static func interruptRunningRuns(_ database: Database, error: String) throws -> [Int64] {
        try Int64.fetchAll(
            database,
            sql: """
                UPDATE run SET status = \(RunStatus.interrupted.sql), error = ?, virtual_s = coalesce(
                    (SELECT t FROM event WHERE event.run_id = run.run_id ORDER BY seq DESC LIMIT 1), 0)
                WHERE status = \(RunStatus.running.sql) RETURNING run_id
                """,
            arguments: [error]
        ).sorted()
    }
}
