/// How many of each class every client holds: a row per class, a column per client.
struct Heatmap {
    struct Cell {
        let column: Int
        let row: Int
        let value: Double
        let tip: String
    }

    let title: String
    let xTitle: String
    let rowNames: [String]
    let columnNames: [String]
    let cells: [Cell]

    func svg(width: Double) -> String {
        let left = min(rowNames.map { TextWidth.of($0, size: 12) }.max() ?? 0, width * 0.3) + 10
        let cellWidth = (width - left) / Double(max(1, columnNames.count))
        let cellHeight = rowNames.count > 40 ? 8.0 : min(26, max(18, cellWidth * 0.6))
        let bottom = cellHeight * Double(rowNames.count), height = bottom + 40
        let most = cells.map(\.value).max() ?? 1
        return SVG.chart(title, width: width, height: height) { svg in
            svg.element(
                "rect",
                [
                    "class": "ground", "x": .number(left), "y": 0, "width": .number(width - left),
                    "height": .number(bottom),
                ])
            if cellHeight >= 12 {
                for (index, name) in rowNames.enumerated() {
                    svg.element(
                        "text",
                        [
                            "class": "tick", "x": .number(left - 8),
                            "y": .number((Double(index) + 0.5) * cellHeight + 4), "text-anchor": "end",
                        ], text: name)
                }
            }
            for cell in cells where cell.value > 0 {
                draw(cell, left: left, cellWidth, cellHeight, most, &svg)
            }
            drawColumnNames(left: left, cellWidth, top: bottom + 16, &svg)
            svg.element(
                "text",
                ["class": "axis-title", "x": .number(width), "y": .number(height - 4), "text-anchor": "end"],
                text: xTitle)
        }
    }

    private func draw(
        _ cell: Cell, left: Double, _ width: Double, _ height: Double, _ most: Double, _ svg: inout SVG
    ) {
        let share = cell.value / most, gap = width > 6 ? 1.0 : 0.2
        let x = left + Double(cell.column) * width, y = Double(cell.row) * height
        // The square root keeps the few images of a small share visible.
        svg.element(
            "rect",
            [
                "class": "heat", "x": .number(x + gap / 2), "y": .number(y + gap / 2),
                "width": .number(width - gap),
                "height": .number(height - gap), "fill-opacity": .number(0.08 + 0.92 * share.squareRoot()),
                "data-tip": "\(cell.tip)",
            ])
        let label = "\(Int(cell.value))"
        if TextWidth.of(label, size: 12) + 6 < width, height >= 16 {
            svg.element(
                "text",
                [
                    "class": .text(Self.labelClass(share)), "x": .number(x + width / 2),
                    "y": .number(y + height / 2 + 4), "text-anchor": "middle",
                ], text: label)
        }
    }

    /// What keeps a number legible on its cell, 4.5 to 1 or nearly: light on dark cells of a light page,
    /// where only the fullest are dark enough, and dark on light cells of a dark page.
    private static func labelClass(_ share: Double) -> String {
        share > 0.75 ? "heat-label strong" : share > 0.38 ? "heat-label middle" : "heat-label"
    }

    private func drawColumnNames(left: Double, _ width: Double, top: Double, _ svg: inout SVG) {
        let widest = columnNames.map { TextWidth.of($0, size: 12) }.max() ?? 0
        let stride = max(1, Int(((widest + 10) / width).rounded(.up)))
        for (index, name) in columnNames.enumerated() where index % stride == 0 {
            svg.element(
                "text",
                [
                    "class": "tick", "x": .number(left + (Double(index) + 0.5) * width), "y": .number(top),
                    "text-anchor": "middle",
                ], text: name)
        }
    }
}
