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
        StepSpacing.requireSteps(steps, of: configuration)
        let schedule = NoiseSchedule(configuration)
        // Unlike DDIM's, evenly spaced steps keep their fractions, in 32 bits.
        let spaced =
            configuration.spacing == .linspace
            ? StepSpacing.linspace(to: schedule.count - 1, count: steps).reversed().map { Double(Float($0)) }
            : StepSpacing.wholeSteps(configuration, steps: steps).map(Double.init)
        var levels = spaced.map(schedule.sigma(at:))
        if configuration.usesKarrasSigmas {
            levels = StepSpacing.karrasSigmas(
                configuration, between: (low: levels[levels.count - 1], high: levels[0]), steps: steps)
            timesteps = levels.map(schedule.timestep(ofSigma:))
        } else {
            timesteps = spaced
        }
        sigmas = levels + [configuration.endsAtLowestNoise ? schedule.sigma(0) : 0]
        prediction = configuration.prediction
        // diffusers starts `leading` spacing, which does not begin at pure noise, with the image's variance
        // on top.
        let highest = sigmas.max() ?? 0
        initialNoiseScale = configuration.spacing == .leading ? (highest * highest + 1).squareRoot() : highest
    }

    public func networkInput(_ sample: Tensor, at index: Int) -> Tensor {
        sample * (1 / (sigmas[index] * sigmas[index] + 1).squareRoot())
    }

    public mutating func step(_ sample: Tensor, prediction answer: Tensor, at index: Int) -> Tensor {
        let (sigma, next) = (sigmas[index], sigmas[index + 1])
        let image: Tensor
        switch prediction {
        case .epsilon:
            return sample + answer * (next - sigma)
        case .velocity:
            let variance = sigma * sigma + 1
            image = sample * (1 / variance) - answer * (sigma / variance.squareRoot())
        case .sample:
            image = answer
        }
        return image + (sample - image) * (next / sigma)
    }
}
