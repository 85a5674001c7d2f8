import Core
import RunLog

/// What a report shows of a sweep before its variants: one table with the varied keys as columns, and a small
/// chart for each variant. Its properties are the names in `overview.mustache`.
package struct SweepOverview {
    /// The chart of a variant.
    struct Panel {
        let name: String
        /// The section of the variant.
        let anchor: String
        let picture: String
    }

    /// The charts of all variants.
    struct Panels {
        let title: String
        let caption: String
        let all: [Panel]
    }

    let id: String
    let title: String
    let columns: [String]
    let rows: [ReportPage.ComparisonRow]
    let note: String
    let legend: [Figure.LegendItem]
    /// `nil` where there is nothing to draw.
    let panels: Panels?
    /// A style that makes a matrix of the panels.
    let gridStyle: String?
    let sql: String
    /// Rows of the data table in HTML.
    let data: String
    /// Reads the sweep.
    ///
    /// - Parameters:
    ///   - isAlone: whether the file has no other scenario.
    ///   - anchors: the sections by the variants' names.
    /// - Throws: `RunLogError`.
    init(
        _ axes: SweepAxes, of report: Report, entries: [ComparisonRow], styles: [String: Int],
        isAlone: Bool, anchors: [String: String]
    ) throws {
        id = "overview-\(anchors[axes.groups[0].name] ?? "0")"
        title = isAlone ? "Overview" : "\(axes.scenario): overview"
        let shownColumns = Report.columns(axes.groups, isOverview: true)
        columns = ["method"] + axes.titles + shownColumns.map(\.rawValue)
        rows = zip(Report.rows(axes.groups, shownColumns, styles), axes.groups).map { row, group in
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
        panels =
            Self.accuracies(sources, anchors) ?? Self.times(sources.map(\.0), axes, anchors, styles)
        gridStyle = Self.matrixColumns(sources.map { axes.cells(of: $0.0) }).map { "--columns: \($0)" }
        let shown = panels == nil ? [] : axes.groups.filter { $0.variant.isEmpty }.map(\.method)
        legend = styles.filter { shown.contains($0.key) }
            .sorted { ($0.value, $0.key) < ($1.value, $1.key) }
            .map { Figure.LegendItem(method: $0.key, style: $0.value) }
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
        note =
            (axes.leftOut.map { "\($0)." } + [
                "\(variants.count) variants; finished runs only. The section of a variant has more columns."
            ]).joined(separator: " ")
    }
}
