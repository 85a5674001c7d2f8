import Foundation
import Results
import RunLog
import Simulator
import TestSupport
import Testing

/// What a reader sees of the charts, as far as numbers say it; `Tests/report-looks.sh` makes pictures.
@Suite("Looks of charts")
struct LooksTests {
    /// An element of a picture: its name, attributes and text.
    private struct Element {
        let name: String
        let attributes: [String: String]
        let text: String

        func number(_ key: String) -> Double { attributes[key].flatMap(Double.init) ?? .nan }

        /// The box of a text of 12 pixels as the widest common face has it.
        var box: ClosedRange<Double> {
            let isBold = attributes["class"]?.contains("straggler") == true
            let width = TextWidth.of(text, size: 12) * (isBold ? TextWidth.bold : TextWidth.wide)
            let start = attributes["text-anchor"] == "end" ? number("x") - width : number("x")
            return start...(start + width)
        }
    }

    private static func elements(_ svg: String) -> [Element] {
        svg.matches(of: /<(\w+)((?: [\w-]+="[^"]*")*)\/?>([^<]*)/).map { match in
            var attributes: [String: String] = [:]
            for pair in match.2.matches(of: /([\w-]+)="([^"]*)"/) {
                attributes[String(pair.1)] = String(pair.2)
            }
            return Element(name: String(match.1), attributes: attributes, text: String(match.3))
        }
    }

    @Test("Up to 32 methods no two have the same colour and form, and each has a colour in the style sheet")
    func styles() throws {
        let pairs = (0..<Marker.styles).map { [$0 % 8, Marker.form($0)] }
        #expect(Set(pairs).count == 32)
        let page = try Report(path: SampleLog.path(seeds: [1])).html()
        for style in 0..<Marker.styles {
            // Styles of one colour stand in one rule.
            #expect(page.contains(".s\(style) {") || page.contains(".s\(style), "), "\(style)")
        }
    }

    @Test("Dots at one place stand below one another, above the next row's name")
    func dots() throws {
        let rows = (0..<3).map { index in
            DotPlot.Row(
                name: "row \(index)", detail: "",
                dots: (0..<(index == 1 ? 1 : 4)).map { _ in .init(value: 5, style: "s0", form: 0, tip: "") })
        }
        let plot = DotPlot(title: "t", xTitle: "x", scale: .count(covering: 0...10), rows: rows)
        let all = Self.elements(plot.svg(width: 350))
        let heights = all.filter { $0.name == "circle" }.map { $0.number("cy") }
        #expect(heights.count == 9)
        for (one, next) in zip(heights, heights.dropFirst()) { #expect(next - one >= 9) }
        let names = all.filter { $0.attributes["class"] == "row-name" }.map { $0.number("y") }
        #expect(names.count == 3)
        // A name of 14 pixels begins 11 above its baseline.
        #expect(heights[3] + 5.5 <= names[1] - 11 && heights[4] + 5.5 <= names[2] - 11)
        let bottom = all.first { $0.attributes["class"] == "axis" }
        #expect(heights[8] + 5.5 <= bottom?.number("y1") ?? 0)
    }

    @Test("Long names stand above their figures, and the longest lose their middle")
    func longNames() throws {
        func texts(_ name: String) -> [Element] {
            let rows = [
                DotPlot.Row(name: name, detail: "10 % after 0.1 s", dots: []),
                DotPlot.Row(name: "fedavg", detail: "", dots: []),
            ]
            let plot = DotPlot(title: "t", xTitle: "x", scale: .count(covering: 0...10), rows: rows)
            return Self.elements(plot.svg(width: 350)).filter {
                $0.attributes["class"]?.hasPrefix("row") == true
            }
        }
        let short = texts("fedavg")
        #expect(short[0].number("y") == short[1].number("y"))
        let long = texts("fedprox, faults.dropout.during-upload=1 training.learning-rate=0.05")
        #expect(long[1].number("y") - long[0].number("y") == 17)
        // A name from a file may have any length; it is cut at once, not letter by letter.
        let endless = texts(String(repeating: "x", count: 100_000))
        #expect(endless[0].text.contains("…") && endless[0].text.count < 100)
        #expect(long[2].number("y") - short[2].number("y") == 17)
        #expect(long[0].text.hasPrefix("fedprox, ") && long[0].text.hasSuffix("-rate=0.05"))
        #expect(long[0].text.contains("…"))
        #expect(TextWidth.of(long[0].text, size: 14) * TextWidth.bold <= 334)
    }

    @Test("A timeline's names lie inside, ends of rounds do not overlap, and no client is idle after the end")
    func timeline() throws {
        for (width, ends) in [(350.0, [1.0, 14]), (350, [20, 22]), (350, [60, 99]), (1016, [40, 41])] {
            let rows = [10, 82, 5].map { client in
                Timeline.Row(
                    name: "client \(client)", isNamed: true, isStraggler: client == 82,
                    spans: [.init(style: "compute", start: 0, end: 5, tip: "")])
            }
            let chart = Timeline(
                title: "t", x: .seconds(upTo: 101), end: 101, rows: rows,
                marks: ends.enumerated().map { ($0.element, "round \($0.offset + 1) ends") })
            let all = Self.elements(chart.svg(width: width))
            let texts = all.filter { $0.name == "text" && $0.attributes["text-anchor"] != "middle" }
            #expect(texts.filter { $0.text.hasPrefix("client") }.count == 3)
            for text in texts {
                #expect(text.box.lowerBound >= 0 && text.box.upperBound <= width, "\(text.text)")
            }
            let marks = texts.filter { $0.text.hasPrefix("round") }.map(\.box)
            #expect(!marks.isEmpty)
            if marks.count == 2 { #expect(!marks[0].overlaps(marks[1]), "\(width) \(ends)") }
            // The axis goes on to 120 s.
            let idle = all.filter { $0.attributes["class"] == "idle" }
            let lines = all.filter { $0.attributes["class"] == "round-mark" }
            #expect(idle.count == 3 && lines.count == 2)
            let left = idle[0].number("x"), right = width - 8
            let end = left + (right - left) * 101 / 120
            #expect(abs(left + idle[0].number("width") - end) < 0.02)
            // Marks are drawn over the rows.
            let order = all.compactMap { $0.attributes["class"] }
            #expect(order.firstIndex(of: "round-mark")! > order.lastIndex(of: "idle")!)
        }
    }

    @Test("A logarithmic axis of times has ticks however short it is")
    func ticks() {
        for exponent in stride(from: -2.6, through: 7.6, by: 0.05) {
            let time = pow(10, exponent)
            let scale = Scale.logarithmicSeconds(covering: time...time, most: 4)
            #expect((2...4).contains(scale.ticks.count), "\(time) s: \(scale.ticks.map(\.label))")
        }
        let labels = Scale.logarithmicSeconds(covering: 4.2...4.2).ticks.map(\.label)
        #expect(labels == ["3 s", "5 s"])
    }

    @Test("Names of lines keep off the dotted line of a method that sends nothing")
    func references() throws {
        let chart = LineChart(
            title: "t", xTitle: "x", yTitle: "y", x: .count(covering: 0...10), y: .accuracy(covering: 0...1),
            series: [
                .init(name: "fgl-5-round", style: 0, points: [.init(x: 0, y: 0.5), .init(x: 7, y: 0.8)])
            ],
            references: [.init(name: "centralized, nothing sent", style: 1, y: 0.79)])
        let all = Self.elements(chart.svg(width: 1016, height: 400, labelled: true))
        let line = try #require(all.first { $0.attributes["class"]?.hasPrefix("reference") == true })
        let labels = all.filter { $0.attributes["class"]?.hasPrefix("label") == true }
        #expect(labels.count == 2)
        for label in labels {
            // Text of 13 pixels lies from 10 above its baseline to 3 below.
            let y = label.number("y")
            #expect(!((y - 10)...(y + 3)).contains(line.number("y1")), "\(label.text)")
        }
    }

    @Test("Variants of two keys make a matrix where two or three columns of it do")
    func matrix() {
        func cells(_ slow: [String], _ fast: [String]) -> [[String]] {
            slow.flatMap { one in fast.map { [one, $0] } }
        }
        #expect(SweepOverview.matrixColumns(cells(["a", "b"], ["1", "2", "3"])) == 3)
        #expect(SweepOverview.matrixColumns(cells(["a", "b", "c"], ["1", "2"])) == 2)
        #expect(SweepOverview.matrixColumns(cells(["a", "b"], ["1", "2", "3", "4"])) == nil)
        #expect(SweepOverview.matrixColumns(cells(["a"], ["1", "2", "3"])) == nil)
        #expect(SweepOverview.matrixColumns(Array(cells(["a", "b"], ["1", "2", "3"]).dropLast())) == nil)
        #expect(SweepOverview.matrixColumns([]) == nil)
    }
}
