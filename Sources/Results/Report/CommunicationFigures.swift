import Core
import RunLog

extension Figure {
    /// Bytes per method and direction; `nil` where nothing was sent.
    ///
    /// - Throws: `RunLogError`.
    static func communication(_ source: ReportSource) throws -> Figure? {
        let sql = """
            SELECT label AS method, direction, payload, sum(messages) / count(*) AS messages_per_run,
                sum(bytes) / count(*) AS bytes_per_run
            FROM communication JOIN run_variant USING (run_id)
            WHERE \(source.counts)
            GROUP BY label, direction, payload
            ORDER BY label, direction DESC, payload
            """
        let data = try source.reader.query(sql)
        var bytes: [String: [String: (total: Int, parts: [String])]] = [:]
        for row in data.rows {
            guard let method = row[0].text, let direction = row[1].text, let payload = row[2].text,
                let messages = row[3].integer, let count = row[4].integer
            else { continue }
            let part = "\(Format.grouped(messages)) × \(payload), \(Format.bytes(count))"
            bytes[method, default: [:]][direction, default: (0, [])].total += count
            bytes[method, default: [:]][direction, default: (0, [])].parts.append(part)
        }
        let rows = source.methods.compactMap { method -> DotPlot.Row? in
            guard let directions = bytes[method] else { return nil }
            let forms = [(Direction.up.rawValue, 0), (Direction.down.rawValue, 2)]
            let dots = forms.compactMap { direction, form -> DotPlot.Dot? in
                guard let (total, parts) = directions[direction], total > 0 else { return nil }
                return DotPlot.Dot(
                    value: Double(total), style: direction, form: form,
                    tip: "\(method) \(direction): \(parts.joined(separator: "; "))")
            }
            func text(_ direction: Direction) -> String {
                Format.bytes(directions[direction.rawValue]?.total ?? 0)
            }
            return DotPlot.Row(name: method, detail: "↑ \(text(.up))\u{2003}↓ \(text(.down))", dots: dots)
        }
        let values = rows.flatMap(\.dots).map(\.value)
        guard let least = values.min(), let most = values.max() else { return nil }
        return Figure(
            id: "\(source.id)-communication", kind: "communication", title: "Bytes by method and direction",
            caption: "Encoded bytes of a whole run, on a log scale.",
            legend: [
                LegendItem(name: "uplink, clients to server", style: "up", mark: LegendItem.mark(0)),
                LegendItem(name: "downlink, server to clients", style: "down", mark: LegendItem.mark(2)),
            ], sql: sql, data: data
        ) { width, isNarrow in
            DotPlot(
                title: "Bytes by method and direction", xTitle: "bytes in a run, log scale",
                scale: .bytes(covering: least...most, most: isNarrow ? 4 : 8), rows: rows
            ).svg(width: width)
        }
    }

    /// What became of messages; `nil` where every one arrived.
    ///
    /// - Throws: `RunLogError`.
    static func losses(_ source: ReportSource) throws -> Figure? {
        let sql = """
            SELECT label AS method, transfer.status, count(*) AS messages, sum(transfer.bytes) AS bytes
            FROM transfer JOIN run_variant USING (run_id)
            WHERE \(source.counts)
            GROUP BY label, transfer.status
            ORDER BY label, transfer.status
            """
        let data = try source.reader.query(sql)
        let complete = TransferStatus.complete.rawValue
        guard data.rows.contains(where: { $0[1].text != complete }) else { return nil }
        let styles: [(status: TransferStatus, style: String)] = [
            (.complete, "upload"), (.aborted, "compute"), (.lost, "lost"),
        ]
        let rows = source.methods.compactMap { method -> ShareBars.Row? in
            let own = data.rows.filter { $0[0].text == method }
            guard !own.isEmpty else { return nil }
            let parts = styles.compactMap { status, style -> ShareBars.Part? in
                guard let row = own.first(where: { $0[1].text == status.rawValue }),
                    let count = row[2].integer
                else { return nil }
                return ShareBars.Part(
                    style: style, value: Double(count),
                    tip:
                        "\(method): \(Format.grouped(count)) \(status.rawValue), "
                        + "\(Format.bytes(row[3].integer ?? 0)) moved"
                )
            }
            let failed = own.filter { $0[1].text != complete }.reduce(0) { $0 + ($1[2].integer ?? 0) }
            return ShareBars.Row(
                name: method, detail: "\(Format.grouped(failed)) did not arrive", parts: parts)
        }
        return Figure(
            id: "\(source.id)-losses", kind: "losses", title: "Messages that did not arrive",
            caption:
                "Lost by the network or given up by a participant. Bytes that moved before are counted.",
            legend: ShareBars.shown(
                [
                    LegendItem("arrived", colour: "upload"), LegendItem("aborted", colour: "compute"),
                    LegendItem("lost", colour: "lost"),
                ], in: rows), sql: sql, data: data
        ) { width, _ in ShareBars(title: "Messages that did not arrive", rows: rows).svg(width: width) }
    }

    /// How old updates were when they were applied; `nil` where no method measures it.
    ///
    /// - Throws: `RunLogError`.
    static func staleness(_ source: ReportSource) throws -> Figure? {
        let sql = """
            SELECT label AS method, CAST(metric.value AS INTEGER) AS staleness, count(*) AS updates
            FROM metric JOIN run_variant USING (run_id)
            WHERE \(source.counts) AND metric.name = \(MetricName.staleness.sql)
            GROUP BY label, staleness
            ORDER BY label, staleness
            """
        let data = try source.reader.query(sql)
        guard data.rows.contains(where: { ($0[1].integer ?? 0) > 0 }) else { return nil }
        let rows = source.methods.compactMap { method -> ShareBars.Row? in
            var counts = [0, 0, 0, 0], most = 0
            for row in data.rows where row[0].text == method {
                let staleness = row[1].integer ?? 0
                counts[min(3, max(0, staleness))] += row[2].integer ?? 0
                most = max(most, staleness)
            }
            guard counts.contains(where: { $0 > 0 }) else { return nil }
            let parts = counts.enumerated().map { age, count in
                ShareBars.Part(
                    style: "share\(age)", value: Double(count),
                    tip:
                        "\(method): \(Format.grouped(count)) updates \(age == 3 ? "3 or more" : "\(age)") "
                        + "versions old"
                )
            }
            return ShareBars.Row(
                name: method, detail: "at most \(most) version\(most == 1 ? "" : "s")", parts: parts)
        }
        return Figure(
            id: "\(source.id)-staleness", kind: "staleness", title: "Staleness of updates",
            caption: "Versions of the global model between an update's start and its application.",
            legend: [
                LegendItem("0", colour: "share0"), LegendItem("1", colour: "share1"),
                LegendItem("2", colour: "share2"), LegendItem("3 or more", colour: "share3"),
            ], sql: sql, data: data
        ) { width, _ in ShareBars(title: "Staleness of updates", rows: rows).svg(width: width) }
    }
}
