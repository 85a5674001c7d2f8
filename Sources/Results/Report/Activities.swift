import RunLog

/// The SQL that makes activities with a start and an end from events.
struct Activities {
    /// Rounds, and each kind of work of which the events tell.
    private let names: [String]
    private let condition: String

    /// The activities of the events that meet a condition.
    ///
    /// Their names come from the events themselves, since a method may have work of its own. Transfers, which
    /// have a table of their own, are left out.
    ///
    /// - Parameters:
    ///   - reader: the file.
    ///   - condition: on rows of `event`.
    ///   - wider: a condition that all of them meet, where the first one names tables of its query.
    /// - Throws: `RunLogError`.
    init(in reader: RunLogReader, where condition: String, readWhere wider: String? = nil) throws {
        self.condition = condition
        let kinds = try reader.query(
            "SELECT DISTINCT kind FROM event WHERE \(wider ?? condition) ORDER BY kind").rows
        names = kinds.compactMap { row in
            guard let text = row[0].text, case .started(let work) = EventKind(rawValue: text)
            else { return nil }
            return work.rawValue
        }
    }

    /// The common tables `activity_event`, which names the events, and `activity` of `run_id`, `client_id`
    /// (NULL: the server), `what`, `is_start`, `t`, `t_end`, `next`: each event that begins or ends an
    /// activity, with the one that follows it at the same participant in the same activity.
    var tables: String {
        let rows = [Self.row(Self.round, .roundStart, .roundEnd)] + names.map { name in
            Self.row(name, .started(WorkKind(rawValue: name)), .ended(WorkKind(rawValue: name)))
        }
        return """
            activity_event (what, kind, is_start) AS (VALUES
                \(rows.joined(separator: ",\n    "))),
            activity AS (
                SELECT run_id, client_id, what, is_start, t, lead(t) OVER same AS t_end,
                    lead(is_start) OVER same AS next
                FROM event JOIN activity_event USING (kind)
                WHERE \(condition)
                WINDOW same AS (PARTITION BY run_id, client_id, what ORDER BY seq))
            """
    }

    private static func row(_ what: String, _ start: EventKind, _ end: EventKind) -> String {
        let name = ReportSource.quoted(what)
        let events = [start, end].map { ReportSource.quoted($0.rawValue) }
        return "(\(name), \(events[0]), 1), (\(name), \(events[1]), 0)"
    }

    /// The name of the activity between the beginning and the end of a round.
    static let round = "round"

    /// The condition for rows of `activity` that are whole: a start that its end follows.
    static let isWhole = "is_start = 1 AND next = 0"
}
