import Foundation

/// The work of an experiment's runs, for an estimate of the time left.
public struct ExperimentAhead: Sendable {
    /// A run of the experiment with its work.
    public struct Run: Sendable {
        /// Which run.
        public let place: RunPlace
        /// What it will come to; nothing where it re-times another run.
        public let work: WorkAhead

        /// Makes one.
        public init(place: RunPlace, work: WorkAhead) {
            self.place = place
            self.work = work
        }
    }

    /// In the order of the plan.
    public let runs: [Run]
    /// How many pieces of work are done at a time.
    public let workers: Int

    /// Makes one.
    public init(runs: [Run], workers: Int) {
        self.runs = runs
        self.workers = workers
    }
}

/// Which run of an experiment: its name, method and seed.
public struct RunPlace: Sendable, Hashable {
    let name: String
    let method: String
    /// The root of its random streams.
    public let seed: UInt64

    /// Makes one.
    public init(name: String, method: String, seed: UInt64) {
        self.name = name
        self.method = method
        self.seed = seed
    }

    /// The place of a run.
    public init(_ run: PlannedRun) {
        name = run.name
        method = run.method.name
        seed = run.seed
    }
}

extension Experiment {
    /// Finds out on a thread of its own what work is ahead.
    ///
    /// - Returns: ends that, where it is not over, and waits for it.
    func lookAhead(
        _ runs: [PlannedRun], _ inputs: RunInputs, tell: @escaping @Sendable (ExperimentAhead?) -> Void
    ) throws -> () -> Void {
        let plays = WorkerPools.make(jobs: 1, engine: nil), playing = DispatchGroup()
        try startThread(-1, in: playing) { [self] in tell(ahead(runs, inputs, plays: plays)) }
        return {
            plays.cancel()
            playing.wait()
            plays.close()
        }
    }

    /// Plays the runs timing-only, one seed for all: seeds differ in who holds what, and hardly in how much.
    ///
    /// - Parameter plays: does what the plays need; cancelled where the experiment is over before they are.
    /// - Returns: `nil` where a play would take long or is not possible, or was stopped.
    private func ahead(_ runs: [PlannedRun], _ inputs: RunInputs, plays: any WorkPool) -> ExperimentAhead? {
        var known: [String: WorkAhead] = [:], trained: Set<TrainingKey> = []
        var found: [ExperimentAhead.Run] = []
        for run in runs {
            guard !plays.isCancelled, run.scenario.training.mode == .real else { return nil }
            var work = WorkAhead(pieces: [])
            if let key = TrainingKey(run), trained.insert(key).inserted {
                let name = "\(run.name)/\(run.method.name)"
                guard let played = try? known[name] ?? WorkAhead(run, inputs: inputs, pool: plays)
                else { return nil }
                known[name] = played
                work = played
            }
            found.append(ExperimentAhead.Run(place: RunPlace(run), work: work))
        }
        return ExperimentAhead(runs: found, workers: pool.capacity)
    }
}
