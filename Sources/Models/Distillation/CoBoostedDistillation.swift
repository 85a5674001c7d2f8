import Core

/// What Co-Boosting adds to the distillation of an ensemble with generated images.
public struct CoBoostingOptions: Sendable, Hashable {
    /// The exponent of a sample's difficulty in the generator's loss.
    public var hardness: Double
    /// The weight β of the divergence between ensemble and student in it.
    public var adversarialWeight: Double
    /// How far images are moved before each step of distillation: ε, of a pixel's range of 1.
    public var perturbation: Double
    /// A step of the ensemble's weights times their number: n µ.
    public var weightStep: Double

    /// What the steps of the weights are multiplied by from epoch to epoch (the authors' code).
    public static let stepDecay = 0.99
    /// What logits are divided by in the adversarial divergence (the authors' code).
    public static let adversarialTemperature = 3.0
    /// What logits are divided by where images are moved (the authors' code).
    public static let perturbationTemperature = 4.0

    /// The paper's numbers.
    public init(
        hardness: Double = 1, adversarialWeight: Double = 1, perturbation: Double = 8.0 / 255,
        weightStep: Double = 0.1
    ) {
        self.hardness = hardness
        self.adversarialWeight = adversarialWeight
        self.perturbation = perturbation
        self.weightStep = weightStep
    }

    /// Floating-point operations of one epoch, from 1.
    ///
    /// A step of the generator as of `DataFreeDistillationOptions`; the answers of each classifier to the new
    /// batch. For each batch of the pool: each classifier forward, forward again and back to the images to
    /// move them, and forward for the answers; a step of the student.
    public func operations(
        epoch: Int, _ options: DataFreeDistillationOptions, classifiers: Int,
        _ architecture: any ClassifierArchitecture, side: Int
    ) -> Double {
        let forward = Double(architecture.forwardOperations(side: side))
        let generator = Double(
            ImageGenerator.forwardOperations(
                side: side, noiseWidth: options.noiseWidth, width: options.generatorWidth))
        let step = 3 * generator + (3 * Double(classifiers) + 2) * forward
        let moving = perturbation > 0 ? 3 * Double(classifiers) : 0
        let pooled =
            (moving + Double(classifiers)) * forward + Double(architecture.trainingOperations(side: side))
        return Double(options.batch)
            * (Double(options.generatorSteps) * step + Double(classifiers) * forward
                + Double(options.pooledBatches(epoch: epoch)) * pooled)
    }
}

/// Co-Boosting: the images with which an ensemble is distilled are made hard for it, and they adjust the
/// weights of its classifiers.
///
/// Dai et al., "Enhancing One-Shot Federated Learning Through Data and Ensemble Co-Boosting",
/// https://arxiv.org/abs/2402.15070. Each epoch has three parts:
///
/// - The generator minimizes the cross-entropy of the ensemble, in which hard samples count more, minus β
///   times the divergence between ensemble and student (section 3.2: L_H and L_A).
/// - The ensemble's weights, equal at first, take a step of µ against the sign of the gradient of its
///   cross-entropy on the images that there are, and stay in 0…1 (section 3.3).
/// - The ensemble is distilled into the student, on images that are moved by ε along the sign of the gradient
///   of a random combination of the ensemble's probabilities (section 3.2: diverse hard samples on the fly).
///
/// Signs, temperatures and the order of the parts are those of the authors' code.
public final class CoBoostedDistillation {
    private let options: DataFreeDistillationOptions
    private let boosting: CoBoostingOptions
    private let ensemble: ClassifierEnsemble
    private let student: any ClassifierNetwork
    private let side: Int
    private var choices: RandomStream
    private let generator: GeneratorTrainer
    private var pool: [PooledBatch] = []

    /// A batch of images as it is kept, with each classifier's answers, which do not change.
    private struct PooledBatch {
        let pixels: [UInt8]
        let labels: [Int64]
        let answers: [[Float]]
    }

