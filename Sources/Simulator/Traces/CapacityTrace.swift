/// A quantity of clients in a trace, by the name of its column: the same as in the table `client` of a run.
public enum TraceColumn: String, Sendable, CaseIterable {
    /// Bytes per second that a client sends.
    case uplink = "uplink_Bps"
    /// Bytes per second that a client receives.
    case downlink = "downlink_Bps"
    /// Seconds one way.
    case latency = "latency_s"
    /// Floating-point operations per second.
    case flopsPerSecond = "flops_per_s"
    /// How many times longer computing takes.
    case slowdown = "slowdown"

    fileprivate var range: TraceTable.AllowedRange {
        switch self {
        case .uplink, .downlink: .between(ClientBounds.rate, "bytes per second from 1 to 1e15")
        case .latency: .between(ClientBounds.latency, "seconds from 0 to 86400")
        case .flopsPerSecond: .between(ClientBounds.drawnSpeed, "operations per second from 1 to 1e24")
        case .slowdown: .between(ClientBounds.slowdown, "a factor from 1e-6 to 1e6")
        }
    }
}

/// Links and devices that were measured, a line per client.
///
/// Two kinds of file, told apart by their header; see `docs/traces.md`:
/// - ours: `client` and any of the columns of ``TraceColumn``. Every client of the scenario has one line.
/// - FedScale's `client_device_capacity` as CSV: `client,computation,communication`, that is milliseconds per
///   sample of inference and kbit/s (<https://github.com/SymbioticLab/FedScale>, `client_metadata.py`). The
///   entries are dealt out in the order of the file, from the first again when they are used up.
public struct CapacityTrace: Sendable {
    /// The file as the user named it.
    public let file: String
    private let values: [TraceColumn: [Double]]
    private let headerLine: Int

    private static let ownKind =
        "client," + TraceColumn.allCases.map(\.rawValue).joined(separator: ",") + " (any of them)"
    private static let fedScaleKind = "client,computation,communication"
    /// FLOPs of the sample that FedScale's `computation` is about, where the file does not say otherwise:
    /// MobileNet-V2 at 224 px, 300 million multiply-adds (Sandler et al. 2018, table 4).
    private static let flopsPerSample = 6e8

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
        headerLine = table.headerLine
        values =
            table.columns == ["client", "computation", "communication"]
            ? try Self.fedScale(table, clients: clients) : try Self.own(table, clients: clients)
    }

    /// A column, by client number.
    ///
    /// - Throws: ``TraceError/Problem/missingColumn(_:found:)``.
    public func column(_ column: TraceColumn) throws -> [Double] {
        guard let values = values[column] else {
            let found = TraceColumn.allCases.filter { values.keys.contains($0) }.map(\.rawValue)
            throw TraceError(file, line: headerLine, .missingColumn(column.rawValue, found: found))
        }
        return values
    }

    private static func own(_ table: TraceTable, clients: Int) throws -> [TraceColumn: [Double]] {
        guard table.columns.first == "client", table.columns.count > 1 else {
            let found = table.columns.joined(separator: ",")
            throw TraceError(
                table.file, line: table.headerLine,
                .unknownHeader(found: String(found.prefix(80)), kinds: [ownKind, fedScaleKind]))
        }
        try table.requireSettings(among: [])
        var columns: [TraceColumn] = []
        for name in table.columns.dropFirst() {
            guard let column = TraceColumn(rawValue: name), !columns.contains(column) else {
                let known = TraceColumn.allCases.map(\.rawValue)
                throw TraceError(table.file, line: table.headerLine, .unknownColumn(name, known: known))
            }
            columns.append(column)
        }
        var values = columns.map { _ in [Double](repeating: 0, count: clients) }
        var lines = ClientLines(table.file, clients: clients)
        for row in table.rows {
            let client = try table.index(row, 0)
            try lines.note(client, line: row.line)
            for (index, column) in columns.enumerated() {
                values[index][client] = try table.number(row, index + 1, column.range)
            }
        }
        try lines.requireAll()
        return Dictionary(uniqueKeysWithValues: zip(columns, values))
    }

    private static func fedScale(_ table: TraceTable, clients: Int) throws -> [TraceColumn: [Double]] {
        try table.requireSettings(among: [.flopsPerSample])
        let flops = try table.setting(.flopsPerSample) ?? flopsPerSample
        // Of operations in milliseconds and of kbit/s, what the bounds of speeds and rates are.
        let possible = ClientBounds.drawnSpeed
        let computation = TraceTable.AllowedRange(
            text: "milliseconds of a client between 1 and 1e24 operations per second",
            bounds: flops / possible.upperBound * 1000...flops / possible.lowerBound * 1000
        ) {
            $0 > 0 && possible.contains(flops / ($0 / 1000))
        }
        let communication = TraceTable.AllowedRange.between(0.008...8e12, "kbit/s from 0.008 to 8e12")
        var seen = Set<Substring>()
        var speeds: [Double] = [], rates: [Double] = []
        for row in table.rows {
            guard seen.insert(row.cells[0]).inserted else {
                let first = table.rows.first { $0.cells[0] == row.cells[0] }?.line ?? 0
                throw TraceError(
                    table.file, line: row.line,
                    .duplicateClient(try table.index(row, 0), firstLine: first))
            }
            _ = try table.index(row, 0)
            speeds.append(flops / (try table.number(row, 1, computation) / 1000))
            rates.append(try table.number(row, 2, communication) * 1000 / 8)
        }
        func dealt(_ entries: [Double]) -> [Double] { (0..<clients).map { entries[$0 % entries.count] } }
        return [.flopsPerSecond: dealt(speeds), .uplink: dealt(rates), .downlink: dealt(rates)]
    }
}

/// Which clients have had a line.
struct ClientLines {
    private let file: String
    private var lines: [Int]

    init(_ file: String, clients: Int) {
        self.file = file
        lines = Array(repeating: 0, count: clients)
    }

    /// Notes the line of a client.
    ///
    /// - Parameter once: whether a second line is an error.
    mutating func note(_ client: Int, line: Int, once: Bool = true) throws {
        guard lines.indices.contains(client) else {
            throw TraceError(file, line: line, .unknownClient(client, count: lines.count))
        }
        if once, lines[client] > 0 {
            throw TraceError(file, line: line, .duplicateClient(client, firstLine: lines[client]))
        }
        if lines[client] == 0 { lines[client] = line }
    }

    /// Refuses a gap.
    func requireAll() throws {
        if let missing = lines.firstIndex(of: 0) {
            throw TraceError(file, .missingClient(missing, count: lines.count))
        }
    }
}
