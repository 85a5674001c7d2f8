import Core
import Foundation
import GRDB

/// Finds out whether a file is a run log before anything is written to it.
enum DatabaseIdentity {
    /// The absolute path of the file itself where `path` is relative or a symbolic link: two names of one
    /// file share its lock, and no name has a special meaning for SQLite.
    static func file(at path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }

    /// What a file is that is no database, in words; nil where nothing is known of it.
    static func foreignContent(at path: String) -> String? {
        guard let file = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)) else { return nil }
        defer { try? file.close() }
        let start = try? file.read(upToCount: ForeignContent.length)
        return start.flatMap { ForeignContent.words(for: $0) }
    }

    /// Looks at the file without changing it.
    ///
    /// - Parameter isForWriting: Whether rows will be added. Then an SQLite database without any table (or an
    ///   empty file) passes, too: a run log whose process died before its first commit looks like that.
    /// - Throws: `RunLogError.cannotOpen`, `.notADatabase`, `.foreignDatabase`, `.futureSchema`, `.corrupt`.
    static func check(path: String, isForWriting: Bool) throws {
        guard !path.isEmpty else { throw RunLogError.cannotOpen(path: "''", reason: emptyName) }
        // Asked before the file: whoever closes it in between has made it whole.
        let hasWriteAheadLog = isWithContent(file(at: path) + "-wal")
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw RunLogError.cannotOpen(path: path, reason: systemMessage(errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw RunLogError.cannotOpen(path: path, reason: "not a regular file")
        }
        guard access(path, R_OK) == 0 else {
            throw RunLogError.cannotOpen(path: path, reason: systemMessage(errno))
        }
        try checkSideFiles(path)
        // SQLite takes a file of one byte for an empty database; its header alone has 100.
        guard status.st_size >= 100 || status.st_size == 0 && isForWriting else {
            throw RunLogError.notADatabase(path: path, content: foreignContent(at: path))
        }
        try translatingErrorsOfQueries(path: path) {
            let examine = { (queue: DatabaseQueue) in
                try queue.read { database in
                    try check(database, path: path, isForWriting: isForWriting)
                    if !hasWriteAheadLog {
                        try checkLength(Int(status.st_size), of: database, path: path)
                    }
                }
                try queue.close()
            }
            do {
                try examine(openForReading(path: path))
            } catch let error as DatabaseError
                where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK && isForWriting
            {
                // A process died before the file was in WAL mode: SQLite undoes what it had begun.
                try examine(DatabaseQueue(path: file(at: path)))
            }
        }
    }

    /// Whether the file is what is left of a process that died before it had made the tables of a run log: it
    /// is empty, or a database without tables. Nothing is changed.
    static func isWithoutTables(path: String) -> Bool {
        var status = stat()
        guard !path.isEmpty, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG
        else { return false }
        guard access(path, R_OK) == 0 else { return false }
        guard status.st_size > 0 else { return true }
        guard status.st_size >= 100 else { return false }
        do {
            try checkSideFiles(path)
            let file = Self.file(at: path)
            // SQLite would undo what a journal names, but here nothing is changed. A run log has a journal
            // only before its first table.
            let queue =
                try isWithContent(file + "-journal") ? openUnchanging(file) : openForReading(path: path)
            let isUnused = try queue.read { database in
                let applicationID = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
                let objects = try countOfObjects(in: database)
                return applicationID == 0 && objects == 0
            }
            try queue.close()
            return isUnused
        } catch {
            return false
        }
    }

    /// How many tables, views and indices a database has.
    private static func countOfObjects(in database: Database) throws -> Int {
        // GRDB commits its own table before the first migration: a process may have died in between.
        try Int.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'") ?? 0
    }

    /// Whether there is such a file, and not an empty one.
    private static func isWithContent(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_size > 0
    }

    /// SQLite waits for whoever writes to a named pipe.
    private static func checkSideFiles(_ path: String) throws {
        for suffix in ["-wal", "-journal", "-shm"] {
            var status = stat()
            guard stat(file(at: path) + suffix, &status) == 0 else { continue }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw RunLogError.cannotOpen(path: path, reason: "\(path)\(suffix) is not a regular file")
            }
        }
    }

    /// SQLite reads a last page that is cut off as if zeros followed. Only a process that dies while it moves
    /// its write-ahead log into the file leaves such a page rightly: the log has it whole.
    private static func checkLength(_ length: Int, of database: Database, path: String) throws {
        let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 1
        guard length.isMultiple(of: pageSize) else {
            throw RunLogError.corrupt(path: path, detail: "cut off inside its last page")
        }
    }

    /// Opens a database for reading only.
    ///
    /// - Parameters:
    ///   - deadline: ends its queries.
    ///   - isKnown: whether it was checked to be a run log, and gets the views of the present version.
    /// - Throws: `DatabaseError`; `RunLogError.cannotOpen` where its write-ahead log cannot be read.
    static func openForReading(
        path: String, deadline: QueryDeadline? = nil, isKnown: Bool = false
    ) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.prepareDatabase { database in
            try ForeignFile.restrict(database)
            deadline?.start()
            deadline?.watch(database)
            if isKnown { try ForeignFile.complete(database) }
        }
        let file = Self.file(at: path)
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        // SQLite makes shared memory beside a WAL database, even to read it. Where that is impossible (a
        // read-only or full disk, somebody else's results) and nothing is in a write-ahead log, the file
        // cannot change while it is read.
        let canMakeFiles = access(folder, W_OK) == 0
        if !canMakeFiles, access(file + "-wal", F_OK) != 0 { return try openUnchanging(file, configuration) }
        do {
            let queue = try DatabaseQueue(path: file, configuration: configuration)
            // The first question makes the shared memory.
            _ = try queue.read { try Int.fetchOne($0, sql: "PRAGMA schema_version") }
            return queue
        } catch let error as DatabaseError where isOfSharedMemory(error, canMakeFiles, folder) {
            guard !isWithContent(file + "-journal") else { throw error }
            guard isWithContent(file + "-wal") else { return try openUnchanging(file, configuration) }
            let name = URL(fileURLWithPath: file).lastPathComponent
            let obstacle =
                canMakeFiles
                ? (hasNoRoom(at: folder) ? "no space" : "the disk has no place") + " for \(name)-shm"
                : "no permission to write in \(folder), where \(name)-shm would lie"
            throw RunLogError.cannotOpen(
                path: path, reason: "\(obstacle); without it SQLite does not read \(name)-wal")
        }
    }

    /// Opens a database that does not change while it is read: SQLite makes no file beside it.
    private static func openUnchanging(
        _ file: String, _ configuration: Configuration? = nil
    ) throws -> DatabaseQueue {
        var readOnly = Configuration()
        readOnly.readonly = true
        return try DatabaseQueue(
            path: URL(fileURLWithPath: file).absoluteString + "?immutable=1",
            configuration: configuration ?? readOnly)
    }

    /// Whether an error came because shared memory could not be made.
    private static func isOfSharedMemory(
        _ error: DatabaseError, _ canMakeFiles: Bool, _ folder: String
    ) -> Bool {
        let code = error.extendedResultCode
        if code == .SQLITE_READONLY_ROLLBACK { return false }
        if error.resultCode == .SQLITE_FULL || refusals.contains(code) { return true }
        let mayBe =
            error.resultCode == .SQLITE_CANTOPEN || error.resultCode == .SQLITE_READONLY
            || code == .SQLITE_IOERR_SHMOPEN
        // These have other causes too.
        return mayBe && (!canMakeFiles || hasNoRoom(at: folder))
    }

    /// SQLite's input/output errors that come from a disk that takes nothing.
    private static let refusals: [ResultCode] = [
        .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_WRITE, .SQLITE_IOERR_TRUNCATE,
    ]

    /// How long a statement waits for another program's lock before it fails with `RunLogError.busy`.
    static let busyTimeoutSeconds = 5.0

    private static func check(_ database: Database, path: String, isForWriting: Bool) throws {
        let applicationID = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        if isForWriting, applicationID == 0, try countOfObjects(in: database) == 0 { return }
        guard applicationID == RunLogSchema.applicationID else {
            throw RunLogError.foreignDatabase(path: path, applicationID: applicationID)
        }
        let noTable = """
            SELECT 1 FROM main.sqlite_schema
            WHERE lower(name) = 'grdb_migrations' AND (type <> 'table' OR rootpage <= 0)
            """
        guard try Row.fetchOne(database, sql: noTable) == nil else {
            throw RunLogError.alteredSchema(path: path, finding: "'grdb_migrations' is no table")
        }
        let migrator = RunLogSchema.migrator
        let unknown = try migrator.appliedIdentifiers(database).subtracting(migrator.migrations)
        guard unknown.isEmpty else {
            throw RunLogError.futureSchema(path: path, migrations: unknown.sorted())
        }
        // A process may have died between the migrator's table and the first migration.
        if isForWriting, try migrator.appliedIdentifiers(database).isEmpty { return }
        if let finding = try ForeignFile.strangeness(of: database, isForWriting: isForWriting) {
            throw RunLogError.alteredSchema(path: path, finding: finding)
        }
    }
}
