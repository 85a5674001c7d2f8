import Core

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
    private var choices: RandomStream
    private let generator: GeneratorTrainer
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
        generator = GeneratorTrainer(options, side: side, seed: choices.next())
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
        let classes = student.architecture.classes
        let targets = Tensor(indices: (0..<options.batch).map { _ in Int64(choices.index(below: classes)) })
        let bytes = try generator.batch(isCancelled: isCancelled) { images in
            try accumulateGradient(of: images, targets: targets)
        }
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

    private func pixels(of batch: PooledBatch) -> Tensor {
        batch.pixels.withUnsafeBytes { .images(pixels: $0, count: options.batch, side: side) }
    }
}
