import Dispatch
import GRDB
import Synchronization

/// Writes the batches of one run in the order of submission, each in a transaction of its own, on the
/// serial writer that all runs of the file share.
///
/// The simulation goes on while a batch is written. At most three batches wait, then `submit` blocks:
/// memory stays bounded when rows come faster than the disk takes them.
final class BatchWriter: Sendable {
    private let runID: Int64
    private let path: String
    /// `nil` for one that only keeps the log hash of rows that are in the file already.
    private let pool: DatabasePool?
    private let digest = Mutex(LogDigest())
    private let failure = Mutex<RunLogError?>(nil)
    /// Of the batches that were written, how long they took; of the one under way, when it began.
    private let writing = Mutex((total: Duration.zero, since: ContinuousClock.now))
    private let freeSlots = DispatchSemaphore(value: 3)

    init(runID: Int64, path: String, pool: DatabasePool?) {
        self.runID = runID
        self.path = path
        self.pool = pool
    }

    /// Hands a batch over. After a failure nothing more is written: a gap in the log would be worse than
    /// its end.
    func submit(_ batch: RowBatch) {
        guard let pool, failure.withLock({ $0 == nil }) else { return }
        freeSlots.wait()
        pool.asyncWrite { [self] database in
            writing.withLock { $0.since = .now }
            try write(batch, into: database)
        } completion: { [self] _, result in
            wrote()
            if case .failure(let error) = result { keep(error) }
            freeSlots.signal()
        }
    }

    /// Hands a batch over as `submit` does, unless an earlier one failed.
    ///
    /// - Throws: `RunLogError`, the one that an earlier batch met.
    func submitSoundly(_ batch: RowBatch) throws {
        if let error = failure.withLock({ $0 }) { throw error }
        if batch.count > 0 { submit(batch) }
    }

    /// Writes a batch after all those submitted before, and returns when it is committed.
    ///
    /// - Throws: `RunLogError`, also the one that an earlier batch met.
    func submitAndWait(_ batch: RowBatch) throws {
        do {
            try pool?.write { database in
                writing.withLock { $0.since = .now }
                try write(batch, into: database)
            }
            if pool != nil { wrote() }
        } catch {
            keep(error)
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// How long batches took from the beginning of their transactions to the end of their commits.
    var writingTime: Duration { writing.withLock { $0.total } }

    private func wrote() {
        writing.withLock { $0.total += .now - $0.since }
    }

    /// Takes a row that is in the file already into the log hash.
    func note(_ row: some LoggedRow) {
        let bytes = row.canonicalBytes
        digest.withLock { $0.append(bytes, to: type(of: row).table) }
    }

    /// The log hash over the rows written until here.
    func hash(of run: HashedRunColumns) -> String {
        digest.withLock { $0.hash(of: run) }
    }

    private func write(_ batch: RowBatch, into database: Database) throws {
        guard failure.withLock({ $0 == nil }) else { return }
        try digest.withLock { try batch.write(runID: runID, into: database, digest: &$0) }
    }

    private func keep(_ error: any Error) {
        failure.withLock { first in
            if first == nil { first = RunLogError(error, path: path) }
        }
    }
}
