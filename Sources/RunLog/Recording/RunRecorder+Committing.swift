import GRDB
import Simulator

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
