import Core
import RunLog

/// Accuracy of the global model against bytes, rounds and virtual time: views of one query.
struct AccuracyFigures {
    let source: ReportSource
    let sql: String
    let data: QueryResult

    /// An evaluation, averaged over seeds.
    private struct Evaluation {
        let method: String
        let round: Double
        let seeds: Int
        let accuracy: Double
        let band: ClosedRange<Double>
        let uplink: Double
        let bytes: Double
        let seconds: Double
    }

    private let evaluations: [Evaluation]

    /// - Throws: `RunLogError`.
    init(_ source: ReportSource) throws {
        self.source = source
        sql = """
            SELECT label AS method, round, count(*) AS seeds, avg(value) AS accuracy, min(value) AS lowest,
                max(value) AS highest, avg(uplink_bytes) AS uplink_bytes, avg(bytes) AS bytes,
                avg(t) AS seconds
            FROM accuracy JOIN run_variant USING (run_id)
            WHERE \(source.counts) AND value IS NOT NULL
            GROUP BY label, round
            ORDER BY label, round
            """
        data = try source.reader.query(sql)
        evaluations = data.rows.compactMap { row in
            guard let method = row[0].text, let seeds = row[2].integer, let accuracy = row[3].number,
                let low = row[4].number, let high = row[5].number, let uplink = row[6].number,
                let bytes = row[7].number, let seconds = row[8].number
            else { return nil }
            guard source.methods.contains(method) else { return nil }
            return Evaluation(
                method: method, round: row[1].number ?? 0, seeds: seeds, accuracy: accuracy,
                band: min(low, high)...max(low, high), uplink: uplink, bytes: bytes,
                seconds: seconds)
        }
    }

    /// The figures, the paper's first; none where nothing was evaluated.
    var all: [Figure] {
        guard !evaluations.isEmpty else { return [] }
        // One evaluation is no course over rounds.
        let hasCourse = methods.contains { method in evaluations.count { $0.method == method } > 1 }
        return [againstBytes] + (hasCourse ? [againstRounds] : []) + [againstTime]
    }

    /// The accuracies, bands among them; `nil` where nothing was evaluated.
    var accuracies: ClosedRange<Double>? {
        guard let low = evaluations.map(\.band.lowerBound).min() else { return nil }
        return low...(evaluations.map(\.band.upperBound).max() ?? low)
    }

    /// The uplink bytes above zero; `nil` where nothing was sent.
    var uplinks: ClosedRange<Double>? {
        let moved = evaluations.map(\.uplink).filter { $0 > 0 }
        return moved.min().map { $0...(moved.max() ?? $0) }
    }

    /// The vertical axis for accuracies: from zero unless all are far above, since a cut axis exaggerates.
    static func scale(for range: ClosedRange<Double>) -> Scale {
        let low = range.lowerBound, high = range.upperBound
        // Accuracies that hardly differ do not fill the picture.
        let margin = high - low < 0.05 ? 0.05 : 0.02
        return .accuracy(covering: (low > 0.5 ? low - margin : 0)...min(1, high + margin / 2))
    }

    /// A sentence for an axis that is cut.
    static func note(on scale: Scale) -> String {
        let start = scale.domain.lowerBound
        return start > 0 ? " The vertical axis begins at \(Format.percent(start))." : ""
    }

    private var accuracyScale: Scale { Self.scale(for: accuracies ?? 0...1) }
    private var axisNote: String { Self.note(on: accuracyScale) }

    private var legend: [Figure.LegendItem] {
        methods.map { Figure.LegendItem(method: $0, style: source.style(of: $0)) }
    }

    private var methods: [String] {
        Set(evaluations.map(\.method)).sorted { source.order(of: $0) < source.order(of: $1) }
    }

    private var seedsNote: String {
        let most = evaluations.map(\.seeds).max() ?? 1
        return most > 1
            ? " Lines: means over \(most) seeds; bands: lowest to highest." : ""
    }

    private func series(
        _ method: String, x: (Evaluation) -> Double, label: (Evaluation) -> String
    ) -> LineChart.Series {
        LineChart.Series(
            name: method, style: source.style(of: method),
            points: evaluations.filter { $0.method == method }.map { evaluation in
                let rounds = evaluation.round > 0 ? "round \(Format.whole(evaluation.round)), " : ""
                return LineChart.Point(
                    x: x(evaluation), y: evaluation.accuracy, band: evaluation.band,
                    tip: "\(rounds)\(label(evaluation)): \(Format.percent(evaluation.accuracy))")
            })
    }

    private var againstBytes: Figure {
        Figure(
            id: "\(source.id)-accuracy-bytes", kind: "accuracy-bytes",
            title: "Accuracy against uplink bytes",
            caption:
                "Test accuracy of the global model against the bytes sent until then, on a log scale."
                + "\(seedsNote)\(stillNote)\(axisNote)",
            legend: legend, legendInNarrowOnly: methods.count <= Self.mostLabels,
            views: ("uplink", "uplink and downlink"), sql: sql, data: data
        ) { width, isNarrow in
            let height = isNarrow ? 280.0 : 400, labelled = !isNarrow && methods.count <= Self.mostLabels
            return chart("uplink bytes", \.uplink, ticks: isNarrow ? 4 : 8)
                .svg(width: width, height: height, labelled: labelled, view: "view1")
                + chart("bytes up and down", \.bytes, ticks: isNarrow ? 4 : 8)
                .svg(width: width, height: height, labelled: labelled, view: "view2")
        }
    }

