import Foundation

/// DPM-Solver++ in several steps: a method of up to third order in the logarithm of the signal-to-noise ratio
/// (arXiv 2211.01095, algorithm 2), of lower order where fewer answers are known or the image is near; with
/// or without fresh noise (its SDE, appendix).
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
    /// The images that the latest calls predicted, the latest last; at most as many as the order.
    private var images: [Tensor] = []

    /// Those that are too noisy for the solver are left out.
    public static func allowedSteps(_ configuration: SchedulerConfiguration) -> ClosedRange<Int> {
        let schedule = NoiseSchedule(configuration)
        let left = schedule.count - schedule.stepsBelow(logRatio: configuration.solver.lowestLogRatio)
        return 1...max(1, left)
    }

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        prediction = configuration.prediction
        solver = configuration.solver
        let end = configuration.endsAtLowestNoise ? schedule.sigma(0) : 0
        if configuration.usesKarrasSigmas {
            let levels = StepSpacing.karrasSigmas(configuration, of: schedule, steps: steps)
            let exact = levels.map(schedule.timestep(ofSigma:))
            // As diffusers does: the squared cosine's steps lose their fractions, all others are rounded.
            let rule: FloatingPointRoundingRule =
                configuration.betaSchedule == .squaredCosine ? .down : .toNearestOrEven
            timesteps = exact.map { $0.rounded(rule) }
            sigmas = levels + [end]
        } else {
            let last = schedule.count - schedule.stepsBelow(logRatio: solver.lowestLogRatio)
            timesteps = StepSpacing.wholeStepsBeforeImage(configuration, steps: steps, last: last)
                .map(Double.init)
            sigmas = timesteps.map(schedule.sigma(at:)) + [end]
        }
        endsInFirstOrder =
            !configuration.endsAtLowestNoise || solver.endsWithEuler
            || solver.lowersOrder && timesteps.count < 15
    }

    public func noised(_ image: Tensor, with noise: Tensor, at index: Int) -> Tensor {
        let variance = sigmas[index] * sigmas[index]
        return NoiseLevels.mixture(image, noise, cumulativeAlpha: 1 / (1 + variance))
    }

    public mutating func step(
        _ sample: Tensor, prediction answer: Tensor, at index: Int, noise: () -> Tensor
    ) -> Tensor {
        let (sigma, next) = (sigmas[index], sigmas[index + 1])
        let (signal, nextSignal) = (1 / (1 + sigma * sigma).squareRoot(), 1 / (1 + next * next).squareRoot())
        let image = SamplerPrediction(
            answer, kind: prediction, sample: sample, signal: signal, noise: sigma * signal
        ).image
        images = (images + [image]).suffix(solver.order)
        // e^(−h) of the papers: h is the growth of log(α / σ), −log of the noise level.
        let ratio = next / sigma
        let step = Step(
            h: log(sigma / next), ratio: solver.isStochastic ? ratio * ratio : ratio,
            isStochastic: solver.isStochastic)
        // The sample shrinks by σ of the next step over that of this one, with noise by e^(−h) more.
        let moved = sample * (step.ratio * nextSignal / signal)
        let change = slopes(at: index, over: step.h)
        var result = moved + image * (nextSignal * (1 - step.ratio))
        if let first = change.first {
            result = result + first * (nextSignal * firstWeight(step, change.count))
        }
        if let second = change.second { result = result + second * (nextSignal * step.secondWeight) }
        guard solver.isStochastic else { return result }
        return result + noise() * (next * nextSignal * (1 - step.ratio).squareRoot())
    }

    /// A step's length and the weights of the images' slopes; x is h, or 2 h with noise.
    private struct Step {
        let h: Double
        /// What is left of the sample: e^(−x).
        let ratio: Double
        let isStochastic: Bool

        private var exponent: Double { isStochastic ? 2 * h : h }
        /// (e^(−x) − 1) / x + 1.
        var heunWeight: Double { (ratio - 1) / exponent + 1 }
        /// (1 − e^(−x) − x) / x² + ½; diffusers subtracts the half where there is noise.
        var secondWeight: Double {
            (1 - ratio - exponent) / (exponent * exponent) + (isStochastic ? -0.5 : 0.5)
        }
    }

    /// What the first slope counts.
    private func firstWeight(_ step: Step, _ count: Int) -> Double {
        solver.kind == .midpoint && count == 1 ? (1 - step.ratio) / 2 : step.heunWeight
    }

    /// First and second slope of the images along the steps, in units of `h`; as many as the order of step
    /// `index` has.
    private func slopes(at index: Int, over h: Double) -> (first: Tensor?, second: Tensor?, count: Int) {
        let order = order(at: index)
        guard order > 1 else { return (nil, nil, 0) }
        let before = log(sigmas[index - 1] / sigmas[index]) / h
        let first = (images[images.count - 1] - images[images.count - 2]) / before
        guard order > 2 else { return (first, nil, 1) }
        let earlier = log(sigmas[index - 2] / sigmas[index - 1]) / h
        let second = (images[images.count - 2] - images[images.count - 3]) / earlier
        let bend = (first - second) / (before + earlier)
        return (first + bend * before, bend, 2)
    }

    /// The order of step `index`: few steps end in lower ones.
    private func order(at index: Int) -> Int {
        let left = timesteps.count - index
        if left == 1, endsInFirstOrder { return 1 }
        let isSecond = left == 2 && solver.lowersOrder && timesteps.count < 15
        return min(isSecond ? 2 : solver.order, images.count)
    }
}
