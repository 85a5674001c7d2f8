import Core
import Foundation
import Models
import RunLog
import Simulator
import Synchronization

/// Runs that are made together — all variants, seeds and methods of a scenario, or those of a file that an
/// earlier process did not come to the end of — into one file.
///
/// Runs go on side by side, each on its own virtual clock, and share one pool of workers; what each of them
/// comes to does not depend on the others.
public final class Experiment: Sendable {
    /// The runs in the order of their ids.
    public let runs: [PlannedRun]
    /// Where the log goes.
    public let output: String
    private let pool: any WorkPool
    private let build: String
    private let cache: SynthesisCache?
    /// Whether the runs are taken up from the file.
    private let resumes: Bool
    private let begun = Atomic(false)
    private let stores = Monitor<[BlobStore]>([])

    /// Plans the runs.
    ///
    /// - Parameters:
    ///   - scenario: what is run.
    ///   - seeds: one set of runs each; without any, the scenario's own.
    ///   - output: the SQLite file; runs are added to one that exists.
    ///   - jobs: worker threads. They change how long it takes and nothing else.
    ///   - engine: who does the work instead of threads of this process.
    ///   - build: what `run.build` is to say about the program.
    ///   - cache: images that were synthesized before; they change how long it takes and nothing else.
    public init(
        _ scenario: Scenario, seeds: [UInt64] = [], output: String, jobs: Int,
        engine: EngineSettings? = nil, build: String, cache: SynthesisCache? = nil
    ) {
        self.output = output
        self.build = build
        self.cache = cache
        resumes = false
        pool = WorkerPools.make(jobs: jobs, engine: engine)
        runs = scenario.plannedRuns(seeds: seeds)
    }

    /// Takes up what an earlier process left in a file: runs that it began and did not finish, and runs that
    /// it had planned and not begun.
    ///
    /// - Throws: `RunLogError`; `FederationError.nothingToResume` where all runs have finished, and
    ///   `.notReplayable` where one of them is of a version that this one does not know.
    public init(
        resuming path: String, jobs: Int, engine: EngineSettings? = nil, build: String,
        cache: SynthesisCache? = nil,
        catalogue: Catalogue = .standard
    ) throws {
        output = path
        self.build = build
        self.cache = cache
        resumes = true
        let reader = try RunLogReader(path: path)
        runs = try Self.unfinished(in: reader).map { try PlannedRun($0, in: reader, catalogue) }
        guard !runs.isEmpty else {
            Self.removeStatesOfFinishedRuns(path)
            throw FederationError.nothingToResume(path: path)
        }
        pool = WorkerPools.make(jobs: jobs, engine: engine)
    }

    /// A process that was killed between the last commit of its last run and its own end has left states.
    private static func removeStatesOfFinishedRuns(_ path: String) {
        guard FileManager.default.fileExists(atPath: statesFolder(of: path)),
            let log = try? RunLog(path: path)
        else { return }
        // Now nobody else begins a run.
        removeStatesUnlessNeeded(of: path)
        try? log.close()
    }

    /// Once no run of the file is left to be resumed, nothing in the folder is needed.
    ///
    /// - Parameter madeAnew: Runs that were not finished and need not be.
    private static func removeStatesUnlessNeeded(of path: String, besides madeAnew: Set<PlanPosition> = []) {
        guard let rows = try? unfinished(in: RunLogReader(path: path)),
            rows.allSatisfy({ madeAnew.contains($0.place) })
        else { return }
        try? FileManager.default.removeItem(atPath: statesFolder(of: path))
    }

    /// The planned runs of a file that have not finished.
    ///
    /// - Throws: `RunLogError`.
    private static func unfinished(in reader: RunLogReader) throws -> [PlannedRow] {
        let finished = try Set(reader.runs().filter(\.status.isWhole).map(\.runID))
        return try reader.plannedRuns().filter { row in row.runID.map { !finished.contains($0) } ?? true }
    }

    /// Whether its runs are in the file, so that it can be resumed.
    public var hasBegun: Bool { begun.load(ordering: .relaxed) }