    /// Names at the ends of lines; of more, a legend is easier to read.
    private static let mostLabels = 8

    /// Methods that send nothing, whose place on a log scale of bytes is nowhere.
    private var stillNote: String {
        let names = methods.filter(isStill)
        guard !names.isEmpty else { return "" }
        return " \(Self.dotted(names)), which send\(names.count == 1 ? "s" : "") nothing."
    }

    /// Says what dotted lines across are.
    private static func dotted(_ names: [String]) -> String {
        (names.count == 1 ? "Dotted line: final accuracy of " : "Dotted lines: final accuracies of ")
            + names.joined(separator: ", ")
    }

    private func isStill(_ method: String) -> Bool {
        evaluations.allSatisfy { $0.method != method || $0.bytes == 0 }
    }

    /// Accuracy against bytes; a method that sends nothing is a horizontal line.
    private func chart(
        _ name: String, _ bytes: (Evaluation) -> Double, ticks: Int, x: Scale? = nil, y: Scale? = nil
    ) -> LineChart {
        let moving = evaluations.map(bytes).filter { $0 > 0 }
        let lines = methods.filter { !isStill($0) }.map { method in
            var line = series(method, x: bytes) { Format.bytes(Format.whole(bytes($0))) }
            line.points.removeAll { $0.x <= 0 }
            return line
        }
        let range = (moving.min() ?? 1)...(moving.max() ?? 1)
        return LineChart(
            title: "Accuracy against \(name)", xTitle: "\(name), log scale", yTitle: "test accuracy",
            x: x ?? .bytes(covering: range, most: ticks), y: y ?? accuracyScale, series: lines,
            references: references(of: methods.filter(isStill), "nothing sent"))
    }

    /// A small picture of accuracy against uplink bytes, on scales that several variants share.
    func panel(x: Scale, y: Scale) -> String {
        chart("uplink bytes", \.uplink, ticks: 4, x: x, y: y).svg(width: 320, height: 220, labelled: false)
    }

    private var hasCentralized: Bool { methods.contains(where: Baseline.isCentralized) }

    private func lastRound(of methods: [String]) -> Double {
        evaluations.filter { methods.contains($0.method) }.map(\.round).max() ?? 0
    }

    /// Methods without a federation whose epochs would leave the others' rounds no room: they are lines
    /// across, as on the scale of bytes.
    private var longMethods: [String] {
        let rounds = lastRound(of: methods.filter { !isStill($0) })
        return rounds > 1 ? methods.filter { isStill($0) && lastRound(of: [$0]) > 3 * rounds } : []
    }

    private var roundsNote: String {
        let long = longMethods.map { "\($0) after \(Format.whole(lastRound(of: [$0]))) epochs" }
        guard long.isEmpty else { return "After each round. \(Self.dotted(long))." }
        return hasCentralized ? "Centralized training counts epochs." : "After each round."
    }

    private var againstRounds: Figure {
        Figure(
            id: "\(source.id)-accuracy-rounds", kind: "accuracy-rounds", title: "Accuracy against rounds",
            caption: roundsNote, width: .half, legend: legend, sql: sql, data: data
        ) { width, isNarrow in
            let long = longMethods, drawn = methods.filter { !long.contains($0) }
            return LineChart(
                title: "Accuracy against rounds", xTitle: "round", yTitle: "test accuracy",
                x: .count(covering: 0...max(lastRound(of: drawn), 1), intervals: 6), y: accuracyScale,
                series: drawn.map { method in
                    var line = series(method, x: \.round) { _ in "" }
                    line.points = line.points.map { point in
                        var point = point
                        point.tip = point.tip.replacing(", :", with: ":")
                        return point
                    }
                    return line
                },
                references: references(of: long, "in the end")
            ).svg(width: width, height: isNarrow ? 270 : 310, labelled: false)
        }
    }

    /// The final accuracies of methods as lines across, each with its name and a remark.
    private func references(of methods: [String], _ remark: String) -> [LineChart.Reference] {
        methods.compactMap { method in
            evaluations.last { $0.method == method }.map {
                LineChart.Reference(
                    name: "\(method), \(remark)", style: source.style(of: method), y: $0.accuracy)
            }
        }
    }

    private var againstTime: Figure {
        let times = evaluations.map(\.seconds).filter { $0 > 0 }
        let first = times.min() ?? 1, last = times.max() ?? 1
        let isLogarithmic = last > 60 * first
        return Figure(
            id: "\(source.id)-accuracy-time", kind: "accuracy-time", title: "Accuracy against virtual time",
            caption: "Time on the virtual clock\(isLogarithmic ? ", on a log scale" : "").",
            width: .half, legend: legend, sql: sql, data: data
        ) { width, isNarrow in
            let lines = methods.map { method in
                var line = series(method, x: \.seconds) { Format.duration($0.seconds) }
                if isLogarithmic { line.points.removeAll { $0.x <= 0 } }
                return line
            }
            return LineChart(
                title: "Accuracy against virtual time",
                xTitle: isLogarithmic ? "virtual time, log scale" : "virtual time", yTitle: "test accuracy",
                x: isLogarithmic
                    ? .logarithmicSeconds(covering: first...last, most: 6)
                    : .seconds(upTo: last, intervals: 5),
                y: accuracyScale, series: lines
            ).svg(width: width, height: isNarrow ? 270 : 310, labelled: false)
        }
    }
}
