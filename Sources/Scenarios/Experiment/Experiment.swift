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
    let pool: any WorkPool
    private let build: String
    private let cache: SynthesisCache?
    /// Where the models that runs end with are written.
    private let models: ModelKeeping?
    /// Whether a word that a built-in model has not learnt is an error.
    private let isStrict: Bool
    /// Whether the runs are taken up from the file.
    private let resumes: Bool
    /// Whether the work is done by this process, in its memory.
    private let isLocal: Bool
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
    ///   - models: where the models that runs end with are written.
    ///   - isStrict: whether a word that a built-in model has not learnt is an error; otherwise a warning.
    public init(
        _ scenario: Scenario, seeds: [UInt64] = [], output: String, jobs: Int,
        engine: EngineSettings? = nil, build: String, cache: SynthesisCache? = nil,
        models: ModelKeeping? = nil, isStrict: Bool = false
    ) {
        self.models = models
        self.isStrict = isStrict
        self.output = output
        self.build = build
        self.cache = cache
        resumes = false
        isLocal = engine == nil
        pool = WorkerPools.make(jobs: jobs, engine: engine)
        runs = scenario.plannedRuns(seeds: seeds)
    }

    /// Takes up what an earlier process left in a file: runs that it began and did not finish, and runs that
    /// it had planned and not begun.
    ///
    /// - Throws: `RunLogError`; `FederationError.nothingToResume` where all runs have finished,
    ///   `.noRunToResume` where there is none, `.unfinishedWhatIf` or `.unplannedRun` where another command
    ///   has begun one, `.strayPath` where data is not where its path leads from here, and `.notReplayable`
    ///   where one of them is of a version that this one does not know.
    public init(
        resuming path: String, jobs: Int, engine: EngineSettings? = nil, build: String,
        cache: SynthesisCache? = nil, models: ModelKeeping? = nil, catalogue: Catalogue = .standard
    ) throws {
        self.models = models
        output = path
        self.build = build
        self.cache = cache
        isStrict = false
        resumes = true
        let reader = try RunLogReader(path: path)
        runs = try Self.unfinished(in: reader).map { try PlannedRun($0, in: reader, catalogue) }
        guard !runs.isEmpty else {
            Self.removeStatesOfFinishedRuns(path)
            throw try Self.reasonForNothing(in: reader)
        }
        for run in runs {
            guard let (key, place) = run.scenario.strayPath else { continue }
            throw FederationError.strayPath(runs: path, key: key, path: place)
        }
        isLocal = engine == nil
        pool = WorkerPools.make(jobs: jobs, engine: engine)
    }

    /// Why a file has no planned run that is to be made.
    ///
    /// - Throws: `RunLogError`.
    private static func reasonForNothing(in reader: RunLogReader) throws -> FederationError {
        let runs = try reader.runs()
        guard !runs.isEmpty else { return .noRunToResume(path: reader.path) }
        let unfinished = runs.filter { !$0.status.isWhole }
        guard let first = unfinished.first else { return .nothingToResume(path: reader.path) }
        // What-ifs and imports are in no plan.
        for run in unfinished where try reader.origin(run: run.runID) == nil {
            return .unplannedRun(path: reader.path, runID: run.runID)
        }
        return .unfinishedWhatIf(path: reader.path, runID: first.runID)
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

    /// Checks that the system makes the threads that the runs need.
    /// ``run(notice:loading:ahead:progress:)`` does it, too; before that, nothing may wait for libdispatch.
    ///
    /// - Throws: `DetachedThread.Unavailable`.
    public func requireThreads() throws { try pool.requireThreads() }

    /// Checks that the work fits into memory, before anything is loaded.
    ///
    /// - Throws: `FederationError.tooLittleMemory`.
    private func requireMemory() throws(FederationError) {
        // What is wrong with a model on disk is said when it is opened.
        guard isLocal, let estimate = try? MemoryEstimate(runs) else { return }
        try estimate.check(workers: pool.capacity)
    }

    /// Stops the experiment: work under way ends at its next step, and its runs are stored as interrupted.
    public func cancel() { pool.cancel() }

    /// Makes all runs.
    ///
    /// - Parameters:
    ///   - notice: called with a line about images that had to be left out.
    ///   - loading: told how far reading images is.
    ///   - ahead: told, soon after the first run has begun, how much work there is; `nil` where that would
    ///     take long to find out.
    ///   - progress: called for each run when it begins, with its id.
    /// - Throws: before any run is begun, errors of data, foundation model or log; after it,
    ///   `FederationError.interrupted`, or the error of the first run that failed. The other runs are made
    ///   all the same.
    public func run(
        notice: (Notice) -> Void = { _ in },
        loading: LoadingObserver? = nil,
        ahead: (@Sendable (ExperimentAhead?) -> Void)? = nil,
        progress: @escaping @Sendable (PlannedRun, Int64) -> any RunProgress
    ) throws {
        defer { pool.close() }
        try pool.requireThreads()
        try models?.prepare()
        // A sweep cannot vary the device, so the runs agree; without training there is nothing to compute on
        // it.
        if let real = runs.first(where: { $0.scenario.training.mode == .real }) {
            try requireMemory()
            try Torch.use(real.scenario.device)
            try pool.prepare(for: real.scenario.device)
        } else if runs.contains(where: \.modelNeeds.any) {
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
            for text in run.ownerNotes(holdings, inputs.images(of: run)) where notices.insert(text).inserted {
                notice(.note(text))
            }
            for text in [run.uncompressedUploads, run.unprotectedUploads].compactMap(\.self)
            where notices.insert(text).inserted {
                notice(.warning(text))
            }
            _ = try assembly.population()
            _ = try assembly.faultPlan()
            if let path = run.scenario.network.changes.trace {
                _ = try inputs.traces.links(path: path, clients: run.scenario.clients)
            }
        }
        let log = try RunLog(path: output)
        let finished = resumes ? try finishedRuns(in: log) : [:]
        let left = try resumes ? notMadeSince(in: log, inputs, notice) : notMadeYet(in: log, inputs, notice)
        let queue = Monitor(try RunQueue(resumes ? left : planned(left, in: log), finished: finished))
        if let text = queue.update({ $0.retimingNotice }) { notice(.note(text)) }
        begun.store(true, ordering: .relaxed)
        let shared = resumes ? try finishedWork(in: log) : nil
        let threads = DispatchGroup()
        for number in 0..<min(left.count, pool.capacity == 1 ? 1 : 2 * pool.capacity) {
            // Where the system makes no more threads, those that there are make the runs.
            try startThread(number, in: threads) { [self] in
                while let (run, recorder, lead) = begin(queue, log, inputs) {
                    do {
                        try make(run, recorder, log, inputs, (shared, lead), progress(run, recorder.runID))
                        queue.update { $0.made(run, recorder.runID) }
                    } catch {
                        queue.update {
                            $0.errors.append(error)
                            $0.made(run, nil)
                        }
                    }
                    // The last run of a seed lets go of what its runs have shared, unless it is to be
                    // resumed.
                    if queue.update({ $0.end(of: run.seed) }), !pool.isCancelled {
                        pool.releaseShared(group: "\(run.seed)")
                    }
                }
            }
        }
        let lookout = try ahead.map { try lookAhead(left, inputs, tell: $0) }
        threads.wait()
        lookout?()
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
        inputs.isStrict = isStrict
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

    /// The runs of the file that have finished and that others can re-time, by what their training depends
    /// on.
    private func finishedRuns(in log: RunLog) throws -> [TrainingKey: Int64] {
        var finished: [TrainingKey: Int64] = [:]
        for run in try log.reader.runs() where run.status == .finished {
            guard try log.reader.origin(run: run.runID) == nil,
                let planned = try? PlannedRun(run, in: log.reader), planned.identities == .current,
                let key = TrainingKey(planned), finished[key] == nil
            else { continue }
            finished[key] = run.runID
        }
        return finished
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
    /// of the queue. A run that re-times another waits for it.
    ///
    /// - Returns: the run, and the finished run whose work it takes; `nil` where no run is left.
    private func begin(
        _ queue: Monitor<RunQueue>, _ log: RunLog, _ inputs: RunInputs
    ) -> (PlannedRun, RunRecorder, lead: Int64?)? {
        queue.wait { queue -> (PlannedRun, RunRecorder, lead: Int64?)?? in
            guard !pool.isCancelled, !queue.isEmpty else { return .some(nil) }
            guard let (run, lead) = queue.next() else { return nil }
            do {
                if let runID = run.runID { return (run, try log.resume(runID), lead) }
                let description = run.description(build: build)
                let recorder = try log.begin(description, inputs: inputs.noted(for: run), place: run.place)
                return (run, recorder, lead)
            } catch {
                queue.errors.append(error)
                queue.stop()
                return .some(nil)
            }
        }
    }

    /// Makes a run; one that was begun is re-enacted as far as its log goes, and one that re-times another
    /// takes the work of that run. Where bytes that it needs are not there, its work is done from the start.
    private func make(
        _ run: PlannedRun, _ recorder: RunRecorder, _ log: RunLog, _ inputs: RunInputs,
        _ known: (shared: RecordedOutcomes?, lead: Int64?), _ progress: any RunProgress
    ) throws {
        let player = RunPlayer(run: run, inputs: inputs, pool: pool, cache: cache, models: models)
        var supply = WorkSupply(shared: known.shared)
        if run.runID != nil { try supply.take(recorder.runID, run.identities, in: log.reader) }
        if let lead = known.lead, supply.former == nil {
            var outcomes = supply.source as? RecordedOutcomes ?? RecordedOutcomes()
            try outcomes.add(lead, in: log.reader)
            supply.source = outcomes
        }
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
    func startThread(
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
