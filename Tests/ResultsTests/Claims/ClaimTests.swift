import Foundation
import Results
import RunLog
import Scenarios
import TestSupport
import Testing

/// Claims checked on results files whose figures are known.
@Suite("Claims")
struct ClaimTests {
    /// A file with a finished run for each list of accuracies, or of another metric.
    static func file(
        _ runs: [(method: String, overrides: [String], seed: UInt64, accuracies: [Double])],
        metric: MetricName = .accuracy
    ) throws -> String {
        let path = TestFiles.path("claims.sqlite")
        let log = try RunLog(path: path)
        for run in runs {
            var scenario = try Scenario.parse(
                "name: \(name)\nmethods: [fedavg]\n", file: "test", overrides: run.overrides,
                knownMethods: FederatedMethods.names)
            scenario.seed = run.seed
            let recorder = try log.begin(
                RunDescription(
                    name: scenario.name, method: run.method, seed: run.seed, clients: 5,
                    scenario: scenario.resolvedYAML, build: "test"))
            for (round, value) in run.accuracies.enumerated() {
                recorder.metric(
                    at: .start, round: round + 1, split: .test, name: metric, value: value)
            }
            try recorder.finish(.finished, at: .start)
        }
        try log.close()
        return path
    }

    private static let name = "claim-test"

    private func term(
        _ label: String, _ method: String, _ settings: [String: String] = [:], paper: String? = nil
    ) -> Term {
        Term(label, paper: paper, Measure(.accuracy, of: method, in: Self.name, where: settings))
    }

    private func outcome(_ comparison: Claim.Comparison, _ path: String) throws -> Claim.Outcome {
        try Claim("it is so", comparison).check(on: StoredResults(paths: [path]))
    }

    @Test("Above by a margin: means over seeds of the last accuracies, and never of the best")
    func above() throws {
        let path = try Self.file([
            ("fedavg", [], 1, [0.9, 0.4]), ("fedavg", [], 2, [0.5]), ("fgl-one-shot", [], 1, [0.7]),
            ("fgl-one-shot", [], 2, [0.6]),
        ])
        let one = term("A", "fgl-one-shot", paper: "85.2 %"), other = term("B", "fedavg", paper: "51.6 %")
        // 65 against 45.
        let found = try outcome(.above(one, other, by: 0.19), path)
        #expect(found.verdict == .holds)
        #expect(found.paper == "A 85.2 %; B 51.6 %")
        #expect(found.ours == "A 65.0 ± 7.1 % (2 seeds); B 45.0 ± 7.1 % (2 seeds)")
        #expect(try outcome(.above(one, other, by: 0.21), path).verdict == .doesNotHold)
        #expect(try outcome(.above(other, one), path).verdict == .doesNotHold)
        // Equal is not above.
        #expect(try outcome(.above(one, one), path).verdict == .doesNotHold)
    }

    @Test("Counts are whole; other metrics have three decimals")
    func plainFigures() throws {
        func figure(_ values: [Double]) throws -> String {
            let path = try Self.file(
                values.enumerated().map { ("fedavg", [], UInt64($0.offset + 1), [$0.element]) },
                metric: MetricName(rawValue: "count"))
            let measure = Measure(
                .metric(MetricName(rawValue: "count"), on: .test), of: "fedavg", in: Self.name)
            return try outcome(.above(Term("A", measure), Term("A", measure)), path).ours
        }
        #expect(try figure([1800]) == "A 1,800; A 1,800")
        #expect(try figure([0.9041]) == "A 0.904; A 0.904")
        #expect(try figure([17, 18]) == "A 17.500 ± 0.707 (2 seeds); A 17.500 ± 0.707 (2 seeds)")
    }

