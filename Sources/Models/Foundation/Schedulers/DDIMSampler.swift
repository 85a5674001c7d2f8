/// Denoising diffusion implicit models without added noise (arXiv 2010.02502, equation 12 with σ = 0).
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_ddim.py, which
/// ignores Karras' noise levels.
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
    }

    public let timesteps: [Double]
    /// The level at each call, and the level after it.
    private let levels: [(before: Level, after: Level)]
    private let prediction: SchedulerConfiguration.Prediction
    private let clipRange: Double?

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        let end = Level(cumulativeAlpha: configuration.endsWithoutNoise ? 1 : schedule.cumulativeAlphas[0])
        prediction = configuration.prediction
        clipRange = configuration.clipRange
        let whole = StepSpacing.wholeSteps(configuration, steps: steps)
        timesteps = whole.map(Double.init)
        levels = whole.map { step in
            let next = step - configuration.trainingSteps / steps
            return (
                Level(cumulativeAlpha: schedule.alpha(at: step)),
                next >= 0 ? Level(cumulativeAlpha: schedule.alpha(at: next)) : end
            )
        }
    }

    public func noised(_ image: Tensor, with noise: Tensor, at index: Int) -> Tensor {
        image * levels[index].before.signal + noise * levels[index].before.noise
    }

    public mutating func step(
        _ sample: Tensor, prediction answer: Tensor, at index: Int, noise: () -> Tensor
    ) -> Tensor {
        let (before, after) = levels[index]
        let predicted = SamplerPrediction(
            answer, kind: prediction, sample: sample, signal: before.signal, noise: before.noise)
        let image = clipRange.map { predicted.image.clamp(-$0, $0) } ?? predicted.image
        return image * after.signal + predicted.noise * after.noise
    }
}
