import Core

/// What a call of `Classifier.train` did.
public struct TrainingReport: Sendable, Hashable {
    /// Updates of the weights.
    public let steps: Int
    /// Images drawn, all epochs together.
    public let images: Int
    /// Mean cross-entropy in nats over the images of each epoch, as they were when drawn; empty where no step
    /// was made.
    public let meanLossPerEpoch: [Double]
    /// Floating-point operations by the count of `ClassifierArchitecture.trainingOperations`.
    public let operations: Int
}

/// What `train` tells after each epoch.
public struct EpochProgress: Sendable, Hashable {
    /// From 1.
    public let epoch: Int
    public let epochs: Int
    /// Mean cross-entropy in nats over the epoch's images.
    public let meanLoss: Double
    /// Mean of the squared cross-entropies of the epoch's images, each as it was when drawn, in nats²; nil
    /// for all epochs but the last.
    public let meanSquaredLoss: Double?
}

extension Classifier {
    /// Trains on the images at `indices` of `images`, or on all.
    ///
    /// The result is a function of the state, the arguments and the number of torch threads. The momentum
    /// starts at zero with each call, as in the paper's code.
    ///
    /// - Parameters:
    ///   - images: The set.
    ///   - indices: The images of the set to train on; `nil` takes all.
    ///   - options: Epochs, batches, learning rate and the like.
    ///   - seed: Of shuffling and augmentation; every epoch has its own stream.
    ///   - correction: What is added to every gradient.
    ///   - featureLoss: What is added to the loss, which is reported without it.
    ///   - isCancelled: Asked before every step.
    ///   - epochEnded: Called after every epoch; it may evaluate this classifier.
    /// - Throws: `CancellationError` where `isCancelled` said so, `TorchScriptError`,
    ///   `TorchError.outOfMemory`, or what `epochEnded` throws.
    /// - Precondition: labels are classes of this architecture.
    @discardableResult
    public func train(
        on images: ImageSet, indices: [Int]? = nil, options: TrainingOptions, seed: UInt64,
        correction: GradientCorrection? = nil, featureLoss: (any FeatureLoss)? = nil,
        isCancelled: () -> Bool = { false }, epochEnded: (EpochProgress) throws -> Void = { _ in }
    ) throws -> TrainingReport {
        let indices = indices ?? Array(0..<images.count)
        let smallest = architecture.smallestBatch
        let (steps, size) = options.batches(images: indices.count, smallest: smallest)
        var losses: [Double] = []
        guard steps > 0, options.epochs > 0 else {
            return TrainingReport(steps: 0, images: 0, meanLossPerEpoch: losses, operations: 0)
        }
        try Torch.recovering {
            let trainer = ClassifierTrainer(
                network, options: options, totalSteps: options.epochs * steps, correction: correction)
            network.seedLayers(seed)
            var source = BatchSource(images, augmentation: options.augmentation)
            for epoch in 0..<options.epochs {
                var generator = RandomStream(seed: seed, stream: UInt64(epoch))
                let order = indices.shuffled(using: &generator)
                let isLast = epoch + 1 == options.epochs
                var loss = 0.0, squared = 0.0
                for step in 0..<steps {
                    if isCancelled() { throw CancellationError() }
                    let chosen = order[step * size..<(step + 1) * size]
                    let (pixels, labels) = source.batch(of: chosen, using: &generator)
                    loss += try trainer.step(pixels, plus: featureLoss.map { ($0, labels) }) { logits in
                        if isLast { squared += Self.meanSquaredLoss(logits.detached(), labels) }
                        return logits.crossEntropy(labels)
                    }
                    // A smaller batch would be another training.
                    try Torch.endIfOutOfMemory()
                }
                losses.append((loss / Double(steps)).canonical)
                try epochEnded(
                    EpochProgress(
                        epoch: epoch + 1, epochs: options.epochs, meanLoss: losses[epoch],
                        meanSquaredLoss: isLast ? (squared / Double(steps)).canonical : nil))
            }
        }
        let drawn = options.drawnImages(of: indices.count, smallest: smallest)
        return TrainingReport(
            steps: options.epochs * steps, images: drawn, meanLossPerEpoch: losses,
            operations: drawn * architecture.trainingOperations(side: images.side))
    }

    /// The mean of the squared cross-entropies of a batch, outside the graph: logits `[N, classes]`, labels
    /// `[N]`.
    package static func meanSquaredLoss(_ logits: Tensor, _ labels: Tensor) -> Double {
        let chances = logits.to(.float32).logSoftmax()
        let classes = chances.shape[1]
        let picked = chances.floats, targets = labels.integers
        let sum = targets.enumerated().reduce(0.0) { sum, target in
            let loss = Double(picked[target.offset * classes + Int(target.element)])
            return sum + loss * loss
        }
        return sum / Double(max(1, targets.count))
    }
}

/// The optimizer around a network: one call, one step.
public final class ClassifierTrainer {
    private let network: any ClassifierNetwork
    private let options: TrainingOptions
    private let totalSteps: Int
    private let optimizer: CorrectedSGD
    private var stepsDone = 0

    /// - Parameters:
    ///   - network: What is trained, in place.
    ///   - options: Epochs, batches, learning rate and the like.
    ///   - totalSteps: The length of the learning rate's schedule.
    ///   - correction: What is added to every gradient.
    public init(
        _ network: any ClassifierNetwork, options: TrainingOptions, totalSteps: Int,
        correction: GradientCorrection? = nil
    ) {
        self.network = network
        self.options = options
        self.totalSteps = totalSteps
        network.store.requiresGradient(true)
        optimizer = CorrectedSGD(
            network.store.trainable,
            copies: options.precision == .bfloat16 ? network.makeBFloat16Copies() : [],
            momentum: options.momentum, weightDecay: options.weightDecay,
            correction: correction?.trained(in: network.store))
    }

    /// Updates the weights by a batch `[N, 3, side, side]` with int64 labels `[N]`; returns its mean
    /// cross-entropy before the update.
    ///
    /// - Throws: `TorchScriptError` where a module from a file fails.
    public func step(_ pixels: Tensor, _ labels: Tensor) throws -> Double {
        try step(pixels) { logits in logits.crossEntropy(labels) }
    }

    /// Updates the weights by a batch `[N, 3, side, side]` and a loss of its logits; returns the loss before
    /// the update.
    ///
    /// - Throws: `TorchScriptError` where a module from a file fails.
    ///
    /// With a loss of the features, that is part of the gradient and not of what is returned.
    public func step(
        _ pixels: Tensor, plus added: (loss: any FeatureLoss, labels: Tensor)? = nil, loss: (Tensor) -> Tensor
    ) throws -> Double {
        let loss: Tensor =
            if let added {
                try extended(pixels, added.loss, added.labels, loss)
            } else {
                try plain(pixels, loss)
            }
        optimizer.step(learningRate: options.learningRate(step: stepsDone, of: totalSteps))
        stepsDone += 1
        return loss.item
    }

    private func plain(_ pixels: Tensor, _ loss: (Tensor) -> Tensor) throws -> Tensor {
        let logits =
            options.precision == .bfloat16
            ? network.forwardInBFloat16(pixels) : try network.forward(pixels, training: true)
        let loss = loss(logits)
        loss.backward()
        return loss
    }

    private func extended(
        _ pixels: Tensor, _ added: any FeatureLoss, _ labels: Tensor, _ loss: (Tensor) -> Tensor
    ) throws -> Tensor {
        let (logits, features) = try network.forwardWithFeatures(pixels)
        let loss = loss(logits)
        (loss + added.loss(of: features, pixels, labels)).backward()
        return loss
    }
}
