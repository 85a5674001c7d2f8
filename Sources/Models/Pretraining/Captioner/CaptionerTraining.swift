/// Training of a captioner on the image world, step by step.
final class CaptionerTraining {
    private let plan: CaptionerPlan
    private let tokenizer: ByteLevelTokenizer
    private let replicas: [CaptionerNetworks]
    /// The exponential moving average of the weights, which is what ships.
    let averages: CaptionerNetworks
    private let training: AveragedTraining

    /// - Parameter checkpoint: where a run was interrupted; nil to begin.
    /// - Throws: `SafetensorsError` where the checkpoint lacks a tensor.
    init(
        plan: CaptionerPlan, tokenizer: ByteLevelTokenizer, threads: TrainingThreads,
        checkpoint: PretrainingCheckpoint?
    ) throws {
        self.plan = plan
        self.tokenizer = tokenizer
        let seed = checkpoint == nil ? PretrainingPurpose.captionerWeights.seed(plan.seed) : nil
        let vocabularySize = Int(tokenizer.highestToken) + 1
        replicas = (0..<threads.count).map { _ in
            CaptionerNetworks(plan: plan, vocabularySize: vocabularySize, seed: seed)
        }
        averages = CaptionerNetworks(plan: plan, vocabularySize: vocabularySize, seed: seed)
        training = try AveragedTraining(
            stage: "captioner", replicas: replicas.map(\.named), averages: averages.named,
            averageDecay: plan.averageDecay, learningRate: plan.learningRateSchedule,
            weightDecay: plan.weightDecay, threads: threads, checkpoint: checkpoint)
    }

    /// Steps made so far.
    var step: Int { training.step }

    /// All that the next step depends on, by group.
    var state: [(group: PretrainingCheckpoint.Group, tensors: AveragedTraining.NamedTensors)] {
        training.state
    }

    /// One step; returns its mean loss.
    ///
    /// - Throws: `FoundationModelError.divergedTraining`.
    func advance() throws -> Double {
        try training.advance { worker in
            guard
                let batch = try? CaptionerBatch(plan: plan, step: step, worker: worker, tokenizer: tokenizer)
            else { preconditionFailure("a caption of the world is too long for the tokenizer") }
            return replicas[worker].loss(batch, plan: plan)
        }
    }
}
