import Foundation

/// How a classifier is trained: stochastic gradient descent over shuffled epochs.
public struct TrainingOptions: Sendable, Hashable {
    /// How the learning rate moves over the steps of one call of `train`.
    public enum Schedule: String, Sendable, CaseIterable {
        case constant
        /// From the full rate at the first step towards zero after the last (arXiv 1608.03983, without
        /// restarts).
        case cosine
    }

    /// What is done to an image each time it is drawn.
    public enum Augmentation: String, Sendable, CaseIterable {
        /// Random resized crop of 0.75 to 1 of the area, then a mirror image with probability 1/2.
        case cropFlip = "crop-flip"
        case none
    }

    /// The type of convolutions and matrix products; weights, batch norm and the optimizer stay float32.
    public enum Precision: String, Sendable, CaseIterable {
        case float32 = "fp32"
        case bfloat16 = "bf16"
    }

    /// Passes over the images.
    public var epochs: Int
    /// Images per step.
    public var batch: Int
    public var learningRate: Double
    public var schedule: Schedule
    /// Share of the last update that the next one keeps.
    public var momentum: Double
    /// L2 penalty, added to the gradient.
    public var weightDecay: Double
    public var augmentation: Augmentation
    public var precision: Precision

    /// - Precondition: `epochs` is not negative, and `batch` at least 2 (batch norm has no variance of one
    ///   value).
    public init(
        epochs: Int, batch: Int, learningRate: Double, schedule: Schedule = .constant, momentum: Double = 0.9,
        weightDecay: Double = 1e-4, augmentation: Augmentation = .cropFlip, precision: Precision = .float32
    ) {
        precondition(epochs >= 0, "\(epochs) epochs")
        precondition(batch >= 2, "batches of \(batch) images")
        self.epochs = epochs
        self.batch = batch
        self.learningRate = learningRate
        self.schedule = schedule
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.augmentation = augmentation
        self.precision = precision
    }

    /// The rate of step `step` (from 0) of `steps`.
    public func learningRate(step: Int, of steps: Int) -> Double {
        switch schedule {
        case .constant: learningRate
        case .cosine: learningRate * 0.5 * (1 + cos(.pi * Double(step) / Double(steps)))
        }
    }

    /// How an epoch over `images` images is cut into steps.
    ///
    /// A ragged last batch is left out where there is a full one: with batch norm over a handful of values it
    /// costs several points of accuracy. Fewer images than a batch are one step of them all.
    ///
    /// - Parameters:
    ///   - images: How many there are.
    ///   - smallest: The fewest images that make a step, `ClassifierArchitecture.smallestBatch`.
    public func batches(images: Int, smallest: Int = 2) -> (steps: Int, size: Int) {
        if images >= batch { return (images / batch, batch) }
        return images >= smallest ? (1, images) : (0, 0)
    }

    /// Images that training draws from a set of `images`, all epochs together.
    public func drawnImages(of images: Int, smallest: Int = 2) -> Int {
        let (steps, size) = batches(images: images, smallest: smallest)
        return epochs * steps * size
    }
}
