import Foundation

/// DPM-Solver++(2M): a second-order multistep method in the logarithm of the signal-to-noise ratio (arXiv
/// 2211.01095, algorithm 2); the first and the last step are of first order.
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_dpmsolver_multistep.py
public struct DPMSolverSampler: DiffusionSampler {
    public static let name = "dpm-solver"
    public static let className = "DPMSolverMultistepScheduler"

    public let timesteps: [Double]
    /// Noise over signal at the calls, and 0 after the last.
    private let sigmas: [Double]
    private let prediction: SchedulerConfiguration.Prediction
    /// The image that the call before predicted.
    private var previousImage: Tensor?

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        prediction = configuration.prediction
        if configuration.usesKarrasSigmas {
            let levels = StepSpacing.karrasSigmas(configuration, schedule: schedule, steps: steps)
            let exact = levels.map(schedule.timestep(ofSigma:))
            // As diffusers does: the squared cosine's steps lose their fractions, all others are rounded.
            let rule: FloatingPointRoundingRule =
                configuration.betaSchedule == .squaredCosine ? .down : .toNearestOrEven
            timesteps = exact.map { $0.rounded(rule) }
            sigmas = levels + [0]
        } else {
            let whole = Self.wholeSteps(configuration, steps: steps)
            timesteps = whole.map(Double.init)
            sigmas = timesteps.map(schedule.sigma(at:)) + [0]
        }
    }

    /// As `StepSpacing.wholeSteps`, but with room for one step more, which ends at the image.
    private static func wholeSteps(_ configuration: SchedulerConfiguration, steps: Int) -> [Int] {
        StepSpacing.requireSteps(steps, of: configuration)
        let total = configuration.trainingSteps
        switch configuration.spacing {
        case .leading:
            return (1...steps).reversed().map { $0 * (total / (steps + 1)) + configuration.stepsOffset }
        case .trailing:
            return StepSpacing.trailing(total: total, steps: steps)
        case .linspace:
            return StepSpacing.linspace(to: total - 1, count: steps + 1).dropFirst().reversed().map(
                StepSpacing.rounded)
        }
    }

    public mutating func step(_ sample: Tensor, prediction answer: Tensor, at index: Int) -> Tensor {
        let (sigma, next) = (sigmas[index], sigmas[index + 1])
        let (signal, nextSignal) = (1 / (1 + sigma * sigma).squareRoot(), 1 / (1 + next * next).squareRoot())
        let image = SamplerPrediction(
            answer, kind: prediction, sample: sample, signal: signal, noise: sigma * signal
        ).image
        defer { previousImage = image }
        // e^(−h) of the papers: h is the growth of log(α / σ), −log of the noise level.
        let ratio = next / sigma
        let isFirstOrder = index == 0 || index == timesteps.count - 1
        var direction = image
        if !isFirstOrder, let previousImage {
            let (step, before) = (log(sigma / next), log(sigmas[index - 1] / sigma))
            direction = image + (image - previousImage) * (step / (2 * before))
        }
        return sample * (ratio * nextSignal / signal) + direction * (nextSignal * (1 - ratio))
    }
}
