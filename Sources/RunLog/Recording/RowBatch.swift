import GRDB

/// Which worker of an engine has done a piece of work.
struct WorkPerformance: Sendable {
    /// The piece of work.
    let work: Int
    /// The worker's name.
    let worker: String
    /// Its type of machine.
    let machine: String
    /// How often the work was begun.
    let attempts: Int
    /// When it was begun, in seconds after its process had reached the engine.
    let beganSeconds: Double
    /// How long it was on its way or waited there.
    let waitedSeconds: Double

    /// Completes the row of the work, which is there.
    ///
    /// - Throws: `DatabaseError`.
    func write(runID: Int64, into database: Database) throws {
        try database.execute(
            sql: """
                UPDATE work SET worker = ?, attempts = ?, began_s = ?, waited_s = ?
                WHERE run_id = ? AND work_id = ?
                """,
            arguments: [worker, attempts, beganSeconds, waitedSeconds, runID, work])
        try database.execute(
            sql: "INSERT OR IGNORE INTO worker VALUES (?, ?, ?)", arguments: [runID, worker, machine])
    }
}

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
    /// Those of the works that an engine has done.
    var performers: [WorkPerformance] = []

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
        for performer in performers { try performer.write(runID: runID, into: database) }
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
