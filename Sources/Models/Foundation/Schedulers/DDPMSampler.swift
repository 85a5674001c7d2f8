import Foundation

/// Denoising diffusion probabilistic models (arXiv 2006.11239, algorithm 2) in fewer steps than those of
/// training: the mean of the posterior (equation 7), and fresh noise.
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_ddpm.py
public struct DDPMSampler: DiffusionSampler {
    public static let name = "ddpm"
    public static let className = "DDPMScheduler"

    public let timesteps: [Double]
    /// ᾱ at each call and after it.
    private let alphas: [(before: Double, after: Double)]
    private let prediction: SchedulerConfiguration.Prediction
    private let clipRange: Double?
    private let variance: SchedulerConfiguration.Variance

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        let whole = StepSpacing.wholeSteps(configuration, steps: steps)
        timesteps = whole.map(Double.init)
        alphas = whole.indices.map { index in
            let next = index + 1 < whole.count ? whole[index + 1] : -1
            return (schedule.alpha(at: whole[index]), next >= 0 ? schedule.alpha(at: next) : 1)
        }
        prediction = configuration.prediction
        clipRange = configuration.clipRange
        variance = configuration.variance
    }

    public func noised(_ image: Tensor, with noise: Tensor, at index: Int) -> Tensor {
        NoiseLevels.mixture(image, noise, cumulativeAlpha: alphas[index].before)
    }

    public mutating func step(
        _ sample: Tensor, prediction answer: Tensor, at index: Int, noise: () -> Tensor
    ) -> Tensor {
        let (alpha, next) = alphas[index]
        let predicted = SamplerPrediction(
            answer, kind: prediction, sample: sample, signal: alpha.squareRoot(),
            noise: (1 - alpha).squareRoot()
        ).image
        let image = clipRange.map { predicted.clamp(-$0, $0) } ?? predicted
        // β of the whole step.
        let beta = 1 - alpha / next
        let mean =
            image * (next.squareRoot() * beta / (1 - alpha))
            + sample * ((alpha / next).squareRoot() * (1 - next) / (1 - alpha))
        guard timesteps[index] > 0 else { return mean }
        let posterior = max((1 - next) / (1 - alpha) * beta, 1e-20)
        switch variance {
        case .fixedSmall, .fixedSmallLog: return mean + noise() * posterior.squareRoot()
        case .fixedLarge: return mean + noise() * beta.squareRoot()
        }
    }
}
