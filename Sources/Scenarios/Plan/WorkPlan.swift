import Foundation
import Models
import RunLog

/// How much real work a scenario has, by kind, and how long it takes on some number of workers.
///
/// The scenario is played timing-only, which costs seconds and does no training: its log says which pieces
/// of work there are, in which round and of how many operations. This machine's speed is measured on small
/// pieces of the same kinds.
public struct WorkPlan: Sendable {
    /// The work of one kind.
    public struct Kind: Sendable {
        /// What the log calls it.
        public let name: String
        /// How many pieces there are.
        public let pieces: Int
        /// Their operations.
        public let operations: Double
        /// How long they take one after the other on one thread of this machine, in seconds.
        public let seconds: Double
    }

    /// In the order in which runs come to them.
    public let kinds: [Kind]
    /// How long a process takes until its first piece of work, in seconds.
    public let startSeconds: Double
    /// The longest chain of work that has to be done one after the other, in seconds.
    public let criticalSeconds: Double
    /// How long the runs take, in seconds.
    public let seconds: Double
    /// Bytes from and to the workers of an engine.
    public let movedBytes: Double
    /// Bytes that runs keep on disk at once, at most.
    public let diskBytes: Double
    /// Memory of one worker, in bytes, as measured here.
    public let workerMemoryBytes: Double

    /// All work one after the other, in seconds.
    public var totalSeconds: Double { kinds.reduce(0) { $0 + $1.seconds } }

    /// Plans the runs of a scenario.
    ///
    /// - Parameters:
    ///   - scenario: with `training.mode: none`.
    ///   - workers: how many pieces of work are done at a time.
    /// - Throws: errors of data, models and federation.
    public init(_ scenario: Scenario, workers: Int) throws {
        let runs = scenario.plannedRuns(seeds: [])
        let works = try Self.works(of: scenario)
        let rates = try WorkRates(runs[0])
        var inputs = RunInputs()
        var schedules: [RunSchedule] = []
        for (run, rows) in zip(runs, works) {
            try inputs.load(for: run, workers: 1) { _ in }
            schedules.append(RunSchedule(run, rows, rates, inputs))
        }
        // What several methods ask for alike is done once.
        var begun: Set<String> = []
        let all = schedules.flatMap(\.items).filter { item in
            item.sharedKey.map { begun.insert($0).inserted } ?? true
        }
        var names: [String] = []
        for item in all where !names.contains(item.kind) { names.append(item.kind) }
        kinds = names.map { name in
            let items = all.filter { $0.kind == name }
            return Kind(
                name: name, pieces: items.count, operations: items.reduce(0) { $0 + $1.operations },
                seconds: items.reduce(0) { $0 + $1.seconds })
        }
        startSeconds = rates.startSeconds
        criticalSeconds = schedules.map { $0.seconds(workers: .max) }.max() ?? 0
        // Runs go on side by side: together they are as long as the longest, or as their work on all workers.
        let longest = schedules.map { $0.seconds(workers: workers) }.max() ?? 0
        let total = all.reduce(0) { $0 + $1.seconds }
        seconds = startSeconds + max(longest, total / Double(workers))
        movedBytes = schedules.reduce(0) { $0 + $1.movedBytes(workers: workers) }
        diskBytes = schedules.reduce(0) { $0 + $1.diskBytes }
        workerMemoryBytes = rates.peakMemoryBytes
    }

    /// The rows of work of each run, of a log that is of no further use.
    private static func works(of scenario: Scenario) throws -> [[WorkRow]] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("fgl-sim-plan-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = "\(folder.path)/log.sqlite"
        try Experiment(scenario, output: log, jobs: 1, build: "").run { _, _ in SilentProgress() }
        let reader = try RunLogReader(path: log)
        return try reader.runs().map { run in
            var rows = reader.works(run: run.runID), found: [WorkRow] = []
            while let row = try rows.next() { found.append(row) }
            return found
        }
    }
}

/// The work of one run, in the order in which rounds ask for it.
struct RunSchedule {
    /// A piece of work.
    struct Item {
        let kind: String
        let round: Int
        let isOfClient: Bool
        let operations: Double
        let seconds: Double
        /// The key of work that runs share; nil of what each does for itself.
        var sharedKey: String?
    }