    /// Checks that the system makes the threads that the runs need. ``run(notice:loading:progress:)`` does
    /// it, too; before that, nothing may wait for libdispatch.
    ///
    /// - Throws: `DetachedThread.Unavailable`.
    public func requireThreads() throws { try pool.requireThreads() }

    /// Stops the experiment: work under way ends at its next step, and its runs are stored as interrupted.
    public func cancel() { pool.cancel() }

    /// Makes all runs.
    ///
    /// - Parameters:
    ///   - notice: called with a line about images that had to be left out.
    ///   - loading: told how far reading images is.
    ///   - progress: called for each run when it begins, with its id.
    /// - Throws: before any run is begun, errors of data, foundation model or log; after it,
    ///   `FederationError.interrupted`, or the error of the first run that failed. The other runs are made
    ///   all the same.
    public func run(
        notice: (Notice) -> Void = { _ in },
        loading: LoadingObserver? = nil,
        progress: @escaping @Sendable (PlannedRun, Int64) -> any RunProgress
    ) throws {
        defer { pool.close() }
        try pool.requireThreads()
        // A sweep cannot vary the device, so the runs agree; without training there is nothing to compute on
        // it.
        if let real = runs.first(where: { $0.scenario.training.mode == .real }) {
            try Torch.use(real.scenario.device)
            try pool.prepare(for: real.scenario.device)
        } else if runs.contains(where: \.method.needsFoundation) {
            try Torch.load()
        }
        let inputs = try loadInputs(notice, loading)
        let scratch = BlobStore(folder: "\(output)-scratch", memoryBudgetBytes: 0)
        var notices: Set<String> = []
        for run in runs {
            let assembly = RunPlayer(run: run, inputs: inputs, pool: pool).assembly(scratch, .live)
            let holdings = try assembly.holdings()
            let images = inputs.images(of: run).train
            let smallest = inputs.models.architecture(
                of: run.scenario, classes: images.classNames.count, side: images.side
            ).smallestBatch
            if run.method.trainsAtClients,
                let text = holdings.untrainable(clients: run.scenario.clients, smallest: smallest),
                notices.insert(text).inserted
            {
                notice(.warning(text))
            }
            _ = try assembly.population()
            _ = try assembly.faultPlan()
        }
        let log = try RunLog(path: output)
        let left = try resumes ? notMadeSince(in: log, inputs, notice) : notMadeYet(in: log, inputs, notice)
        let queue = Monitor(try RunQueue(resumes ? left : planned(left, in: log)))
        begun.store(true, ordering: .relaxed)
        let shared = resumes ? try finishedWork(in: log) : nil
        let threads = DispatchGroup()
        for number in 0..<min(left.count, pool.capacity == 1 ? 1 : 2 * pool.capacity) {
            // Where the system makes no more threads, those that there are make the runs.
            try startThread(number, in: threads) { [self] in
                while let (run, recorder) = begin(queue, log, inputs) {
                    do {
                        try make(run, recorder, log, inputs, shared, progress(run, recorder.runID))
                    } catch {
                        queue.update { $0.errors.append(error) }
                    }
                    // The last run of a seed lets go of what its runs have shared, unless it is to be
                    // resumed.
                    if queue.update({ $0.end(of: run.seed) }), !pool.isCancelled {
                        pool.releaseShared(group: "\(run.seed)")
                    }
                }
            }
        }
        threads.wait()
        try log.close()
        if pool.isCancelled {
            // What finished runs would have shared with those that are left is found by `resume`.
            for store in stores.update({ $0 }) { store.abandon() }
            throw pool.failure ?? FederationError.interrupted
        }
        if let error = queue.update({ $0.errors.first }) { throw error }
        if resumes {
            let madeAnew = Set(runs.compactMap(\.place)).subtracting(left.compactMap(\.place))
            Self.removeStatesUnlessNeeded(of: output, besides: madeAnew)
        }
    }

    /// Notes the plan in the log.
    private func planned(_ runs: [PlannedRun], in log: RunLog) throws -> [PlannedRun] {
        guard !runs.isEmpty else { return [] }
        let experiment = try log.plan(runs.map { $0.description(build: build) }, build: build)
        return runs.enumerated().map { position, run in
            var run = run
            run.place = PlanPosition(experiment: experiment, position: position)
            return run
        }
    }

