extension RunLogReader {
    /// When and at what cost each run first reached an accuracy: its first evaluation of the global model on
    /// the test split with at least this value, by run. Runs that never did are missing.
    ///
    /// - Throws: `RunLogError`.
    /// - Complexity: one pass over metrics and transfers.
    public func firstAccuracy(ofAtLeast target: Double) throws -> [Int64: AccuracyRow] {
        let rows = try query(
            """
            WITH ranked AS (
                SELECT run_id, round, t, value,
                    row_number() OVER (PARTITION BY run_id ORDER BY t, rowid) AS place
                FROM metric
                WHERE client_id IS NULL AND split = \(MetricSplit.test.sql)
                    AND name = \(MetricName.accuracy.sql) AND value >= ?)
            SELECT ranked.run_id, ranked.round, ranked.t, ranked.value,
                coalesce(sum(bytes) FILTER (WHERE direction = \(Direction.up.sql)), 0),
                coalesce(sum(bytes) FILTER (WHERE direction = \(Direction.down.sql)), 0)
            FROM ranked LEFT JOIN transfer ON transfer.run_id = ranked.run_id AND transfer.t_end <= ranked.t
            WHERE place = 1 GROUP BY ranked.run_id
            """, [.real(target)]
        ).rows
        var result: [Int64: AccuracyRow] = [:]
        for row in rows {
            guard let run = row[0].integer, let seconds = row[2].number, let up = row[4].integer,
                let down = row[5].integer
            else { continue }
            result[Int64(run)] = AccuracyRow(
                round: row[1].integer, seconds: seconds, uplinkBytes: up, downlinkBytes: down,
                value: row[3].number)
        }
        return result
    }
}
