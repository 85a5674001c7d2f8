/// Who does what when: a row per participant, coloured by activity; what is left blank is waiting.
package struct Timeline {
    package struct Span {
        /// A class of the style sheet: `download`, `compute`, `upload`, `lost`.
        let style: String
        let start: Double
        let end: Double
        let tip: String

        package init(style: String, start: Double, end: Double, tip: String) {
            self.style = style
            self.start = start
            self.end = end
            self.tip = tip
        }
    }

    package struct Row {
        let name: String
        /// Whether its name is written even where there is no room for all.
        let isNamed: Bool
        let isStraggler: Bool
        let spans: [Span]

        package init(name: String, isNamed: Bool, isStraggler: Bool, spans: [Span]) {
            self.name = name
            self.isNamed = isNamed
            self.isStraggler = isStraggler
            self.spans = spans
        }
    }

    let title: String
    let x: Scale
    /// Where the rows end; the axis may go on to a round number.
    let end: Double
    let rows: [Row]
    /// Instants at which a round ends.
    let marks: [(at: Double, name: String)]

    package init(
        title: String, x: Scale, end: Double, rows: [Row], marks: [(at: Double, name: String)]
    ) {
        self.title = title
        self.x = x
        self.end = end
        self.rows = rows
        self.marks = marks
    }

    package func svg(width: Double) -> String {
        let rowHeight = rows.count > 60 ? 6.0 : rows.count > 24 ? 10 : 20
        let widths = rows.map {
            TextWidth.of($0.name, size: 12) * ($0.isStraggler ? TextWidth.bold : TextWidth.wide)
        }
        let left = (widths.max() ?? 0) + 12
        let top = 22.0, bottom = top + rowHeight * Double(rows.count)
        let frame = ChartFrame(
            width: width, height: bottom + 42, left: left, right: width - 8, top: top, bottom: bottom, x: x,
            y: Scale(domain: 0...1, isLogarithmic: false, ticks: []))
        return SVG.chart(title, width: width, height: frame.height) { svg in
            frame.drawAxes(xTitle: "virtual time", yTitle: "", in: &svg)
            var nameEnd = -Double.infinity
            for (index, row) in rows.enumerated() {
                let y = top + Double(index) * rowHeight
                draw(row, y: y, rowHeight, frame, nameEnd: &nameEnd, &svg)
            }
            drawMarks(frame, &svg)
        }
    }

    /// A line for each mark, over the rows, and its name before it, after it where there is no room, or
    /// nowhere.
    private func drawMarks(_ frame: ChartFrame, _ svg: inout SVG) {
        var taken = 0.0
        for mark in marks.sorted(by: { $0.at < $1.at }) where x.domain.contains(mark.at) {
            let at = frame.x(mark.at), width = TextWidth.of(mark.name, size: 12) * TextWidth.wide
            svg.element(
                "line",
                [
                    "class": "round-mark", "x1": .number(at), "x2": .number(at),
                    "y1": .number(frame.top - 6), "y2": .number(frame.bottom),
                ])
            let starts = [at - 4 - width, at + 4]
            guard let start = starts.first(where: { $0 >= taken && $0 + width <= frame.width }) else {
                continue
            }
            taken = start + width + 8
            svg.element(
                "text", ["class": "tick", "x": .number(start), "y": .number(frame.top - 8)], text: mark.name)
        }
    }

    private func draw(
        _ row: Row, y: Double, _ rowHeight: Double, _ frame: ChartFrame, nameEnd: inout Double,
        _ svg: inout SVG
    ) {
        svg.element(
            "rect",
            [
                "class": "idle", "x": .number(frame.left), "y": .number(y + 0.5),
                "width": .number(frame.x(end) - frame.left), "height": .number(rowHeight - 1),
            ])
        let baseline = y + rowHeight / 2 + 4
        if (row.isNamed || rowHeight >= 14), baseline - 11 >= nameEnd {
            nameEnd = baseline
            svg.element(
                "text",
                [
                    "class": row.isStraggler ? "tick straggler" : "tick", "x": .number(frame.left - 8),
                    "y": .number(baseline), "text-anchor": "end",
                ], text: row.name)
        }
        for span in row.spans {
            let start = frame.x(span.start), end = frame.x(span.end)
            svg.element(
                "rect",
                [
                    "class": "\(span.style)", "x": .number(start), "y": .number(y + 0.5),
                    "width": .number(max(0.4, end - start)), "height": .number(rowHeight - 1),
                    "data-tip": "\(span.tip)",
                ])
        }
    }
}
