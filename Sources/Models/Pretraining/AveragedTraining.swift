/// The loop that every network here is trained by: data-parallel AdamW under a learning rate that holds and
/// falls, an exponential moving average of the weights, and a state from which the next step follows bit by
/// bit.
final class AveragedTraining {
    /// A network's trained tensors with their names in a checkpoint.
    typealias NamedTensors = [(name: String, tensor: Tensor)]

    private let stage: String
    private let weights: NamedTensors
    private let averages: NamedTensors
    private let averageDecay: Double
    private let learningRate: LearningRateHold
    private let trainer: ParallelTrainer
    /// Steps made so far.
    private(set) var step: Int

    /// Begins, or goes on from `checkpoint`.
    ///
    /// - Parameters:
    ///   - stage: what an error calls the training.
    ///   - replicas: equal networks, one per thread.
    ///   - averages: the network that holds the average of the weights.
    ///   - averageDecay: how much of the average a step keeps.
    /// - Throws: `SafetensorsError` where the checkpoint lacks a tensor.
    init(
        stage: String, replicas: [NamedTensors], averages: NamedTensors, averageDecay: Double,
        learningRate: LearningRateHold, weightDecay: Double, threads: TrainingThreads,
        checkpoint: PretrainingCheckpoint?
    ) throws {
        self.stage = stage
        self.averages = averages
        self.averageDecay = averageDecay
        self.learningRate = learningRate
        weights = replicas[0]
        step = checkpoint?.step ?? 0
        try checkpoint?.load(into: weights, group: .weights)
        try checkpoint?.load(into: averages, group: .averages)
        trainer = ParallelTrainer(
            copies: replicas.map { $0.map(\.tensor) }, averages: averages.map(\.tensor), threads: threads,
            weightDecay: weightDecay, steps: step)
        try checkpoint?.load(into: named(trainer.firstMoments), group: .firstMoments)
        try checkpoint?.load(into: named(trainer.secondMoments), group: .secondMoments)
    }

    /// One step; returns its mean loss.
    ///
    /// - Parameter loss: the loss of a thread's part of the batch under that thread's network.
    /// - Throws: `FoundationModelError.divergedTraining`.
    func advance(loss: (_ worker: Int) -> Tensor) throws -> Double {
        // A young average forgets its random start sooner (as TensorFlow's ExponentialMovingAverage does).
        let decay = min(averageDecay, Double(step + 1) / Double(step + 10))
        let value = trainer.step(
            learningRate: learningRate.rate(at: step), averageWeight: 1 - decay, loss: loss)
        guard value.isFinite else {
            throw FoundationModelError.divergedTraining(stage: stage, step: step)
        }
        step += 1
        return value
    }

    /// All that the next step depends on, by group.
    var state: [(group: PretrainingCheckpoint.Group, tensors: NamedTensors)] {
        [
            (.weights, weights), (.averages, averages), (.firstMoments, named(trainer.firstMoments)),
            (.secondMoments, named(trainer.secondMoments)),
        ]
    }

    private func named(_ tensors: [Tensor]) -> NamedTensors {
        Array(zip(weights.map(\.name), tensors))
    }
}