    /// - Parameters:
    ///   - ensemble: what is distilled; its weights change.
    ///   - student: what learns, in place.
    ///   - side: width and height of the images, in pixels.
    ///   - options: how long and how; the weights of DENSE's own terms are not used.
    ///   - boosting: what Co-Boosting adds.
    ///   - seed: of noise, labels, the generator's weights, directions and the order of distillation.
    public init(
        _ ensemble: ClassifierEnsemble, into student: any ClassifierNetwork, side: Int,
        options: DataFreeDistillationOptions, boosting: CoBoostingOptions, seed: UInt64
    ) {
        self.options = options
        self.boosting = boosting
        self.ensemble = ensemble
        self.student = student
        self.side = side
        choices = RandomStream(seed: seed)
        generator = GeneratorTrainer(options, side: side, seed: choices.next())
        student.seedLayers(seed)
        ensemble.weights = Array(repeating: 1 / Double(ensemble.count), count: ensemble.count)
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
            let batch = try generateBatch(isCancelled: isCancelled)
            adjustWeights(epoch: epoch)
            pool.append(batch)
            pool.removeFirst(pool.count - options.pooledBatches(epoch: epoch))
            var loss = 0.0
            for batch in pool.shuffled(using: &choices) {
                if isCancelled() { throw CancellationError() }
                student.store.requiresGradient(false)
                let images = try moved(pixels(of: batch.pixels))
                let teacher = try ensemble.logits(of: images)
                student.store.requiresGradient(true)
                loss += try trainer.step(images) { logits in
                    DistillationLosses.divergence(
                        teacher: teacher, student: logits, temperature: options.temperature)
                }
            }
            try epochEnded(epoch, (loss / Double(pool.count)).canonical)
        }
    }

    private func generateBatch(isCancelled: () -> Bool) throws -> PooledBatch {
        let classes = student.architecture.classes
        let labels = (0..<options.batch).map { _ in Int64(choices.index(below: classes)) }
        let bytes = try generator.batch(isCancelled: isCancelled) { images in
            try accumulateGradient(of: images, labels: labels)
        }
        let answers = try ensemble.logitsOfEach(pixels(of: bytes)).map(\.floats)
        return PooledBatch(pixels: bytes, labels: labels, answers: answers)
    }

    /// Adds to the gradient of images that of the generator's loss, and returns the loss: the cross-entropy
    /// in which hard samples count more, − β · the divergence between ensemble and student.
    package func accumulateGradient(of images: Tensor, labels: [Int64]) throws -> Double {
        let logits = try ensemble.logits(of: images.detached()).requiresGradient()
        var loss = DistillationLosses.hardCrossEntropy(logits, labels: labels, hardness: boosting.hardness)
        if boosting.adversarialWeight > 0 {
            let answers = try student.forward(images, training: false)
            let divergence = DistillationLosses.divergence(
                teacher: logits, student: answers, temperature: CoBoostingOptions.adversarialTemperature)
            loss = loss - divergence * boosting.adversarialWeight
        }
        loss.backward()
        guard let gradient = logits.gradient else { preconditionFailure("logits without a gradient") }
        _ = try ensemble.backpropagate(to: images, logitsGradient: gradient, distanceWeight: 0)
        return loss.item
    }

    /// Images, each pixel moved by ε: a random combination of the ensemble's probabilities grows.
    private func moved(_ images: Tensor) throws -> Tensor {
        guard boosting.perturbation > 0 else { return images }
        let count = images.shape[0] * student.architecture.classes
        let directions = Tensor(
            (0..<count).map { _ in 2 * choices.uniformFloat() - 1 },
            shape: [images.shape[0], student.architecture.classes])
        return try moved(images, along: directions)
    }

    /// Images, each pixel moved by ε along the sign of the gradient of Σ u · softmax(D(x) / 4).
    ///
    /// - Parameter directions: u, `[N, classes]`.
    package func moved(_ images: Tensor, along directions: Tensor) throws -> Tensor {
        let leaf = images.detached().requiresGradient()
        let logits = try ensemble.logits(of: leaf.detached()).requiresGradient()
        let chances = (logits / CoBoostingOptions.perturbationTemperature).softmax()
        (chances * directions).sum().backward()
        guard let gradient = logits.gradient else { preconditionFailure("logits without a gradient") }
        _ = try ensemble.backpropagate(to: leaf, logitsGradient: gradient, distanceWeight: 0)
        guard let slope = leaf.gradient else { preconditionFailure("images without a gradient") }
        // Pixels are in −1…1, a range of 2.
        let step = Float(2 * boosting.perturbation)
        let signs = slope.floats.map { $0 > 0 ? step : $0 < 0 ? -step : 0 }
        return images.detached() + Tensor(signs, shape: images.shape)
    }

    /// Adjusts the weights by each batch of the pool; in the first epoch there is none.
    private func adjustWeights(epoch: Int) {
        var step = boosting.weightStep / Double(ensemble.count)
        for _ in 1..<epoch { step *= CoBoostingOptions.stepDecay }
        for batch in pool.shuffled(using: &choices) {
            let shape = [options.batch, student.architecture.classes]
            let answers = batch.answers.map { Tensor($0, shape: shape) }
            ensemble.weights = Self.adjusted(
                ensemble.weights, answers: answers, labels: batch.labels, step: step)
        }
    }

    /// Weights after a step against the sign of the gradient of the ensemble's cross-entropy, kept in 0…1.
    /// Where none would be left above 0, they stay as they were.
    ///
    /// With D = Σ wₖ fₖ / Σ wₖ, the gradient by wₖ is that by D times (fₖ − D) / Σ wₖ.
    ///
    /// - Parameters:
    ///   - weights: one for each classifier, not negative, their sum positive.
    ///   - answers: each classifier's logits, `[N, classes]`.
    ///   - labels: of the images.
    ///   - step: µ.
    package static func adjusted(
        _ weights: [Double], answers: [Tensor], labels: [Int64], step: Double
    ) -> [Double] {
        Torch.withoutGradients {
            let sum = weights.reduce(0, +)
            let mixed = zip(answers, weights).reduce(answers[0] * 0) { $0 + $1.0 * $1.1 } / sum
            let target = DistillationLosses.oneHot(labels, classes: mixed.shape[1])
            let slope = (mixed.softmax() - target) / Double(labels.count)
            let moved = zip(weights, answers).map { weight, answer in
                let gradient = (slope * (answer - mixed)).sum().item / sum
                return min(1, max(0, weight - (gradient > 0 ? step : gradient < 0 ? -step : 0)))
            }
            return moved.contains { $0 > 0 } ? moved : weights
        }
    }

    private func pixels(of bytes: [UInt8]) -> Tensor {
        bytes.withUnsafeBytes { .images(pixels: $0, count: options.batch, side: side) }
    }
}
