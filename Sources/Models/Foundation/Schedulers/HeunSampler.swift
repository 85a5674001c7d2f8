/// Heun's method on the probability flow in noise levels (arXiv 2206.00364, algorithm 1 without churn): each
/// step but the last asks the network at both its ends and moves by the mean.
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_heun_discrete.py
public struct HeunSampler: DiffusionSampler {
    public static let name = "heun"
    public static let className = "HeunDiscreteScheduler"
    public static let usesNoiseLevels = true
    public static let callsPerStep = 2

    public let timesteps: [Double]
    public let initialNoiseScale: Double
    /// Noise levels of the steps, and none after the last.
    package let sigmas: [Double]
    private let prediction: SchedulerConfiguration.Prediction
    private let clipRange: Double?
    /// Where a step began, and its slope there, between its two calls.
    private var start: (sample: Tensor, slope: Tensor)?

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let plan = NoiseLevels(configuration, NoiseSchedule(configuration), steps: steps)
        timesteps = plan.timesteps.prefix(1) + plan.timesteps.dropFirst().flatMap { [$0, $0] }
        sigmas = plan.sigmas + [0]
        prediction = configuration.prediction
        clipRange = configuration.clipRange
        initialNoiseScale = plan.initialNoiseScale
    }

    /// The noise level at which call `index` asks: 0, 1, 1, 2, 2, …
    private func level(_ index: Int) -> Int { (index + 1) / 2 }

    public func networkInput(_ sample: Tensor, at index: Int) -> Tensor {
        NoiseLevels.networkInput(sample, sigma: sigmas[level(index)])
    }

    public func noised(_ image: Tensor, with noise: Tensor, at index: Int) -> Tensor {
        image + noise * sigmas[level(index)]
    }

    public mutating func step(
        _ sample: Tensor, prediction answer: Tensor, at index: Int, noise: () -> Tensor
    ) -> Tensor {
        let level = level(index), sigma = sigmas[level]
        let predicted = NoiseLevels.image(answer, kind: prediction, sample: sample, sigma: sigma)
        let image = clipRange.map { predicted.clamp(-$0, $0) } ?? predicted
        let slope = (sample - image) / sigma
        guard let begun = start else {
            start = (sample, slope)
            return sample + slope * (sigmas[level + 1] - sigma)
        }
        start = nil
        return begun.sample + (begun.slope + slope) * ((sigma - sigmas[level - 1]) / 2)
    }
}
