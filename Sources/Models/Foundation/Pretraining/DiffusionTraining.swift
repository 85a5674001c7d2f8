/// The main stage of pretraining: a denoiser that reads captions (arXiv 2112.10752) and predicts velocities
/// (arXiv 2202.00512).
final class DiffusionTraining {
    private let plan: PretrainingPlan
    private let corpus: LatentCorpus
    private let schedule: NoiseSchedule
    private let replicas: [DiffusionNetworks]
    /// The exponential moving average of the weights, which is what ships.
    let averages: DiffusionNetworks
    private let trainer: ParallelTrainer
    private let learningRate: LearningRateHold
    /// Steps made so far.
    private(set) var step: Int

    /// - Parameter checkpoint: where a run was interrupted; nil to begin.
    /// - Throws: `SafetensorsError` where the checkpoint lacks a tensor.
    init(
        plan: PretrainingPlan, vocabularySize: Int, corpus: LatentCorpus, threads: TrainingThreads,
        checkpoint: PretrainingCheckpoint?
    ) throws {
        self.plan = plan
        self.corpus = corpus
        schedule = NoiseSchedule(PretrainingPlan.scheduler)
        let seed = checkpoint == nil ? PretrainingPurpose.networkWeights.seed(plan.seed) : nil
        replicas = (0..<threads.count).map { _ in
            DiffusionNetworks(plan: plan, vocabularySize: vocabularySize, seed: seed)
        }
        averages = DiffusionNetworks(plan: plan, vocabularySize: vocabularySize, seed: seed)
        step = checkpoint?.step ?? 0
        try checkpoint?.load(into: replicas[0].named, group: .weights)
        try checkpoint?.load(into: averages.named, group: .averages)
        trainer = ParallelTrainer(
            copies: replicas.map(\.tensors), averages: averages.tensors, threads: threads, weightDecay: 0.01,
            steps: step)
        learningRate = LearningRateHold(
            peak: plan.learningRate, warmUpSteps: plan.warmUpSteps, holdFraction: plan.holdFraction,
            totalSteps: plan.steps)
        try checkpoint?.load(into: named(trainer.firstMoments), group: .firstMoments)
        try checkpoint?.load(into: named(trainer.secondMoments), group: .secondMoments)
    }

    /// One step; returns its mean loss.
    ///
    /// - Throws: `FoundationModelError.divergedTraining`.
    func advance() throws -> Double {
        // A young average forgets its random start sooner (as TensorFlow's ExponentialMovingAverage does).
        let decay = min(plan.averageDecay, Double(step + 1) / Double(step + 10))
        let value = trainer.step(learningRate: learningRate.rate(at: step), averageWeight: 1 - decay) {
            worker in
            loss(worker: worker)
        }
        guard value.isFinite else {
            throw FoundationModelError.divergedTraining(stage: "denoiser", step: step)
        }
        step += 1
        return value
    }

    /// All that the next step depends on, by group.
    var state: [(group: PretrainingCheckpoint.Group, tensors: [(name: String, tensor: Tensor)])] {
        [
            (.weights, replicas[0].named), (.averages, averages.named),
            (.firstMoments, named(trainer.firstMoments)), (.secondMoments, named(trainer.secondMoments)),
        ]
    }

    private func named(_ tensors: [Tensor]) -> [(name: String, tensor: Tensor)] {
        Array(zip(replicas[0].named.map(\.name), tensors))
    }

    /// Mean squared error of the predicted velocity α ε − σ x₀ on one worker's part of the batch.
    private func loss(worker: Int) -> Tensor {
        let size = plan.batch / replicas.count
        var generator = PretrainingPurpose.draws.generator(seed: plan.seed, step, worker: worker)
        let batch = corpus.batch(size, plan: plan, using: &generator)
        // Times spread evenly over a batch make the loss vary less (arXiv 2107.00630, appendix I.1).
        let offset = generator.uniform()
        let times = (0..<size).map { index in
            Int(
                (offset + Double(index) / Double(size)).truncatingRemainder(dividingBy: 1)
                    * Double(schedule.count))
        }
        let noise = Tensor.randomNormal(batch.latents.shape, using: TensorGenerator(seed: generator.next()))
        let signal = Tensor(times.map { Float(schedule.signal($0)) }, shape: [size, 1, 1, 1])
        let sigma = Tensor(times.map { Float(schedule.noise($0)) }, shape: [size, 1, 1, 1])
        let noisy = batch.latents * signal + noise * sigma
        let velocity = noise * signal - batch.latents * sigma
        let networks = replicas[worker]
        let predicted = Torch.withAutocast {
            networks.unet(
                noisy, timesteps: Tensor(times.map(Float.init)), context: networks.textEncoder(batch.tokens))
        }
        return predicted.to(.float32).meanSquaredError(velocity)
    }
}
