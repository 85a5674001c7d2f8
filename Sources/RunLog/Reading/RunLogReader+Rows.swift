extension RunLogReader {
    /// All clients of a run.
    public func clients(run runID: Int64) -> RunRows<ClientRow> { rows(of: runID) }

    /// How many samples of each class the clients of a run hold.
    public func labelCounts(run runID: Int64) -> RunRows<LabelCountRow> { rows(of: runID) }

    /// All events of a run.
    public func events(run runID: Int64) -> RunRows<EventRow> { rows(of: runID) }

    /// All transfers of a run.
    public func transfers(run runID: Int64) -> RunRows<TransferRow> { rows(of: runID) }

    /// All metrics of a run.
    public func metrics(run runID: Int64) -> RunRows<MetricRow> { rows(of: runID) }

    /// All prompts of a run.
    public func prompts(run runID: Int64) -> RunRows<PromptRow> { rows(of: runID) }

    /// All pieces of real work of a run.
    public func works(run runID: Int64) -> RunRows<WorkRow> { rows(of: runID) }

    /// A page of a run's events: at most `limit` of them from `sequence` on.
    ///
    /// - Throws: `RunLogError`.
    /// - Complexity: O(log *n* + `limit`) for a file of *n* events.
    public func events(run runID: Int64, from sequence: Int = 0, limit: Int) throws -> [EventRow] {
        try page(of: runID, from: sequence, limit: limit).rows
    }

    /// A page of a run's transfers: at most `limit` of them from `transfer` on.
    ///
    /// - Throws: `RunLogError`.
    /// - Complexity: O(log *n* + `limit`) for a file of *n* transfers.
    public func transfers(run runID: Int64, from transfer: Int = 0, limit: Int) throws -> [TransferRow] {
        try page(of: runID, from: transfer, limit: limit).rows
    }

    /// Rows in a page: enough that a query's fixed cost vanishes.
    private static var rowsPerPage: Int { 1024 }

    private func rows<Row: LoggedRow>(of runID: Int64) -> RunRows<Row> {
        RunRows { try page(of: runID, from: $0, limit: Self.rowsPerPage) }
    }

    /// At most `limit` rows of a run whose key, the table's `recordingOrder`, is at least `first`.
    private func page<Row: LoggedRow>(
        of runID: Int64, from first: Int, limit: Int
    ) throws -> RunRows<Row>.Page {
        let key = Row.table.recordingOrder
        let columns = Row.table.columns.joined(separator: ", ")
        var next = first
        let rows = try fetch(
            """
            SELECT \(columns), \(key) FROM \(Row.table.rawValue)
            WHERE run_id = ? AND \(key) >= ? ORDER BY \(key) LIMIT ?
            """,
            [runID, first, limit]
        ) { columns in
            let row = try Row(reading: &columns)
            next = try columns.successor()
            return row
        }
        return (rows, next)
    }
}
