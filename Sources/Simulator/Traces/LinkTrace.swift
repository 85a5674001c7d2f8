/// Links that change over time, from a file.
///
/// Two kinds, told apart by their first line; see `docs/traces.md`:
/// - ours: `client,t_s,uplink_Bps,downlink_Bps`, with `latency_s` or without, a line for each change,
///   ascending for each client, and `# period_s: 86400` where the lines come again. Without the column
///   `client` all clients have the same link. A rate of 0 lets nothing pass.
/// - Mahimahi's: a line for each packet of 1504 bytes that the link can deliver, with its millisecond; the
///   lines come again after the last one (Netravali and others, *Mahimahi: Accurate Record-and-Replay for
///   HTTP*, USENIX ATC 2015).
public struct LinkTrace: Sendable {
    /// By client number; one for all clients where there is one.
    private let links: [PiecewiseConstant<LinkChanges.State>]

    private static let kinds = [
        "client,t_s,uplink_Bps,downlink_Bps", "t_s,uplink_Bps,downlink_Bps",
        "milliseconds as Mahimahi's traces have them",
    ]
    private static let packetBytes = 1504.0

    /// Reads the text of a trace for so many clients. Where `isRecorded`, a log has noted it, so that an
    /// earlier version has accepted it.
    ///
    /// - Throws: ``TraceError``.
    public init(text: String, file: String, clients: Int, isRecorded: Bool = false) throws {
        let first = text.split(whereSeparator: \.isNewline).first { !$0.hasPrefix("#") }
        if let first, first.allSatisfy({ $0.isNumber || $0 == " " }) {
            let deliveries = try Self.deliveries(text, file: file, isRecorded: isRecorded)
            links = [
                PiecewiseConstant(
                    pieces: deliveries.pieces.map {
                        .init(
                            start: $0.start,
                            value: .init(rates: LinkRates(uplink: $0.value, downlink: $0.value)))
                    }, period: deliveries.period)
            ]
        } else {
            let table = try TraceTable(text: text, file: file, isRecorded: isRecorded, kinds: Self.kinds)
            links = try Self.own(table, clients: clients)
        }
    }

    /// The link of a client over time.
    public func link(of client: Int) -> PiecewiseConstant<LinkChanges.State> {
        links[links.count == 1 ? 0 : client]
    }

    private static func own(
        _ table: TraceTable, clients: Int
    ) throws -> [PiecewiseConstant<LinkChanges.State>] {
        let isListed = table.columns.first == "client"
        let names = isListed ? Array(table.columns.dropFirst()) : table.columns
        let rates = ["t_s", "uplink_Bps", "downlink_Bps"]
        guard names == rates || names == rates + ["latency_s"] else {
            let found = String(table.columns.joined(separator: ",").prefix(80))
            throw TraceError(table.file, line: table.headerLine, .unknownHeader(found: found, kinds: kinds))
        }
        let offset = isListed ? 1 : 0
        try table.requireSettings(among: [.period])
        let period = try table.setting(.period, periodRange).map {
            SimDuration.seconds(min($0, ClientBounds.longestDrawn))
        }
        typealias Piece = PiecewiseConstant<LinkChanges.State>.Piece
        var pieces = [[Piece]](repeating: [], count: isListed ? clients : 1)
        var lines = ClientLines(table.file, clients: pieces.count)
        var lastRows: [Int: Int] = [:]
        for (number, row) in table.rows.enumerated() {
            let client = isListed ? try table.index(row, 0) : 0
            try lines.note(client, line: row.line, once: false)
            lastRows[client] = number
            let start = SimDuration.seconds(try table.number(row, offset, timeRange))
            if let last = pieces[client].last, start <= last.start {
                throw refusal(table, row, offset, "a time after the line before")
            }
            if let period, start >= period { throw refusal(table, row, offset, "a time before period_s") }
            let latency = names.count < 4 ? nil : try table.number(row, offset + 3, latencyRange)
            let rates = LinkRates(
                uplink: try table.number(row, offset + 1, rateRange),
                downlink: try table.number(row, offset + 2, rateRange))
            pieces[client].append(
                Piece(start: start, value: .init(rates: rates, latency: latency.map(SimDuration.seconds))))
        }
        try lines.requireAll()
        for (client, pieces) in pieces.enumerated() {
            // A link that lets nothing pass any more would be waited for without end.
            let lasting = period == nil ? pieces.suffix(1) : pieces[...]
            for (column, rate) in [\LinkRates.uplink, \.downlink].enumerated()
            where lasting.allSatisfy({ $0.value.rates[keyPath: rate] == 0 }) {
                throw refusal(
                    table, table.rows[lastRows[client] ?? 0], offset + 1 + column,
                    period == nil ? "a rate above 0 in a client's last line, or period_s" : "a rate above 0")
            }
        }
        return pieces.map { pieces in
            var pieces = pieces
            // Before the first line of a period, the last one of the period before holds.
            if period != nil, let last = pieces.last, pieces[0].start > .zero {
                pieces.insert(Piece(start: .zero, value: last.value), at: 0)
            }
            return PiecewiseConstant(pieces: pieces, period: period)
        }
    }

