import GRDB

/// What a query gives: named columns and rows of values.
public struct QueryResult: Sendable, Hashable {
    /// A value as SQLite stores it.
    public enum Value: Sendable, Hashable {
        case null
        case integer(Int)
        case real(Double)
        case text(String)
    }

    /// Names of the columns, from left to right.
    public var columns: [String]
    /// A value per column in each.
    public var rows: [[Value]]

    /// A result made by hand.
    public init(columns: [String], rows: [[Value]]) {
        self.columns = columns
        self.rows = rows
    }
}

extension QueryResult.Value {
    /// The number, whether stored as INTEGER or REAL; `nil` for anything else.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        case .null, .text: nil
        }
    }

    /// The whole number; `nil` for anything else.
    public var integer: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The text; `nil` for anything else.
    public var text: String? {
        if case .text(let value) = self { value } else { nil }
    }

    /// The value as `sqlite3` prints it, with the shortest digits that give the same number; `nil` for NULL.
    public var description: String? {
        switch self {
        case .null: nil
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let value): value
        }
    }
}

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
