import GRDB

/// Rows of one run that wait to be written, by table, each in the order of recording.
struct RowBatch: Sendable {
    var clients: [ClientRow] = []
    var labelCounts: [LabelCountRow] = []
    var events: [EventRow] = []
    var transfers: [TransferRow] = []
    var metrics: [MetricRow] = []
    var prompts: [PromptRow] = []
    var works: [WorkRow] = []
    /// Those of the works whose results were found in a cache.
    var cachedWorks: [Int] = []

    /// Number of rows in all tables.
    var count: Int {
        clients.count + labelCounts.count + events.count + transfers.count + metrics.count + prompts.count
            + works.count
    }

    /// Writes every row into the database and the digest, parents before children.
    ///
    /// - Throws: `DatabaseError` from SQLite; the digest is of no use after that.
    func write(runID: Int64, into database: Database, digest: inout LogDigest) throws {
        try Self.write(clients, runID: runID, into: database, digest: &digest)
        try Self.write(labelCounts, runID: runID, into: database, digest: &digest)
        try Self.write(events, runID: runID, into: database, digest: &digest)
        try Self.write(transfers, runID: runID, into: database, digest: &digest)
        try Self.write(metrics, runID: runID, into: database, digest: &digest)
        try Self.write(prompts, runID: runID, into: database, digest: &digest)
        try Self.write(works, runID: runID, into: database, digest: &digest)
        for work in cachedWorks {
            try database.execute(sql: "INSERT INTO cached_work VALUES (?, ?)", arguments: [runID, work])
        }
    }

    private static func write<Row: LoggedRow>(
        _ rows: [Row], runID: Int64, into database: Database, digest: inout LogDigest
    ) throws {
        guard !rows.isEmpty else { return }
        var inserter = try RowInserter(table: Row.table, runID: runID, database: database)
        var encoder = CanonicalEncoder(reservingBytes: rows.count * 96)
        for row in rows {
            row.write(to: &encoder)
            row.write(to: &inserter)
            try inserter.insert()
        }
        digest.append(encoder.bytes, to: Row.table)
    }
}
