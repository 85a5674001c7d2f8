import Simulator

/// Tells runs of one name apart whose scenarios differ in more than seed and methods: what-ifs, and runs made with
/// `--set` into a file that holds others. A mean over both would say nothing.
struct RunVariants {
    /// What differs from the first scenario of the name, by run; empty for runs of that scenario.
    private var changes: [Int64: String] = [:]
    /// Longer lists of keys would not be read.
    private static let mostKeys = 4

    /// Compares the scenarios of runs.
    ///
    /// - Complexity: O(*n*) in the length of the scenarios; only such that differ are parsed.
    init(_ runs: [RunSummary]) {
        var firsts: [String: (text: String, run: RunSummary)] = [:]
        var known: [String: String] = [:]
        for run in runs {
            let text = Self.comparable(run.scenario)
            guard let first = firsts[run.name] else {
                firsts[run.name] = (text, run)
                continue
            }
            guard first.text != text else { continue }
            let label = known[text] ?? Self.label(of: run, beside: first.run)
            known[text] = label
            changes[run.runID] = label
        }
    }

    /// What is different about a run, such as `training.rounds=5`; empty for the first scenario of its name.
    func changes(of runID: Int64) -> String { changes[runID] ?? "" }

    /// A resolved scenario without the lines of seed and methods, which vary within an experiment.
    static func comparable(_ scenario: String) -> String {
        scenario.split(separator: "\n").filter { !$0.hasPrefix("seed:") && !$0.hasPrefix("methods:") }
            .joined(separator: "\n")
    }

    private static func label(of run: RunSummary, beside first: RunSummary) -> String {
        let (own, its) = (values(of: run), values(of: first))
        let keys = Set(own.keys).union(its.keys).filter { own[$0] != its[$0] }.sorted()
        guard !keys.isEmpty, keys.count <= mostKeys else {
            return "scenario \(run.scenarioSHA256.prefix(8))"
        }
        return keys.map { "\($0)=\(own[$0] ?? "")" }.joined(separator: " ")
    }

    /// All keys but seed and methods; none for a scenario of a version with other keys.
    private static func values(of run: RunSummary) -> [String: String] {
        (run.scenarioValues ?? [:]).filter { !["seed", "methods"].contains($0.key) }
    }
}
