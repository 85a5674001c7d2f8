import Core
import RunLog

extension Figure {
    /// How many clients have which accuracy on their own distribution: a distribution for each method, for
    /// any number of clients; `nil` without `evaluation.clients`.
    ///
    /// - Throws: `RunLogError`.
    static func clientAccuracies(_ source: ReportSource) throws -> Figure? {
        let sql = """
            SELECT label AS method, round(metric.value * 200) / 200 AS accuracy, count(*) AS clients
            FROM metric JOIN run_variant USING (run_id)
            WHERE \(source.counts) AND split = \(MetricSplit.own.sql)
                AND metric.name = \(MetricName.accuracy.sql) AND client_id IS NOT NULL
                AND metric.value IS NOT NULL
            GROUP BY label, accuracy ORDER BY label, accuracy
            """
        let data = try source.reader.query(sql)
        let means = Dictionary(
            try source.reader.query(
                """
                SELECT label, avg(metric.value) FROM metric JOIN run_variant USING (run_id)
                WHERE \(source.counts) AND split = \(MetricSplit.own.sql)
                    AND metric.name = \(MetricName.accuracy.sql) AND client_id IS NOT NULL
                GROUP BY label
                """
            ).rows.map { ($0[0].text ?? "", $0[1].number ?? 0) }
        ) { first, _ in first }
        let rows = source.methods.compactMap { method -> DotPlot.Row? in
            let bins = data.rows.filter { $0[0].text == method }
                .compactMap { row in row[1].number.map { (accuracy: $0, clients: row[2].integer ?? 0) } }
            guard let mean = means[method], let most = bins.map(\.clients).max(), most > 0,
                let low = bins.first?.accuracy, let high = bins.last?.accuracy
            else { return nil }
            return DotPlot.Row(
                name: method,
                detail: "mean \(Format.percent(mean)), \(Format.percent(low)) to \(Format.percent(high))",
                dots: [
                    .init(
                        value: mean, style: "level2", form: 2,
                        tip: "\(method): mean of all clients \(Format.percent(mean))")
                ],
                strokes: bins.map { bin in
                    DotPlot.Stroke(
                        value: bin.accuracy, weight: Double(bin.clients) / Double(most),
                        tip: "\(method): \(Format.grouped(bin.clients)) client\(bin.clients == 1 ? "" : "s") "
                            + "with \(Format.percent(bin.accuracy))")
                })
        }
        guard !rows.isEmpty else { return nil }
        let least = data.rows.compactMap { $0[1].number }.min() ?? 0
        return Figure(
            id: "\(source.id)-clients", kind: "client-accuracies", title: "Accuracy by client",
            caption: "Each client's accuracy on its own distribution of classes and domains. The longer a "
                + "stroke, the more clients have that accuracy; the diamond is the mean.",
            sql: sql, data: data
        ) { width, isNarrow in
            DotPlot(
                title: "Accuracy by client", xTitle: "accuracy",
                scale: .accuracy(covering: min(0.5, least)...1, intervals: isNarrow ? 4 : 8), rows: rows
            ).svg(width: width)
        }
    }
}
