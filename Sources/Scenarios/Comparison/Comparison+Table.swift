import Foundation
import Simulator

extension Comparison {
    /// A table for people: a line per method, human units, mean ± standard deviation where there are several
    /// seeds.
    public func table() -> String {
        var text = ""
        var scenario: String?
        let groups = groups
        for group in groups where group.name != scenario {
            scenario = group.name
            let members = groups.filter { $0.name == group.name }
            text += (text.isEmpty ? "" : "\n") + group.name + "\n" + Self.aligned(rows(of: members))
            text += ratios(of: members)
        }
        return text.isEmpty ? "no runs\n" : text
    }

    private func rows(of groups: [Group]) -> [[String]] {
        var header = [
            "method", "runs", "rounds", "uplink", "downlink", "uplink/client", "virtual time", "best",
            "final",
        ]
        if let targetAccuracy {
            header += [
                "bytes to \(Format.percent(targetAccuracy))", "time to \(Format.percent(targetAccuracy))",
            ]
        }
        return [header] + groups.map(row)
    }

    private func row(of group: Group) -> [String] {
        let runs = group.entries.map(\.run)
        let count = "\(runs.count)" + (group.unfinished > 0 ? " (+\(group.unfinished) unfinished)" : "")
        guard !runs.isEmpty else {
            return [group.method, count] + Array(repeating: "–", count: targetAccuracy == nil ? 7 : 9)
        }
        func mean(_ value: (ComparisonRow) -> Int) -> Int {
            Int(Spread(runs.map { Double(value($0)) }).mean.rounded())
        }
        var cells = [
            group.method, count, "\(mean(\.rounds))", Format.bytes(mean(\.uplinkBytes)),
            Format.bytes(mean(\.downlinkBytes)), Format.bytes(mean { $0.uplinkBytesPerClient ?? 0 }),
            Format.duration(Spread(runs.map(\.virtualSeconds)).mean),
            Self.accuracy(runs.compactMap(\.bestAccuracy)),
            Self.accuracy(runs.compactMap(\.finalAccuracy)),
        ]
        if targetAccuracy != nil { cells += target(of: group) }
        return cells
    }

    private func target(of group: Group) -> [String] {
        let reached = group.entries.compactMap(\.target)
        guard !reached.isEmpty, reached.count == group.entries.count else { return ["–", "–"] }
        let bytes = Spread(reached.map { Double($0.uplinkBytes + $0.downlinkBytes) }).mean
        return [Format.bytes(Int(bytes.rounded())), Format.duration(Spread(reached.map(\.seconds)).mean)]
    }

    private static func accuracy(_ values: [Double]) -> String {
        guard !values.isEmpty else { return "–" }
        let spread = Spread(values)
        guard let deviation = spread.deviation else { return Format.percent(spread.mean) }
        return String(format: "%.1f ± %.1f %%", spread.mean * 100, deviation * 100)
    }

    /// How many times less each method uploads than FedAvg, where that is among the methods.
    private func ratios(of groups: [Group]) -> String {
        func uplink(_ group: Group) -> Double? {
            group.entries.isEmpty ? nil : Spread(group.entries.map { Double($0.run.uplinkBytes) }).mean
        }
        guard let reference = groups.first(where: { $0.method == "fedavg" }).flatMap(uplink), reference > 0
        else {
            return ""
        }
        return groups.filter { $0.method != "fedavg" }.compactMap { group in
            guard let bytes = uplink(group), bytes > 0, bytes < reference else { return nil }
            let own = Format.grouped(Int(bytes.rounded())), others = Format.grouped(Int(reference.rounded()))
            return "\(group.method): \(Format.ratio(reference / bytes)) times less uplink than fedavg "
                + "(\(own) against \(others) bytes)\n"
        }.joined()
    }

    /// Columns padded to the same width: the first to the left, the others to the right.
    static func aligned(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ") + "\n"
        }.joined()
    }
}
