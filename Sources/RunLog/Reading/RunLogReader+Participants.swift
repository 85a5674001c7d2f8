/// How many clients' updates the rounds of a run had.
public struct ParticipantsRow: Sendable, Hashable {
    /// The run.
    public let runID: Int64
    /// Rounds that have ended.
    public let rounds: Int
    /// The fewest updates that a round had.
    public let fewest: Int
    /// The most.
    public let most: Int
    /// Their mean over the rounds.
    public let mean: Double
}

extension RunLogReader {
    /// How many clients' updates the rounds of each run had; nothing for methods without rounds.
    ///
    /// - Throws: `RunLogError`.
    public func participants() throws -> [ParticipantsRow] {
        try fetch("SELECT run_id, rounds, fewest, most, mean FROM participants") { columns in
            ParticipantsRow(
                runID: Int64(try columns.integer() as Int), rounds: try columns.integer(),
                fewest: try columns.integer(), most: try columns.integer(), mean: try columns.real())
        }
    }
}

extension RunLogViews {
    /// A row per run with rounds: how many updates they had, from the metric that every round ends with.
    ///
    /// Columns: `run_id`, `rounds`, `fewest`, `most`, `mean`.
    static let participants = """
        CREATE VIEW participants AS
        SELECT run_id, count(*) AS rounds,
            CAST(min(value) AS INTEGER) AS fewest, CAST(max(value) AS INTEGER) AS most, avg(value) AS mean
        FROM metric
        WHERE split = 'participation' AND name = 'updates' AND client_id IS NULL AND value IS NOT NULL
        GROUP BY run_id ORDER BY run_id;
        """
}
