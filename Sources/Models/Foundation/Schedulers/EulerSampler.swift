/// Euler's method on the probability flow in noise levels (arXiv 2206.00364, algorithm 2 without churn).
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_euler_discrete.py
public struct EulerSampler: DiffusionSampler {
    public static let name = "euler"
    public static let className = "EulerDiscreteScheduler"
    public static let usesNoiseLevels = true

    public let timesteps: [Double]
    public let initialNoiseScale: Double
    /// Noise levels at the calls, and the one after the last.
    package let sigmas: [Double]
    private let prediction: SchedulerConfiguration.Prediction

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        let plan = NoiseLevels(configuration, schedule, steps: steps)
        timesteps = plan.timesteps
        sigmas = plan.sigmas + [configuration.endsAtLowestNoise ? schedule.sigma(0) : 0]
        prediction = configuration.prediction
        initialNoiseScale = plan.initialNoiseScale
    }

    public func networkInput(_ sample: Tensor, at index: Int) -> Tensor {
        NoiseLevels.networkInput(sample, sigma: sigmas[index])
    }

    public func noised(_ image: Tensor, with noise: Tensor, at index: Int) -> Tensor {
        image + noise * sigmas[index]
    }

    public mutating func step(
        _ sample: Tensor, prediction answer: Tensor, at index: Int, noise: () -> Tensor
    ) -> Tensor {
        let (sigma, next) = (sigmas[index], sigmas[index + 1])
        if prediction == .epsilon { return sample + answer * (next - sigma) }
        let image = NoiseLevels.image(answer, kind: prediction, sample: sample, sigma: sigma)
        return image + (sample - image) * (next / sigma)
    }
}
