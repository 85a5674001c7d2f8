/// Values against rounds, bytes or time, a line per method.
package struct LineChart {
    /// A point of a line, with the band that several seeds span.
    package struct Point {
        package var x: Double
        package var y: Double
        /// The lowest and highest of the values that `y` is the mean of.
        package var band: ClosedRange<Double>
        /// What the pointer shows.
        package var tip: String

        package init(x: Double, y: Double, band: ClosedRange<Double>? = nil, tip: String = "") {
            self.x = x
            self.y = y
            self.band = band ?? y...y
            self.tip = tip
        }
    }

    /// A line.
    package struct Series {
        package let name: String
        /// Which of the colours and markers.
        package let style: Int
        package var points: [Point]

        package init(name: String, style: Int, points: [Point]) {
            self.name = name
            self.style = style
            self.points = points
        }
    }

    /// A horizontal line across the chart: a value that the horizontal axis does not apply to.
    package struct Reference {
        package let name: String
        package let style: Int
        package let y: Double

        package init(name: String, style: Int, y: Double) {
            self.name = name
            self.style = style
            self.y = y
        }
    }

    package let title: String
    package let xTitle: String
    package let yTitle: String
    package let x: Scale
    package let y: Scale
    package var series: [Series]
    package var references: [Reference]

    package init(
        title: String, xTitle: String, yTitle: String, x: Scale, y: Scale, series: [Series],
        references: [Reference] = []
    ) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.x = x
        self.y = y
        self.series = series
        self.references = references
    }

    /// A line has at most so many points in a picture; others are left out evenly, the last never.
    package static let mostPoints = 240

    /// The picture.
    ///
    /// - Parameters:
    ///   - width, height: in pixels.
    ///   - labelled: whether names stand at the ends of lines; otherwise a legend must say them.
    ///   - view: a class of the style sheet, for a figure with several views.
    package func svg(width: Double, height: Double, labelled: Bool, view: String = "") -> String {
        let labels = y.ticks.map { TextWidth.of($0.label, size: 12) * TextWidth.wide }
        let frame = ChartFrame(
            width: width, height: height, left: max(46, 8 + (labels.max() ?? 0)),
            right: width - (labelled ? 24 : 12), top: 26, bottom: height - 42, x: x, y: y)
        return SVG.chart(
            title, width: width, height: height, style: view.isEmpty ? "chart lines" : "chart lines \(view)"
        ) { svg in
            frame.drawAxes(xTitle: xTitle, yTitle: yTitle, in: &svg)
            svg.element("line", ["class": "cursor", "y1": .number(frame.top), "y2": .number(frame.bottom)])
            for reference in references { draw(reference, frame, &svg) }
            // Short lines last, or the long ones would hide them.
            for line in series.sorted(by: { $0.points.count > $1.points.count }) { draw(line, frame, &svg) }
            if labelled { label(frame, &svg) }
        }
    }

    private func draw(_ reference: Reference, _ frame: ChartFrame, _ svg: inout SVG) {
        let y = frame.y(reference.y)
        svg.element(
            "line",
            [
                "class": "reference s\(reference.style)", "x1": .number(frame.left),
                "x2": .number(frame.right), "y1": .number(y), "y2": .number(y),
            ])
        svg.element("g", ["class": "s\(reference.style)", "data-tip": "\(reference.name)"]) {
            Marker.draw(reference.style, x: frame.right, y: y, radius: 4.5, in: &$0)
        }
    }

    private func draw(_ line: Series, _ frame: ChartFrame, _ svg: inout SVG) {
        let points = Self.thinned(line.points)
        guard let last = points.last else { return }
        svg.element(
            "g",
            [
                "class": "series s\(line.style)", "data-name": "\(line.name)",
                "data-t": "\(points.map(\.tip).joined(separator: "|"))",
            ]
        ) { svg in
            if points.contains(where: { $0.band.lowerBound < $0.band.upperBound }) {
                let upper = points.map { (frame.x($0.x), frame.y($0.band.upperBound)) }
                let lower = points.reversed().map { (frame.x($0.x), frame.y($0.band.lowerBound)) }
                svg.element("polygon", ["class": "band", "points": "\(Self.list(upper + lower))"])
            }
            svg.element(
                "polyline",
                ["class": "line", "points": "\(Self.list(points.map { (frame.x($0.x), frame.y($0.y)) }))"])
            for point in points.count <= 30 ? points : [last] {
                Marker.draw(
                    line.style, x: frame.x(point.x), y: frame.y(point.y), radius: points.count == 1 ? 6 : 3.5,
                    in: &svg)
            }
        }
    }

    private func label(_ frame: ChartFrame, _ svg: inout SVG) {
        var placer = LabelPlacer(
            bounds: .init(x: frame.left...(frame.width), y: (frame.top - 8)...(frame.bottom - 2)))
        for reference in references {
            let y = frame.y(reference.y)
            placer.reserve(.init(x: frame.left...frame.width, y: (y - 2)...(y + 2)))
        }
        for line in series {
            // Labels keep off the lines as far as there is room.
            let points = Self.thinned(line.points, to: 40).map { (x: frame.x($0.x), y: frame.y($0.y)) }
            for (one, next) in zip(points, points.dropFirst() + points.suffix(1)) {
                let steps = max(1, Int((next.x - one.x).magnitude / 10))
                for step in 0...steps {
                    let share = Double(step) / Double(steps)
                    let x = one.x + share * (next.x - one.x), y = one.y + share * (next.y - one.y)
                    placer.reserve(.init(x: (x - 4)...(x + 4), y: (y - 4)...(y + 4)))
                }
            }
        }
        for line in series {
            guard let last = line.points.last else { continue }
            let place = placer.place(line.name, size: 13, besideX: frame.x(last.x), y: frame.y(last.y))
            svg.element(
                "text", ["class": "label s\(line.style)", "x": .number(place.x), "y": .number(place.y)],
                text: line.name)
        }
        for reference in references {
            let place = placer.place(
                reference.name, size: 13, besideX: frame.left - 3, y: frame.y(reference.y) - 11)
            svg.element(
                "text", ["class": "label s\(reference.style)", "x": .number(place.x), "y": .number(place.y)],
                text: reference.name)
        }
    }

    /// At most so many of the points, evenly spread, the last one among them.
    package static func thinned(_ points: [Point], to most: Int = mostPoints) -> [Point] {
        guard points.count > most else { return points }
        let stride = (points.count + most - 1) / most
        return points.indices.filter { ($0 - (points.count - 1)) % stride == 0 }.map { points[$0] }
    }

    private static func list(_ points: [(Double, Double)]) -> String {
        points.map { "\(SVG.coordinate($0.0)),\(SVG.coordinate($0.1))" }.joined(separator: " ")
    }
}

