/// The main stage of pretraining: a denoiser that reads captions (arXiv 2112.10752) and predicts velocities
/// (arXiv 2202.00512).
final class DiffusionTraining {
    private let plan: PretrainingPlan
    private let corpus: LatentCorpus
    private let objective = DiffusionObjective(PretrainingPlan.scheduler)
    private let replicas: [DiffusionNetworks]
    /// The exponential moving average of the weights, which is what ships.
    let averages: DiffusionNetworks
    private let training: AveragedTraining

    /// - Parameters:
    ///   - start: a model to begin with; nil for random weights.
    ///   - checkpoint: where a run was interrupted; nil to begin.
    /// - Throws: `SafetensorsError` where the checkpoint lacks a tensor.
    init(
        plan: PretrainingPlan, tokenizer: Tokenizer, corpus: LatentCorpus, threads: TrainingThreads,
        start: PretrainingStart?, checkpoint: PretrainingCheckpoint?
    ) throws {
        self.plan = plan
        self.corpus = corpus
        let seed = checkpoint == nil ? PretrainingPurpose.networkWeights.seed(plan.seed) : nil
        replicas = (0..<threads.count).map { _ in
            DiffusionNetworks(plan: plan, vocabularySize: tokenizer.vocabularySize, seed: seed)
        }
        averages = DiffusionNetworks(plan: plan, vocabularySize: tokenizer.vocabularySize, seed: seed)
        if checkpoint == nil, let start {
            let words = plan.captionWords
            for networks in replicas + [averages] {
                start.load(into: networks, tokenizer: tokenizer, words: words)
            }
        }
        training = try AveragedTraining(
            stage: "denoiser", replicas: replicas.map(\.named), averages: averages.named,
            averageDecay: plan.averageDecay, learningRate: plan.learningRateSchedule, weightDecay: 0.01,
            threads: threads, checkpoint: checkpoint)
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
    func advance() throws -> Double { try training.advance { worker in loss(worker: worker) } }

    /// Mean squared error of the predicted velocity α ε − σ x₀ on one worker's part of the batch.
    private func loss(worker: Int) -> Tensor {
        let size = plan.batch / replicas.count
        var generator = PretrainingPurpose.draws.generator(seed: plan.seed, step, worker: worker)
        let batch = corpus.batch(size, plan: plan, using: &generator)
        let times = objective.timesteps(size, using: &generator)
        let noise = Tensor.randomNormal(batch.latents.shape, using: TensorGenerator(seed: generator.next()))
        let example = objective.example(latents: batch.latents, noise: noise, timesteps: times)
        let predicted = replicas[worker].predict(
            example.noisy, timesteps: Tensor(times.map(Float.init)), tokens: batch.tokens)
        return predicted.meanSquaredError(example.target)
    }
}
