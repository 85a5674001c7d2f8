import Foundation
import Models
import RunLog

/// How much real work a scenario has, by kind, and how long it takes on some number of workers.
///
/// The scenario is played timing-only, which costs seconds and does no training: it says which pieces of work
/// there are, in which round and of how many operations. This machine's speed is measured on small
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
    ///   - scenario: the scenario as it would be run.
    ///   - workers: how many pieces of work are done at a time.
    /// - Throws: errors of data, models and federation.
    public init(_ scenario: Scenario, workers: Int) throws {
        let runs = scenario.plannedRuns(seeds: [])
        // Of those that draw images, if any does.
        let measured = runs.first(where: \.method.needsFoundation) ?? runs[0]
        var inputs = RunInputs()
        startSeconds = try WorkRates.start(measured, &inputs)
        for run in runs { try inputs.load(for: run, workers: 1) { _ in } }
        let works = try Self.works(of: runs, inputs)
        let rates = try Torch.flushingDenormals { try WorkRates(measured, inputs) }
        let schedules = zip(runs, works).map { RunSchedule($0, $1, rates, inputs) }
        // What several methods ask for alike is done once.
        var begun: Set<String> = []
        let all = schedules.flatMap(\.items).filter { item in
            item.share.map { begun.insert($0).inserted } ?? true
        }
        var names: [String] = []
        for item in all where !names.contains(item.kind) { names.append(item.kind) }
        kinds = names.map { name in
            let items = all.filter { $0.kind == name }
            return Kind(
                name: name, pieces: items.count, operations: items.reduce(0) { $0 + $1.operations },
                seconds: items.reduce(0) { $0 + $1.seconds })
        }
        criticalSeconds = schedules.map { $0.seconds(workers: .max) }.max() ?? 0
        // Runs go on side by side: together they are as long as the longest, or as their work on all workers.
        let longest = schedules.map { $0.seconds(workers: workers) }.max() ?? 0
        let total = all.reduce(0) { $0 + $1.seconds }
        seconds = startSeconds + max(longest, total / Double(workers))
        movedBytes = schedules.reduce(0) { $0 + $1.movedBytes(workers: workers) }
        diskBytes = schedules.reduce(0) { $0 + $1.diskBytes }
        workerMemoryBytes = rates.peakMemoryBytes
    }

    /// The work of each run.
    private static func works(of runs: [PlannedRun], _ inputs: RunInputs) throws -> [WorkAhead] {
        let pool = WorkerPools.make(jobs: 1, engine: nil)
        defer { pool.close() }
        try pool.requireThreads()
        return try runs.map { try WorkAhead(playing: $0, inputs: inputs, pool: pool) }
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
        /// Names work that runs do together; nil of what each does for itself.
        let share: String?
    }

    private(set) var items: [Item]
    /// How long an encoded model is.
    private let stateBytes: Double
    /// How long the images of the run's synthetic set are.
    private let imageBytes: Double

    init(_ run: PlannedRun, _ work: WorkAhead, _ rates: WorkRates, _ inputs: RunInputs) {
        let data = inputs.images(of: run)
        let model = ClassifierReference(
            inputs.models.architecture(
                of: run.scenario, classes: data.train.classNames.count, side: data.train.side))
        stateBytes = Double(StateSizes().bytes(of: model, .whole))
        let evaluation = rates.seconds(
            .evaluate,
            operations: Double(data.testCount)
                * Double(model.architecture.forwardOperations(side: data.train.side)))
        items = work.pieces.map { piece in
            let kind = piece.occasion.kind
            return Item(
                kind: kind.rawValue, round: piece.occasion.round, isOfClient: piece.occasion.client != nil,
                operations: piece.operations,
                seconds: rates.seconds(kind, operations: piece.operations)
                    + Double(piece.evaluations) * evaluation,
                share: piece.share)
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
        return Dictionary(grouping: rounds) { $0 }.values.map(\.count)
    }

    /// A round's model goes to each worker once, and each client's comes back.
    func movedBytes(workers: Int) -> Double {
        let states = trainingsByRound.reduce(0) { sum, count in sum + min(workers, count) + count }
        return Double(states) * stateBytes + 2 * imageBytes
    }

    /// A round's models are held until they are averaged.
    var diskBytes: Double { Double(trainingsByRound.max() ?? 0) * stateBytes + imageBytes }
}
