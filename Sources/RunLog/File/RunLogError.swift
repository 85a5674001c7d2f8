import Simulator

/// What can go wrong with a run log outside the program's own control, and the one bug it looks for:
/// books that do not balance.
///
/// Every case carries the data its sentence needs; the sentences are in `RunLogError+Description.swift`.
public enum RunLogError: Error, Sendable, Hashable {
    /// The file, its folder or its lock file cannot be created; `reason` is the system's own text.
    case cannotCreate(path: String, reason: String)
    /// The file exists but cannot be opened, or does not exist where one is to be read.
    case cannotOpen(path: String, reason: String)
    /// The file's content is not an SQLite database.
    case notADatabase(path: String, content: String? = nil)
    /// A file that is empty, or a database without tables: what a process leaves that died before its first
    /// commit.
    case unbegun(path: String)
    /// An SQLite database that another program made.
    case foreignDatabase(path: String, applicationID: Int32)
    /// A run log written by a later version; `migrations` are the names this version does not know.
    case futureSchema(path: String, migrations: [String])
    /// Another fgl-sim process is writing to the file.
    case locked(path: String, processID: Int32?)
    /// Another program holds a write transaction on the file for too long.
    case busy(path: String)
    /// No space is left where the file lies.
    case diskFull(path: String)
    /// The file may be read but not written.
    case readOnly(path: String)
    /// The database is damaged: truncated or overwritten.
    case corrupt(path: String, detail: String)
    /// A run log whose tables or views another program has altered.
    case alteredSchema(path: String, finding: String)
    /// A cell holds what no run log of ours can hold.
    case badCell(path: String, BadCell)
    /// A query took longer than it may.
    case tooSlow(path: String, seconds: Double)
    /// The file system does not grant the locks that the file needs.
    case cannotLock(path: String, reason: String)
    /// The operating system failed to write the file: a failing disk, or a limit on the size of files.
    case writeFailed(path: String, detail: String)
    /// The operating system failed to read the file.
    case readFailed(path: String, detail: String)
    /// The file holds no run with this id.
    case noSuchRun(path: String, runID: Int64)
    /// A run that was re-enacted is not the one in the file.
    case diverged(path: String, runID: Int64, RowDivergence)
    /// A bug: what was recorded contradicts itself. The run is stored as failed.
    case inconsistent(runID: Int64, InconsistentRecord)
    /// A bug: SQLite refused a row or a statement of ours.
    case rejected(path: String, detail: String)

    /// The exit code of a command that ends with this error, after BSD's `sysexits.h`.
    public var exitCode: Int32 {
        switch self {
        case .noSuchRun: 64
        case .notADatabase, .unbegun, .foreignDatabase, .futureSchema, .corrupt, .diverged, .alteredSchema,
            .badCell:
            65
        case .inconsistent, .rejected: 70
        case .cannotCreate, .locked, .busy, .diskFull, .readOnly, .writeFailed, .cannotLock: 73
        case .cannotOpen, .readFailed, .tooSlow: 74
        }
    }
}

/// A contradiction among the rows of one run, found by the checks that are always on.
public enum InconsistentRecord: Sendable, Hashable {
    /// An event came with an earlier virtual time than the one before it.
    case timeDecreased(kind: String, from: SimInstant, to: SimInstant)
    /// A transfer, metric or event lies before the start of virtual time, or a transfer ends before it
    /// starts.
    case impossibleInterval(what: String, start: SimInstant, end: SimInstant)
    /// A transfer moved a number of bytes that its message and status do not allow.
    case impossibleBytes(moved: Int, message: Int, status: TransferStatus)
    /// The messages sent and the messages that transfers account for differ in total size.
    case bytesDiffer(direction: TransferDirection, messages: Int, transfers: Int)
    /// Work of some operations took no virtual time, or less than none.
    case timelessWork(kind: String, flops: Double, start: SimInstant, end: SimInstant)
}
