import RunLog

/// What the training of a run depends on: everything but the keys that change times alone.
///
/// Runs with equal keys train the same models unless times decide who takes part, as under a deadline. It
/// orders runs and proves nothing: each piece of work is looked up by its own key.
struct TrainingKey: Hashable {
    private let method: String
    private let seed: UInt64
    private let settings: [RunSettings.Entry]

    /// Sections of a scenario that set times and nothing else.
    private static let timing = ["network", "devices", "faults"]

    /// `nil` where the run trains nothing.
    init?(_ run: PlannedRun) {
        guard run.scenario.training.mode == .real else { return nil }
        method = run.method.name
        seed = run.seed
        settings = RunSettings(ofScenario: run.scenario.resolvedYAML).entries.filter { entry in
            !Self.timing.contains { entry.key == $0 || entry.key.hasPrefix("\($0).") }
        }
    }
}

/// The runs that are still to be made, and what went wrong with others. Runs that train come first, then
/// those that re-time one of them, both in the order of the plan.
struct RunQueue {
    private let runs: [PlannedRun]
    private let keys: [TrainingKey?]
    /// The position from which on runs re-time others.
    private let firstFollower: Int
    private var position = 0
    private var left: [UInt64: Int] = [:]
    /// The finished run with a training.
    private var finished: [TrainingKey: Int64]
    /// The trainings that are under way or to be begun.
    private var awaited: Set<TrainingKey> = []
    /// Whether a run of a large population is under way.
    private var isLargeUnderWay = false
    var errors: [any Error] = []

    /// - Parameter finished: runs of the file that can be re-timed.
    init(_ planned: [PlannedRun], finished: [TrainingKey: Int64] = [:]) {
        let keyed = planned.map { (run: $0, key: TrainingKey($0)) }
        var first: Set<TrainingKey> = [], leading: [(PlannedRun, TrainingKey?)] = []
        var following: [(PlannedRun, TrainingKey?)] = []
        for (run, key) in keyed {
            if let key, finished[key] != nil || !first.insert(key).inserted {
                following.append((run, key))
            } else {
                leading.append((run, key))
            }
        }
        let ordered = leading + following
        runs = ordered.map(\.0)
        keys = ordered.map(\.1)
        firstFollower = leading.count
        self.finished = finished
        awaited = first
        for run in runs { left[run.seed, default: 0] += 1 }
    }

    /// Whether all runs have been begun.
    var isEmpty: Bool { position >= runs.count }

    /// The next run with the finished run that it re-times; `nil` while that one is under way, or another run
    /// of a large population where it has one, too.
    mutating func next() -> (run: PlannedRun, lead: Int64?)? {
        guard position < runs.count else { return nil }
        let run = runs[position]
        guard !isLargeUnderWay || !run.isLarge else { return nil }
        guard let next = takeNext(run) else { return nil }
        if run.isLarge { isLargeUnderWay = true }
        return next
    }

    private mutating func takeNext(_ run: PlannedRun) -> (run: PlannedRun, lead: Int64?)? {
        guard position >= firstFollower, let key = keys[position] else {
            position += 1
            return (run, nil)
        }
        if finished[key] == nil, awaited.contains(key) { return nil }
        position += 1
        return (run, finished[key])
    }

    /// Notes that a run is over.
    ///
    /// - Parameter runID: the run where it can be re-timed, `nil` where it has failed.
    mutating func made(_ run: PlannedRun, _ runID: Int64?) {
        if run.isLarge { isLargeUnderWay = false }
        guard let key = TrainingKey(run) else { return }
        awaited.remove(key)
        if let runID, finished[key] == nil { finished[key] = runID }
    }

    /// No further run is begun.
    mutating func stop() { position = runs.count }

    /// A run of a seed is over; returns whether it was the seed's last.
    mutating func end(of seed: UInt64) -> Bool {
        left[seed, default: 1] -= 1
        return left[seed] == 0
    }

    /// A sentence about the runs that re-time others; `nil` where there are none.
    var retimingNotice: String? {
        let number = runs.count - firstFollower
        guard number > 0 else { return nil }
        return "\(number) of \(runs.count) runs differ from another one in network, devices or faults alone: "
            + "they take its training and are re-timed; they train where times change who takes part"
    }
}

extension PlannedRun {
    /// Whether so many clients are at work at once that two such runs are not made side by side: each client
    /// takes about 10 KB until its round ends.
    fileprivate var isLarge: Bool {
        let settings = scenario.participation
        let policy = scenario.catalogue.policy(settings.policy)
        let selected = policy?.plan(settings, clients: scenario.clients).selected
        return (selected ?? scenario.clients) > 50_000
    }
}
