import Foundation
import GRDB

/// Finds out whether a file is a run log before anything is written to it.
enum DatabaseIdentity {
    /// The absolute path of the file itself where `path` is relative or a symbolic link: two names of one
    /// file share its lock, and no name has a special meaning for SQLite.
    static func file(at path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }

    /// Looks at the file without changing it.
    ///
    /// - Parameter isForWriting: Whether rows will be added. Then an SQLite database without any table (or an
    ///   empty file) passes, too: a run log whose process died before its first commit looks like that.
    /// - Throws: `RunLogError.cannotOpen`, `.notADatabase`, `.foreignDatabase`, `.futureSchema`, `.corrupt`.
    static func check(path: String, isForWriting: Bool) throws {
        var status = stat()
        // Asked before the file: whoever closes it in between has made it whole.
        let hasWriteAheadLog = stat(file(at: path) + "-wal", &status) == 0 && status.st_size > 0
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
            throw RunLogError.notADatabase(path: path)
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
    /// - Throws: `DatabaseError`.
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
        let url = URL(fileURLWithPath: file)
        // SQLite makes shared memory beside a WAL database, even to read it. Where that is impossible (a
        // read-only disk, somebody else's results) and no write-ahead log exists, the file cannot change
        // while it is read.
        let canMakeFiles = access(url.deletingLastPathComponent().path, W_OK) == 0
        if !canMakeFiles, access(file + "-wal", F_OK) != 0 {
            return try DatabaseQueue(path: url.absoluteString + "?immutable=1", configuration: configuration)
        }
        return try DatabaseQueue(path: file, configuration: configuration)
    }

    /// How long a statement waits for another program's lock before it fails with `RunLogError.busy`.
    static let busyTimeoutSeconds = 5.0

    private static func check(_ database: Database, path: String, isForWriting: Bool) throws {
        let applicationID = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        // GRDB commits its own table before the first migration: a process may have died in between.
        let objects =
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'") ?? 0
        if isForWriting, applicationID == 0, objects == 0 { return }
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
