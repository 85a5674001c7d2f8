/// When clients were there, from a file.
///
/// Two kinds, told apart by their header; see `docs/traces.md`:
/// - ours: `client,start_s,end_s`, a line per window, ascending for each client, and `# period_s: 86400`
///   where the windows come again. Every client of the scenario has at least one line.
/// - FedScale's `client_behave_trace` as CSV: `client,finish_time,active,inactive`, in seconds, the instants
///   at which a client became active and inactive separated by spaces, `finish_time` the period. The entries
///   are dealt out in the order of the file, from the first again when they are used up.
public struct AvailabilityTrace: Sendable {
    /// The file as the user named it.
    public let file: String
    private let patterns: [AvailabilityPattern]

    private static let ownKind = "client,start_s,end_s"
    private static let fedScaleKind = "client,finish_time,active,inactive"

    /// Reads a trace for so many clients.
    ///
    /// - Throws: ``TraceError``.
    public init(path: String, clients: Int) throws {
        try self.init(TraceTable(path: path, kinds: [Self.ownKind, Self.fedScaleKind]), clients: clients)
    }

    /// Reads the text of a trace. Where `isRecorded`, a log has noted it, so that an earlier version has
    /// accepted it.
    ///
    /// - Throws: ``TraceError``.
    public init(text: String, file: String, clients: Int, isRecorded: Bool = false) throws {
        let kinds = [Self.ownKind, Self.fedScaleKind]
        try self.init(
            TraceTable(text: text, file: file, isRecorded: isRecorded, kinds: kinds), clients: clients)
    }

    private init(_ table: TraceTable, clients: Int) throws {
        file = table.file
        switch table.columns {
        case ["client", "start_s", "end_s"]:
            patterns = try Self.own(table, clients: clients)
        case ["client", "finish_time", "active", "inactive"]:
            try table.requireSettings(among: [])
            patterns = try table.rows.map { try Self.fedScale(table, $0) }
        default:
            throw TraceError(
                table.file, line: table.headerLine,
                .unknownHeader(
                    found: String(table.columns.joined(separator: ",").prefix(80)),
                    kinds: [Self.ownKind, Self.fedScaleKind]))
        }
    }

    /// When a client is there.
    public func pattern(of client: Int) -> AvailabilityPattern {
        patterns[client % patterns.count]
    }

    private static func own(_ table: TraceTable, clients: Int) throws -> [AvailabilityPattern] {
        try table.requireSettings(among: [.period])
        let period = try table.setting(
            .period, .between(1...ClientBounds.longestDrawn, "seconds from 1 to 9e9")
        ).map { SimDuration.seconds(min($0, ClientBounds.longestDrawn)) }
        var windows = [[AvailabilityPattern.Window]](repeating: [], count: clients)
        var lines = ClientLines(table.file, clients: clients)
        for row in table.rows {
            let client = try table.index(row, 0)
            try lines.note(client, line: row.line, once: false)
            let start = try table.seconds(table.number(row, 1, .notNegative), row, 1)
            let end = try table.seconds(table.number(row, 2, .notNegative), row, 2)
            try table.require(end > start, row, 2, "a time after start_s")
            try table.require(end <= period ?? end, row, 2, "a time within period_s")
            try table.require(
                start >= windows[client].last?.end ?? .zero, row, 1,
                "a time not before the end of the client's window before")
            windows[client].append(.init(from: start, to: end))
        }
        try lines.requireAll()
        return try windows.map { try AvailabilityPattern(windows: $0, period: period) }
    }

    /// FedScale's windows may touch, overlap or be empty: it asks of an instant whether it lies in one.
    private static func fedScale(_ table: TraceTable, _ row: TraceTable.Row) throws -> AvailabilityPattern {
        _ = try table.index(row, 0)
        let finish = try table.seconds(table.number(row, 1, .positive), row, 1)
        try table.require(finish >= .seconds(1), row, 1, "at least 1 s")
        let starts = try table.list(row, 2), ends = try table.list(row, 3)
        try table.require(
            ends.count == starts.count || ends.count == starts.count - 1, row, 3,
            "as many instants as active has, or one fewer")
        var windows: [AvailabilityPattern.Window] = []
        for (index, start) in starts.enumerated() {
            let end = index < ends.count ? ends[index] : finish
            try table.require(end >= start, row, 3, "no window that ends before it starts")
            try table.require(end <= finish, row, 3, "instants up to finish_time")
            let from = max(start, windows.last?.end ?? .zero)
            if end > from { windows.append(.init(from: from, to: end)) }
        }
        return try AvailabilityPattern(windows: windows, period: finish)
    }
}

extension TraceTable {
    /// A number of seconds that virtual time can hold.
    fileprivate func seconds(_ value: Double, _ row: Row, _ column: Int) throws -> SimDuration {
        try require(value <= 1e9, row, column, "at most 1e9 s")
        return .seconds(value)
    }

    /// The instants in a cell, separated by spaces.
    fileprivate func list(_ row: Row, _ column: Int) throws -> [SimDuration] {
        try row.cells[column].split(separator: " ").map { text in
            let value = Double(text) ?? .nan
            try require(value.isFinite && value >= 0, row, column, "finite numbers, 0 or more")
            return try seconds(value, row, column)
        }
    }

    fileprivate func require(_ holds: Bool, _ row: Row, _ column: Int, _ allowed: String) throws {
        guard holds else {
            let value = String(row.cells[column].prefix(40))
            throw TraceError(
                file, line: row.line, .notAllowed(column: columns[column], value: value, allowed: allowed))
        }
    }
}
