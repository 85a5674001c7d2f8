import Core
import RunLog

extension Report {
    /// The section of a scenario variant.
    func section(
        _ name: String, _ entries: [ComparisonRow], _ groups: [Comparison.Group], _ styles: [String: Int],
        id: String, hasHeading: Bool, imageRoom: inout Int
    ) throws -> ReportPage.ScenarioSection {
        let source = source(name, entries, styles, id: id)
        let methods = Set(entries.map(\.label)), columns = Self.columns(groups)
        let accuracy = try AccuracyFigures(source).all
        return ReportPage.ScenarioSection(
            id: id, name: name, shortName: groups.first.map(Self.shortName) ?? name, hasHeading: hasHeading,
            cards: Self.cards(groups), lead: accuracy.first,
            comparisonCaption: Self.caption(groups, lines: methods.count),
            comparisonColumns: ["method"] + columns.map(\.rawValue),
            comparisonRows: Self.rows(groups, columns, styles),
            figures: try accuracy.dropFirst() + Self.figures(source),
            sheet: try ImageSheet(source, room: &imageRoom),
            prompts: try prompts(source))
    }

    /// The name of a variant without that of its scenario.
    static func shortName(_ group: Comparison.Group) -> String {
        let stem = group.variation.title + " "
        return group.name.hasPrefix(stem) ? String(group.name.dropFirst(stem.count)) : group.name
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
        let single = [
            try Figure.timeToAccuracy(source), try Figure.participants(source),
            try Figure.communication(source), try Figure.timeShares(source), try Figure.energy(source),
            try Figure.losses(source),
            try Figure.attackSuccess(source), try Figure.promptAgreement(source),
            try Figure.staleness(source), try Figure.splits(source), try Figure.clientAccuracies(source),
            try Figure.labels(source), try Figure.workers(source),
        ]
        var figures = single.compactMap { $0 }
        // Centralized training has no clients.
        for method in source.methods.prefix(mostTimelines) {
            if let figure = try Figure.timeline(source, method: method) { figures.append(figure) }
        }
        return figures
    }

    /// Lines of a chart; more would not be told apart.
    private static let mostLines = 20

    private static let mostTimelines = 8

    private static func caption(_ groups: [Comparison.Group], lines: Int) -> String {
        var text =
            groups.contains { $0.entries.count > 1 }
            ? "Means over seeds, ± standard deviation, finished runs only." : "Finished runs only."
        let repeated = groups.reduce(0) { $0 + $1.repeated.count }
        if repeated > 0 {
            text += " Left out: \(Format.grouped(repeated)) that repeat another run's settings and seed."
        }
        if groups.contains(where: { $0.method == Baseline.centralized }) {
            text +=
                " Centralized training has all images in one place: it sends nothing (0 B), and its virtual "
                + "time is the server's computing time."
        }
        if !hasAccuracy(groups) { text += " No accuracy was measured." }
        if lines > mostLines { text += " Charts show the first \(mostLines) of \(lines) methods." }
        if lines > mostTimelines { text += " There are timelines of the first \(mostTimelines) methods." }
        return text
    }

    /// The best accuracy, the least uplink and the shortest time among methods that communicate.
    private static func cards(_ groups: [Comparison.Group]) -> [ReportPage.Card] {
        // What-ifs are listed in the table; the cards are about the scenario itself.
        let groups = Comparison.comparable(groups).first ?? []
        let federated = groups.filter { ($0.uplink?.mean ?? 0) > 0 }
        let reference = groups.first { $0.method == Baseline.fedAvg && $0.uplink != nil }
        var cards: [ReportPage.Card] = []
        if let best = federated.filter({ $0.finalAccuracy != nil })
            .max(by: { $0.finalAccuracy!.mean < $1.finalAccuracy!.mean })
        {
            let upper = groups.first { $0.method == Baseline.centralized }?.finalAccuracy
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
