import Foundation

/// Rows with a name, figures at the right, and dots on a common axis: bytes per method, accuracy per domain.
package struct DotPlot {
    package struct Dot {
        let value: Double
        /// A class of the style sheet: `s0`, …, `up`, `down`.
        let style: String
        /// Which form the mark has.
        let form: Int
        let tip: String

        package init(value: Double, style: String, form: Int, tip: String) {
            self.value = value
            self.style = style
            self.form = form
            self.tip = tip
        }
    }

    /// A bar of a distribution.
    package struct Stroke {
        let value: Double
        /// Its length, at most 1.
        let weight: Double
        let tip: String
    }

    package struct Row {
        let name: String
        /// Figures at the right end of the name's line.
        let detail: String
        let dots: [Dot]
        let strokes: [Stroke]

        package init(name: String, detail: String, dots: [Dot], strokes: [Stroke] = []) {
            self.name = name
            self.detail = detail
            self.dots = dots
            self.strokes = strokes
        }
    }

    let title: String
    let xTitle: String
    let scale: Scale
    let rows: [Row]

    package init(title: String, xTitle: String, scale: Scale, rows: [Row]) {
        self.title = title
        self.xTitle = xTitle
        self.scale = scale
        self.rows = rows
    }

    private static let margin = 8.0
    /// The height of a row whose dots lie on one line, and of each further line.
    private static let rowHeight = 46.0, laneHeight = 9.0

    package func svg(width: Double) -> String {
        let lanes = rows.map { self.lanes($0.dots, width: width) }
        let headings = RowHeadings(
            rows.map { ($0.name, $0.detail) }, width: width - 2 * Self.margin)
        let heights = lanes.map {
            Self.rowHeight + headings.extra + Self.laneHeight * Double($0.max() ?? 0)
        }
        let height = heights.reduce(48, +)
        let frame = ChartFrame(
            width: width, height: height, left: Self.margin, right: width - Self.margin, top: 4,
            bottom: height - 42, x: scale, y: Scale(domain: 0...1, isLogarithmic: false, ticks: []))
        return SVG.chart(title, width: width, height: height) { svg in
            for tick in scale.ticks {
                let x = frame.x(tick.value)
                svg.element(
                    "line",
                    [
                        "class": "grid", "x1": .number(x), "x2": .number(x), "y1": 4,
                        "y2": .number(frame.bottom),
                    ])
            }
            frame.drawAxes(xTitle: xTitle, yTitle: "", in: &svg)
            var top = 8.0
            for (index, row) in rows.enumerated() {
                headings.draw(row.name, row.detail, left: frame.left, baseline: top + 12, in: &svg)
                draw(row, lanes[index], at: top + headings.extra + 27, frame, &svg)
                top += heights[index]
            }
        }
    }

    /// The line on which each dot stands, 0 for that of the row: a dot that would hide another stands lower.
    private func lanes(_ dots: [Dot], width: Double) -> [Int] {
        let most = 5
        var taken: [[Double]] = []
        return dots.map { dot in
            let x = scale.position(of: dot.value) * (width - 2 * Self.margin)
            let free = taken.firstIndex { lane in !lane.contains { abs($0 - x) < 11 } }
            let lane = min(free ?? taken.count, most)
            if lane == taken.count { taken.append([]) }
            taken[lane].append(x)
            return lane
        }
    }

    private func draw(
        _ row: Row, _ lanes: [Int], at y: Double, _ frame: ChartFrame, _ svg: inout SVG
    ) {
        let positions = row.dots.map { frame.x($0.value) }
        svg.element(
            "line",
            [
                "class": "track", "x1": .number(frame.left), "x2": .number(frame.right), "y1": .number(y),
                "y2": .number(y),
            ])
        if let first = positions.min(), let last = positions.max(), last > first {
            svg.element(
                "line",
                [
                    "class": "span", "x1": .number(first), "x2": .number(last), "y1": .number(y),
                    "y2": .number(y),
                ])
        }
        for stroke in row.strokes {
            let x = frame.x(stroke.value), half = 3 + 6 * stroke.weight
            svg.element(
                "line",
                [
                    "class": "stroke", "x1": .number(x), "x2": .number(x), "y1": .number(y - half),
                    "y2": .number(y + half), "data-tip": "\(stroke.tip)",
                ])
        }
        for (index, dot) in row.dots.enumerated() {
            svg.element("g", ["class": "\(dot.style)", "data-tip": "\(dot.tip)"]) { svg in
                Marker.draw(
                    dot.form, x: positions[index], y: y + Self.laneHeight * Double(lanes[index]), radius: 5.5,
                    in: &svg)
            }
        }
    }
}

/// Rows that are cut into shares of a whole: where time goes, what became of messages.
struct ShareBars {
    struct Part {
        /// A class of the style sheet.
        let style: String
        let value: Double
        let tip: String
    }

    struct Row {
        let name: String
        let detail: String
        let parts: [Part]
    }

    let title: String
    let rows: [Row]

    /// The items of a legend that a part of the rows has.
    static func shown(_ legend: [Figure.LegendItem], in rows: [Row]) -> [Figure.LegendItem] {
        let styles = Set(rows.flatMap(\.parts).filter { $0.value > 0 }.map(\.style))
        return legend.filter { styles.contains($0.style) }
    }

    func svg(width: Double) -> String {
        let headings = RowHeadings(rows.map { ($0.name, $0.detail) }, width: width)
        let rowHeight = 50 + headings.extra, height = rowHeight * Double(rows.count) + 4
        return SVG.chart(title, width: width, height: height) { svg in
            for (index, row) in rows.enumerated() {
                let top = rowHeight * Double(index)
                headings.draw(row.name, row.detail, left: 0, baseline: top + 14, in: &svg)
                draw(row, at: top + headings.extra + 22, width: width, &svg)
            }
        }
    }

    private func draw(_ row: Row, at top: Double, width: Double, _ svg: inout SVG) {
        let total = row.parts.reduce(0) { $0 + $1.value }
        guard total > 0 else { return }
        var x = 0.0
        for part in row.parts where part.value > 0 {
            let extent = part.value / total * width
            svg.element(
                "rect",
                [
                    "class": "bar \(part.style)", "x": .number(x), "y": .number(top),
                    "width": .number(max(extent - 1, 0.5)), "height": 18, "rx": 1.5,
                    "data-tip": "\(part.tip)",
                ])
            let share = part.value / total * 100
            // Nearly all is not all.
            let label = String(format: share > 99 && share < 99.95 ? "%.1f %%" : "%.0f %%", share)
            if extent > TextWidth.of(label, size: 12) + 10 {
                svg.element(
                    "text", ["class": "on-bar \(part.style)", "x": .number(x + 6), "y": .number(top + 13)],
                    text: label)
            }
            x += extent
        }
    }
}
