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
