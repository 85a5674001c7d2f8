import Core

extension Report {
    /// A column of a comparison, by its header. The accuracies are first: they are in sight on a phone.
    enum Column: String, CaseIterable {
        case final, best, uplink, downlink
        case time = "virtual time"
        case uplinkPerClient = "uplink per client"
        case rounds, participants, seeds
        case share = "uplink / FedAvg's"

        /// Whether the table of a sweep has it, which has columns for the varied keys too.
        var isInOverview: Bool { ![.best, .uplinkPerClient, .rounds, .participants].contains(self) }

        /// The place among `Comparison.figures`; `nil` for what is not there.
        fileprivate var place: Int? {
            let places: [Column] = [
                .rounds, .participants, .uplink, .downlink, .uplinkPerClient, .time, .best, .final,
            ]
            return places.firstIndex(of: self)
        }
    }

    /// The columns for runs: those for accuracies only where there are some.
    static func columns(_ groups: [Comparison.Group], isOverview: Bool = false) -> [Column] {
        let measured = hasAccuracy(groups)
        return Column.allCases.filter { column in
            (measured || ![.final, .best].contains(column)) && (column.isInOverview || !isOverview)
        }
    }

    /// Whether a run has an accuracy, or has lost it by diverging. Before the first run has ended, there may
    /// be one yet.
    static func hasAccuracy(_ groups: [Comparison.Group]) -> Bool {
        groups.allSatisfy(\.entries.isEmpty)
            || groups.contains { $0.bestAccuracy != nil || $0.diverged > 0 }
    }

    static func rows(
        _ groups: [Comparison.Group], _ columns: [Column], _ styles: [String: Int]
    ) -> [ReportPage.ComparisonRow] {
        Comparison.comparable(groups).flatMap { members in
            let ratios = Dictionary(Ratio.toFedAvg(members).map { ($0.method, $0) }) { first, _ in first }
            return members.map { row($0, columns, styles[$0.label] ?? 6, ratios[$0.method]) }
        }
    }

    private static func row(
        _ group: Comparison.Group, _ columns: [Column], _ style: Int, _ ratio: Ratio?
    ) -> ReportPage.ComparisonRow {
        let figures = Comparison.figures(of: group)
        let cells = columns.map { column in
            if let place = column.place { return figures[place] }
            return column == .share ? share(group, ratio) : seeds(group)
        }
        return ReportPage.ComparisonRow(
            style: style, mark: Figure.LegendItem.mark(style),
            // The paths of keys may be broken at their points.
            method: SVG.escaped(group.label).replacing(/\.(?=[A-Za-z])/, with: ".<wbr>"), cells: cells)
    }

    private static func seeds(_ group: Comparison.Group) -> String {
        "\(group.entries.count)" + (group.unfinished > 0 ? " + \(group.unfinished) unfinished" : "")
    }

    /// A method's uplink over FedAvg's: `1 / 2,620,000`, `1.97`.
    private static func share(_ group: Comparison.Group, _ ratio: Ratio?) -> String {
        if group.method == Baseline.fedAvg { return "1" }
        guard let uplink = ratio?.uplink else { return "–" }
        let text = Format.ratio(max(uplink, 1 / uplink))
        return uplink > 1 && text != "1" ? "1 / \(text)" : text
    }
}
