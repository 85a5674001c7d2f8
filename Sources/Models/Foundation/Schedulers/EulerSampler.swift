/// Euler's method on the probability flow in noise levels (arXiv 2206.00364, algorithm 2 without churn).
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_euler_discrete.py
public struct EulerSampler: DiffusionSampler {
    public static let name = "euler"
    public static let className = "EulerDiscreteScheduler"

    public let timesteps: [Double]
    public let initialNoiseScale: Double
    /// Noise levels at the calls, and 0 after the last.
    private let sigmas: [Double]
    private let prediction: SchedulerConfiguration.Prediction

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        let levels: [Double]
        if configuration.usesKarrasSigmas {
            levels = StepSpacing.karrasSigmas(configuration, schedule: schedule, steps: steps)
            timesteps = levels.map(schedule.timestep(ofSigma:))
        } else {
            // Unlike DDIM's, evenly spaced steps keep their fractions.
            timesteps =
                configuration.spacing == .linspace
                ? StepSpacing.linspace(to: schedule.count - 1, count: steps).reversed()
                : StepSpacing.wholeSteps(configuration, steps: steps).map(Double.init)
            levels = timesteps.map(schedule.sigma(at:))
        }
        sigmas = levels + [0]
        prediction = configuration.prediction
        // diffusers starts `leading` spacing, which does not begin at pure noise, with the image's variance
        // on top.
        initialNoiseScale =
            configuration.spacing == .leading ? (levels[0] * levels[0] + 1).squareRoot() : levels[0]
    }

    public func networkInput(_ sample: Tensor, at index: Int) -> Tensor {
        sample * (1 / (sigmas[index] * sigmas[index] + 1).squareRoot())
    }

    public mutating func step(_ sample: Tensor, prediction answer: Tensor, at index: Int) -> Tensor {
        let (sigma, next) = (sigmas[index], sigmas[index + 1])
        switch prediction {
        case .epsilon:
            return sample + answer * (next - sigma)
        case .velocity:
            let variance = sigma * sigma + 1
            let image = sample * (1 / variance) - answer * (sigma / variance.squareRoot())
            return image + (sample - image) * (next / sigma)
        }
    }
}
