import Core

/// How an ensemble is distilled into one classifier without data.
public struct DataFreeDistillationOptions: Sendable, Hashable {
    /// Where the generator of a batch of images comes from.
    public enum GeneratorStart: String, Sendable, CaseIterable {
        /// One generator goes on from batch to batch, and noise is fixed: the paper's algorithm.
        case continued
        /// Each batch has a fresh generator, which is trained together with its noise: the authors' code.
        case restarted
    }

    /// Batches of images that are generated, with a stage of distillation after each.
    public var epochs: Int
    /// Steps of the generator for each batch.
    public var generatorSteps: Int
    /// Images of a batch, of generation and of distillation.
    public var batch: Int
    /// Adam's learning rate for the generator.
    public var generatorRate: Double
    /// The weight λ₁ of the distance to batch norm's statistics.
    public var statisticsWeight: Double
    /// The weight λ₂ of the divergence at the decision boundaries.
    public var boundaryWeight: Double
    /// Width of the noise.
    public var noiseWidth: Int
    /// Channels of the generator's last hidden layer.
    public var generatorWidth: Int
    /// What logits are divided by in distillation.
    public var temperature: Double
    /// Batches, the latest ones, that each stage of distillation passes over; `nil` takes all.
    public var pool: Int?
    /// Where each batch's generator comes from.
    public var start: GeneratorStart

    /// The paper's numbers.
    public init(
        epochs: Int = 200, generatorSteps: Int = 30, batch: Int = 128, generatorRate: Double = 0.001,
        statisticsWeight: Double = 1, boundaryWeight: Double = 0.5, noiseWidth: Int = 256,
        generatorWidth: Int = 64, temperature: Double = 1, pool: Int? = nil,
        start: GeneratorStart = .continued
    ) {
        precondition(epochs > 0 && generatorSteps > 0 && batch > 1, "\(epochs) epochs of \(batch) images")
        self.epochs = epochs
        self.generatorSteps = generatorSteps
        self.batch = batch
        self.generatorRate = generatorRate
        self.statisticsWeight = statisticsWeight
        self.boundaryWeight = boundaryWeight
        self.noiseWidth = noiseWidth
        self.generatorWidth = generatorWidth
        self.temperature = temperature
        self.pool = pool
        self.start = start
    }

    /// Batches that the stage of distillation of an epoch, from 1, passes over.
    public func pooledBatches(epoch: Int) -> Int { min(epoch, pool ?? epoch) }

    /// Floating-point operations of one epoch, from 1.
    ///
    /// A step of the generator: the generator forward and back; each classifier of the ensemble forward, then
    /// forward again and back to the images; the student forward and back to the images. Then the ensemble's
    /// answers to the batch, and a step of the student for each batch of the pool.
    public func operations(
        epoch: Int, classifiers: Int, _ architecture: any ClassifierArchitecture, side: Int
    )
        -> Double
    {
        let forward = Double(architecture.forwardOperations(side: side))
        let generator = Double(
            ImageGenerator.forwardOperations(side: side, noiseWidth: noiseWidth, width: generatorWidth))
        let step = 3 * generator + (3 * Double(classifiers) + (boundaryWeight > 0 ? 2 : 0)) * forward
        return Double(batch)
            * (Double(generatorSteps) * step + Double(classifiers) * forward
                + Double(pooledBatches(epoch: epoch) * architecture.trainingOperations(side: side)))
    }
}

/// DENSE: a generator that is trained against an ensemble makes the images with which the ensemble is
/// distilled into a student.
///
/// Zhang et al., "DENSE: Data-Free One-Shot Federated Learning", https://arxiv.org/abs/2112.12371, algorithm
/// 1. As in its authors' code the images made so far are kept, and each stage of distillation passes over
/// them; they are kept with the ensemble's answers, which do not change, as bytes.
public final class DataFreeDistillation {
    private let options: DataFreeDistillationOptions
    private let ensemble: ClassifierEnsemble
    private let student: any ClassifierNetwork
    private let side: Int
    private let draws: TensorGenerator
    private var choices: RandomStream
    private var generator: ImageGenerator
    private var continuedOptimizer: AdamW?
    private var pool: [PooledBatch] = []

    /// A batch of images as it is kept.
    private struct PooledBatch {
        let pixels: [UInt8]
        let logits: [Float]
    }

    /// - Parameters:
    ///   - ensemble: what is distilled.
    ///   - student: what learns, in place.
    ///   - side: width and height of the images, in pixels.
    ///   - options: how long and how.
    ///   - seed: of noise, labels, the generator's weights and the order of distillation.
    public init(
        _ ensemble: ClassifierEnsemble, into student: any ClassifierNetwork, side: Int,
        options: DataFreeDistillationOptions, seed: UInt64
    ) {
        self.options = options
        self.ensemble = ensemble
        self.student = student
        self.side = side
        choices = RandomStream(seed: seed)
        draws = TensorGenerator(seed: choices.next())
        generator = Self.makeGenerator(options, side: side, draws)
        student.seedLayers(seed)
    }

