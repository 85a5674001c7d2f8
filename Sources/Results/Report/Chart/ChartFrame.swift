/// The rectangle of a chart inside its margins, with gridlines, ticks and axis titles.
struct ChartFrame {
    let width: Double
    let height: Double
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double
    let x: Scale
    let y: Scale

    /// Position of a value of the horizontal axis, in pixels.
    func x(_ value: Double) -> Double { left + x.position(of: value) * (right - left) }

    /// Position of a value of the vertical axis, in pixels.
    func y(_ value: Double) -> Double { bottom - y.position(of: value) * (bottom - top) }

    /// Hairlines for the ticks of the vertical axis, small marks for those of the horizontal one, and what
    /// the axes mean: the vertical one above its top, the horizontal one under its right end.
    func drawAxes(xTitle: String, yTitle: String, in svg: inout SVG) {
        for tick in y.ticks {
            let y = self.y(tick.value)
            svg.element(
                "line",
                [
                    "class": "grid", "x1": .number(left), "x2": .number(right), "y1": .number(y),
                    "y2": .number(y),
                ])
            svg.element(
                "text", ["class": "tick", "x": .number(left - 8), "y": .number(y + 4), "text-anchor": "end"],
                text: tick.label)
        }
        svg.element(
            "line",
            [
                "class": "axis", "x1": .number(left), "x2": .number(right), "y1": .number(bottom),
                "y2": .number(bottom),
            ])
        drawHorizontalTicks(in: &svg)
        svg.element("text", ["class": "axis-title", "x": .number(0), "y": .number(12)], text: yTitle)
        svg.element(
            "text",
            ["class": "axis-title", "x": .number(right), "y": .number(height - 4), "text-anchor": "end"],
            text: xTitle)
    }

    /// Marks and labels of the horizontal axis; a label that would touch its neighbour is left out.
    private func drawHorizontalTicks(in svg: inout SVG) {
        var end = -Double.infinity
        for tick in x.ticks {
            let x = self.x(tick.value), half = TextWidth.of(tick.label, size: 12) / 2
            svg.element(
                "line",
                [
                    "class": "axis", "x1": .number(x), "x2": .number(x), "y1": .number(bottom),
                    "y2": .number(bottom + 5),
                ])
            // The outermost labels stay inside the picture.
            let center = min(max(x, half), width - half)
            guard center - half > end + 8 else { continue }
            end = center + half
            svg.element(
                "text",
                ["class": "tick", "x": .number(center), "y": .number(bottom + 19), "text-anchor": "middle"],
                text: tick.label)
        }
    }
}

/// How wide a text is in a common sans-serif face: enough to keep labels apart.
package enum TextWidth {
    /// The width of bold text over that of regular text, in the widest common face (DejaVu Sans).
    package static let bold = 1.2
    /// The width of regular text in the widest common face over that of `of`.
    package static let wide = 1.06

    package static func of(_ text: String, size: Double) -> Double {
        text.reduce(0) { width, character in
            switch character {
            case "i", "l", "I", "j", ".", ",", "'", "|", ":", ";", " ", "·": width + 0.3
            case "f", "t", "r", "-", "(", ")", "/": width + 0.38
            case "m", "w", "M", "W", "%", "…": width + 0.95
            default: width + (character.isUppercase ? 0.68 : 0.57)
            }
        } * size
    }
}

/// Finds places for labels at the ends of lines: beside the point, and off one another.
package struct LabelPlacer {
    /// The box that a label takes.
    package struct Box {
        package var x: ClosedRange<Double>
        package var y: ClosedRange<Double>

        package init(x: ClosedRange<Double>, y: ClosedRange<Double>) {
            self.x = x
            self.y = y
        }

        package func overlaps(_ other: Box) -> Bool { x.overlaps(other.x) && y.overlaps(other.y) }
    }

    /// Everything must lie inside.
    package let bounds: Box
    private var taken: [Box] = []

    package init(bounds: Box) { self.bounds = bounds }

    /// Marks a place as not free.
    package mutating func reserve(_ box: Box) { taken.append(box) }

    /// Where the text of a label begins: to the right of the point where there is room, otherwise to its
    /// left, moved up or down until it is free. Falls back to the first of these places.
    package mutating func place(_ text: String, size: Double, besideX x: Double, y: Double) -> (
        x: Double, y: Double
    ) {
        let width = TextWidth.of(text, size: size) * TextWidth.bold, height = size * 1.15
        var candidates: [Box] = []
        for distance in stride(from: 0.0, through: 12 * height, by: height / 2) {
            for shift in distance == 0 ? [0.0] : [-distance, distance] {
                let middle = y + shift
                let rows = (middle - height / 2)...(middle + height / 2)
                candidates.append(Box(x: (x + 11)...(x + 11 + width), y: rows))
                candidates.append(Box(x: (x - 11 - width)...(x - 11), y: rows))
            }
        }
        let inside = candidates.filter {
            $0.x.lowerBound >= bounds.x.lowerBound && $0.x.upperBound <= bounds.x.upperBound
                && $0.y.lowerBound >= bounds.y.lowerBound && $0.y.upperBound <= bounds.y.upperBound
        }
        let free = inside.first { box in !taken.contains { $0.overlaps(box) } }
        let box = free ?? inside.first ?? candidates[0]
        taken.append(box)
        return (box.x.lowerBound, (box.y.lowerBound + box.y.upperBound) / 2 + size * 0.35)
    }
}
