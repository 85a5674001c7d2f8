import Core
import RunLog

extension Figure {
    /// The virtual time until a method first reaches an accuracy; `nil` where no federation reaches a tenth.
    ///
    /// - Throws: `RunLogError`.
    static func timeToAccuracy(_ source: ReportSource) throws -> Figure? {
        // Of the federations, where there are some: few of them may come near to all data in one place.
        let best = try source.reader.query(
            """
            SELECT coalesce(max(value) FILTER (WHERE bytes > 0), max(value))
            FROM accuracy JOIN run_variant USING (run_id) WHERE \(source.counts)
            """
        ).rows.first?[0].number
        // Three levels below the best accuracy, a tenth apart.
        let top = Int(((best ?? 0) * 10).rounded(.down)), levels = (max(1, top - 2)...max(1, top)).map { $0 }
        guard let best, best >= 0.1, top >= 1 else { return nil }
        let sql = """
            WITH target (level) AS (VALUES \(levels.map { "(\($0) / 10.0)" }.joined(separator: ", "))),
            reached AS (
                SELECT accuracy.run_id, target.level, min(accuracy.t) AS t
                FROM accuracy JOIN target ON accuracy.value >= target.level
                GROUP BY accuracy.run_id, target.level)
            SELECT label AS method, level, count(*) AS seeds, avg(t) AS seconds
            FROM reached JOIN run_variant USING (run_id)
            WHERE \(source.counts) GROUP BY label, level ORDER BY label, level
            """
        let data = try source.reader.query(sql)
        let rows = source.methods.compactMap { method -> DotPlot.Row? in
            var dots: [DotPlot.Dot] = []
            for row in data.rows where row[0].text == method {
                guard let level = row[1].number, let seconds = row[3].number, seconds > 0 else { continue }
                let form = levels.firstIndex(of: Int((level * 10).rounded())) ?? 0
                // Of levels that are reached at the same time, the highest is marked.
                if dots.last?.value == seconds { dots.removeLast() }
                dots.append(
                    DotPlot.Dot(
                        value: seconds, style: "level\(form)", form: form,
                        tip: "\(method) reaches \(percent(levels[form])) after \(Format.duration(seconds))"))
            }
            guard let last = dots.last else {
                return DotPlot.Row(name: method, detail: "below \(percent(levels[0]))", dots: [])
            }
            return DotPlot.Row(
                name: method,
                detail: "\(percent(levels[last.form])) after \(Format.duration(last.value))", dots: dots)
        }
        let values = rows.flatMap(\.dots).map(\.value)
        guard let least = values.min(), let most = values.max() else { return nil }
        return Figure(
            id: "\(source.id)-time-to-accuracy", kind: "time-to-accuracy", title: "Time to accuracy",
            caption: "Virtual time at which the global model first reaches a test accuracy, on a log scale; "
                + "mean over the seeds that reach it. Of accuracies reached at the same time, the highest is "
                + "marked.",
            legend: levels.enumerated().map { index, level in
                LegendItem(name: percent(level), style: "level\(index)", mark: LegendItem.mark(index))
            }, sql: sql, data: data
        ) { width, isNarrow in
            DotPlot(
                title: "Time to accuracy", xTitle: "virtual time, log scale",
                scale: .logarithmicSeconds(covering: least...most, most: isNarrow ? 4 : 8), rows: rows
            ).svg(width: width)
        }
    }

    private static func percent(_ tenths: Int) -> String { "\(tenths * 10) %" }

    /// The updates that each round had; `nil` where no method has several rounds with updates.
    ///
    /// - Throws: `RunLogError`.
    static func participants(_ source: ReportSource) throws -> Figure? {
        let sql = """
            SELECT label AS method, round, avg(value) AS updates, min(value) AS fewest, max(value) AS most
            FROM metric JOIN run_variant USING (run_id)
            WHERE \(source.counts) AND split = \(MetricSplit.participation.sql)
                AND metric.name = \(MetricName.updates.sql) AND client_id IS NULL AND value IS NOT NULL
                AND round IS NOT NULL
            GROUP BY label, round ORDER BY label, round
            """
        let data = try source.reader.query(sql)
        let lines = source.lines(byRound: data) { "\(Format.significant($0)) updates" }
        let points = lines.flatMap(\.points)
        guard let last = points.map(\.x).max(), let most = points.map(\.band.upperBound).max(),
            last.isFinite, most.isFinite, most > 0, lines.contains(where: { $0.points.count > 1 })
        else { return nil }
        return Figure(
            id: "\(source.id)-participants", kind: "participants", title: "Participants per round",
            caption: "Updates that the server had at the end of a round." + coveringNote(lines),
            legend: lines.map { LegendItem(method: $0.name, style: $0.style) }, sql: sql, data: data
        ) { width, isNarrow in
            LineChart(
                title: "Participants per round", xTitle: "round", yTitle: "updates",
                x: .count(covering: 0...max(last, 1), intervals: 6),
                y: .count(covering: 0...most, intervals: 5),
                series: lines
            ).svg(width: width, height: isNarrow ? 240 : 260, labelled: false)
        }
    }

    /// A sentence about lines that cannot be told apart, where there are some.
    private static func coveringNote(_ lines: [LineChart.Series]) -> String {
        let paths = lines.map { $0.points.map { [$0.x, $0.y] } }
        let isCovered = paths.indices.contains { index in
            // A shorter line may lie on a longer one.
            paths.indices.contains { $0 != index && paths[$0].starts(with: paths[index]) }
        }
        return isCovered ? " Lines with the same values cover one another." : ""
    }
}
