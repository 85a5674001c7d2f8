import Core
import Foundation
import RunLog

/// What the figures of one scenario variant are made from: the file and the runs in it.
struct ReportSource {
    let reader: RunLogReader
    /// The variant's name in the file.
    let name: String
    /// Its methods in the order of their first runs; where runs of one method differ in more than their seed,
    /// as `fedavg, training.rounds=5`: the column `label` of the view `run_variant`.
    let methods: [String]
    /// The id of each method's first run that is not failed.
    let firstRuns: [String: Int64]
    /// Colours and forms of all methods in the file.
    let styles: [String: Int]
    /// Distinguishes this variant's anchors from others'.
    let id: String

    /// The name as a literal of SQL.
    var quotedName: String { Self.quoted(name) }

    /// The condition on `run_variant` for runs whose means are shown: each seed once.
    var counts: String {
        "run_variant.name = \(quotedName) AND run_variant.status <> \(RunStatus.failed.sql) "
            + "AND run_variant.repeats IS NULL"
    }

    /// The ids of the first runs, in the order of methods, as SQL writes a list.
    var firstRunList: String {
        methods.compactMap { firstRuns[$0] }.map(String.init).joined(separator: ", ")
    }

    /// The style of a method.
    func style(of method: String) -> Int { styles[method] ?? 6 }

    /// The position of a method among all, for sorting.
    func order(of method: String) -> Int { methods.firstIndex(of: method) ?? methods.count }

    /// A line for each method that has values.
    ///
    /// - Parameters:
    ///   - data: rows of method, round, and the mean, the lowest and the highest value over seeds.
    ///   - text: says a mean.
    func lines(byRound data: QueryResult, _ text: (Double) -> String) -> [LineChart.Series] {
        methods.compactMap { method in
            let points = data.rows.compactMap { row -> LineChart.Point? in
                guard row[0].text == method, let round = row[1].number, let mean = row[2].number,
                    let lowest = row[3].number, let highest = row[4].number
                else { return nil }
                return LineChart.Point(
                    x: round, y: mean, band: min(lowest, highest)...max(lowest, highest),
                    tip: "round \(Format.whole(round)): \(text(mean))")
            }
            return points.isEmpty
                ? nil : LineChart.Series(name: method, style: style(of: method), points: points)
        }
    }

    /// A text as a literal of SQL.
    static func quoted(_ text: String) -> String {
        // SQL ends at a NUL.
        guard !text.utf8.contains(0) else {
            return "CAST(x'\(text.utf8.map { String(format: "%02x", $0) }.joined())' AS TEXT)"
        }
        return "'" + text.replacing("'", with: "''") + "'"
    }
}
