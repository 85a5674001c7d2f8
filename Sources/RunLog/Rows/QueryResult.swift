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
