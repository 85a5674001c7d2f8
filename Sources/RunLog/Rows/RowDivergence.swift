/// The first place at which a run that is re-enacted differs from the one in the file.
public struct RowDivergence: Sendable, Hashable {
    /// The table.
    public let table: String
    /// How many rows of the table agree.
    public let index: Int
    /// The file's row as text; `nil` if it has no more.
    public let stored: String?
    /// The row of the re-enacted run; `nil` if it has no more rows.
    public let recorded: String?
    /// The last events on which both agree, at most three.
    public let context: [String]
}

extension LoggedRow {
    /// The row in a line, `column=value` for each column that is not NULL and not wall time.
    var line: String {
        var sink = LineSink(columns: Self.table.columns)
        write(to: &sink)
        return sink.fields.joined(separator: " ")
    }
}

extension EventRow {
    /// The row in a line, `column=value` for each column that has a value.
    public var text: String { line }
}

/// Writes a row for a person to read.
private struct LineSink: ColumnSink {
    let columns: [String]
    private(set) var fields: [String] = []
    private var position = 0

    init(columns: [String]) {
        self.columns = columns
    }

    mutating func integer(_ value: Int?) { add(value.map { "\($0)" }) }
    mutating func real(_ value: Double?) { add(value.map { "\($0)" }) }
    mutating func text(_ value: String?) { add(value) }
    mutating func wallClock(_ seconds: Double?) { add(nil) }

    private mutating func add(_ value: String?) {
        if let value { fields.append("\(columns[position])=\(value)") }
        position += 1
    }
}
