/// How the rows of two runs compare: all those that enter the log hash, as they stand in the files.
public struct RowComparison: Sendable, Hashable {
    /// The first row that differs; `nil` where all rows are equal.
    public let difference: RowDifference?
    /// The log hash of the first run's rows, computed anew.
    public let leftHash: String
    /// The log hash of the second run's rows, computed anew.
    public let rightHash: String
}

/// The first place at which the rows of two runs differ.
public struct RowDifference: Sendable, Hashable {
    /// The table.
    public let table: String
    /// How many rows of the table are equal: the position, from 0, of the first that differ.
    public let index: Int
    /// The first run's row as text; `nil` if it has no more.
    public let left: String?
    /// The second run's row as text; `nil` if it has no more.
    public let right: String?
}
