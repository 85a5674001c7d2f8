import Foundation
import Models
import RunLog
import Simulator

/// Plays recorded runs again from what their log knows of their work, without tensors.
///
/// The simulation is the one that made the run; only the results of real work come from the log. So a replay
/// of the same scenario must come to the same rows, and one with other links or devices comes to what a run
/// with those would have come to, as long as each piece of work has the same inputs.
public struct Replay: Sendable {
    /// The results file.
    public let path: String
    /// The runs to be played, in the order of their ids.
    public let runs: [RunSummary]
    private let reader: RunLogReader
    private let catalogue: Catalogue

    /// Opens a results file.
    ///
    /// - Parameters:
    ///   - path: the results file.
    ///   - runID: the run to be played; without it, all.
    ///   - catalogue: what the recorded scenarios could name.
    /// - Throws: `RunLogError`.
    public init(path: String, run runID: Int64? = nil, catalogue: Catalogue = .standard) throws {
        self.path = path
        self.catalogue = catalogue
        let reader = try RunLogReader(path: path)
        self.reader = reader
        runs = try runID.map { [try reader.run($0)] } ?? reader.runs()
    }

    /// The result of a verification.
    public struct Verification: Sendable, Hashable {
        /// The run.
        public let run: RunSummary
        /// How many rows of all tables were re-enacted and found to be equal.
        public let rows: Int
        /// Whether the run was completed; otherwise it was re-enacted as far as its log goes.
        public let isWhole: Bool
    }

    /// Re-enacts a run and compares every row with the log.
    ///
    /// - Throws: `RunLogError.diverged` with the first difference; `FederationError.notReplayable`.
    public func verify(_ run: RunSummary) throws -> Verification {
        let planned = try PlannedRun(run, in: reader, catalogue)
        let recorder = try reader.verifier(run: run.runID)
        let isWhole = run.status.isWhole
        do {
            try play(planned, of: run, recorder, mayWork: false)
        } catch let error as FederationError {
            guard case .missingWork = error, !isWhole else { throw error }
        }
        if !isWhole { try recorder.flush() }
        // Rows that were changed together with their hash's neighbours still have to agree with the hash
        // itself.
        if isWhole, let hash = run.logSHA256, try reader.recomputedHash(run: run.runID) != hash {
            throw RunLogError.corrupt(
                path: path, detail: "the rows of run \(run.runID) are not those of its hash")
        }
        return Verification(run: run, rows: recorder.metRows, isWhole: isWhole)
    }

    /// Plays a run with some keys of its scenario changed, and adds the result to the file as a run of its
    /// own that names this one.
    ///
    /// - Parameters:
    ///   - run: the recorded run.
    ///   - overrides: texts of the form `key.path=value`.
    ///   - trainMissing: whether work that is not recorded is done.
    ///   - pool: who does it.
    ///   - build: what `run.build` is to say about the program.
    ///   - notice: called with a line about images that had to be left out, and where the file holds this run
    ///     already: it is not made again.
    ///   - progress: told what happens in the run.
    /// - Returns: the run's id, and whether it was made now.
    /// - Throws: `ScenarioError`; `FederationError.missingWork` where the change alters what is trained: the
    ///   file is then as it was.
    public func whatIf(
        _ run: RunSummary, overrides: [String], trainMissing: Bool = false, pool: any WorkPool, build: String,
        notice: (Notice) -> Void = { _ in }, progress: any RunProgress = SilentProgress()
    ) throws -> (runID: Int64, isNew: Bool) {
        guard run.status.isWhole else {
            throw FederationError.notReplayable(
                runID: run.runID, reason: "it has not finished; 'fgl-sim resume' completes it")
        }
        let recorded = try PlannedRun(run, in: reader, catalogue)
        let planned = try PlannedRun(run, in: reader, overrides: overrides, catalogue)
        let inputs = try inputs(of: run, for: planned, workers: pool.workers, notice)
        Self.idleParticipation(overrides, inputs).map(notice)
        let player = RunPlayer(run: planned, inputs: inputs, pool: pool)
        _ = try player.assembly(scratch(), .live).holdings()
        var supply = WorkSupply(source: try outcomes(of: recorded, run), mayWork: trainMissing)
        if trainMissing {
            try Torch.use(planned.scenario.device)
            try pool.prepare(for: planned.scenario.device)
        }
        let log = try RunLog(path: path)
        // Also after an error, what is committed goes into the file itself.
        defer { try? log.close() }
        let (description, noted) = (
            planned.description(build: build), try inputs.noted(for: planned) + imported(run)
        )
        let key = RunKey(description, inputs: noted, origin: .whatIf)
        let stored = try log.reader.storedRuns()
        // What a process left that was killed while it made this what-if.
        if let remnant = stored.unfinished[key] { try log.discard(remnant) }
        if let known = stored.completed[key] {
            try log.close()
            notice(.note("run \(known) of \(path) is this what-if already: not made again"))
            return (known, false)
        }
        while true {
            let recorder = try log.begin(
                description, inputs: noted,
                origin: RunOrigin(parent: run.runID, changes: overrides))
            do {
                try player.play(recorder, scratch(), supply, progress)
            } catch {
                try log.discard(recorder.runID)
                // What follows on the missing work needs the states that lead to it.
                if error is ContentMissing, !supply.redoes {
                    supply.redoes = true
                    continue
                }
                if pool.isCancelled { throw pool.failure ?? FederationError.interrupted }
                throw error
            }
            try log.close()
            return (recorder.runID, true)
        }
    }

