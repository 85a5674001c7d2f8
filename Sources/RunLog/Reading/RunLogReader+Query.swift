import GRDB

extension RunLogReader {
    /// Asks a question of one's own, in SQL. Nothing can be changed.
    ///
    /// ```swift
    /// let bytes = try reader.query("SELECT sum(bytes) FROM transfer WHERE run_id = ?", [.integer(1)])
    /// ```
    /// - Throws: `RunLogError`; `.corrupt` also where the question is not valid SQL.
    /// - Complexity: memory for all rows of the answer.
    public func query(_ sql: String, _ arguments: [QueryResult.Value] = []) throws -> QueryResult {
        var result = QueryResult(columns: [], rows: [])
        result.columns = try forEachRow(of: sql, arguments) { result.rows.append($0) }
        return result
    }

    /// Passes on the rows of an answer one by one, in constant memory.
    ///
    /// - Returns: the names of the columns.
    /// - Throws: what `body` throws; `RunLogError`.
    @discardableResult
    public func forEachRow(
        of sql: String, _ arguments: [QueryResult.Value] = [], _ body: ([QueryResult.Value]) throws -> Void
    ) throws -> [String] {
        try reading(sql) { database in
            let statement = try database.makeStatement(sql: sql)
            let columns = statement.columnNames
            let rows = try Row.fetchCursor(
                statement, arguments: StatementArguments(arguments.map(\.databaseValue)))
            while try rows.next() != nil {
                var reader = ColumnReader(statement)
                let row = try columns.map { _ in try reader.value() }
                // Whoever writes the rows elsewhere may take as long as that takes.
                if let deadline { try deadline.pausing { try body(row) } } else { try body(row) }
            }
            return columns
        }
    }
}

extension QueryResult.Value {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .real(let value): value.databaseValue
        case .text(let value): value.databaseValue
        }
    }
}