/// The mark of a method: its form says what its colour says.
package enum Marker {
    /// Styles that differ in colour or form: eight colours, four forms.
    package static let styles = 32

    /// The form of a style. The first eight styles differ in colour; each further eight have the same
    /// colours with other forms.
    package static func form(_ style: Int) -> Int { (style + style / 8) % 4 }

    package static func draw(_ style: Int, x: Double, y: Double, radius: Double, in svg: inout SVG) {
        let r = radius
        let path: String
        func c(_ value: Double) -> String { SVG.coordinate(value) }
        switch form(style) {
        case 0:
            svg.element("circle", ["class": "mark", "cx": .number(x), "cy": .number(y), "r": .number(r)])
            return
        case 1: path = "M\(c(x - r)) \(c(y - r))h\(c(2 * r))v\(c(2 * r))h\(c(-2 * r))z"
        case 2:
            path =
                "M\(c(x)) \(c(y - 1.35 * r))l\(c(1.35 * r)) \(c(1.35 * r))l\(c(-1.35 * r)) "
                + "\(c(1.35 * r))l\(c(-1.35 * r)) \(c(-1.35 * r))z"
        default: path = "M\(c(x)) \(c(y - 1.25 * r))l\(c(1.25 * r)) \(c(2.2 * r))h\(c(-2.5 * r))z"
        }
        svg.element("path", ["class": "mark", "d": "\(path)"])
    }
}
