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
    /// - Parameter isNewAllowed: Whether an SQLite database without any table (also an empty file) passes:
    ///   a run log whose first process died before the first commit looks like that.
    /// - Throws: `RunLogError.cannotOpen`, `.notADatabase`, `.foreignDatabase`, `.futureSchema`, `.corrupt`.
    static func check(path: String, isNewAllowed: Bool) throws {
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
        if status.st_size == 0, !isNewAllowed { throw RunLogError.notADatabase(path: path) }
        try translatingErrors(path: path) {
            let queue = try openForReading(path: path)
            try queue.read { try check($0, path: path, isNewAllowed: isNewAllowed) }
            try queue.close()
        }
    }

    /// Opens a database for reading only.
    ///
    /// - Throws: `DatabaseError`.
    static func openForReading(path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busyTimeoutSeconds)
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

    private static func check(_ database: Database, path: String, isNewAllowed: Bool) throws {
        let applicationID = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let objects = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if isNewAllowed, applicationID == 0, objects == 0 { return }
        guard applicationID == RunLogSchema.applicationID else {
            throw RunLogError.foreignDatabase(path: path, applicationID: applicationID)
        }
        let migrator = RunLogSchema.migrator
        let unknown = try migrator.appliedIdentifiers(database).subtracting(migrator.migrations)
        guard unknown.isEmpty else {
            throw RunLogError.futureSchema(path: path, migrations: unknown.sorted())
        }
    }
}
