import Models
import RunLog
import Simulator

/// Plays one run: its scenario's federation, its method, and whatever knows the results of its work.
struct RunPlayer {
    let run: PlannedRun
    let inputs: RunInputs
    let pool: any WorkPool
    /// Images that were synthesized before.
    var cache: SynthesisCache?
    /// Where the model that the run ends with is written.
    var models: ModelKeeping?

    /// The federation's assembly, with a store of its own.
    func assembly(_ blobs: BlobStore, _ supply: WorkSupply) -> FederationAssembly {
        FederationAssembly(
            scenario: run.scenario, seed: run.seed, data: inputs.images(of: run),
            machinery: Machinery(
                pool: pool, blobs: blobs, models: inputs.models, traces: inputs.traces, supply: supply,
                cache: cache, participants: inputs.participants),
            rules: run.rules)
    }

    /// Plays the run from its first event to its end in the log.
    ///
    /// - Throws: what ended it, after it was stored as interrupted or failed. `ContentMissing` is thrown
    ///   before anything is stored: the run is to be played again, doing its work anew.
    func play(
        _ recorder: RunRecorder, _ blobs: BlobStore, _ supply: WorkSupply, _ progress: any RunProgress
    ) throws {
        var context: RunContext?
        do {
            let federation = try assembly(blobs, supply).federation(recorder: recorder, progress: progress)
            context = federation.context
            let simulation = federation.context.simulation
            simulation.interruption = { pool.isCancelled ? WorkCancelled() : nil }
            simulation.spawn(run.method.name) { try await run.method.run(on: federation) }
            try simulation.run()
            try federation.finish()
            federation.context.warnAboutThinRounds()
            federation.context.warnAboutIdleAttackers(run.method.name)
            federation.context.warnAboutMeasurementsLeftOut()
            let results = federation.context.results
            if let text = try models?.keep(results, run: recorder.runID, method: run.method.name) {
                progress.warned(text)
            }
        } catch {
            blobs.abandon()
            // Work that is missing may be the effect of a difference that was found before.
            let error = recorder.divergence ?? error
            if error is ContentMissing, !supply.redoes { throw error }
            let isResumable = pool.isCancelled || (error as? EngineError)?.leavesRunResumable == true
            let outcome: RunOutcome = isResumable ? .interrupted : .failed(reason: "\(error)")
            // The first error is the one to tell; where the log itself has failed, its recorder has done
            // what it can.
            _ = try? recorder.finish(outcome, at: context?.simulation.now ?? .start)
            throw error
        }
        let end = context?.simulation.now ?? .start
        do {
            let outcome = context?.divergenceAtEnd.map { RunOutcome.diverged(reason: $0) } ?? .finished
            try recorder.finish(outcome, at: end, modelSHA256: context?.results.modelSHA256)
        } catch {
            blobs.abandon()
            throw error
        }
        blobs.close()
        progress.ended(at: end)
    }
}
