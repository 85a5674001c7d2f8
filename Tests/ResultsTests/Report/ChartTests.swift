import Foundation
import Results
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("Charts")
struct ChartTests {
    @Test("Coordinates have at most two decimals and no needless digit")
    func coordinates() {
        let cases: [(Double, String)] = [
            (0, "0"), (3, "3"), (-3, "-3"), (1.5, "1.5"), (0.05, "0.05"), (-0.05, "-0.05"), (2.999, "3"),
            (2.994, "2.99"), (1000.126, "1000.13"), (-0.001, "0"),
        ]
        for (value, text) in cases { #expect(SVG.coordinate(value) == text) }
    }

    @Test("Texts are escaped, and control characters that XML does not have are replaced")
    func escaping() {
        #expect(SVG.escaped("a<b> & \"c\"") == "a&lt;b&gt; &amp; &quot;c&quot;")
        #expect(SVG.escaped("\u{0}\u{1B}[0m\n") == "\u{FFFD}\u{FFFD}[0m\n")
        var svg = SVG()
        svg.element("g", ["class": "<x>"]) { $0.element("text", ["x": 1.25], text: "</text>") }
        #expect(svg.text == "<g class=\"&lt;x&gt;\"><text x=\"1.25\">&lt;/text&gt;</text></g>")
    }

    @Test("Steps of an even axis are 1, 2 or 5 times a power of ten")
    func steps() {
        let cases = [
            (0.03, 0.05), (0.05, 0.05), (1, 1), (1.1, 2), (2.1, 5), (5.1, 10), (73, 100), (1e-7, 1e-7),
        ]
        for (least, step) in cases { #expect(abs(Scale.niceStep(atLeast: least) - step) < step * 1e-9) }
    }

    @Test(
        "An even axis covers its values, begins and ends at a tick, and has no more intervals than asked for")
    func linear() {
        for seed in 0..<500 {
            let low = Double(seed * 37 % 101) / 10 - 5, span = Double(seed * 53 % 97) / 13
            let scale = Scale.linear(covering: low...(low + span), intervals: 6) { value, _ in "\(value)" }
            #expect(scale.domain.lowerBound <= low + 1e-9 && scale.domain.upperBound >= low + span - 1e-9)
            #expect(scale.ticks.first?.value == scale.domain.lowerBound)
            #expect(abs(scale.ticks.last!.value - scale.domain.upperBound) < 1e-9)
            #expect(scale.ticks.count <= 8, "\(low) \(span): \(scale.ticks.count)")
            #expect(scale.position(of: low - 100) == 0 && scale.position(of: low + span + 100) == 1)
        }
    }

    @Test("On a logarithmic axis equal ratios are equal distances")
    func logarithmic() {
        let scale = Scale.bytes(covering: 856...4_477_597_600)
        let positions = [1e3, 1e5, 1e7, 1e9].map(scale.position)
        let distances = zip(positions, positions.dropFirst()).map { $1 - $0 }
        for distance in distances { #expect(abs(distance - distances[0]) < 1e-12) }
        #expect(scale.ticks.map(\.label).contains("1 MiB") && scale.ticks.map(\.label).contains("1 GiB"))
        #expect(scale.domain.contains(856) && scale.domain.contains(4_477_597_600))
        // A single value still has an axis around it.
        #expect(Scale.bytes(covering: 100...100).domain == 50...200)
        #expect(Scale.logarithmicSeconds(covering: 4...500).ticks.map(\.label).contains("1 min"))
    }

    @Test("Virtual time has the unit that its end suggests")
    func seconds() {
        #expect(Scale.seconds(upTo: 50).ticks.last?.label.hasSuffix(" s") == true)
        #expect(Scale.seconds(upTo: 1000).ticks.last?.label.hasSuffix(" min") == true)
        #expect(Scale.seconds(upTo: 40_000).ticks.last?.label.hasSuffix(" h") == true)
        #expect(Scale.seconds(upTo: 1_000_000).ticks.last?.label.hasSuffix(" d") == true)
        #expect(Scale.seconds(upTo: 50).domain.upperBound == 50)
    }

    @Test("Thinning keeps the last point and the order")
    func thinning() {
        for count in [0, 1, 239, 240, 241, 1000, 4801] {
            let points = (0..<count).map { LineChart.Point(x: Double($0), y: 0) }
            let thinned = LineChart.thinned(points)
            #expect(thinned.count <= LineChart.mostPoints && thinned.count >= min(count, 120))
            #expect(thinned.last?.x == points.last?.x)
            #expect(thinned.map(\.x) == thinned.map(\.x).sorted())
        }
    }

    @Test("The ends of the axes are the corners of the frame")
    func geometry() throws {
        let chart = LineChart(
            title: "t", xTitle: "x", yTitle: "y", x: .count(covering: 0...10), y: .accuracy(covering: 0...1),
            series: [
                .init(
                    name: "a", style: 0,
                    points: [.init(x: 0, y: 0, tip: "low"), .init(x: 10, y: 1, tip: "high")])
            ])
        let svg = chart.svg(width: 400, height: 300, labelled: false)
        // Margins 46 left, 12 right, 26 above, 42 below.
        #expect(svg.contains("points=\"46,258 388,26\""), "\(svg)")
        #expect(svg.contains("data-t=\"low|high\""))
        let parser = XMLParser(data: Data(svg.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
    }

    @Test("Labels never overlap while there is room, and stay inside")
    func labels() {
        for seed in 0..<200 {
            var placer = LabelPlacer(bounds: .init(x: 0...800, y: 0...400))
            var boxes: [LabelPlacer.Box] = []
            for index in 0..<6 {
                let x = Double((seed * 97 + index * 31) % 800), y = Double((seed * 13 + index * 7) % 400)
                let text = ["fedavg", "fgl-one-shot", "centralized", "fgl-5-round", "x", "fedbuff"][index]
                let place = placer.place(text, size: 13, besideX: x, y: y)
                let box = LabelPlacer.Box(
                    x: place.x...(place.x + TextWidth.of(text, size: 13)), y: (place.y - 10)...(place.y + 2))
                #expect(box.x.lowerBound >= 0 && box.x.upperBound <= 800)
                #expect(!boxes.contains { $0.overlaps(box) }, "seed \(seed), label \(index)")
                boxes.append(box)
            }
        }
    }
}
