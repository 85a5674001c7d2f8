import Core
import RunLog

extension Figure {
    private static let timeLegend = [
        LegendItem("download", colour: "download"), LegendItem("compute", colour: "compute"),
        LegendItem("upload", colour: "upload"), LegendItem("lost or aborted", colour: "lost"),
        LegendItem("server at work", colour: "server-work"), LegendItem("idle", colour: "idle"),
    ]

    /// What the clients spend a run with, by method; `nil` where no client did anything.
    ///
    /// - Throws: `RunLogError`.
    static func timeShares(_ source: ReportSource) throws -> Figure? {
        let activities = try Activities(
            in: source.reader, where: "run_id IN (\(source.firstRunList)) AND client_id IS NOT NULL")
        let sql = """
            WITH \(activities.tables),
            spent AS (
                SELECT run_id, 'compute' AS activity, t_end - t AS seconds FROM activity
                WHERE \(Activities.isWhole)
                UNION ALL
                SELECT run_id, CASE WHEN status <> \(TransferStatus.complete.sql) THEN 'lost'
                    WHEN direction = \(Direction.up.sql) THEN 'upload' ELSE 'download' END, t_end - t_start
                FROM transfer WHERE run_id IN (\(source.firstRunList)))
            SELECT label AS method, spent.activity, sum(spent.seconds) AS client_seconds,
                max(1, run.clients) * coalesce(run.virtual_s, 0.0) AS all_seconds
            FROM spent JOIN run USING (run_id) JOIN run_variant USING (run_id)
            GROUP BY run.run_id, spent.activity ORDER BY run.run_id, spent.activity
            """
        let data = try source.reader.query(sql)
        let rows = source.methods.compactMap { method -> ShareBars.Row? in
            let own = data.rows.filter { $0[0].text == method }
            guard let all = own.first?[3].number, all > 0 else { return nil }
            var parts = ["download", "compute", "upload", "lost"].compactMap { activity -> ShareBars.Part? in
                guard let seconds = own.first(where: { $0[1].text == activity })?[2].number else {
                    return nil
                }
                return part(activity, seconds, of: all, method)
            }
            let idle = max(0, all - parts.reduce(0) { $0 + $1.value })
            parts.append(part("idle", idle, of: all, method))
            return ShareBars.Row(
                name: method, detail: "\(Format.percent(1 - idle / all)) busy", parts: parts)
        }
        guard !rows.isEmpty else { return nil }
        return Figure(
            id: "\(source.id)-time-shares", kind: "time-shares", title: "Where the clients' time goes",
            caption: "Shares of all clients' virtual time from the first event of a run to its last.",
            legend: ShareBars.shown(timeLegend, in: rows), sql: sql, data: data
        ) { width, _ in ShareBars(title: "Where the clients' time goes", rows: rows).svg(width: width) }
    }

    private static func part(_ activity: String, _ seconds: Double, of all: Double, _ method: String)
        -> ShareBars.Part
    {
        ShareBars.Part(
            style: activity, value: seconds,
            tip:
                "\(method): \(activity) \(Format.percent(seconds / all)), \(Format.duration(seconds)) of "
                + "client time"
        )
    }

    /// Rows of a picture.
    private static let mostClients = 32

    /// The first rounds of a method, a row per client, the slowest last; `nil` where no client did anything.
    ///
    /// - Throws: `RunLogError`.
    static func timeline(_ source: ReportSource, method: String) throws -> Figure? {
        guard let run = source.firstRuns[method] else { return nil }
        let activities = try Activities(
            in: source.reader,
            where: "run_id = \(run) AND round <= 2 AND (client_id IS NULL OR client_id IN shown)",
            readWhere: "run_id = \(run) AND round <= 2")
        let sql = """
            WITH ranked AS (
                SELECT client_id, row_number() OVER (ORDER BY sum(t_end - t_start)) - 1 AS place,
                    count(*) OVER () AS clients
                FROM transfer WHERE run_id = \(run) AND round <= 2 GROUP BY client_id),
            shown AS (
                SELECT client_id FROM ranked
                WHERE place = clients - 1 OR place * \(mostClients) / clients <> (place - 1) * \
                \(mostClients) / clients),
            \(activities.tables)
            SELECT client_id, what AS activity, t AS t_start, t_end, \(TransferStatus.complete.sql) AS status
            FROM activity WHERE \(Activities.isWhole)
            UNION ALL
            SELECT client_id, CASE direction WHEN \(Direction.up.sql) THEN 'upload' ELSE 'download' END,
                t_start, t_end, status
            FROM transfer WHERE run_id = \(run) AND round <= 2 AND client_id IN shown
            ORDER BY client_id, t_start
            """
        let data = try source.reader.query(sql)
        let plan = try TimelinePlan(data, slowClients: slowClients(source, run: run))
        guard plan.hasClients else { return nil }
        let total =
            try source.reader.query("SELECT clients FROM run WHERE run_id = \(run)").rows[0][0].integer ?? 0
        var caption = plan.caption
        if total > plan.clientCount {
            caption += " \(plan.clientCount) of \(Format.grouped(total)) clients, from fast to slow."
        }
        return Figure(
            id: "\(source.id)-timeline-\(source.order(of: method))", kind: "timeline",
            title: "Timeline of \(method)",
            caption: caption,
            legend: plan.shown(timeLegend), sql: sql, data: data
        ) { width, isNarrow in plan.chart(isNarrow: isNarrow).svg(width: width) }
    }

    private static func slowClients(_ source: ReportSource, run: Int64) throws -> Set<Int> {
        let rows = try source.reader.query(
            "SELECT client_id FROM client WHERE run_id = \(run) AND slowdown > 1"
        ).rows
        return Set(rows.compactMap { $0[0].integer })
    }
}
