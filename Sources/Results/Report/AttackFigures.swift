import Core
import RunLog

extension Figure {
    /// What attackers come to from round to round; `nil` without an attack.
    ///
    /// - Throws: `RunLogError`.
    static func attackSuccess(_ source: ReportSource) throws -> Figure? {
        let sql = """
            SELECT label AS method, round, avg(value) AS success, min(value) AS lowest, max(value) AS highest
            FROM metric JOIN run_variant USING (run_id)
            WHERE \(source.counts) AND split = \(MetricSplit.attack.sql)
                AND metric.name = \(MetricName.attackSuccess.sql) AND value IS NOT NULL
                AND round IS NOT NULL
            GROUP BY label, round ORDER BY label, round
            """
        let data = try source.reader.query(sql)
        let lines = source.lines(byRound: data) { Format.percent($0) }
        let points = lines.flatMap(\.points)
        guard let last = points.map(\.x).max(), let most = points.map(\.band.upperBound).max(),
            let least = points.map(\.band.lowerBound).min(), last.isFinite, most.isFinite, least.isFinite
        else { return nil }
        return Figure(
            id: "\(source.id)-attack", kind: "attack-success", title: "Success of the attack",
            caption: "Test images that the global model classifies as the attackers want; wrongly, where "
                + "they want no class. Lines: means over seeds; bands: lowest to highest.",
            legend: lines.map { LegendItem(method: $0.name, style: $0.style) }, sql: sql, data: data
        ) { width, isNarrow in
            LineChart(
                title: "Success of the attack", xTitle: "round", yTitle: "images",
                x: .count(covering: 0...max(last, 1), intervals: 6),
                y: .accuracy(covering: min(0, least)...max(most, 0.1)), series: lines
            ).svg(width: width, height: isNarrow ? 240 : 260, labelled: false)
        }
    }

    /// Whose prompts the filter took and whose it left out, in the first run of each method; `nil` without a
    /// prompt filter.
    ///
    /// - Throws: `RunLogError`.
    static func promptAgreement(_ source: ReportSource) throws -> Figure? {
        guard !source.firstRuns.isEmpty else { return nil }
        let sql = """
            SELECT label AS method, metric.round, metric.client_id, metric.value AS agreement,
                EXISTS (
                    SELECT 1 FROM event
                    WHERE event.run_id = metric.run_id AND event.kind = \(EventKind.promptsRejected.sql)
                        AND event.client_id = metric.client_id AND event.round IS metric.round
                ) AS left_out
            FROM metric JOIN run_variant USING (run_id)
            WHERE metric.run_id IN (\(source.firstRunList)) AND split = \(MetricSplit.participation.sql)
                AND metric.name = \(MetricName.promptAgreement.sql) AND metric.value IS NOT NULL
                AND metric.client_id IS NOT NULL
            ORDER BY label, metric.round, metric.client_id
            """
        let data = try source.reader.query(sql)
        let rows = source.methods.compactMap { method -> DotPlot.Row? in
            var rejected = 0
            let dots = data.rows.compactMap { row -> DotPlot.Dot? in
                guard row[0].text == method, let client = row[2].integer, let agreement = row[3].number,
                    agreement.isFinite
                else { return nil }
                let isLeftOut = row[4].integer == 1
                if isLeftOut { rejected += 1 }
                return DotPlot.Dot(
                    value: agreement, style: isLeftOut ? "level2" : "level0", form: isLeftOut ? 2 : 0,
                    tip: "\(method), client \(client): \(Format.percent(agreement)), "
                        + (isLeftOut ? "left out" : "taken"))
            }
            guard !dots.isEmpty else { return nil }
            let detail = "\(Format.grouped(rejected)) of \(Format.grouped(dots.count)) left out"
            return DotPlot.Row(name: method, detail: detail, dots: dots)
        }
        let values = rows.flatMap(\.dots).map(\.value)
        guard let least = values.min(), let most = values.max() else { return nil }
        return Figure(
            id: "\(source.id)-prompts", kind: "prompt-agreement", title: "Whose prompts were taken",
            caption: "The share of a client's images that get its labels by a classifier trained on those of "
                + "all others; the prompt filter leaves out clients far below the median.",
            legend: [
                LegendItem(name: "taken", style: "level0", mark: LegendItem.mark(0)),
                LegendItem(name: "left out", style: "level2", mark: LegendItem.mark(2)),
            ], sql: sql, data: data
        ) { width, isNarrow in
            DotPlot(
                title: "Whose prompts were taken", xTitle: "agreement with the other clients' prompts",
                scale: .accuracy(covering: min(0, least)...max(1, most), intervals: isNarrow ? 4 : 8),
                rows: rows
            ).svg(width: width)
        }
    }
}
