import Core
import Foundation
import RunLog

extension Comparison {
    /// Tables for people: a line per method, human units, mean ± standard deviation where there are several
    /// seeds. A sweep is one table with the varied keys as columns.
    ///
    /// - Parameter width: of a terminal, in characters; a wider table is written in blocks, accuracies and
    ///   bytes first.
    public func table(width: Int? = nil) -> String {
        let tables = Self.families(groups).flatMap { family -> [String] in
            if let sweep = SweepAxes(family) { return [table(of: sweep, width)] }
            return Self.comparable(family).map { members in
                let name = Self.label(members[0].name, variant: members[0].variant)
                return TerminalText.line(name, limit: 300) + "\n"
                    + Self.text([header] + members.map(row), width) + ratios(of: members)
                    + repeats(in: members)
            }
        }
        return tables.isEmpty ? "no runs\n" : tables.joined(separator: "\n") + computing
    }

    /// What the work of all runs took, where workers of an engine did a part of it.
    private var computing: String {
        guard workers > 0 else { return "" }
        let rows = entries.compactMap(\.computing)
        let all = rows.reduce(0) { $0 + $1.seconds }, theirs = rows.reduce(0) { $0 + $1.workerSeconds }
        let share = Format.percent(theirs / max(all, 1e-9))
        return String(format: "%.3g", all / 3600) + " processor hours, \(share) of them by \(workers) worker"
            + (workers == 1 ? "" : "s") + " of an engine\n"
    }

    /// The table of a sweep, its ratios with the variant they belong to.
    private func table(of sweep: SweepAxes, _ width: Int?) -> String {
        let titles = [header[0]] + sweep.titles.map { TerminalText.line($0, limit: 40) }
        let rows = sweep.groups.map { group in
            let cells = sweep.cells(of: group).map { TerminalText.line($0, limit: 40) }
            return [TerminalText.line(group.label, limit: 200)] + cells + row(of: group).dropFirst()
        }
        let ratios = Self.comparable(sweep.groups).map { members in
            let variant = TerminalText.line(sweep.label(of: members[0]), limit: 200)
            return self.ratios(of: members).split(separator: "\n").map { "\(variant): \($0)\n" }.joined()
        }
        return TerminalText.line(sweep.scenario, limit: 300) + "\n"
            + Self.text([titles + header.dropFirst()] + rows, width, keys: sweep.keys.count)
            + sweep.leftOut.map { "\($0)\n" }.joined() + ratios.joined() + repeats(in: sweep.groups)
    }

    /// Rows as text; where they are too wide, in blocks whose columns stand in the order of their weight.
    private static func text(_ rows: [[String]], _ width: Int?, keys: Int = 0) -> String {
        let whole = TextTable.aligned(rows)
        guard let width, whole.prefix(while: { $0 != "\n" }).count > width else { return whole }
        let first = ["final", "best", "uplink", "downlink", "virtual time", "seeds"]
        let fixed = Array(0...keys), rest = rows[0].indices.dropFirst(keys + 1)
        let weighty = first.compactMap { name in rest.first { rows[0][$0] == name } }
        let order = fixed + weighty + rest.filter { !weighty.contains($0) }
        return TextBlocks.aligned(
            rows.map { row in order.map { row[$0] } }, width: width, repeating: keys + 1)
    }

    private var header: [String] {
        var header = [
            "method", "seeds", "rounds", "participants", "uplink", "downlink", "uplink/client",
            "virtual time", "best", "final",
        ]
        if hasFairness { header += ["client mean", "worst 10 %", "variance", "Gini"] }
        if hasEnergy { header.append("energy") }
        if hasCarbon { header.append("CO2e") }
        if let targetAccuracy {
            let target = Format.percent(targetAccuracy)
            header +=
                ["bytes to \(target)", "time to \(target)"] + (hasEnergy ? ["energy to \(target)"] : [])
            header.append("rounds to \(target)")
        }
        return header
    }

    private func row(of group: Group) -> [String] {
        let unfinished = group.unfinished > 0 ? " (+\(group.unfinished) unfinished)" : ""
        let cells =
            [TerminalText.line(group.method, limit: 80), "\(group.entries.count)\(unfinished)"]
            + Self.figures(of: group)
        return cells + fairness(of: group) + energy(of: group)
            + (targetAccuracy == nil ? [] : target(of: group))
    }

    /// How equal the clients are, where a run of the file has that.
    private func fairness(of group: Group) -> [String] {
        guard hasFairness else { return [] }
        func cell(_ value: (FairnessRow) -> Double, _ format: (Spread) -> String) -> String {
            let values = group.entries.compactMap { $0.fairness.map(value) }
            return values.isEmpty ? "–" : format(Spread(values))
        }
        return [
            cell(\.mean) { Format.percent(over: $0) }, cell(\.worstTenth) { Format.percent(over: $0) },
            cell(\.variance) { String(format: "%.4f", $0.mean) },
            cell(\.gini) { String(format: "%.3f", $0.mean) },
        ]
    }

