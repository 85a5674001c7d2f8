import Foundation

/// DPM-Solver++(2M): a second-order multistep method in the logarithm of the signal-to-noise ratio (arXiv
/// 2211.01095, algorithm 2); the first step is of first order, and so is a last one that ends at the image.
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_dpmsolver_multistep.py
public struct DPMSolverSampler: DiffusionSampler {
    public static let name = "dpm-solver"
    public static let className = "DPMSolverMultistepScheduler"
    public static let usesNoiseLevels = true

    public let timesteps: [Double]
    /// Noise over signal at the calls, and after the last.
    package let sigmas: [Double]
    private let prediction: SchedulerConfiguration.Prediction
    private let solver: SchedulerConfiguration.Solver
    /// Whether the last step is of first order.
    private let endsInFirstOrder: Bool
    /// The image that the call before predicted.
    private var previousImage: Tensor?

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        prediction = configuration.prediction
        solver = configuration.solver
        let end = configuration.endsAtLowestNoise ? schedule.sigma(0) : 0
        if configuration.usesKarrasSigmas {
            StepSpacing.requireSteps(steps, of: configuration)
            let levels = StepSpacing.karrasSigmas(
                configuration, between: (low: schedule.sigma(0), high: schedule.sigma(schedule.count - 1)),
                steps: steps)
            let exact = levels.map(schedule.timestep(ofSigma:))
            // As diffusers does: the squared cosine's steps lose their fractions, all others are rounded.
            let rule: FloatingPointRoundingRule =
                configuration.betaSchedule == .squaredCosine ? .down : .toNearestOrEven
            timesteps = exact.map { $0.rounded(rule) }
            sigmas = levels + [end]
        } else {
            let last = schedule.count - schedule.stepsBelow(logRatio: solver.lowestLogRatio)
            timesteps = Self.wholeSteps(configuration, steps: steps, last: last).map(Double.init)
            sigmas = timesteps.map(schedule.sigma(at:)) + [end]
        }
        endsInFirstOrder =
            !configuration.endsAtLowestNoise || solver.endsWithEuler
            || solver.lowersOrder && timesteps.count < 15
    }

    /// As `StepSpacing.wholeSteps`, but with room for one step more, which ends at the image, and below `last`.
    private static func wholeSteps(_ configuration: SchedulerConfiguration, steps: Int, last: Int) -> [Int] {
        StepSpacing.requireSteps(steps, of: configuration)
        switch configuration.spacing {
        case .leading:
            return (1...steps).reversed().map { $0 * (last / (steps + 1)) + configuration.stepsOffset }
        case .trailing:
            return StepSpacing.trailing(from: last, total: configuration.trainingSteps, steps: steps)
        case .linspace:
            return StepSpacing.linspace(to: last - 1, count: steps + 1).dropFirst().reversed().map(
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
        let isFirstOrder =
            solver.order == 1 || index == 0 || endsInFirstOrder && index == timesteps.count - 1
        let moved = sample * (ratio * nextSignal / signal)
        guard !isFirstOrder, let previousImage else { return moved + image * (nextSignal * (1 - ratio)) }
        let (step, before) = (log(sigma / next), log(sigmas[index - 1] / sigma))
        let change = image - previousImage
        switch solver.kind {
        case .midpoint:
            return moved + (image + change * (step / (2 * before))) * (nextSignal * (1 - ratio))
        case .heun:
            return moved + image * (nextSignal * (1 - ratio))
                + change * (step / before * nextSignal * ((ratio - 1) / step + 1))
        }
    }
}