    private static let periodRange = TraceTable.AllowedRange.between(
        0.001...ClientBounds.longestDrawn, "seconds from 0.001 to 9e9")
    private static let timeRange = TraceTable.AllowedRange(text: "seconds from 0 to 1e9") {
        (0...1e9).contains($0)
    }
    private static let latencyRange = TraceTable.AllowedRange(text: "seconds from 0 to 86400") {
        ClientBounds.latency.contains($0)
    }
    private static let rateRange = TraceTable.AllowedRange(text: "0, or bytes per second from 1 to 1e15") {
        $0 == 0 || ClientBounds.rate.contains($0)
    }

    private static func refusal(
        _ table: TraceTable, _ row: TraceTable.Row, _ column: Int, _ allowed: String
    ) -> TraceError {
        TraceError(
            table.file, line: row.line,
            .notAllowed(
                column: table.columns[column], value: String(row.cells[column].prefix(40)), allowed: allowed))
    }

    /// The rate of each millisecond in bytes/s; milliseconds of one rate are one piece.
    private static func deliveries(
        _ text: String, file: String, isRecorded: Bool
    ) throws -> PiecewiseConstant<Double> {
        var settings: [TraceTable.Setting] = []
        var packets: [(millisecond: Int, count: Int)] = []
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            let word = line.filter { $0 != " " }
            if word.hasPrefix("#"), let (name, value) = TraceTable.setting(in: line) {
                settings.append((name, number, value))
            }
            if word.isEmpty || word.hasPrefix("#") { continue }
            let last = packets.last?.millisecond ?? 0
            guard let time = Int(word), (last...1_000_000_000_000).contains(time) else {
                throw TraceError(
                    file, line: number,
                    .notAllowed(
                        column: "millisecond", value: String(word.prefix(40)),
                        allowed: "a whole number, not less than the line before, at most 1e12"))
            }
            if time == packets.last?.millisecond {
                packets[packets.count - 1].count += 1
            } else {
                packets.append((time, 1))
            }
        }
        if !isRecorded { try TraceTable.require(settings, among: [], in: file) }
        guard let end = packets.last?.millisecond, end > 0 else {
            throw TraceError(file, .empty(kinds: kinds))
        }
        // A packet of millisecond t comes in the millisecond that ends at t; one of 0 in the first.
        var pieces: [PiecewiseConstant<Double>.Piece] = []
        func add(_ start: Int, _ rate: Double) {
            if pieces.last?.value != rate {
                pieces.append(.init(start: .nanoseconds(Int64(start) * 1_000_000), value: rate))
            }
        }
        var covered = 0, early = 0
        for packet in packets {
            guard packet.millisecond > 0 else {
                early = packet.count
                continue
            }
            if packet.millisecond - 1 > covered {
                if early > 0 {
                    add(covered, Double(early) * packetBytes * 1000)
                    covered += 1
                    early = 0
                }
                if packet.millisecond - 1 > covered { add(covered, 0) }
            }
            add(packet.millisecond - 1, Double(packet.count + early) * packetBytes * 1000)
            early = 0
            covered = packet.millisecond
        }
        return PiecewiseConstant(pieces: pieces, period: .nanoseconds(Int64(end) * 1_000_000))
    }
}
