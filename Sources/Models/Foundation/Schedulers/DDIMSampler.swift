/// Denoising diffusion implicit models without added noise (arXiv 2010.02502, equation 12 with σ = 0).
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_ddim.py; that class
/// has no spacing by noise level, which here follows the same equation between the levels.
public struct DDIMSampler: DiffusionSampler {
    public static let name = "ddim"
    public static let className = "DDIMScheduler"

    /// Factors of the image and of the noise.
    private struct Level {
        var signal: Double
        var noise: Double

        init(cumulativeAlpha: Double) {
            signal = cumulativeAlpha.squareRoot()
            noise = (1 - cumulativeAlpha).squareRoot()
        }

        init(sigma: Double) { self.init(cumulativeAlpha: 1 / (1 + sigma * sigma)) }
    }

    public let timesteps: [Double]
    /// The level at each call, and the level after it.
    private let levels: [(before: Level, after: Level)]
    private let prediction: SchedulerConfiguration.Prediction

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        let end = Level(cumulativeAlpha: configuration.endsWithoutNoise ? 1 : schedule.cumulativeAlphas[0])
        prediction = configuration.prediction
        if configuration.usesKarrasSigmas {
            let sigmas = StepSpacing.karrasSigmas(configuration, schedule: schedule, steps: steps)
            timesteps = sigmas.map(schedule.timestep(ofSigma:))
            let before = sigmas.map(Level.init(sigma:))
            levels = Array(zip(before, before.dropFirst() + [end]))
        } else {
            let whole = StepSpacing.wholeSteps(configuration, steps: steps)
            timesteps = whole.map(Double.init)
            levels = whole.map { step in
                let next = step - configuration.trainingSteps / steps
                return (
                    Level(cumulativeAlpha: schedule.cumulativeAlphas[min(step, schedule.count - 1)]),
                    next >= 0 ? Level(cumulativeAlpha: schedule.cumulativeAlphas[next]) : end
                )
            }
        }
    }

    public mutating func step(_ sample: Tensor, prediction answer: Tensor, at index: Int) -> Tensor {
        let (before, after) = levels[index]
        let predicted = SamplerPrediction(
            answer, kind: prediction, sample: sample, signal: before.signal, noise: before.noise)
        return predicted.image * after.signal + predicted.noise * after.noise
    }
}
