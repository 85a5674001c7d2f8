import Core

extension SweepOverview {
    /// Accuracy against uplink bytes, a panel per variant; `nil` where nothing was evaluated.
    static func accuracies(
        _ sources: [(group: Comparison.Group, figures: AccuracyFigures)], _ anchors: [String: String]
    ) -> Panels? {
        let accuracies = sources.compactMap(\.figures.accuracies)
        let uplinks = sources.compactMap(\.figures.uplinks)
        guard let low = accuracies.map(\.lowerBound).min(), let high = accuracies.map(\.upperBound).max()
        else { return nil }
        let y = AccuracyFigures.scale(for: low...high)
        let x = Scale.bytes(
            covering: (uplinks.map(\.lowerBound).min() ?? 1)...(uplinks.map(\.upperBound).max() ?? 1), most: 4
        )
        return Panels(
            title: "Accuracy against uplink bytes, by variant",
            caption: "The same scales in all; bytes on a log scale.\(AccuracyFigures.note(on: y))",
            all: sources.map { group, figures in
                Panel(
                    name: Report.shortName(group), anchor: anchors[group.name] ?? "",
                    picture: figures.panel(x: x, y: y))
            })
    }

    /// Virtual time against uplink bytes, for runs without accuracies; `nil` where no run sent anything.
    static func times(
        _ variants: [Comparison.Group], _ axes: SweepAxes, _ anchors: [String: String],
        _ styles: [String: Int]
    ) -> Panels? {
        func points(of name: String) -> [(method: String, bytes: Double, seconds: Double)] {
            axes.groups.filter { $0.name == name && $0.variant.isEmpty }.compactMap { group in
                guard let bytes = group.uplink?.mean, let seconds = group.virtualSeconds?.mean, bytes > 0,
                    seconds > 0
                else { return nil }
                return (group.method, bytes, seconds)
            }
        }
        let all = variants.flatMap { points(of: $0.name) }
        guard let least = all.map(\.bytes).min(), let most = all.map(\.bytes).max(),
            let first = all.map(\.seconds).min(), let last = all.map(\.seconds).max()
        else { return nil }
        let x = Scale.bytes(covering: least...most, most: 4)
        let y = Scale.logarithmicSeconds(covering: first...last, most: 5)
        return Panels(
            title: "Virtual time against uplink bytes, by variant",
            caption: "The same log scales in all. No accuracy was measured.",
            all: variants.map { group in
                let series = points(of: group.name).map { point in
                    let tip = "\(Format.bytes(Format.whole(point.bytes))), \(Format.duration(point.seconds))"
                    return LineChart.Series(
                        name: point.method, style: styles[point.method] ?? 6,
                        points: [.init(x: point.bytes, y: point.seconds, tip: tip)])
                }
                let chart = LineChart(
                    title: "Virtual time against uplink bytes", xTitle: "uplink bytes, log scale",
                    yTitle: "virtual time, log scale", x: x, y: y, series: series)
                return Panel(
                    name: Report.shortName(group), anchor: anchors[group.name] ?? "",
                    picture: chart.svg(width: 320, height: 220, labelled: false))
            })
    }

    /// The number of columns that make a matrix of the variants, a row for each value of the slower keys;
    /// `nil` where they are no matrix or have more columns than fit.
    package static func matrixColumns(_ values: [[String]]) -> Int? {
        guard values.count >= 4, let first = values.first else { return nil }
        let differing = first.indices.filter { values[0][$0] != values[1][$0] }
        guard let key = differing.first, differing.count == 1 else { return nil }
        func others(_ cells: [String]) -> [String] { cells.indices.filter { $0 != key }.map { cells[$0] } }
        let columns = values.prefix { others($0) == others(first) }.count
        guard (2...3).contains(columns), values.count > columns, values.count % columns == 0 else {
            return nil
        }
        let isMatrix = values.indices.allSatisfy { index in
            values[index][key] == values[index % columns][key]
                && others(values[index]) == others(values[index - index % columns])
        }
        return isMatrix ? columns : nil
    }
}
