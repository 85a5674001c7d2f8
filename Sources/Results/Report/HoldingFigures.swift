import Core
import RunLog

extension Figure {
    /// Beyond so many clients a column each is not read any more.
    static let mostColumns = 40

    /// How many clients hold how many images of each class: a distribution, for many clients; `nil` where
    /// that was not logged.
    ///
    /// - Throws: `RunLogError`.
    static func holdings(_ source: ReportSource, run: Int64, clients: Int) throws -> Figure? {
        let ranges = [
            (0, 0), (1, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, 199), (200, 499), (500, nil),
        ]
        let cases = ranges.dropFirst().enumerated().reversed().map { index, range in
            "WHEN samples >= \(range.0) THEN \(index + 1)"
        }
        let sql = """
            WITH held AS (
                SELECT label, class, CASE \(cases.joined(separator: " ")) ELSE 0 END AS place
                FROM label_count WHERE run_id = \(run) AND samples > 0)
            SELECT label, class, place, count(*) AS clients FROM held
            GROUP BY label, class, place ORDER BY label, place
            """
        let data = try source.reader.query(sql)
        var names: [Int: String] = [:], counts: [Int: [Int: Int]] = [:]
        for row in data.rows {
            guard let label = row[0].integer, let place = row[2].integer, let count = row[3].integer,
                ranges.indices.contains(place)
            else { continue }
            names[label] = row[1].text ?? "\(label)"
            counts[label, default: [:]][place] = count
        }
        let labels = names.keys.sorted()
        guard !labels.isEmpty else { return nil }
        for label in labels {
            let holding = counts[label]?.values.reduce(0, +) ?? 0
            counts[label]?[0] = max(0, clients - holding)
        }
        let most = counts.values.flatMap { $0.filter { $0.value > 0 }.keys }.max() ?? 0
        let columns = ranges.prefix(most + 1).map { first, last in
            last.map { first == $0 ? "\(first)" : "\(first)–\($0)" } ?? "\(first)+"
        }
        let cells = labels.enumerated().flatMap { row, label in
            (0...most).compactMap { place -> Heatmap.Cell? in
                guard let count = counts[label]?[place], count > 0 else { return nil }
                return Heatmap.Cell(
                    column: place, row: row, value: Double(count),
                    tip: "\(names[label] ?? "") · \(Format.grouped(count)) clients with "
                        + "\(columns[place]) images"
                )
            }
        }
        return Figure(
            id: "\(source.id)-labels", kind: "labels", title: "How many clients hold how much of a class",
            caption: "Clients by their number of training images of a class, in the first run; "
                + "\(Format.grouped(clients)) clients.", sql: sql, data: data
        ) { width, _ in
            Heatmap(
                title: "Clients by images of each class", xTitle: "training images of the class at a client",
                rowNames: labels.map { names[$0] ?? "" }, columnNames: columns, cells: cells
            ).svg(width: width)
        }
    }
}
