import Core
import RunLog

/// What the runs in a file come to, side by side.
public struct Comparison: Sendable {
    /// One run.
    public struct Entry: Sendable {
        /// Its row of the view `comparison`.
        public let run: ComparisonRow
        /// When and at what cost it first reached the target accuracy; `nil` without a target or where it
        /// never did.
        public let target: AccuracyRow?
        /// How many clients' updates its rounds had; `nil` for methods without rounds.
        public var participants: ParticipantsRow?
        /// What its real work took; `nil` where it had none.
        public var computing: ComputingRow?
        /// What it drew; `nil` where no energy was counted.
        public var energy: EnergyRow?
        /// Joules until it first reached the target accuracy.
        public var targetJoules: Double?
        /// How equal its clients are; `nil` without `evaluation.clients`.
        public var fairness: FairnessRow?
        /// The run's scenario, and its values of the keys in which the scenario's runs differ.
        package var variation: RunVariation
    }

    /// Runs that differ in their seed alone: of one method and one variant of a scenario.
    public struct Group: Sendable {
        /// The scenario's name, with the label of a sweep.
        public let name: String
        /// What is different from the first run of that name, such as `training.rounds=5`; mostly empty.
        public let variant: String
        /// The federated method.
        public let method: String
        /// The completed runs, diverged ones among them, each seed once.
        public let entries: [Entry]
        /// How many runs have not been completed.
        public let unfinished: Int
        /// Runs for which an earlier identical run is counted instead.
        public let repeated: [ComparisonRow]
        /// The scenario, and the values of the keys in which its runs differ.
        package let variation: RunVariation

        /// How many of the entries ended with a model that is not a number.
        public var diverged: Int { entries.count { $0.run.status == .diverged } }
    }

    /// All runs by id.
    public let entries: [Entry]
    /// The target, a fraction.
    public let targetAccuracy: Double?
    /// How many workers of engines did work of the runs.
    public let workers: Int

    /// Reads the runs of a file, which may still be written to.
    ///
    /// - Throws: `RunLogError`.
    public init(path: String, targetAccuracy: Double? = nil) throws {
        try self.init(RunLogReader(path: path), targetAccuracy: targetAccuracy)
    }

    /// Reads the runs of a file that is open.
    ///
    /// - Throws: `RunLogError`.
    public init(_ reader: RunLogReader, targetAccuracy: Double? = nil) throws {
        self.targetAccuracy = targetAccuracy
        let reached = try targetAccuracy.map { try reader.firstAccuracy(ofAtLeast: $0) } ?? [:]
        let participants = Dictionary(try reader.participants().map { ($0.runID, $0) }) { first, _ in first }
        let computing = Dictionary(try reader.computing().map { ($0.runID, $0) }) { first, _ in first }
        let variations = try reader.variations()
        let energies = try reader.energies()
        let fairness = try reader.fairness()
        let energiesToTarget = try reader.energies(until: reached)
        entries = try reader.comparison().map { run in
            Entry(
                run: run, target: reached[run.runID], participants: participants[run.runID],
                computing: computing[run.runID],
                energy: energies[run.runID], targetJoules: energiesToTarget[run.runID],
                fairness: fairness[run.runID],
                variation: variations[run.runID] ?? RunVariation(scenario: run.name))
        }
        workers = try reader.workers(of: entries.map(\.run.runID))
    }

    /// The runs by scenario, variant and method, in the order of their first runs.
    public var groups: [Group] {
        var order: [[String]] = []
        var members: [[String]: [Entry]] = [:]
        for entry in entries {
            let key = [entry.run.name, entry.run.method, entry.run.variant]
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(entry)
        }
        return order.map { key in
            let all = members[key] ?? [], counting = all.filter { $0.run.repeats == nil }
            return Group(
                name: key[0], variant: key[2], method: key[1],
                entries: counting.filter(\.run.status.isWhole),
                unfinished: counting.count { !$0.run.status.isWhole },
                repeated: all.map(\.run).filter { $0.repeats != nil }, variation: all[0].variation)
        }
    }

    /// Whether a run counted energy.
    var hasEnergy: Bool { entries.contains { $0.energy != nil } }
    /// Whether a run counted carbon.
    var hasCarbon: Bool { entries.contains { $0.energy?.grams != nil } }

    /// Whether a run has accuracies of clients on their own distributions.
    var hasFairness: Bool { entries.contains { $0.fairness != nil } }

    /// A name, and its variant where it has one.
    static func label(_ name: String, variant: String) -> String {
        variant.isEmpty ? name : "\(name), \(variant)"
    }

    /// The groups that can be compared with one another, together.
    static func comparable(_ groups: [Group]) -> [[Group]] {
        var order: [[String]] = []
        for key in groups.map({ [$0.name, $0.variant] }) where !order.contains(key) { order.append(key) }
        return order.map { key in groups.filter { [$0.name, $0.variant] == key } }
    }
}

extension ComparisonRow {
    /// Method and variant, as the charts name it.
    var label: String { Comparison.label(method, variant: variant) }
}

extension Comparison.Group {
    /// Mean and standard deviation of a figure over the finished runs; `nil` where none has it.
    func spread(_ value: (ComparisonRow) -> Double?) -> Spread? {
        let values = entries.compactMap { value($0.run) }
        return values.isEmpty ? nil : Spread(values)
    }

    var uplink: Spread? { spread { Double($0.uplinkBytes) } }
    var downlink: Spread? { spread { Double($0.downlinkBytes) } }
    var uplinkPerClient: Spread? { spread { $0.uplinkBytesPerClient.map(Double.init) } }
    var virtualSeconds: Spread? { spread(\.virtualSeconds) }
    var bestAccuracy: Spread? { spread(\.bestAccuracy) }
    var finalAccuracy: Spread? { spread(\.finalAccuracy) }
    var rounds: Spread? { spread { Double($0.rounds) } }
    var joules: Spread? { spread(of: entries.compactMap { $0.energy?.joules }) }
    var grams: Spread? { spread(of: entries.compactMap { $0.energy?.grams }) }

    private func spread(of values: [Double]) -> Spread? { values.isEmpty ? nil : Spread(values) }

    /// Method and variant, as the charts name it.
    var label: String { Comparison.label(method, variant: variant) }
}
