import Core
import RunLog

/// What a report shows of a sweep before its variants: one table with the varied keys as columns, and a small
/// chart for each variant. Its properties are the names in `overview.mustache`.
struct SweepOverview {
    /// The chart of a variant.
    struct Panel {
        let name: String
        /// The section of the variant.
        let anchor: String
        let picture: String
    }

    let id: String
    let title: String
    let columns: [String]
    let rows: [ReportPage.ComparisonRow]
    let note: String
    let legend: [Figure.LegendItem]
    let panels: [Panel]
    let sql: String
    /// Rows of the data table in HTML.
    let data: String
    // Stored, since templates see no computed properties.
    let hasPanels: Bool

    /// Reads the sweep.
    ///
    /// - Parameter anchors: the sections by the variants' names.
    /// - Throws: `RunLogError`.
    init(
        _ axes: SweepAxes, of report: Report, entries: [ComparisonRow], styles: [String: Int],
        anchors: [String: String]
    ) throws {
        id = "overview-\(anchors[axes.groups[0].name] ?? "0")"
        title = axes.scenario
        columns = [Report.columns[0]] + axes.titles + Report.columns.dropFirst()
        rows = zip(Report.rows(axes.groups, styles), axes.groups).map { row, group in
            ReportPage.ComparisonRow(
                style: row.style, mark: row.mark, method: row.method, cells: axes.cells(of: group) + row.cells
            )
        }
        let variants = axes.groups.filter { $0.variant.isEmpty }.reduce(into: [Comparison.Group]()) {
            found, group in
            if !found.contains(where: { $0.name == group.name }) { found.append(group) }
        }
        let sources = try variants.filter { anchors[$0.name] != nil }.map { group in
            let own = entries.filter { $0.name == group.name }
            return (
                group,
                try AccuracyFigures(report.source(group.name, own, styles, id: anchors[group.name] ?? ""))
            )
        }
        panels = Self.panels(sources, axes, anchors)
        hasPanels = !panels.isEmpty
        let shown = panels.isEmpty ? [] : axes.groups.filter { $0.variant.isEmpty }.map(\.method)
        legend = styles.keys.filter(shown.contains).sorted { styles[$0]! < styles[$1]! }.map {
            Figure.LegendItem(method: $0, style: styles[$0]!)
        }
        let runs = axes.groups.flatMap(\.entries).map(\.run.runID).sorted().map(String.init)
        sql = """
            SELECT run_id, key, value FROM run_setting
            WHERE run_id IN (\(runs.isEmpty ? "NULL" : runs.joined(separator: ", ")))
            ORDER BY run_id, key LIMIT 200
            """
        data = try report.reader.query(sql).rows.map { row in
            "<tr>" + row.map { "<td class=\"text\">\(SVG.escaped($0.description ?? ""))</td>" }.joined()
                + "</tr>\n"
        }.joined()
        note = (axes.leftOut.map { "\($0)." } + ["\(variants.count) variants; finished runs only."])
            .joined(separator: " ")
    }

    private static func panels(
        _ sources: [(group: Comparison.Group, figures: AccuracyFigures)], _ axes: SweepAxes,
        _ anchors: [String: String]
    ) -> [Panel] {
        let accuracies = sources.compactMap(\.figures.accuracies)
        let uplinks = sources.compactMap(\.figures.uplinks)
        guard let low = accuracies.map(\.lowerBound).min(), let high = accuracies.map(\.upperBound).max()
        else { return [] }
        let y = Scale.accuracy(covering: (low > 0.5 ? low - 0.02 : 0)...min(1, high + 0.01))
        let x = Scale.bytes(
            covering: (uplinks.map(\.lowerBound).min() ?? 1)...(uplinks.map(\.upperBound).max() ?? 1), most: 4
        )
        return sources.map { group, figures in
            Panel(
                name: axes.label(of: group), anchor: anchors[group.name] ?? "",
                picture: figures.panel(x: x, y: y))
        }
    }
}