    /// Energy and carbon, where a run of the file counted them.
    private func energy(of group: Group) -> [String] {
        var cells: [String] = []
        if hasEnergy { cells.append(group.joules.map { Format.joules(over: $0) } ?? "–") }
        if hasCarbon { cells.append(group.grams.map { Format.grams(over: $0) } ?? "–") }
        return cells
    }

    /// Rounds, participants, uplink, downlink, uplink per client, virtual time, best and final accuracy; a
    /// dash for what no finished run has.
    static func figures(of group: Group) -> [String] {
        func cell(_ spread: Spread?, _ format: (Spread) -> String) -> String { spread.map(format) ?? "–" }
        return [
            cell(group.rounds) { "\(Format.whole($0.mean))" }, participants(of: group),
            cell(group.uplink) { Format.bytes(over: $0) },
            cell(group.downlink) { Format.bytes(over: $0) },
            cell(group.uplinkPerClient) { Format.bytes(over: $0) },
            cell(group.virtualSeconds) { Format.duration(over: $0) },
            cell(group.bestAccuracy) { Format.percent(over: $0) },
            final(of: group),
        ]
    }

    /// Updates in a round: `5`, or from the fewest to the most.
    private static func participants(of group: Group) -> String {
        let rows = group.entries.compactMap(\.participants)
        guard let fewest = rows.map(\.fewest).min(), let most = rows.map(\.most).max() else { return "–" }
        return fewest == most ? "\(most)" : "\(fewest)–\(most)"
    }

    /// The final accuracy, and of how many runs there is none because they have diverged.
    private static func final(of group: Group) -> String {
        guard group.diverged > 0 else { return group.finalAccuracy.map { Format.percent(over: $0) } ?? "–" }
        guard let others = group.finalAccuracy else { return "diverged" }
        return "\(Format.percent(over: others)) (\(group.diverged) diverged)"
    }

    /// Bytes, time, energy and rounds to the target, over the seeds that reach it; how many these are, where
    /// not all do.
    private func target(of group: Group) -> [String] {
        let reached = group.entries.compactMap(\.target)
        let share = reached.count == group.entries.count ? "" : " (\(reached.count)/\(group.entries.count))"
        func cell(_ values: [Double], _ format: (Spread) -> String) -> String {
            values.isEmpty ? "–" : format(Spread(values)) + share
        }
        let bytes = reached.map { Double($0.uplinkBytes + $0.downlinkBytes) }
        var cells = [
            cell(bytes) { Format.bytes(over: $0) },
            cell(reached.map(\.seconds)) { Format.duration(over: $0) },
        ]
        if hasEnergy {
            cells.append(cell(group.entries.compactMap(\.targetJoules)) { Format.joules(over: $0) })
        }
        cells.append(cell(reached.compactMap { $0.round.map(Double.init) }) { "\(Format.whole($0.mean))" })
        return cells
    }

    /// A line for each run that was left out of the means.
    private func repeats(in groups: [Group]) -> String {
        let most = 5
        let lines = groups.flatMap(\.repeated).compactMap { run in
            run.repeats.map {
                "run \(run.runID) is run \($0) once more (\(TerminalText.line(run.method, limit: 80)), "
                    + "seed \(run.seed)); it counts once\n"
            }
        }
        let rest = lines.count > most ? "and \(lines.count - most) more such runs\n" : ""
        return lines.prefix(most).joined() + rest
    }

    /// A line for each method that uploads visibly less than FedAvg, where that is among the methods.
    private func ratios(of groups: [Group]) -> String {
        Ratio.toFedAvg(groups).filter { ($0.uplink ?? 0) >= 1.005 }.map { ratio in
            let own = Format.grouped(Format.whole(ratio.uplinkBytes))
            let reference = Format.grouped(Format.whole(ratio.referenceUplinkBytes))
            var text =
                TerminalText.line(ratio.method, limit: 80)
                + ": \(Format.ratio(ratio.uplink ?? 0)) times less uplink than fedavg "
            text += "(\(own) against \(reference) bytes)"
            if let downlink = ratio.downlink { text += ", \(Ratio.text(downlink)) downlink" }
            if let time = ratio.virtualTime { text += ", \(Ratio.text(time)) virtual time" }
            if let points = ratio.accuracyPoints {
                text += String(format: ", %+.1f points of final accuracy", points)
            }
            return text + "\n"
        }.joined()
    }
}