    @Test("Where a figure is missing, nothing is said; what is there is shown")
    func missing() throws {
        let path = try Self.file([("fedavg", [], 1, [0.4])])
        let found = try outcome(.above(term("A", "fgl-one-shot"), term("B", "fedavg")), path)
        #expect(found.verdict == .notMeasured && found.ours == "B 40.0 %" && found.paper == "–")
        let interrupted = TestFiles.path("interrupted.sqlite")
        let log = try RunLog(path: interrupted)
        let scenario = try Scenario.parse(
            "name: \(Self.name)\nmethods: [fedavg]\n", file: "test", knownMethods: FederatedMethods.names)
        let recorder = try log.begin(
            RunDescription(
                name: scenario.name, method: "fedavg", seed: 1, clients: 5, scenario: scenario.resolvedYAML,
                build: "test"))
        recorder.metric(at: .start, round: 1, split: .test, name: .accuracy, value: 0.9)
        try recorder.finish(.interrupted, at: .start)
        try log.close()
        #expect(
            try outcome(.above(term("B", "fedavg"), term("B", "fedavg")), interrupted).verdict == .notMeasured
        )
    }

    @Test("Runs are told apart by their settings; others of the same name are no further seeds")
    func settings() throws {
        let path = try Self.file([
            ("fedavg", ["data.partition.beta=0.01"], 1, [0.3]),
            ("fedavg", ["data.partition.beta=0.5"], 1, [0.6]),
            ("fedavg", ["data.partition.beta=0.5", "training.rounds=3"], 2, [0.1]),
            ("fedavg", ["data.partition.beta=0.5"], 1, [0.2]),
        ])
        let skewed = term("s", "fedavg", ["data.partition.beta": "0.01"])
        let mild = term("m", "fedavg", ["data.partition.beta": "0.5"])
        let found = try outcome(.above(mild, skewed, by: 0.29), path)
        #expect(found.verdict == .holds && found.ours == "m 60.0 %; s 30.0 %")
        let other = Measure(.accuracy, of: "fedavg", in: "another")
        #expect(try outcome(.above(Term("o", other), skewed), path).verdict == .notMeasured)
    }

    @Test("Rising with slack, lowest, below in most, fewer by a factor")
    func comparisons() throws {
        let path = try Self.file(
            [0.5, 0.6, 0.595, 0.7, 0.4].enumerated().map {
                ("fedavg", ["clients=\($0 + 5)"], 1, [$1])
            })
        let terms = (5...9).map { term("\($0)", "fedavg", ["clients": "\($0)"]) }
        func verdict(_ comparison: Claim.Comparison) throws -> Claim.Verdict {
            try outcome(comparison, path).verdict
        }
        #expect(try verdict(.rising(Array(terms[0...3]), slack: 0.01)) == .holds)
        #expect(try verdict(.rising(Array(terms[0...3]), slack: 0.001)) == .doesNotHold)
        // The last has to be above the first, whatever the slack.
        #expect(try verdict(.rising(terms, slack: 1)) == .doesNotHold)
        #expect(try verdict(.lowest(terms[4], among: Array(terms[0...3]))) == .holds)
        #expect(try verdict(.lowest(terms[0], among: terms)) == .doesNotHold)
        let pairs = [(terms[4], terms[0]), (terms[0], terms[1]), (terms[3], terms[2])]
        #expect(try verdict(.belowInMost(pairs)) == .holds)
        // One of two is not most.
        #expect(try verdict(.belowInMost([pairs[0], pairs[2]])) == .doesNotHold)
        #expect(try verdict(.fewer(terms[4], terms[1], times: 1.49)) == .holds)
        #expect(try verdict(.fewer(terms[4], terms[1], times: 1.51)) == .doesNotHold)
    }

    @Test("A document's tables are written anew, and the reasons between them are kept to the letter")
    func document() throws {
        let one = term("one | shot", "fgl-one-shot", paper: "85.2 %")
        let experiment = PaperExperiment(
            name: Self.name, title: "A title", source: "A source.", terms: [one],
            claims: [Claim("It is above", .above(one, term("FedAvg", "fedavg")))])
        func report(_ accuracy: Double) throws -> ClaimReport {
            try ClaimReport(
                [experiment],
                on: StoredResults(paths: [
                    Self.file([("fedavg", [], 1, [0.5]), ("fgl-one-shot", [], 1, [accuracy])])
                ]))
        }
        let first = try report(0.6).document(updating: "# Results\n\nBy hand.\n")
        #expect(first.hasPrefix("# Results\n\nBy hand.\n\n## The paper's claims\n"))
        #expect(first.contains("| one \\| shot | 85.2 % | 60.0 % |\n"))
        #expect(
            first.contains(
                "| It is above | **holds** | one \\| shot 85.2 % | one \\| shot 60.0 %; FedAvg 50.0 % |"))
        #expect(first.contains("1 claims: 1 hold, 0 do not hold, 0 are not measured."))
        // The same results, the same text.
        #expect(try report(0.6).document(updating: first) == first)
        let reasoned = first + "\nWhy: <!-- | --> the world is small.\n"
        let second = try report(0.4).document(updating: reasoned)
        #expect(
            second.hasSuffix("\nWhy: <!-- | --> the world is small.\n")
                && second.hasPrefix("# Results\n\nBy hand.\n"))
        #expect(second.contains("**does not hold**") && !second.contains("60.0 %"))
        #expect(try report(0.6).document(updating: second) == reasoned)
        #expect(try report(0.4).text.contains("does not hold"))
        #expect(try report(0.4).count(of: .doesNotHold) == 1)
    }

    @Test("Nothing stored: all claims of the paper are not measured, and the tables say so")
    func nothing() throws {
        let report = try ClaimReport(on: StoredResults(paths: []))
        #expect(report.count(of: .holds) == 0 && report.count(of: .doesNotHold) == 0)
        #expect(report.count(of: .notMeasured) >= 25)
        let text = report.document(updating: "")
        for name in PaperExperiments.all.map(\.name) { #expect(text.contains("### \(name)\n")) }
        // Figures of the paper's table 1, as the design lists them.
        #expect(
            text.contains("| FedAvg, β = 0.01 | 51.6 % | – |")
                && text.contains("| 5-round, IID | 95.6 % | – |"))
    }

    @Test("Files that are no results are refused")
    func foreign() throws {
        #expect(throws: RunLogError.self) { try StoredResults(paths: ["/no/such.sqlite"]) }
        #expect(throws: RunLogError.self) { try StoredResults(paths: ["README.md"]) }
    }
}
