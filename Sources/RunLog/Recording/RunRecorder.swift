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
    private let description: RunDescription
    /// The log hash that a recorder which only compares must come to.
    private let expectedHash: String?
    private let writer: BatchWriter
    private let state: Mutex<State>

    /// Rows in a transaction: enough that its fixed cost vanishes, few enough that a reader sees a run grow.
    private static let rowsPerBatch = 8192

    private struct State {
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

    private func record(_ change: (inout State) -> Void) {
        state.withLock { state in
            precondition(!state.isFinished, "run \(runID) has finished: nothing more can be recorded")
            guard !state.isSealed else { return }
            change(&state)
            if state.pendingRows >= Self.rowsPerBatch { writer.submit(Self.takePending(&state)) }
        }
    }

    /// Adds a row unless the file has it.
    private func add<Row: LoggedRow>(
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

    private static func takePending(_ state: inout State) -> RowBatch {
        let batch = state.pending
        state.pending = RowBatch()
        state.pendingRows = 0
        return batch
    }
}

// MARK: - Rows

extension RunRecorder {
    /// Records a client; before any row that names it.
    public func client(_ row: ClientRow) {
        record { add(row, to: &$0, meeting: { $0.meet($1) }) { $0.clients.append($1) } }
    }

    /// Records how many samples of a class a client holds.
    public func labelCount(client: Int, label: Int, className: String, samples: Int) {
        let row = LabelCountRow(client: client, label: label, className: className, samples: samples)
        record { add(row, to: &$0, meeting: { $0.meet($1) }) { $0.labelCounts.append($1) } }
    }

    /// Records an event.
    ///
    /// - Parameters:
    ///   - instant: Virtual time, not before that of the event recorded last.
    ///   - kind: What happened.
    ///   - round: 1-based round; `nil` outside rounds.
    ///   - client: The client concerned; `nil` for the server.
    ///   - bytes: Bytes concerned, where the kind has any.
    ///   - detail: What else there is to say.
    public func event(
        at instant: SimInstant, kind: EventKind, round: Int? = nil, client: Int? = nil, bytes: Int? = nil,
        detail: JSONText? = nil
    ) {
        let kind = kind.rawValue
        record { state in
            state.books.event(kind: kind, at: instant)
            let row = EventRow(
                sequence: state.nextEvent, instant: instant, kind: kind, round: round, client: client,
                bytes: bytes, detail: detail?.text)
            add(row, to: &state, meeting: { $0.meet($1) }) { $0.events.append($1) }
            state.nextEvent += 1
        }
    }

    /// Notes that a message was encoded and handed to the network. It writes no row: its bytes must be
    /// accounted for by transfers when the run finishes.
    ///
    /// - Parameters:
    ///   - bytes: Size of the message as really encoded.
    ///   - direction: Up: client to server.
    public func messageSent(bytes: Int, direction: TransferDirection) {
        state.withLock { if !$0.isSealed { $0.books.message(bytes: bytes, direction: direction) } }
    }

    /// Notes that work took virtual time from `start` to `end`. It writes no row: the books require that work
    /// of some operations takes some time.
    public func computed(kind: WorkKind, flops: Double, from start: SimInstant, to end: SimInstant) {
        state.withLock {
            if !$0.isSealed { $0.books.work(kind: kind.rawValue, flops: flops, from: start, to: end) }
        }
    }

    /// Records a message's way over the network, once it has ended.
    ///
    /// - Parameters:
    ///   - round: 1-based round; `nil` outside rounds.
    ///   - client: The client at one end.
    ///   - direction: Up: client to server.
    ///   - payload: What the message carries.
    ///   - bytes: Bytes that moved.
    ///   - messageBytes: Size of the whole message, if not all of it moved.
    ///   - start: When the message was handed to the network.
    ///   - end: When its last byte arrived, or when it was given up.
    ///   - status: What became of the message; a complete one moved entirely.
    public func transfer(
        round: Int? = nil, client: Int, direction: TransferDirection, payload: Payload, bytes: Int,
        messageBytes: Int? = nil, start: SimInstant, end: SimInstant, status: TransferStatus = .complete
    ) {
        record { state in
            state.books.interval("transfer of \(payload.rawValue)", from: start, to: end)
            state.books.transfer(
                moved: bytes, of: messageBytes ?? bytes, direction: direction, status: status)
            let row = TransferRow(
                transfer: state.nextTransfer, round: round, client: client, direction: direction,
                payload: payload.rawValue, bytes: bytes, start: start, end: end, status: status)
            add(row, to: &state, meeting: { $0.meet($1) }) { $0.transfers.append($1) }
            state.nextTransfer += 1
        }
    }

    /// Records a measured value. The views take `.accuracy` on `.test` without a client as the accuracy of
    /// the server's global model.
    ///
    /// - Parameters:
    ///   - instant: When it was measured.
    ///   - round: 1-based round; `nil` outside rounds.
    ///   - client: The client whose model was measured; `nil` for the server's global model.
    ///   - split: The data it was measured on.
    ///   - name: What was measured.
    ///   - value: The value; not-a-number is stored as NULL.
    public func metric(
        at instant: SimInstant, round: Int? = nil, client: Int? = nil, split: MetricSplit, name: MetricName,
        value: Double
    ) {
        record { state in
            state.books.interval("metric '\(name)'", from: instant, to: instant)
            let row = MetricRow(
                instant: instant, round: round, client: client, split: split.rawValue, name: name.rawValue,
                value: value)
            add(row, to: &state, meeting: { $0.meet($1) }) { $0.metrics.append($1) }
        }
    }

    /// Records a prompt that a client sent, with its size in UTF-8.
    ///
    /// - Parameters:
    ///   - client: Who sent it.
    ///   - label: The class's number.
    ///   - text: The prompt.
    ///   - bytes: its size on the wire where it is not sent as text.
    public func prompt(client: Int, label: Int, text: String, bytes: Int? = nil) {
        let row = PromptRow(client: client, label: label, text: text, bytes: bytes ?? text.utf8.count)
        record { add(row, to: &$0, meeting: { $0.meet($1) }) { $0.prompts.append($1) } }
    }

    /// Records a piece of real work.
    ///
    /// - Parameters:
    ///   - kind: What was done.
    ///   - round: 1-based round; `nil` outside rounds.
    ///   - client: Who did it; `nil` for the server.
    ///   - key: Hash of what went in.
    ///   - outputSHA256: Hash of what came out.
    ///   - flops: Floating-point operations that its virtual duration is modelled from.
    ///   - wallSeconds: How long it really took; outside the log hash.
    ///   - metrics: What it measured; nothing that depends on wall time.
    ///   - isCached: Whether an earlier run's result was found; outside the log hash.
    ///   - performer: The worker of an engine that did it, its type of machine, how often and when the work
    ///     was begun, and how long it had waited; outside the log hash.
    public func work(
        kind: WorkKind, round: Int? = nil, client: Int? = nil, key: String, outputSHA256: String? = nil,
        flops: Double? = nil, wallSeconds: Double? = nil, metrics: JSONText? = nil, isCached: Bool = false,
        performer: (
            worker: String, machine: String, attempts: Int, beganSeconds: Double, waitedSeconds: Double
        )? = nil
    ) {
        record { state in
            let row = WorkRow(
                work: state.nextWork, kind: kind.rawValue, round: round, client: client, key: key,
                outputSHA256: outputSHA256, flops: flops, wallSeconds: wallSeconds, metrics: metrics?.text)
            add(row, to: &state, meeting: { $0.meet($1) }) {
                $0.works.append($1)
                if isCached { $0.cachedWorks.append($1.work) }
                if let performer {
                    $0.performers.append(
                        WorkPerformance(
                            work: $1.work, worker: performer.worker, machine: performer.machine,
                            attempts: performer.attempts, beganSeconds: performer.beganSeconds,
                            waitedSeconds: performer.waitedSeconds))
                }
            }
            state.nextWork += 1
        }
    }
}

// MARK: - Committing

extension RunRecorder {
    /// Commits all rows recorded until here, so that other programs see them. Call it when a round ends and
    /// before long real work.
    ///
    /// - Parameter waits: whether it returns when they are committed; otherwise they will be soon, and what
    ///   goes wrong is thrown by a later call.
    /// - Throws: `RunLogError`: what an earlier batch met, `.inconsistent`, or `.diverged` where the file has
    ///   other rows.
    public func flush(waits: Bool = true) throws {
        let (contradiction, stored) = try state.withLock { state in
            if let failure = state.stored?.failure { throw failure }
            let batch = Self.takePending(&state)
            if waits { try writer.submitAndWait(batch) } else { try writer.submitSoundly(batch) }
            return (state.books.contradiction, state.stored)
        }
        if let contradiction { throw RunLogError.inconsistent(runID: runID, contradiction) }
        if let error = stored.flatMap(error) { throw error }
    }

    /// Brings what was committed onto the disk itself, where that was not done within the last seconds.
    ///
    /// - Throws: `RunLogError.writeFailed`.
    public func synchronize() throws { try log?.synchronize() }

    /// What `flush` would throw because the file has other rows, or because they cannot be read.
    public var divergence: (any Error)? { state.withLock { $0.stored }.flatMap(error) }

    private func error(of stored: StoredRows) -> RunLogError? {
        stored.failure ?? stored.divergence.map { .diverged(path: path, runID: runID, $0) }
    }

    /// Commits all rows and the run's end: status, virtual duration, wall time, log hash. Nothing can be
    /// recorded after.
    ///
    /// - Parameters:
    ///   - outcome: How the run ended.
    ///   - instant: Virtual end of the run.
    ///   - modelSHA256: Hash of the final global model's weights.
    /// - Returns: The log hash, as stored in `run.log_sha256`.
    /// - Throws: `RunLogError.inconsistent` if the books do not balance: the run is then stored as failed.
    ///   Any other `RunLogError` if rows could not be written: the run is then stored as failed if that is
    ///   still possible.
    @discardableResult
    public func finish(_ outcome: RunOutcome, at instant: SimInstant, modelSHA256: String? = nil) throws
        -> String
    {
        let (rows, contradiction, stored) = state.withLock { state in
            precondition(!state.isFinished, "run \(runID) has already finished")
            state.isFinished = true
            if !state.isSealed { state.books.event(kind: "end of run", at: instant) }
            if outcome.status.isWhole {
                state.books.close()
                state.stored?.close()
            }
            return (Self.takePending(&state), state.books.contradiction, state.stored)
        }
        do {
            if outcome.status.isWhole, let error = stored.flatMap(error) { throw error }
            try writer.submitAndWait(rows)
            guard let contradiction else {
                return try storeEnd(of: outcome, at: instant, modelSHA256: modelSHA256)
            }
            let error = RunLogError.inconsistent(runID: runID, contradiction)
            _ = try storeEnd(of: .failed(reason: "\(error)"), at: instant, modelSHA256: modelSHA256)
            throw error
        } catch {
            let error = RunLogError(error, path: path)
            if case .inconsistent = error { throw error }
            // Best effort: the disk may be full, and then the next process that opens the file marks the run.
            try? update(status: .failed, error: "\(error)", at: instant, hash: nil, modelSHA256: nil)
            throw error
        }
    }

    private func storeEnd(of outcome: RunOutcome, at instant: SimInstant, modelSHA256: String?) throws
        -> String
    {
        let hash = writer.hash(
            of: HashedRunColumns(
                name: description.name, method: description.method, seed: Int64(bitPattern: description.seed),
                clients: description.clients, status: outcome.status.rawValue,
                virtualSeconds: instant.seconds,
                scenario: description.scenario, modelSHA256: modelSHA256))
        let reason: String? =
            switch outcome {
            case .failed(let text), .diverged(let text): text
            case .finished, .interrupted: nil
            }
        try update(status: outcome.status, error: reason, at: instant, hash: hash, modelSHA256: modelSHA256)
        if let expectedHash, expectedHash != hash {
            let recorded =
                "status=\(outcome.status.rawValue) virtual_s=\(instant.seconds) "
                + "model_sha256=\(modelSHA256 ?? "NULL") log_sha256=\(hash)"
            throw RunLogError.diverged(
                path: path, runID: runID,
                RowDivergence(
                    table: "run", index: 0, stored: "log_sha256=\(expectedHash)", recorded: recorded,
                    context: []))
        }
        return hash
    }

    private func update(
        status: RunStatus, error: String?, at instant: SimInstant, hash: String?, modelSHA256: String?
    ) throws {
        try log?.pool.write { database in
            try database.execute(
                sql: """
                    UPDATE run SET status = ?, error = ?, virtual_s = ?, log_sha256 = ?, model_sha256 = ?,
                        finished_at = \(RunLog.wallClockNow),
                        wall_s = max(0.0, (julianday('now') - julianday(started_at)) * 86400.0)
                    WHERE run_id = ?
                    """,
                arguments: [status.rawValue, error, instant.seconds, hash, modelSHA256, runID])
        }
    }
}
