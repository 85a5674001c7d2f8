import Foundation

/// Training of the built-in captioner from nothing but the image world.
///
/// The result is a folder in BLIP-2's layout. Equal plans give equal bytes, however often a run was
/// interrupted.
public enum CaptionerPretraining {
    /// Steps between two reports of progress.
    private static let reportInterval = 100
    /// Photos on which checkpoints are measured, of a seed that no scenario uses.
    private static let heldOut = (count: 400, seed: UInt64(0xCAF7_104E))

    /// Runs `plan`, or what is left of it, in `folder`.
    ///
    /// The folder gets `captioner-checkpoint.safetensors` and, at every checkpoint, `captioner/` with the
    /// weights of that moment.
    ///
    /// - Parameters:
    ///   - plan: sizes, budget and seed.
    ///   - folder: where checkpoint and model go.
    ///   - isCancelled: asked before every step.
    ///   - progress: told how far it is.
    /// - Throws: `FoundationModelError`, `SafetensorsError`; `CancellationError` where `isCancelled` said so.
    public static func run(
        _ plan: CaptionerPlan, in folder: URL, isCancelled: () -> Bool = { false },
        progress: @escaping (PretrainingProgress) -> Void
    ) throws {
        precondition(plan.batch % plan.workers == 0, "\(plan.workers) workers share a batch of \(plan.batch)")
        try Torch.load()
        let threads = TrainingThreads(count: plan.workers)
        let checkpointURL = folder.appending(path: "captioner-checkpoint.safetensors")
        let modelFolder = folder.appending(path: "captioner")
        try ByteLevelTokenizerBuilder(words: PretrainingCaptions.words(of: plan.objects, lowercased: false))
            .write(to: modelFolder)
        let training = try CaptionerTraining(
            plan: plan, tokenizer: ByteLevelTokenizer(folder: modelFolder), threads: threads,
            checkpoint: PretrainingCheckpoint(at: checkpointURL, plan: plan))
        var meter = PretrainingMeter(
            .captioner, samples: training.step * plan.batch, totalSamples: plan.samples, report: progress)
        while training.step < plan.steps {
            if isCancelled() { throw CancellationError() }
            meter.add(try training.advance())
            let isLast = training.step == plan.steps
            let samples = training.step * plan.batch
            guard isLast || training.step % max(1, plan.checkpointSamples / plan.batch) == 0 else {
                if training.step % reportInterval == 0 { meter.flush(samples: samples) }
                continue
            }
            try PretrainingCheckpoint.write(
                training.state, plan: plan, step: training.step, to: checkpointURL)
            try CaptionerFolder.write(
                training.averages.model, preparation: ImagePreparation(side: CaptionerPlan.imageSide),
                to: modelFolder.path)
            meter.flush(samples: samples, agreement: try agreement(of: modelFolder, plan.objects, threads))
        }
    }

    /// What the captioner in `folder` says of photos that training never saw.
    private static func agreement(
        of folder: URL, _ objects: [WorldObject], _ threads: TrainingThreads
    ) throws -> CaptionAgreement {
        let photos = ImageWorld.privateSet(
            perClass: max(1, heldOut.count / objects.count), seed: heldOut.seed, stream: .privateTest,
            side: CaptionerPlan.imageSide, classes: objects)
        let results = threads.map { worker in
            Result {
                worker > 0
                    ? nil : CaptionAgreement(try CaptionPipeline(folder: folder).caption(photos), of: photos)
            }
        }
        guard let first = try results[0].get() else { preconditionFailure("the first worker measures") }
        return first
    }
}
