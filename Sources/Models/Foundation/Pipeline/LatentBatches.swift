import Core

/// What a step of learning from images is given.
struct LatentBatch {
    /// Places of the images in the list of those that are learnt from.
    let places: [Int]
    /// Scaled, `[N, C, h, w]`, drawn from the encoder's distributions.
    let latents: Tensor
    /// Standard normal, of that shape.
    let noise: Tensor
    /// A training step for each image.
    let timesteps: [Int]
}

/// The batches of everything that is learnt through the denoiser from images: the images in shuffled passes,
/// each encoded once, with fresh noise and times at every step. A function of the images and the seed.
struct LatentBatches {
    private let order: [Int]
    private let batch: Int
    private let encoded: LatentDistribution
    /// The row of `encoded` for each place.
    private let rows: [Int64]
    private let scale: Double
    private let objective: DiffusionObjective
    private let noise: TensorGenerator
    private var generator: RandomStream
    private var step = 0

    /// Encodes the images that are seen at all.
    ///
    /// - Parameters:
    ///   - images: the set; images of another size than the checkpoint's are resized.
    ///   - indices: those to learn from; at least one.
    ///   - steps: how many batches there will be.
    ///   - batch: images a step.
    /// - Throws: `CancellationError` where `isCancelled` said so.
    init(
        of images: ImageSet, at indices: [Int], steps: Int, batch: Int, seed: UInt64,
        by pipeline: TextToImagePipeline, _ objective: DiffusionObjective, isCancelled: () -> Bool
    ) throws {
        precondition(!indices.isEmpty, "nothing to learn from")
        var generator = RandomStream(seed: seed)
        order = Self.passes(over: indices.count, draws: steps * batch, using: &generator)
        let seen = min(indices.count, steps * batch)
        // The first pass sees each image once: its order numbers the encodings.
        encoded = try pipeline.encode(
            images, at: order.prefix(seen).map { indices[$0] }, isCancelled: isCancelled)
        var rows = [Int64](repeating: 0, count: indices.count)
        for (number, index) in order.prefix(seen).enumerated() { rows[index] = Int64(number) }
        self.rows = rows
        self.batch = batch
        self.objective = objective
        scale = pipeline.autoencoder.configuration.scalingFactor
        noise = TensorGenerator(seed: generator.next())
        self.generator = generator
    }

    /// The next batch.
    ///
    /// - Precondition: fewer than the announced steps were made.
    mutating func next() -> LatentBatch {
        let places = Array(order[step * batch..<(step + 1) * batch])
        step += 1
        let chosen = Tensor(indices: places.map { rows[$0] })
        let latents =
            LatentDistribution(
                mean: encoded.mean.select(chosen), logVariance: encoded.logVariance.select(chosen)
            )
            .sample(using: noise) * scale
        return LatentBatch(
            places: places, latents: latents, noise: .randomNormal(latents.shape, using: noise),
            timesteps: objective.timesteps(batch, using: &generator))
    }

    /// Shuffled passes over `0..<count`, one after the other, cut off after `draws`.
    private static func passes(over count: Int, draws: Int, using generator: inout RandomStream) -> [Int] {
        var order: [Int] = []
        while order.count < draws { order += (0..<count).shuffled(using: &generator) }
        return Array(order.prefix(draws))
    }
}

/// The losses of steps of learning.
struct StepLosses {
    /// What is learnt, for the error.
    let stage: String
    private var values: [Double] = []

    init(of stage: String) { self.stage = stage }

    /// Notes the loss of the next step.
    ///
    /// - Throws: `FoundationModelError.divergedTraining` where it is not a finite number.
    mutating func note(_ loss: Double) throws {
        values.append(loss)
        guard loss.isFinite else {
            throw FoundationModelError.divergedTraining(stage: stage, step: values.count)
        }
    }

    /// The means of nearly equal parts of the steps, at most ten. A single step's depends on its noise more
    /// than on what was learnt.
    var means: [Double] {
        let parts = min(10, values.count)
        return (0..<parts).map { part in
            let range = part * values.count / parts..<(part + 1) * values.count / parts
            return values[range].reduce(0, +) / Double(range.count)
        }
    }
}
