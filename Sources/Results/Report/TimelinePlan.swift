import Core
import RunLog

/// The rows of a timeline from the activities that a query gave.
struct TimelinePlan {
    private var clients: [Int: [Timeline.Span]] = [:]
    private var server: [Timeline.Span] = []
    private var rounds: [(start: Double, end: Double)] = []
    private let slow: Set<Int>
    /// The colours that occur.
    private var styles: Set = ["idle"]

    /// - Parameters:
    ///   - data: client (NULL: the server), activity, start, end, status.
    ///   - slowClients: the stragglers.
    init(_ data: QueryResult, slowClients: Set<Int>) {
        slow = slowClients
        for row in data.rows {
            guard let activity = row[1].text, let start = row[2].number, let end = row[3].number else {
                continue
            }
            guard let client = row[0].integer else {
                if activity == Activities.round {
                    rounds.append((start, end))
                } else {
                    addServer(activity, start, end)
                }
                continue
            }
            let isWhole = row[4].text == TransferStatus.complete.rawValue
            let style = !isWhole ? "lost" : ["download", "upload"].contains(activity) ? activity : "compute"
            let what = isWhole ? activity : "\(activity) \(row[4].text ?? TransferStatus.lost.rawValue)"
            styles.insert(style)
            clients[client, default: []].append(
                Timeline.Span(
                    style: style, start: start, end: end,
                    tip:
                        "client \(client) · \(what) · \(Format.duration(end - start)), until "
                            + "\(Format.duration(end))"
                ))
        }
    }

    private mutating func addServer(_ activity: String, _ start: Double, _ end: Double) {
        let tip = "server · \(activity) · \(Format.duration(end - start)), until \(Format.duration(end))"
        styles.insert("server-work")
        // Parts of one piece of work follow each other without a gap: one span tells them.
        if let last = server.last, last.end == start, last.tip.hasPrefix("server · \(activity) ·") {
            server[server.count - 1] = Timeline.Span(
                style: last.style, start: last.start, end: end,
                tip:
                    "server · \(activity) · \(Format.duration(end - last.start)), until "
                        + "\(Format.duration(end))"
            )
        } else {
            server.append(Timeline.Span(style: "server-work", start: start, end: end, tip: tip))
        }
    }

    var hasClients: Bool { !clients.isEmpty && end > 0 }
    var hasServer: Bool { !server.isEmpty }
    var clientCount: Int { clients.count }

    /// The items of a legend that occur, and what is neither: idle.
    func shown(_ legend: [Figure.LegendItem]) -> [Figure.LegendItem] {
        legend.filter { styles.contains($0.style) }
    }

    /// The last instant of anything.
    private var end: Double { (clients.values.joined().map(\.end) + server.map(\.end)).max() ?? 0 }

    /// Which part of the run it is, and who is slow.
    var caption: String {
        let part = rounds.count > 1 ? "The first \(rounds.count) rounds" : "The first round"
        let stragglers = clients.keys.filter(slow.contains).count
        let who = stragglers == 0 ? "" : " Stragglers' names are coloured."
        return "\(part), a row per client, sorted by the time at which it finishes.\(who)"
    }

    /// The chart: the server first, then clients by the instant at which they finish the first round.
    func chart(isNarrow: Bool) -> Timeline {
        let firstEnd = rounds.map(\.end).min() ?? .infinity
        func finish(_ client: Int) -> Double {
            clients[client]!.filter { $0.start < firstEnd && $0.style != "download" }.map(\.end).max() ?? 0
        }
        let order = clients.keys.map { (client: $0, finish: finish($0)) }
            .sorted { ($0.finish, $0.client) < ($1.finish, $1.client) }.map(\.client)
        var rows: [Timeline.Row] = []
        if hasServer {
            rows.append(Timeline.Row(name: "server", isNamed: true, isStraggler: false, spans: server))
        }
        for client in order {
            let isSlow = slow.contains(client)
            rows.append(
                Timeline.Row(
                    name: "\(isNarrow ? "" : "client ")\(client)", isNamed: isSlow || client == order.last,
                    isStraggler: isSlow, spans: clients[client]!))
        }
        return Timeline(
            title: "Timeline", x: .seconds(upTo: end, intervals: isNarrow ? 4 : 8), end: end, rows: rows,
            marks: rounds.enumerated().map { ($0.element.end, "round \($0.offset + 1) ends") })
    }
}