    /// Distils for all epochs.
    ///
    /// - Parameters:
    ///   - training: the student's optimizer; its epochs and batch are those of the options.
    ///   - isCancelled: asked before every step.
    ///   - epochEnded: called after each epoch, from 1, with the mean loss of its distillation.
    /// - Throws: `CancellationError` where `isCancelled` said so; what reading a state or `epochEnded`
    ///   throws.
    public func run(
        training: TrainingOptions, isCancelled: () -> Bool,
        epochEnded: (_ epoch: Int, _ loss: Double) throws -> Void
    ) throws {
        let steps = (1...options.epochs).reduce(0) { $0 + options.pooledBatches(epoch: $1) }
        let trainer = ClassifierTrainer(student, options: training, totalSteps: steps)
        for epoch in 1...options.epochs {
            student.store.requiresGradient(false)
            pool.append(try generateBatch(isCancelled: isCancelled))
            student.store.requiresGradient(true)
            pool.removeFirst(pool.count - options.pooledBatches(epoch: epoch))
            var loss = 0.0
            for batch in pool.shuffled(using: &choices) {
                if isCancelled() { throw CancellationError() }
                let teacher = Tensor(batch.logits, shape: [options.batch, student.architecture.classes])
                loss += try trainer.step(pixels(of: batch)) { logits in
                    DistillationLosses.divergence(
                        teacher: teacher, student: logits, temperature: options.temperature)
                }
            }
            try epochEnded(epoch, (loss / Double(pool.count)).canonical)
        }
    }

    /// Trains the generator for a batch of noise and labels; the images of its best step with the ensemble's
    /// answers.
    private func generateBatch(isCancelled: () -> Bool) throws -> PooledBatch {
        let noise = Tensor.randomNormal([options.batch, options.noiseWidth], using: draws)
        let classes = student.architecture.classes
        let targets = Tensor(indices: (0..<options.batch).map { _ in Int64(choices.index(below: classes)) })
        let optimizer = optimizer(for: noise)
        var best: (loss: Double, images: Tensor)?
        for _ in 0..<options.generatorSteps {
            if isCancelled() { throw CancellationError() }
            let images = generator(noise)
            let leaf = images.detached().requiresGradient()
            let loss = try accumulateGradient(of: leaf, targets: targets)
            if best.map({ loss < $0.loss }) ?? true { best = (loss, images.detached()) }
            guard let gradient = leaf.gradient else { preconditionFailure("images without a gradient") }
            (images * gradient).sum().backward()
            optimizer.step(learningRate: options.generatorRate)
        }
        let bytes = Self.bytes(of: best!.images)
        let kept = PooledBatch(pixels: bytes, logits: [])
        return PooledBatch(pixels: bytes, logits: try ensemble.logits(of: pixels(of: kept)).floats)
    }

    /// Adds to the gradient of images that of the generator's loss, and returns the loss: equations 2 to 5,
    /// CE(D(x), y) + λ₁ · distance of statistics − λ₂ · divergence at the boundaries.
    ///
    /// The ensemble's logits D(x) are computed first, without a graph; what the loss makes of them goes back
    /// through one classifier after the other.
    package func accumulateGradient(of images: Tensor, targets: Tensor) throws -> Double {
        let logits = try ensemble.logits(of: images.detached()).requiresGradient()
        var loss = logits.crossEntropy(targets)
        if options.boundaryWeight > 0 {
            let answers = try student.forward(images, training: false)
            loss =
                loss
                - DistillationLosses.boundaryDivergence(teacher: logits, student: answers)
                * options.boundaryWeight
        }
        loss.backward()
        guard let gradient = logits.gradient else { preconditionFailure("logits without a gradient") }
        let distance = try ensemble.backpropagate(
            to: images, logitsGradient: gradient, distanceWeight: options.statisticsWeight)
        return loss.item + options.statisticsWeight * distance
    }

    /// The optimizer that goes on, or a fresh one of a fresh generator and the noise.
    private func optimizer(for noise: Tensor) -> AdamW {
        func adam(_ parameters: [Tensor]) -> AdamW {
            generator.store.requiresGradient(true)
            // The authors' Adam.
            return AdamW(parameters, beta1: 0.5, weightDecay: 0)
        }
        switch options.start {
        case .continued:
            let known = continuedOptimizer ?? adam(generator.store.trainable)
            continuedOptimizer = known
            return known
        case .restarted:
            generator = Self.makeGenerator(options, side: side, draws)
            return adam(generator.store.trainable + [noise.requiresGradient()])
        }
    }

    private static func makeGenerator(
        _ options: DataFreeDistillationOptions, side: Int, _ draws: TensorGenerator
    ) -> ImageGenerator {
        ImageGenerator(
            side: side, noiseWidth: options.noiseWidth, width: options.generatorWidth, generator: draws)
    }

    /// Images of −1…1 as bytes, the inverse of `Tensor.images(pixels:count:side:)`.
    private static func bytes(of images: Tensor) -> [UInt8] {
        images.floats.map { value in
            let level = ((value + 1) * 127.5).rounded(.toNearestOrEven)
            return level.isFinite ? UInt8(min(max(level, 0), 255)) : 0
        }
    }

    private func pixels(of batch: PooledBatch) -> Tensor {
        batch.pixels.withUnsafeBytes { .images(pixels: $0, count: options.batch, side: side) }
    }
}
