import RunLog
import Simulator

/// The recorded work of a run whose file has identities of version 1, or of one that was resumed since: by
/// kind, round, client and occurrence.
///
/// Pieces of one kind, round and client are recorded in the order in which they are done, and a run that is
/// played again does them in the same order. So the n-th of them has the n-th record. This holds only where
/// the run is played as it was: `RecordUpgrade` makes records of it that are found by what their work reads.
struct FormerRecords: Sendable {
    /// A row of the table `work`.
    struct Row: Sendable {
        /// What stands in the column `key`; a replay must come to the same row.
        let key: String
        /// `nil` for a run that is timing only.
        let record: WorkRecord?
    }

    private var rows: [WorkOccasion: [Row]] = [:]

    /// All work of a run.
    ///
    /// - Parameter flopsAreGiven: whether the costs in the log were measured elsewhere rather than modelled.
    /// - Throws: `RunLogError`.
    init(of runID: Int64, in reader: RunLogReader, flopsAreGiven: Bool = false) throws {
        var works = reader.works(run: runID)
        while let work = try works.next() {
            let record = work.outputSHA256.map { sha256 in
                WorkRecord(
                    sha256: sha256, fields: work.metrics.flatMap(JSONText.fields) ?? [:],
                    wallSeconds: work.wallSeconds, flops: flopsAreGiven ? work.flops : nil)
            }
            let occasion = WorkOccasion(
                kind: WorkKind(rawValue: work.kind), round: work.round ?? 0, client: work.client)
            rows[occasion, default: []].append(Row(key: work.key, record: record))
        }
    }

    /// The n-th row of an occasion, from 0; `nil` where the log has fewer.
    func row(_ number: Int, of occasion: WorkOccasion) -> Row? {
        guard let rows = rows[occasion], number < rows.count else { return nil }
        return rows[number]
    }
}

/// The records of a run with former identities under the keys of this version: collected while the run is
/// played again as it was, row by row. A what-if looks its work up by them, and so stops at the first piece
/// of work that reads something else, as it does in files of this version.
final class RecordUpgrade: Sendable {
    private let records = Monitor<[String: WorkRecord]>([:])

    func note(_ key: WorkKey, _ record: WorkRecord) {
        records.update { if $0[key.sha256] == nil { $0[key.sha256] = record } }
    }

    /// What was collected.
    var outcomes: RecordedOutcomes { RecordedOutcomes(records.update { $0 }) }
}