    /// What the runs read: loaded, or for a run that was begun, as the log has noted it.
    private func loadInputs(_ notice: (Notice) -> Void, _ loading: LoadingObserver?) throws -> RunInputs {
        var inputs = RunInputs()
        inputs.observer = loading
        for run in runs where run.runID == nil {
            try inputs.load(for: run, workers: pool.workers, notice)
        }
        guard resumes else { return inputs }
        let reader = try RunLogReader(path: output)
        for run in runs {
            guard let runID = run.runID else { continue }
            try inputs.recall(
                try reader.inputs(run: runID), of: run.scenario, for: run, workers: pool.workers, notice)
        }
        return inputs
    }

    /// The work of the runs that have finished, for those that would have shared it.
    private func finishedWork(in log: RunLog) throws -> RecordedOutcomes {
        var work = RecordedOutcomes()
        for run in try log.reader.runs() where run.status.isWhole {
            try work.add(run.runID, in: log.reader)
        }
        return work
    }

    /// Takes the next run and adds its row or takes it up; both under one lock, so that ids are in the order
    /// of the plan.
    private func begin(
        _ queue: Monitor<RunQueue>, _ log: RunLog, _ inputs: RunInputs
    ) -> (PlannedRun, RunRecorder)? {
        queue.update { queue in
            guard !pool.isCancelled, let run = queue.next() else { return nil }
            do {
                if let runID = run.runID { return (run, try log.resume(runID)) }
                let description = run.description(build: build)
                return (run, try log.begin(description, inputs: inputs.noted(for: run), place: run.place))
            } catch {
                queue.errors.append(error)
                queue.stop()
                return nil
            }
        }
    }

    /// Makes a run; one that was begun is re-enacted as far as its log goes. Where bytes that it held are no
    /// longer there, its work is done again from the start.
    private func make(
        _ run: PlannedRun, _ recorder: RunRecorder, _ log: RunLog, _ inputs: RunInputs,
        _ shared: RecordedOutcomes?, _ progress: any RunProgress
    ) throws {
        let player = RunPlayer(run: run, inputs: inputs, pool: pool, cache: cache)
        var supply = WorkSupply(shared: shared)
        if run.runID != nil { try supply.take(recorder.runID, run.identities, in: log.reader) }
        do {
            try player.play(recorder, store(for: recorder), supply, progress)
        } catch is ContentMissing {
            supply.redoes = true
            supply.shared = nil
            let again = try log.resume(recorder.runID)
            try player.play(again, store(for: again), supply, progress)
        }
    }

    private func store(for recorder: RunRecorder) -> BlobStore {
        let store = BlobStore(folder: Self.statesFolder(of: output), durableForRun: recorder.runID)
        stores.update { $0.append(store) }
        return store
    }

    /// Where the states that runs hold are kept, beside the file.
    private static func statesFolder(of path: String) -> String { "\(path)-states" }

    /// Starts a thread of a group; only the first must be there.
    private func startThread(
        _ number: Int, in group: DispatchGroup, _ body: @escaping @Sendable () -> Void
    ) throws {
        group.enter()
        do throws(DetachedThread.Unavailable) {
            try DetachedThread.start("run \(number)") {
                body()
                group.leave()
            }
        } catch {
            group.leave()
            if number == 0 { throw error }
        }
    }
}

/// The runs that are still to be made, and what went wrong with others.
private struct RunQueue {
    private var runs: [PlannedRun]
    private var position = 0
    private var left: [UInt64: Int] = [:]
    var errors: [any Error] = []

    init(_ runs: [PlannedRun]) {
        self.runs = runs
        for run in runs { left[run.seed, default: 0] += 1 }
    }

    mutating func next() -> PlannedRun? {
        guard position < runs.count else { return nil }
        defer { position += 1 }
        return runs[position]
    }

    /// No further run is begun.
    mutating func stop() { position = runs.count }

    /// A run of a seed is over; returns whether it was the seed's last.
    mutating func end(of seed: UInt64) -> Bool {
        left[seed, default: 1] -= 1
        return left[seed] == 0
    }
}