    private(set) var items: [Item]
    /// How long an encoded model is.
    private let stateBytes: Double
    /// How long the images of the run's synthetic set are.
    private let imageBytes: Double

    init(_ run: PlannedRun, _ rows: [WorkRow], _ rates: WorkRates, _ inputs: RunInputs) {
        let data = inputs.images(of: run)
        let model = ClassifierReference(
            inputs.models.architecture(
                of: run.scenario, classes: data.train.classNames.count, side: data.train.side))
        stateBytes = Double(StateSizes().bytes(of: model, .whole))
        items = rows.map { row in
            let operations = row.flops ?? 0
            // Clients' trainings start from a model of the run's own.
            let isShared = row.client == nil || row.kind != WorkKind.train.rawValue
            return Item(
                kind: row.kind, round: row.round ?? 0, isOfClient: row.client != nil, operations: operations,
                seconds: rates.seconds(row.kind, operations: operations), sharedKey: isShared ? row.key : nil)
        }
        // A run that is timing only evaluates nothing.
        let evaluation =
            Double(data.testCount) * Double(model.architecture.forwardOperations(side: data.train.side))
        let evaluate = WorkKind.evaluate.rawValue
        let seconds = rates.seconds(evaluate, operations: evaluation)
        for round in Set(items.map(\.round)).sorted() where round > 0 {
            items.append(
                Item(
                    kind: evaluate, round: round, isOfClient: false, operations: evaluation,
                    seconds: seconds))
        }
        // A training of the server evaluates on its way.
        let epochs = run.method.name == "centralized"
            ? run.scenario.centralized.epochs : run.scenario.synthesis.epochs
        let times = (1...epochs).count { EvaluatedEpochs.contain($0, of: epochs) }
        items = items.map { item in
            guard item.kind == WorkKind.train.rawValue, !item.isOfClient else { return item }
            return Item(
                kind: item.kind, round: item.round, isOfClient: false, operations: item.operations,
                seconds: item.seconds + Double(times) * seconds, sharedKey: item.sharedKey)
        }
        let parts = items.count { $0.kind == WorkKind.synthesize.rawValue }
        imageBytes = Double(parts * 100 * 3 * data.train.side * data.train.side)
    }

    /// How long the run takes: in each round, what clients do side by side, what the server draws side by
    /// side, and what the server does one after the other.
    func seconds(workers: Int) -> Double {
        let rounds = Dictionary(grouping: items, by: \.round).sorted { $0.key < $1.key }
        return rounds.reduce(0) { sum, round in
            let parallel = round.value.filter { $0.isOfClient || $0.kind == WorkKind.synthesize.rawValue }
            let groups = Dictionary(grouping: parallel, by: \.kind).sorted { $0.key < $1.key }
            let side = groups.reduce(0) { sum, group in
                let seconds = group.value.map(\.seconds)
                return sum + max(seconds.max() ?? 0, seconds.reduce(0, +) / Double(workers))
            }
            let evaluates = WorkKind.evaluate.rawValue
            let serial = round.value.filter {
                !$0.isOfClient && $0.kind != WorkKind.synthesize.rawValue && $0.kind != evaluates
            }
            return sum + side + serial.reduce(0) { $0 + $1.seconds }
        }
    }

    /// How many models are trained in each round.
    private var trainingsByRound: [Int] {
        let rounds = items.filter { $0.kind == WorkKind.train.rawValue }.map(\.round)
        return Set(rounds).sorted().map { round in rounds.count { $0 == round } }
    }

    /// A round's model goes to each worker once, and each client's comes back.
    func movedBytes(workers: Int) -> Double {
        let states = trainingsByRound.reduce(0) { sum, count in sum + min(workers, count) + count }
        return Double(states) * stateBytes + 2 * imageBytes
    }

    /// A round's models are held until they are averaged.
    var diskBytes: Double { Double(trainingsByRound.max() ?? 0) * stateBytes + imageBytes }
}
