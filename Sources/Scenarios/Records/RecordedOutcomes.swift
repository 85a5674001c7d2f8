import RunLog
import Simulator

/// The recorded work of one run, by key.
struct RecordedOutcomes: OutcomeSource {
    private var records: [String: WorkRecord] = [:]

    init() {}

    /// Records by key.
    init(_ records: [String: WorkRecord]) { self.records = records }

    /// All work of a run.
    ///
    /// - Parameter flopsAreGiven: whether the costs in the log were measured elsewhere rather than modelled.
    /// - Throws: `RunLogError`.
    init(of runID: Int64, in reader: RunLogReader, flopsAreGiven: Bool = false) throws {
        try add(runID, in: reader, flopsAreGiven: flopsAreGiven)
    }

    /// Adds the work of another run; what is known stays.
    ///
    /// - Throws: `RunLogError`.
    mutating func add(_ runID: Int64, in reader: RunLogReader, flopsAreGiven: Bool = false) throws {
        var rows = reader.works(run: runID)
        while let row = try rows.next() {
            guard records[row.key] == nil, let sha256 = row.outputSHA256 else { continue }
            records[row.key] = WorkRecord(
                sha256: sha256, fields: row.metrics.flatMap(JSONText.fields) ?? [:],
                wallSeconds: row.wallSeconds, flops: flopsAreGiven ? row.flops : nil)
        }
    }

    func record(of order: WorkOrder) -> WorkRecord? { records[order.key.sha256] }
}
