import GRDB
import Simulator
import Synchronization

/// Writes one run into a run log.
///
/// Rows are kept in the order in which they are recorded, which is the order of the log hash: record them
/// from the simulation's own thread, in virtual time, and the hash depends on nothing else. Recording never
/// fails; rows are committed in batches, and what goes wrong is thrown by the next `flush` or `finish`.
///
/// The recorder also keeps the run's books (`InconsistentRecord`): a contradiction is thrown by `flush` and
/// `finish`, and stores the run as failed.
public final class RunRecorder: Sendable {
    /// The run's id in the file.
    public let runID: Int64
    /// Where the rows go; `nil` for a recorder that only compares.
    let log: RunLog?
    let path: String
    let description: RunDescription
    /// The log hash that a recorder which only compares must come to.
    let expectedHash: String?
    let writer: BatchWriter
    let state: Mutex<State>

    /// Rows in a transaction: enough that its fixed cost vanishes, few enough that a reader sees a run grow.
    private static let rowsPerBatch = 8192

    struct State {
        var pending = RowBatch()
        var pendingRows = 0
        var nextEvent = 0
        var nextTransfer = 0
        var nextWork = 0
        var books = Conservation()
        var isFinished = false
        var isSealed = false
        /// The rows that the file has already, where it has any.
        var stored: StoredRows?
    }

    /// - Parameter stored: the rows of a run that is taken up again; `nil` for a new one.
    init(log: RunLog, runID: Int64, description: RunDescription, stored: StoredRows? = nil) {
        self.log = log
        self.runID = runID
        self.description = description
        path = log.path
        expectedHash = nil
        state = Mutex(State(stored: stored))
        writer = BatchWriter(runID: runID, path: log.path, pool: log.pool)
    }

    /// A recorder that writes nothing.
    init(verifying run: RunSummary, path: String, stored: StoredRows) {
        log = nil
        runID = run.runID
        description = RunDescription(run)
        self.path = path
        expectedHash = run.status.isWhole ? run.logSHA256 : nil
        state = Mutex(State(stored: stored))
        writer = BatchWriter(runID: run.runID, path: path, pool: nil)
    }

    /// A recorder that forgets everything: what a run takes without its log.
    package init(discarding description: RunDescription) {
        log = nil
        runID = 0
        self.description = description
        path = ""
        expectedHash = nil
        state = Mutex(State(isSealed: true))
        writer = BatchWriter(runID: 0, path: "", pool: nil)
    }

    /// How long threads were busy with encoding, hashing, inserting and committing rows until here.
    package var writingTime: Duration { writer.writingTime }

    func record(_ change: (inout State) -> Void) {
        state.withLock { state in
            precondition(!state.isFinished, "run \(runID) has finished: nothing more can be recorded")
            guard !state.isSealed else { return }
            change(&state)
            if state.pendingRows >= Self.rowsPerBatch { writer.submit(Self.takePending(&state)) }
        }
    }

    /// Adds a row unless the file has it.
    func add<Row: LoggedRow>(
        _ row: Row, to state: inout State, meeting meet: (inout StoredRows, Row) -> StoredRows.Meeting,
        _ append: (inout RowBatch, Row) -> Void
    ) {
        if state.stored != nil {
            switch meet(&state.stored!, row) {
            case .met: return writer.note(row)
            case .differs: return
            case .new: break
            }
        }
        append(&state.pending, row)
        state.pendingRows += 1
    }

    /// How many of the rows that were recorded the file had already.
    public var metRows: Int { state.withLock { $0.stored?.metRows ?? 0 } }

    /// Lets nothing more be recorded, without an error: what a run does while it is being given up, such as
    /// aborting its transfers, is no part of it, and would not happen if it went on.
    public func seal() { state.withLock { $0.isSealed = true } }

    static func takePending(_ state: inout State) -> RowBatch {
        let batch = state.pending
        state.pending = RowBatch()
        state.pendingRows = 0
        return batch
    }
}
