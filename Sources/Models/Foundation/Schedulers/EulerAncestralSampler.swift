/// Euler's method in noise levels, which goes below the next level and adds fresh noise up to it (arXiv
/// 2206.00364, appendix; k-diffusion's `sample_euler_ancestral`).
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_euler_ancestral_discrete.py,
/// which ignores Karras' noise levels.
public struct EulerAncestralSampler: DiffusionSampler {
    public static let name = "euler-ancestral"
    public static let className = "EulerAncestralDiscreteScheduler"
    public static let usesNoiseLevels = true

    public let timesteps: [Double]
    public let initialNoiseScale: Double
    /// Noise levels at the calls, and none after the last.
    package let sigmas: [Double]
    private let prediction: SchedulerConfiguration.Prediction

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        var configuration = configuration
        configuration.usesKarrasSigmas = false
        let plan = NoiseLevels(configuration, NoiseSchedule(configuration), steps: steps)
        timesteps = plan.timesteps
        sigmas = plan.sigmas + [0]
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
        let image = NoiseLevels.image(answer, kind: prediction, sample: sample, sigma: sigma)
        // The variances of the two parts of the next level, down and up, add up to its own.
        let up = next * next * (sigma * sigma - next * next) / (sigma * sigma)
        let down = (next * next - up).squareRoot()
        let moved = image + (sample - image) * (down / sigma)
        return moved + noise() * up.squareRoot()
    }
}
