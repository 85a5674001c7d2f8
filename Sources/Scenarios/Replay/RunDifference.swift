import RunLog
import Simulator

/// How the runs of two results files differ: the first event at which each pair parts, and the inputs that
/// explain it.
///
/// Rows are compared as they stand in the files; the log hashes that were recorded do not stand for them,
/// because anybody can change a row after the run.
public struct RunDifference: Sendable, Hashable {
    /// A run of the first file.
    public let left: RunSummary
    /// The run of the second file that it is compared with.
    public let right: RunSummary
    /// Inputs that differ: scenario keys by their path, `seed`, `build`, `images`, ….
    public let inputs: [InputDifference]
    /// The first event at which they differ; `nil` where all events are equal.
    public let events: EventDivergence?
    /// Columns of the table `run` that differ and are no inputs: `status`, `virtual_s`, `model_sha256`, ….
    public let ends: [InputDifference]
    private let comparison: RowComparison

    /// The first row of any table at which they differ; `nil` where all rows are equal.
    public var rows: RowDifference? { comparison.difference }

    /// Whether the first run's rows are no longer those of its log hash. Only found out where both runs have
    /// the same hash.
    public var leftIsAltered: Bool { hasEqualHashes && comparison.leftHash != left.logSHA256 }

    /// As `leftIsAltered`, of the second run.
    public var rightIsAltered: Bool { hasEqualHashes && comparison.rightHash != right.logSHA256 }

    /// Whether all is equal that the log hash covers: the recorded hashes, and every row of every table but
    /// wall time.
    public var isSame: Bool {
        hasEqualHashes && rows == nil && comparison.leftHash == comparison.rightHash
    }

    /// Whether both runs have a log hash, and the same.
    public var hasEqualHashes: Bool { left.logSHA256 != nil && left.logSHA256 == right.logSHA256 }

    /// An input that differs.
    public struct InputDifference: Sendable, Hashable {
        /// A scenario's key path, or `seed`, `method`, `build`, or the kind of an input.
        public let name: String
        /// Its value in the first run; empty where it has none.
        public let left: String
        /// Its value in the second run.
        public let right: String
    }

    /// Compares two runs.
    ///
    /// - Throws: `RunLogError`.
    public init(_ left: RunSummary, in first: RunLogReader, _ right: RunSummary, in second: RunLogReader)
        throws
    {
        self.left = left
        self.right = right
        var inputs: [InputDifference] = []
        func compare(_ name: String, _ values: (String, String)) {
            if values.0 != values.1 {
                inputs.append(InputDifference(name: name, left: values.0, right: values.1))
            }
        }
        compare("name", (left.name, right.name))
        compare("method", (left.method, right.method))
        let keys = (Self.keys(of: left), Self.keys(of: right))
        for name in Set(keys.0.keys).union(keys.1.keys).sorted() where name != "name" {
            compare(name, (keys.0[name] ?? "", keys.1[name] ?? ""))
        }
        if keys.0["seed"] == keys.1["seed"] { compare("seed", ("\(left.seed)", "\(right.seed)")) }
        compare("build", (left.build, right.build))
        let read = (try Self.hashes(of: left, in: first), try Self.hashes(of: right, in: second))
        for kind in Set(read.0.keys).union(read.1.keys).sorted() {
            compare(kind, (read.0[kind] ?? "", read.1[kind] ?? ""))
        }
        self.inputs = inputs
        ends = Self.ends(of: left, and: right)
        comparison = try first.comparison(ofRowsOf: left, with: right, in: second)
        // Equal rows are read only once.
        events = try comparison.difference.flatMap { _ in
            try firstDivergence(
                between: first.events(run: left.runID), and: second.events(run: right.runID))
        }
    }

    /// What the runs ended with, where it differs.
    private static func ends(of left: RunSummary, and right: RunSummary) -> [InputDifference] {
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        let values = [
            ("status", left.status.rawValue, right.status.rawValue),
            ("clients", "\(left.clients)", "\(right.clients)"),
            ("virtual_s", text(left.virtualSeconds), text(right.virtualSeconds)),
            ("model_sha256", left.modelSHA256 ?? "", right.modelSHA256 ?? ""),
        ]
        return values.filter { $0.1 != $0.2 }.map { InputDifference(name: $0.0, left: $0.1, right: $0.2) }
    }

    /// Compares the runs of two files that belong together (`RunPairing`), and tells how many belong to
    /// none.
    ///
    /// - Throws: `RunLogError`.
    public static func all(
        between first: RunLogReader, and second: RunLogReader
    ) throws -> (differences: [RunDifference], unpaired: Int) {
        let pairing = RunPairing(try first.runs(), try second.runs())
        return (
            try pairing.pairs.map { try RunDifference($0, in: first, $1, in: second) }, pairing.unpaired
        )
    }

    /// The keys of a run's scenario with their values as text.
    private static func keys(of run: RunSummary) -> [String: String] {
        run.scenarioValues ?? ["scenario": run.scenarioSHA256]
    }

    private static func hashes(of run: RunSummary, in reader: RunLogReader) throws -> [String: String] {
        Dictionary(
            try reader.inputs(run: run.runID).map { ($0.kind, $0.sha256) },
            uniquingKeysWith: { first, _ in first })
    }
}

extension RunSummary {
    /// The keys of its scenario with their values as text; `nil` for a scenario of a version with other keys.
    var scenarioValues: [String: String]? {
        try? Scenario.parse(scenario, file: "run \(runID)").valuesByKey
    }
}

extension Scenario {
    /// Every key that has a value, with that value as one line of YAML.
    package var valuesByKey: [String: String] {
        var values: [String: String] = [:]
        for key in catalogue.keys.all {
            if let node = key.write(self) { values[key.path] = inlineYAML(node) }
        }
        return values
    }
}
