import Core
import RunLog

extension Figure {
    /// Cells of a picture: more would make the file large and the cells invisible.
    private static let mostCells = 2500

    /// How many images of each class every client holds; `nil` where that was not logged.
    ///
    /// - Throws: `RunLogError`.
    static func labels(_ source: ReportSource) throws -> Figure? {
        guard let run = source.methods.compactMap({ source.firstRuns[$0] }).first else { return nil }
        let classes = try source.reader.query(
            "SELECT DISTINCT label, class FROM label_count WHERE run_id = \(run) ORDER BY label")
        guard !classes.rows.isEmpty else { return nil }
        let total = try source.reader.query("SELECT count(*) FROM client WHERE run_id = \(run)").rows[0][0]
            .integer
        if let total, total > mostColumns { return try holdings(source, run: run, clients: total) }
        let clients = max(1, min(mostColumns, mostCells / classes.rows.count))
        let sql = """
            SELECT client_id, label, class, samples FROM label_count
            WHERE run_id = \(run) AND client_id < \(clients)
            ORDER BY client_id, label
            """
        let data = try source.reader.query(sql)
        let shown = min(clients, total ?? clients)
        let rowOf = Dictionary(
            // A label has one name in a file of ours.
            classes.rows.enumerated().map { ($0.element[0].integer ?? 0, $0.offset) }
        ) { first, _ in first }
        let cells = data.rows.compactMap { row -> Heatmap.Cell? in
            guard let client = row[0].integer, let label = row[1].integer, let place = rowOf[label],
                let samples = row[3].integer, client >= 0
            else { return nil }
            return Heatmap.Cell(
                column: client, row: place, value: Double(samples),
                tip: "client \(client) · \(row[2].text ?? "\(label)") · \(Format.grouped(samples)) images")
        }
        let rest =
            (total ?? shown) > shown ? " The first \(shown) of \(Format.grouped(total ?? 0)) clients." : ""
        return Figure(
            id: "\(source.id)-labels", kind: "labels", title: "Who holds which classes",
            caption: "Training images of each class at each client, in the first run.\(rest)", sql: sql,
            data: data
        ) { width, _ in
            Heatmap(
                title: "Training images per class and client", xTitle: "client",
                rowNames: classes.rows.map { $0[1].text ?? "" }, columnNames: (0..<shown).map(String.init),
                cells: cells
            ).svg(width: width)
        }
    }

    /// Accuracy on other splits than the whole test set, such as single domains; `nil` where there are none.
    ///
    /// - Throws: `RunLogError`.
    static func splits(_ source: ReportSource) throws -> Figure? {
        let sql = """
            WITH ranked AS (
                SELECT label AS method, metric.split, metric.value, row_number() OVER (
                    PARTITION BY metric.run_id, metric.split ORDER BY metric.t DESC, metric.rowid DESC) AS \
                    place
                FROM metric JOIN run_variant USING (run_id)
                WHERE \(source.counts) AND metric.name = \(MetricName.accuracy.sql)
                    AND metric.client_id IS NULL
                    AND metric.split NOT IN (\(MetricSplit.test.sql), \(MetricSplit.train.sql)))
            SELECT split, method, avg(value) AS final_accuracy FROM ranked
            WHERE place = 1 GROUP BY split, method ORDER BY split, method
            """
        let data = try source.reader.query(sql)
        guard !data.rows.isEmpty else { return nil }
        var rows: [DotPlot.Row] = []
        for split in Set(data.rows.compactMap { $0[0].text }).sorted() {
            let own = data.rows.filter { $0[0].text == split }
            let values = own.compactMap { $0[2].number }
            guard let low = values.min(), let high = values.max() else { continue }
            rows.append(
                DotPlot.Row(
                    name: MetricSplit(rawValue: split).domain ?? split,
                    detail: low < high
                        ? "\(Format.percent(low)) to \(Format.percent(high))" : Format.percent(low),
                    dots: own.compactMap { row in
                        guard let method = row[1].text, let value = row[2].number else { return nil }
                        let style = source.style(of: method)
                        return DotPlot.Dot(
                            value: value, style: "s\(style)", form: style,
                            tip: "\(method) on \(split): \(Format.percent(value))")
                    }))
        }
        let values = rows.flatMap(\.dots).map(\.value)
        return Figure(
            id: "\(source.id)-splits", kind: "splits", title: "Accuracy by domain",
            caption: "Final accuracy of the global model on each part of the test images.",
            legend: source.methods.map { LegendItem(method: $0, style: source.style(of: $0)) }, sql: sql,
            data: data
        ) { width, isNarrow in
            DotPlot(
                title: "Accuracy by domain", xTitle: "test accuracy",
                scale: .accuracy(
                    covering: min(0.5, values.min() ?? 0)...(values.max() ?? 1), intervals: isNarrow ? 4 : 8),
                rows: rows
            ).svg(width: width)
        }
    }
}
