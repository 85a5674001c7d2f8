import Foundation

/// The first stage of pretraining: images to latents of half the resolution and back.
struct AutoencoderTraining {
    private let images: PretrainingImages
    private let threads: TrainingThreads
    /// One autoencoder per thread; equal weights.
    let replicas: [AutoencoderKL]

    /// Networks with fresh weights, or with zeros that are to be loaded.
    init(_ images: PretrainingImages, threads: TrainingThreads, initialized: Bool) {
        self.images = images
        let plan = images.plan
        self.threads = threads
        let seed = PretrainingPurpose.autoencoderWeights.seed(plan.seed)
        replicas = (0..<threads.count).map { _ in
            AutoencoderKL(
                plan.autoencoder, initializedBy: initialized ? TensorGenerator(seed: seed) : nil)
        }
    }

    private var plan: PretrainingPlan { images.plan }

    /// Trains the autoencoder and standardizes its latents.
    ///
    /// - Throws: `FoundationModelError.divergedTraining`.
    func train(progress: (_ step: Int, _ loss: Double) -> Void) throws {
        let lists = replicas.map(\.parameters.trainable)
        let trainer = ParallelTrainer(
            copies: lists, averages: [], threads: threads, weightDecay: 0.01, steps: 0)
        let schedule = LearningRateHold(
            peak: plan.autoencoderLearningRate, warmUpSteps: 50, holdFraction: 0,
            totalSteps: plan.autoencoderSteps)
        for step in 0..<plan.autoencoderSteps {
            let value = trainer.step(learningRate: schedule.rate(at: step), averageWeight: 0) { worker in
                loss(step: step, worker: worker)
            }
            guard value.isFinite else {
                throw FoundationModelError.divergedTraining(stage: "autoencoder", step: step)
            }
            progress(step, value)
        }
        for replica in replicas { replica.parameters.requiresGradient(false) }
        standardizeLatents()
    }

    /// Mean squared error in −1…1 over images that training never saw.
    func heldOutError() -> Double {
        let perWorker = 500
        let errors = threads.map { worker in
            let images = images.heldOut(perWorker, part: worker)
            let sums = stride(from: 0, to: perWorker, by: 50).map { start in
                Torch.withoutGradients {
                    let pixels = LatentCorpus.tensor(of: images, start..<start + 50)
                    let decoded = Torch.withAutocast {
                        replicas[worker].decode(replicas[worker].encode(pixels).mean)
                    }
                    return decoded.meanSquaredError(pixels).item
                }
            }
            return sums.reduce(0, +) / Double(sums.count)
        }
        return errors.reduce(0, +) / Double(errors.count)
    }

    /// Squared and absolute errors, those of the differences of neighbours, and a little divergence from a
    /// normal distribution, which keeps the latents bounded.
    private func loss(step: Int, worker: Int) -> Tensor {
        let share = plan.autoencoderBatch / threads.count
        let batch = images.autoencoderBatch(share, step: step, worker: worker)
        let pixels = LatentCorpus.tensor(of: batch, 0..<share)
        let noise = TensorGenerator(
            seed: PretrainingPurpose.autoencoderNoise.seed(plan.seed, step, worker: worker))
        let (decoded, latents) = Torch.withAutocast {
            let latents = replicas[worker].encode(pixels)
            return (replicas[worker].decode(latents.sample(using: noise)), latents)
        }
        let error = decoded - pixels
        let last = PretrainingPlan.imageSide - 1
        let edges = [2, 3].map { axis in
            (error.narrow(axis, from: 1, count: last) - error.narrow(axis, from: 0, count: last)).abs().mean()
        }
        let divergence =
            (latents.mean.squared() + latents.logVariance.exp() - latents.logVariance - 1).mean() * 0.5
        let reconstruction = error.squared().mean() + error.abs().mean() * 0.5 + (edges[0] + edges[1]) * 0.1
        return reconstruction + divergence * 1e-3
    }

    /// Gives every channel of the latents mean 0 and deviation 1, without changing what is decoded.
    ///
    /// The 1 × 1 convolutions at both ends of the latent space take up the shift and the scale, so that
    /// diffusers' one scaling factor is 1.
    private func standardizeLatents() {
        let images = images.heldOut(2000, part: threads.count)
        let means = Torch.withoutGradients {
            Tensor.concatenate(
                stride(from: 0, to: images.count, by: 100).map { start in
                    Torch.withAutocast {
                        replicas[0].encode(LatentCorpus.tensor(of: images, start..<start + 100)).mean
                    }
                })
        }
        Torch.withoutGradients {
            let center = means.mean([0, 2, 3], keepAxes: true)
            let deviation = (means - center).squared().mean([0, 2, 3], keepAxes: true).sqrt()
            for replica in replicas { Self.standardize(replica, center: center, deviation: deviation) }
        }
    }

    /// Folds (x − `center`) / `deviation`, `[1, C, 1, 1]`, into the convolutions around the latents.
    static func standardize(_ autoencoder: AutoencoderKL, center: Tensor, deviation: Tensor) {
        let channels = autoencoder.configuration.latentChannels
        guard let weight = autoencoder.parameters["quant_conv.weight"],
            let bias = autoencoder.parameters["quant_conv.bias"],
            let backWeight = autoencoder.parameters["post_quant_conv.weight"],
            let backBias = autoencoder.parameters["post_quant_conv.bias"]
        else { preconditionFailure("an autoencoder without convolutions around its latents") }
        let (shift, scale) = (center.reshape([channels]), deviation.reshape([channels]))
        // Rows 0..<C give the mean, rows C..<2 C the logarithm of the variance, which a scale only shifts.
        let (mean, logVariance) = (
            bias.narrow(0, from: 0, count: channels), bias.narrow(0, from: channels, count: channels)
        )
        bias.copy(from: .concatenate([(mean - shift) / scale, logVariance - scale.log() * 2]))
        let rows = weight.narrow(0, from: 0, count: channels)
        rows.copy(from: rows / scale.reshape([channels, 1, 1, 1]))
        let columns = backWeight * shift.reshape([1, channels, 1, 1])
        backBias.copy(from: backBias + columns.sum([1, 2, 3]))
        backWeight.copy(from: backWeight * scale.reshape([1, channels, 1, 1]))
    }
}
