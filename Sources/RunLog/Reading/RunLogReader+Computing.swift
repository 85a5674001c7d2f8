/// What the real work of a run took.
public struct ComputingRow: Sendable, Hashable {
    /// The run.
    public let runID: Int64
    /// How long its work took, all pieces one after the other, in seconds: a piece keeps one processor busy.
    public let seconds: Double
    /// The part of it that workers of an engine did.
    public let workerSeconds: Double
    /// How long that work was on its way or waited for a worker, summed over its pieces.
    public let waitedSeconds: Double
}

extension RunLogReader {
    /// A row per run with real work.
    ///
    /// - Throws: `RunLogError`.
    public func computing() throws -> [ComputingRow] {
        let sql = """
            SELECT run_id, coalesce(sum(wall_s), 0.0),
                coalesce(sum(wall_s) FILTER (WHERE worker IS NOT NULL), 0.0), coalesce(sum(waited_s), 0.0)
            FROM work GROUP BY run_id ORDER BY run_id
            """
        return try fetch(sql) { columns in
            ComputingRow(
                runID: Int64(try columns.integer() as Int), seconds: try columns.real(),
                workerSeconds: try columns.real(), waitedSeconds: try columns.real())
        }
    }

    /// How many workers of engines did work of some runs, by their names.
    ///
    /// - Throws: `RunLogError`.
    public func workers(of runs: [Int64]) throws -> Int {
        let list = runs.map(String.init).joined(separator: ", ")
        return try fetch("SELECT count(DISTINCT worker) FROM worker WHERE run_id IN (\(list))") { columns in
            try columns.integer()
        }[0]
    }
}
