import Foundation

/// UniPC: a multistep predictor of up to third order and a corrector, which uses the answer at the predicted
/// sample to correct it without another call (arXiv 2302.04867, algorithms 1 and 2).
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_unipc_multistep.py
public struct UniPCSampler: DiffusionSampler {
    public static let name = "unipc"
    public static let className = "UniPCMultistepScheduler"
    public static let usesNoiseLevels = true

    public let timesteps: [Double]
    /// Noise over signal at the calls, and after the last.
    package let sigmas: [Double]
    private let prediction: SchedulerConfiguration.Prediction
    private let settings: SchedulerConfiguration.UniPC
    /// What the latest calls predicted, image or noise, the latest last; at most as many as the order.
    private var answers: [Tensor] = []
    /// The sample before the latest step, corrected, and the order of that step.
    private var last: (sample: Tensor, order: Int)?

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        prediction = configuration.prediction
        settings = configuration.uniPC
        if configuration.usesKarrasSigmas {
            let levels = StepSpacing.karrasSigmas(configuration, of: schedule, steps: steps)
            timesteps = levels.map { Double(StepSpacing.rounded(schedule.timestep(ofSigma: $0))) }
            sigmas = levels + [configuration.endsAtLowestNoise ? levels[steps - 1] : 0]
        } else {
            timesteps = StepSpacing.wholeStepsBeforeImage(configuration, steps: steps, last: schedule.count)
                .map(Double.init)
            sigmas =
                timesteps.map(schedule.sigma(at:)) + [configuration.endsAtLowestNoise ? schedule.sigma(0) : 0]
        }
    }

    public func noised(_ image: Tensor, with noise: Tensor, at index: Int) -> Tensor {
        let variance = sigmas[index] * sigmas[index]
        return NoiseLevels.mixture(image, noise, cumulativeAlpha: 1 / (1 + variance))
    }

    public mutating func step(
        _ sample: Tensor, prediction answer: Tensor, at index: Int, noise: () -> Tensor
    ) -> Tensor {
        let level = Level(sigma: sigmas[index])
        let predicted = SamplerPrediction(
            answer, kind: prediction, sample: sample, signal: level.signal, noise: level.noise)
        let new = settings.predictsImage ? predicted.image : predicted.noise
        var start = sample
        if let last, index > 0, !settings.uncorrectedSteps.contains(index - 1) {
            start = corrected(last.sample, with: new, order: last.order, at: index)
        }
        answers = (answers + [new]).suffix(settings.order)
        let remaining = settings.lowersOrder ? timesteps.count - index : settings.order
        let order = min(settings.order, remaining, answers.count)
        last = (start, order)
        return moved(start, order: order, at: index)
    }

    /// Signal and noise of a level, and the logarithm of their quotient.
    private struct Level {
        let signal: Double
        let noise: Double
        let logRatio: Double

        init(sigma: Double) {
            signal = 1 / (1 + sigma * sigma).squareRoot()
            noise = sigma * signal
            logRatio = -log(sigma)
        }
    }

    /// The predictor's step from call `index` on.
    private func moved(_ sample: Tensor, order: Int, at index: Int) -> Tensor {
        let step = Step(self, from: index, order: order, settings)
        let moved = step.firstOrder(sample, answers[answers.count - 1])
        guard order > 1 else { return moved }
        // diffusers takes ½ for the second order, as in the paper's UniP-2.
        let weights =
            order == 2 ? [0.5] : LinearEquations.solution(step.matrix(order - 1), step.right(order - 1))
        return moved - sum(slopes(step, latest: answers.count - 1), weights) * step.scale
    }

    /// The corrector's step to call `index`, whose answer is `new`, from the sample before it.
    private func corrected(_ sample: Tensor, with new: Tensor, order: Int, at index: Int) -> Tensor {
        let step = Step(self, from: index - 1, order: order, settings)
        let latest = answers.count - 1
        let weights = order == 1 ? [0.5] : LinearEquations.solution(step.matrix(order), step.right(order))
        let changes = slopes(step, latest: latest) + [new - answers[latest]]
        return step.firstOrder(sample, answers[latest]) - sum(changes, weights) * step.scale
    }

    /// Slopes from the latest answer to those before it, in units of the step.
    private func slopes(_ step: Step, latest: Int) -> [Tensor] {
        step.ratios.dropLast().enumerated().map { (answers[latest - $0 - 1] - answers[latest]) / $1 }
    }

    private func sum(_ tensors: [Tensor], _ weights: [Double]) -> Tensor {
        zip(tensors, weights).dropFirst().reduce(tensors[0] * weights[0]) { $0 + $1.0 * $1.1 }
    }

    /// The numbers of a step between two calls (equations 3 to 8 of the paper).
    private struct Step {
        /// Distances in log(α / σ) to the calls before, over that of the step; 1 for the step itself.
        let ratios: [Double]
        /// −h where images are predicted, h where noise is: its growth of log(α / σ).
        private let signedStep: Double
        /// B(h).
        private let size: Double
        private let before: Level
        private let after: Level
        private let predictsImage: Bool

        init(_ sampler: UniPCSampler, from index: Int, order: Int, _ settings: SchedulerConfiguration.UniPC) {
            let start = Level(sigma: sampler.sigmas[index]), end = Level(sigma: sampler.sigmas[index + 1])
            let h = end.logRatio - start.logRatio
            ratios =
                (1..<max(order, 1)).map {
                    (Level(sigma: sampler.sigmas[index - $0]).logRatio - start.logRatio) / h
                } + [1]
            signedStep = settings.predictsImage ? -h : h
            size = settings.kind == .bh1 ? signedStep : expm1(signedStep)
            before = start
            after = end
            predictsImage = settings.predictsImage
        }

        /// The sample after a step of first order.
        func firstOrder(_ sample: Tensor, _ answer: Tensor) -> Tensor {
            predictsImage
                ? sample * (after.noise / before.noise) - answer * (after.signal * expm1(signedStep))
                : sample * (after.signal / before.signal) - answer * (after.noise * expm1(signedStep))
        }

        /// What the weighted slopes count.
        var scale: Double { (predictsImage ? after.signal : after.noise) * size }

        /// Rows of powers of the ratios.
        func matrix(_ count: Int) -> [[Double]] {
            (0..<count).map { row in ratios.prefix(count).map { pow($0, Double(row)) } }
        }

        /// φ of growing order times the factorial, over B(h).
        func right(_ count: Int) -> [Double] {
            var phi = expm1(signedStep) / signedStep - 1, factorial = 1.0
            return (1...count).map { row in
                let value = phi * factorial / size
                factorial *= Double(row + 1)
                phi = phi / signedStep - 1 / factorial
                return value
            }
        }
    }
}

/// A few linear equations.
enum LinearEquations {
    /// The solution, by elimination with the largest pivot.
    ///
    /// - Parameters:
    ///   - matrix: rows; as many as columns, not singular.
    ///   - right: the right-hand sides.
    static func solution(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        let count = right.count
        var rows = zip(matrix, right).map { $0 + [$1] }
        for column in 0..<count {
            let pivot = (column..<count).max { abs(rows[$0][column]) < abs(rows[$1][column]) }!
            rows.swapAt(column, pivot)
            for row in 0..<count where row != column {
                let factor = rows[row][column] / rows[column][column]
                for place in column...count { rows[row][place] -= factor * rows[column][place] }
            }
        }
        return (0..<count).map { rows[$0][count] / rows[$0][$0] }
    }
}
