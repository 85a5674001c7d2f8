import Foundation

/// Training of a foundation model of the built-in shape, from nothing but the image world or photos of a
/// folder.
///
/// Three stages: an autoencoder, the latents of a corpus, and the text encoder with the denoiser on them. The
/// result is a folder in diffusers' layout. Equal plans give equal bytes, however often a run was
/// interrupted.
public enum Pretraining {
    /// Steps between two reports of progress.
    private static let reportInterval = 100

    /// Runs `plan`, or what is left of it, in `folder`.
    ///
    /// The folder gets `checkpoint.safetensors` and, at every checkpoint, `model/` with the weights of that
    /// moment, the plan (`pretraining.json`) and a model card (`README.md`).
    ///
    /// - Parameters:
    ///   - plan: sizes, budget and seed.
    ///   - folder: where checkpoint and model go.
    ///   - start: the folder of a model of the plan's shapes that training begins with, instead of random
    ///     weights and an autoencoder of its own.
    ///   - photos: what it learns from, in the place of the world.
    ///   - isCancelled: asked before every step of the denoiser.
    ///   - progress: told how far it is.
    /// - Throws: `FoundationModelError`, `SafetensorsError`; `CancellationError` where `isCancelled` said so.
    public static func run(
        _ plan: PretrainingPlan, in folder: URL, startingWith start: URL? = nil,
        on photos: PhotoCorpus? = nil, isCancelled: () -> Bool = { false },
        progress: @escaping (PretrainingProgress) -> Void
    ) throws {
        try Torch.load()
        let start = try start.map { try PretrainingStart(folder: $0, plan: plan) }
        var plan = plan
        plan.start = start?.sha256
        if let photos { plan.show(photos) }
        let images = PretrainingImages(plan: plan, photos: photos)
        let threads = TrainingThreads(count: plan.workers)
        let checkpointURL = folder.appending(path: "checkpoint.safetensors")
        let modelFolder = folder.appending(path: "model")
        // First: a plan that is refused leaves the folder as it was.
        let checkpoint = try PretrainingCheckpoint(at: checkpointURL, plan: plan)
        try plan.requireRoomForCaptions()
        try plan.tokenizerFiles.write(to: modelFolder.appending(path: "tokenizer"))
        let tokenizer = try Tokenizer(folder: modelFolder.appending(path: "tokenizer"))

        let autoencoder = AutoencoderTraining(images, threads: threads, initialized: checkpoint == nil)
        if let checkpoint {
            for replica in autoencoder.replicas {
                try checkpoint.load(into: named(replica), group: .autoencoder)
            }
        } else {
            if let start {
                for replica in autoencoder.replicas { start.load(into: replica) }
            } else {
                try train(autoencoder, plan: plan, progress: progress)
            }
            try PretrainingCheckpoint.write(
                [(.autoencoder, named(autoencoder.replicas[0]))], plan: plan, step: 0, to: checkpointURL)
        }

        var meter = PretrainingMeter(.corpus, totalSamples: plan.corpusImages, report: progress)
        let corpus = LatentCorpus(
            images, tokenizer: tokenizer, encoders: autoencoder.replicas, threads: threads
        ) { done in
            if done % 10_000 == 0 || done == plan.corpusImages { meter.flush(samples: done) }
        }
        let training = try DiffusionTraining(
            plan: plan, tokenizer: tokenizer, corpus: corpus, threads: threads, start: start,
            checkpoint: checkpoint?.hasDenoiser == true ? checkpoint : nil)
        meter = PretrainingMeter(
            .denoiser, samples: training.step * plan.batch, totalSamples: plan.samples, report: progress)
        var isExported = false
        func writeModel() throws {
            try export(training.averages, autoencoder.replicas[0], to: modelFolder)
            try PretrainingCard(plan, samples: training.step * plan.batch).write(to: modelFolder)
            isExported = true
        }
        while training.step < plan.steps {
            if isCancelled() { throw CancellationError() }
            meter.add(try training.advance())
            let isLast = training.step == plan.steps
            if isLast || training.step % reportInterval == 0 {
                meter.flush(samples: training.step * plan.batch)
            }
            if isLast || training.step % max(1, plan.checkpointSamples / plan.batch) == 0 {
                try PretrainingCheckpoint.write(
                    [(.autoencoder, named(autoencoder.replicas[0]))] + training.state, plan: plan,
                    step: training.step, to: checkpointURL)
                try writeModel()
            }
        }
        // It had all its steps already, and may have been ended before it wrote its model.
        if !isExported { try writeModel() }
    }

    private static func train(
        _ autoencoder: AutoencoderTraining, plan: PretrainingPlan,
        progress: @escaping (PretrainingProgress) -> Void
    ) throws {
        var meter = PretrainingMeter(.autoencoder, totalSamples: plan.autoencoderSamples, report: progress)
        try autoencoder.train { step, loss in
            meter.add(loss)
            if (step + 1) % reportInterval == 0 { meter.flush(samples: (step + 1) * plan.autoencoderBatch) }
        }
        meter.flush(
            samples: plan.autoencoderSteps * plan.autoencoderBatch, heldOutError: autoencoder.heldOutError())
    }

    private static func named(_ autoencoder: AutoencoderKL) -> [(name: String, tensor: Tensor)] {
        autoencoder.parameters.entries.map { ($0.name, $0.tensor) }
    }

    /// Writes the networks, the scheduler and the index beside the tokenizer.
    private static func export(_ networks: DiffusionNetworks, _ autoencoder: AutoencoderKL, to folder: URL)
        throws
    {
        let scheduler = PretrainingPlan.scheduler
        try FoundationFolder.write(
            textEncoder: networks.textEncoder, unet: networks.unet, autoencoder: autoencoder,
            scheduler: scheduler.sampler, to: folder.path)
        try FoundationModelFiles.write(
            json: scheduler, to: folder.appending(path: "scheduler/scheduler_config.json"))
    }
}
