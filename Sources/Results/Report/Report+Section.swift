import Core
import RunLog

extension Report {
    /// The section of a scenario variant.
    func section(
        _ name: String, _ entries: [ComparisonRow], _ groups: [Comparison.Group], _ styles: [String: Int],
        id: String, hasHeading: Bool, imageRoom: inout Int
    ) throws -> ReportPage.ScenarioSection {
        let source = source(name, entries, styles, id: id)
        let methods = Set(entries.map(\.label))
        return ReportPage.ScenarioSection(
            id: id, name: name, hasHeading: hasHeading, cards: Self.cards(groups),
            comparisonCaption: Self.caption(groups, lines: methods.count), comparisonColumns: Self.columns,
            comparisonRows: Self.rows(groups, styles), figures: try Self.figures(source),
            sheet: try ImageSheet(source, room: &imageRoom),
            prompts: try prompts(source))
    }

    /// What the figures of a variant are made from.
    func source(
        _ name: String, _ entries: [ComparisonRow], _ styles: [String: Int], id: String
    ) -> ReportSource {
        var firstRuns: [String: Int64] = [:], methods: [String] = []
        for run in entries {
            if !methods.contains(run.label) { methods.append(run.label) }
            let counts = run.status != .failed && run.repeats == nil
            if counts, firstRuns[run.label] == nil { firstRuns[run.label] = run.runID }
        }
        return ReportSource(
            reader: reader, name: name, methods: Array(methods.prefix(Self.mostLines)), firstRuns: firstRuns,
            styles: styles, id: id)
    }

    private static func figures(_ source: ReportSource) throws -> [Figure] {
        var figures = try AccuracyFigures(source).all
        let single = [
            try Figure.timeToAccuracy(source), try Figure.participants(source),
            try Figure.communication(source), try Figure.timeShares(source), try Figure.energy(source),
            try Figure.losses(source),
            try Figure.staleness(source), try Figure.splits(source), try Figure.labels(source),
            try Figure.workers(source),
        ]
        figures += single.compactMap { $0 }
        // Centralized training has no clients, and methods beyond these repeat what the others show.
        for method in source.methods.prefix(8) {
            if let figure = try Figure.timeline(source, method: method) { figures.append(figure) }
        }
        return figures
    }

    /// The accuracies first: they are to be in sight on a narrow screen.
    static let columns = [
        "method", "final", "best", "uplink", "downlink", "virtual time", "uplink per client", "rounds",
        "participants", "seeds", "uplink, FedAvg = 1",
    ]

    static func rows(_ groups: [Comparison.Group], _ styles: [String: Int]) -> [ReportPage
        .ComparisonRow]
    {
        Comparison.comparable(groups).flatMap { rows(comparable: $0, styles) }
    }

    private static func rows(
        comparable groups: [Comparison.Group], _ styles: [String: Int]
    ) -> [ReportPage.ComparisonRow] {
        let ratios = Dictionary(Ratio.toFedAvg(groups).map { ($0.method, $0) }) { first, _ in first }
        return groups.map { group in
            let style = styles[group.label] ?? 6
            let share: String =
                if group.method == "fedavg" { "1" } else if let ratio = ratios[group.method]?.uplink {
                    ratio >= 1 ? "1 / \(Format.ratio(ratio))" : Format.ratio(1 / ratio)
                } else { "–" }
            let seeds =
                "\(group.entries.count)" + (group.unfinished > 0 ? " + \(group.unfinished) unfinished" : "")
            return ReportPage.ComparisonRow(
                style: style, mark: Figure.LegendItem.mark(style),
                method: group.label,
                cells: Self.cells(Comparison.figures(of: group), seeds: seeds, share: share))
        }
    }

    /// Figures in the order of `columns`.
    private static func cells(_ figures: [String], seeds: String, share: String) -> [String] {
        [7, 6, 2, 3, 5, 4, 0, 1].map { figures[$0] } + [seeds, share]
    }

    /// Lines of a chart; more would not be told apart.
    private static let mostLines = 20

    private static func caption(_ groups: [Comparison.Group], lines: Int) -> String {
        var text =
            groups.contains { $0.entries.count > 1 }
            ? "Means over seeds, ± standard deviation, finished runs only." : "Finished runs only."
        let repeated = groups.reduce(0) { $0 + $1.repeated.count }
        if repeated > 0 {
            text += " Left out: \(Format.grouped(repeated)) that repeat another run's settings and seed."
        }
        if groups.contains(where: { $0.method == "centralized" }) {
            text +=
                " Centralized training has all images in one place: it sends nothing, 0 B, and its virtual "
                + "time is that of the server's computing alone."
        }
        if lines > mostLines { text += " Charts show the first \(mostLines) of \(lines) lines." }
        return text
    }

    /// The best accuracy, the least uplink and the shortest time among methods that communicate.
    private static func cards(_ groups: [Comparison.Group]) -> [ReportPage.Card] {
        // What-ifs are listed in the table; the cards are about the scenario itself.
        let groups = Comparison.comparable(groups).first ?? []
        let federated = groups.filter { ($0.uplink?.mean ?? 0) > 0 }
        let reference = groups.first { $0.method == "fedavg" && $0.uplink != nil }
        var cards: [ReportPage.Card] = []
        if let best = federated.filter({ $0.finalAccuracy != nil })
            .max(by: { $0.finalAccuracy!.mean < $1.finalAccuracy!.mean })
        {
            let upper = groups.first { $0.method == "centralized" }?.finalAccuracy
            cards.append(
                .init(
                    label: "Best final accuracy of a federation",
                    value: Format.percent(best.finalAccuracy!.mean),
                    which: best.method,
                    against: upper.map { "\(Format.percent($0.mean)) with all data in one place" } ?? ""))
        }
        if let least = federated.min(by: { $0.uplink!.mean < $1.uplink!.mean }), federated.count > 1 {
            let ratio = reference.map { $0.uplink!.mean / least.uplink!.mean } ?? 1
            cards.append(
                .init(
                    label: ratio > 1 ? "Less uplink than FedAvg" : "Least uplink",
                    value: ratio > 1
                        ? "\(Format.ratio(ratio)) ×" : Format.bytes(Format.whole(least.uplink!.mean)),
                    which: least.method,
                    against: ratio > 1
                        ? "\(Format.bytes(Format.whole(least.uplink!.mean))) against "
                            + "\(Format.bytes(Format.whole(reference!.uplink!.mean)))"
                        : ""))
        }
        if let quickest = federated.min(by: { $0.virtualSeconds!.mean < $1.virtualSeconds!.mean }),
            federated.count > 1
        {
            let against = reference.flatMap { $0.method == quickest.method ? nil : $0.virtualSeconds }
            cards.append(
                .init(
                    label: "Shortest virtual time", value: Format.duration(quickest.virtualSeconds!.mean),
                    which: quickest.method,
                    against: against.map { "\(Format.duration($0.mean)) with FedAvg" } ?? ""))
        }
        return cards
    }
}
