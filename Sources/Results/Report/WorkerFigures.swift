import Core
import RunLog

extension Figure {
    private static let workerStyles = [
        ("train", "compute"), ("synthesize", "download"), ("evaluate", "upload"),
        ("other work", "server-work"), ("idle", "idle"),
    ]

    /// What the workers of an engine did, and how busy they were; `nil` where none did work of these runs.
    ///
    /// - Throws: `RunLogError`.
    static func workers(_ source: ReportSource) throws -> Figure? {
        let own = try source.reader.query(
            "SELECT 1 FROM work WHERE worker IS NOT NULL AND run_id IN (\(source.firstRunList)) LIMIT 1")
        guard !own.rows.isEmpty else { return nil }
        // Of all runs of the file: they share the workers.
        let sql = """
            WITH span AS (
                SELECT max(began_s + wall_s) - min(began_s) AS seconds FROM work WHERE worker IS NOT NULL)
            SELECT worker, kind, count(*) AS pieces, sum(wall_s) AS busy_s, avg(waited_s) AS waited_s,
                sum(attempts - 1) AS begun_again, min(began_s) AS first_s, max(began_s + wall_s) AS last_s,
                (SELECT seconds FROM span) AS span_s
            FROM work WHERE worker IS NOT NULL GROUP BY worker, kind ORDER BY worker, kind
            """
        let data = try source.reader.query(sql)
        var names: [String] = []
        for row in data.rows { if let name = row[0].text, !names.contains(name) { names.append(name) } }
        let rows = names.prefix(mostWorkers).compactMap { name in
            worker(name, data.rows.filter { $0[0].text == name })
        }
        guard !rows.isEmpty else { return nil }
        let title = "What the workers did"
        var caption =
            "Shares of the time from the first piece of work to the last, of all runs of this file together."
        if names.count > mostWorkers { caption += " \(mostWorkers) of \(names.count) workers." }
        return Figure(
            id: "\(source.id)-workers", kind: "workers", title: title, caption: caption,
            legend: ShareBars.shown(workerStyles.map { LegendItem($0.0, colour: $0.1) }, in: rows), sql: sql,
            data: data
        ) { width, _ in ShareBars(title: title, rows: rows).svg(width: width) }
    }

    /// Rows of the picture.
    private static let mostWorkers = 64

    private static func worker(_ name: String, _ kinds: [[QueryResult.Value]]) -> ShareBars.Row? {
        let span = kinds.first?[8].number ?? 0
        let busy = kinds.reduce(0) { $0 + ($1[3].number ?? 0) }
        // A file of which a second process has made a part has the time of the longer one.
        let all = max(span, busy)
        guard all > 0 else { return nil }
        var parts = kinds.map { row in
            let kind = row[1].text ?? "", seconds = row[3].number ?? 0
            let style = workerStyles.first { $0.0 == kind }?.1 ?? "server-work"
            return ShareBars.Part(
                style: style, value: seconds,
                tip: "\(name): \(kind), \(row[2].integer ?? 0) pieces, \(Format.duration(seconds))")
        }
        parts.append(
            ShareBars.Part(
                style: "idle", value: all - busy, tip: "\(name): idle, \(Format.duration(all - busy))"))
        let pieces = kinds.reduce(0) { $0 + ($1[2].integer ?? 0) }
        let waited = kinds.reduce(0) { $0 + Double($1[2].integer ?? 0) * ($1[4].number ?? 0) }
        return ShareBars.Row(
            name: name,
            detail: "\(pieces) piece\(pieces == 1 ? "" : "s"), \(Format.percent(busy / all)) busy; "
                + "a piece waited " + Format.duration(waited / Double(max(1, pieces))),
            parts: parts)
    }
}
