import GRDB

extension RunLogError {
    /// The run-log error for whatever went wrong on the database at `path`; a `RunLogError` stays itself.
    package init(_ error: any Error, path: String) {
        if let known = error as? RunLogError {
            self = known
            return
        }
        if error is RowDecodingError {
            self = .corrupt(path: path, detail: "\(error)")
            return
        }
        guard let error = error as? DatabaseError else {
            self = .readFailed(path: path, detail: "\(error)")
            return
        }
        let detail = error.message ?? "\(error.extendedResultCode)"
        if error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
            self = .readFailed(path: path, detail: "its writer died in the middle; open it once for writing")
            return
        }
        if Self.lockingCodes.contains(error.extendedResultCode) || detail.hasPrefix("could not activate WAL")
        {
            self = .cannotLock(path: path, reason: detail)
            return
        }
        if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE, DatabaseIdentity.hasNoRoom(beside: path) {
            self = .diskFull(path: path)
            return
        }
        if Self.writingCodes.contains(error.extendedResultCode) {
            self = .writeFailed(path: path, detail: detail)
            return
        }
        self =
            switch error.resultCode {
            case .SQLITE_FULL: .diskFull(path: path)
            case .SQLITE_READONLY, .SQLITE_PERM: .readOnly(path: path)
            case .SQLITE_NOTADB: .notADatabase(path: path, content: DatabaseIdentity.foreignContent(at: path))
            case .SQLITE_CORRUPT: .corrupt(path: path, detail: detail)
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy(path: path)
            case .SQLITE_CANTOPEN:
                .cannotOpen(path: path, reason: DatabaseIdentity.obstacle(at: path) ?? detail)
            case .SQLITE_IOERR, .SQLITE_NOMEM: .readFailed(path: path, detail: detail)
            case .SQLITE_PROTOCOL, .SQLITE_NOLFS: .cannotLock(path: path, reason: detail)
            case .SQLITE_INTERRUPT: .tooSlow(path: path, seconds: QueryDeadline.seconds)
            case .SQLITE_TOOBIG: .corrupt(path: path, detail: "a cell is larger than 128 MiB")
            default: .rejected(path: path, detail: error.sql.map { "\(detail), in \($0)" } ?? detail)
            }
    }

    /// SQLite's input/output errors that come from locking.
    private static let lockingCodes: [ResultCode] = [
        .SQLITE_IOERR_LOCK, .SQLITE_IOERR_UNLOCK, .SQLITE_IOERR_RDLOCK, .SQLITE_IOERR_CHECKRESERVEDLOCK,
        .SQLITE_IOERR_SHMLOCK, .SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_SHMOPEN,
    ]

    /// SQLite's input/output errors that come from writing.
    private static let writingCodes: [ResultCode] = [
        .SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC, .SQLITE_IOERR_TRUNCATE,
        .SQLITE_IOERR_DELETE, .SQLITE_IOERR_SHMSIZE,
    ]
}

/// As `translatingErrors(path:_:)`, for constant queries: what SQLite does not find for them is missing
/// from the file.
func translatingErrorsOfQueries<Result>(path: String, _ body: () throws -> Result) throws -> Result {
    try translatingErrors(path: path) {
        do {
            return try body()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            throw RunLogError.corrupt(path: path, detail: error.message ?? "\(error.resultCode)")
        }
    }
}

/// Runs `body`, which uses the database at `path`, and turns what it throws into a `RunLogError`.
func translatingErrors<Result>(path: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch {
        throw RunLogError(error, path: path)
    }
}