    /// Checks that a run's scenario can be changed as asked, without playing it.
    ///
    /// - Parameters:
    ///   - overrides: texts of the form `key.path=value`.
    ///   - run: a run of the file, finished or not.
    /// - Throws: `ScenarioError` where an override is not valid; `FederationError.notReplayable`;
    ///   `RunLogError`.
    public func check(_ overrides: [String], on run: RunSummary) throws {
        _ = try PlannedRun(run, in: reader, overrides: overrides, catalogue)
    }

    /// Whether a run is a variation of another.
    ///
    /// - Throws: `RunLogError`.
    public func isWhatIf(_ run: RunSummary) throws -> Bool { try reader.origin(run: run.runID) != nil }

    /// A line about keys that choose clients, where an imported run's outcomes list who took part.
    private static func idleParticipation(_ overrides: [String], _ inputs: RunInputs) -> Notice? {
        guard inputs.participants != nil else { return nil }
        let keys = overrides.map { String($0.prefix { $0 != "=" }) }.filter { key in
            key == "participation"
                || ["policy", "fraction", "select", "selection", "most-rounds"].contains {
                    key == "participation.\($0)"
                }
        }
        guard !keys.isEmpty else { return nil }
        return .warning(
            "\(keys.joined(separator: ", ")): the outcomes list who takes part in each round, "
                + "so these keys have no effect")
    }

    private func play(
        _ planned: PlannedRun, of run: RunSummary, _ recorder: RunRecorder, mayWork: Bool,
        upgrade: RecordUpgrade? = nil
    ) throws {
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        // What stands for a learnt word is encoded.
        if planned.scenario.training.mode == .none, planned.modelNeeds.any { try Torch.load() }
        let inputs = try inputs(of: run, for: planned, workers: 1) { _ in }
        var supply = WorkSupply(upgrade: upgrade, mayWork: mayWork)
        try supply.take(run.runID, planned.identities, in: reader, flopsAreGiven: !imported(run).isEmpty)
        try RunPlayer(run: planned, inputs: inputs, pool: pool).play(
            recorder, scratch(), supply, SilentProgress())
    }

    /// The recorded work of a run by the keys of this version.
    ///
    /// Of a run with former identities they are found by playing it again as it was, where each piece of work
    /// is found by its occurrence.
    ///
    /// - Throws: as `verify`.
    private func outcomes(of planned: PlannedRun, _ run: RunSummary) throws -> RecordedOutcomes {
        guard planned.identities == .first else {
            // Costs that were measured elsewhere come from nowhere but the log.
            return try RecordedOutcomes(of: run.runID, in: reader, flopsAreGiven: !imported(run).isEmpty)
        }
        let upgrade = RecordUpgrade()
        try play(planned, of: run, try reader.verifier(run: run.runID), mayWork: false, upgrade: upgrade)
        return upgrade.outcomes
    }

    /// What the log knows of a run's inputs; anything else, such as other images, is loaded.
    private func inputs(
        of run: RunSummary, for planned: PlannedRun, workers: Int, _ notice: (Notice) -> Void
    ) throws -> RunInputs {
        let noted = try reader.inputs(run: run.runID)
        guard !noted.isEmpty else {
            throw FederationError.notReplayable(
                runID: run.runID, reason: "it was recorded by a version that did not note its inputs")
        }
        var inputs = RunInputs()
        let recorded = try PlannedRun(run, in: reader, catalogue).scenario
        try inputs.recall(noted, of: recorded, for: planned, workers: workers, notice)
        return inputs
    }

    /// The mark of an imported run, which its variations inherit.
    private func imported(_ run: RunSummary) throws -> [RunInput] {
        try reader.inputs(run: run.runID).filter { $0.kind == InputKind.outcomes.rawValue }
    }

    private func scratch() -> BlobStore {
        BlobStore(folder: "\(path)-what-if", memoryBudgetBytes: 192 << 20)
    }
}
