import Foundation

/// Rows with a name, figures at the right, and dots on a common axis: bytes per method, accuracy per domain.
struct DotPlot {
    struct Dot {
        let value: Double
        /// A class of the style sheet: `s0`, …, `up`, `down`.
        let style: String
        /// Which form the mark has.
        let form: Int
        let tip: String
    }

    struct Row {
        let name: String
        /// Figures at the right end of the name's line.
        let detail: String
        let dots: [Dot]
    }

    let title: String
    let xTitle: String
    let scale: Scale
    let rows: [Row]

    private static let rowHeight = 46.0

    func svg(width: Double) -> String {
        let height = Self.rowHeight * Double(rows.count) + 48
        let frame = ChartFrame(
            width: width, height: height, left: 8, right: width - 8, top: 4, bottom: height - 42, x: scale,
            y: Scale(domain: 0...1, isLogarithmic: false, ticks: []))
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
            for (index, row) in rows.enumerated() {
                draw(row, at: 8 + Self.rowHeight * Double(index), frame, &svg)
            }
        }
    }

    private func draw(_ row: Row, at top: Double, _ frame: ChartFrame, _ svg: inout SVG) {
        svg.rowHeading(row.name, row.detail, left: frame.left, right: frame.right, baseline: top + 12)
        let y = top + 27
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
        var taken: [Double] = []
        for (dot, x) in zip(row.dots, positions) {
            // A mark that would hide another stands a little lower.
            let covered = taken.filter { abs($0 - x) < 9 }.count
            taken.append(x)
            svg.element("g", ["class": "\(dot.style)", "data-tip": "\(dot.tip)"]) { svg in
                Marker.draw(dot.form, x: x, y: y + 7 * Double(min(covered, 2)), radius: 5.5, in: &svg)
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

    func svg(width: Double) -> String {
        let rowHeight = 50.0, height = rowHeight * Double(rows.count) + 4
        return SVG.chart(title, width: width, height: height) { svg in
            for (index, row) in rows.enumerated() {
                draw(row, at: rowHeight * Double(index), width: width, &svg)
            }
        }
    }

    private func draw(_ row: Row, at top: Double, width: Double, _ svg: inout SVG) {
        svg.rowHeading(row.name, row.detail, left: 0, right: width, baseline: top + 14)
        let total = row.parts.reduce(0) { $0 + $1.value }
        guard total > 0 else { return }
        var x = 0.0
        for part in row.parts where part.value > 0 {
            let extent = part.value / total * width
            svg.element(
                "rect",
                [
                    "class": "bar \(part.style)", "x": .number(x), "y": .number(top + 22),
                    "width": .number(max(extent - 1, 0.5)), "height": 18, "rx": 1.5,
                    "data-tip": "\(part.tip)",
                ])
            let share = part.value / total * 100
            // Nearly all is not all.
            let label = String(format: share > 99 && share < 99.95 ? "%.1f %%" : "%.0f %%", share)
            if extent > TextWidth.of(label, size: 12) + 10 {
                svg.element(
                    "text", ["class": "on-bar \(part.style)", "x": .number(x + 6), "y": .number(top + 35)],
                    text: label)
            }
            x += extent
        }
    }
}
