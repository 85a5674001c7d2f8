/// Pseudo numerical methods for diffusion models (arXiv 2202.09778, algorithm 2): Runge–Kutta's four calls
/// for each of the first three steps, then the linear multistep method of equation 12; or, as the original
/// Stable Diffusion checkpoints have it (`skip_prk_steps`), that method from the start.
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_pndm.py
public struct PNDMSampler: DiffusionSampler {
    public static let name = "pndm"
    public static let className = "PNDMScheduler"

    public let timesteps: [Double]
    /// Training steps between which each call moves the sample.
    private var moves: [(from: Int, to: Int)]
    /// Training steps of a step.
    private let stride: Int
    /// The first call.
    private var first = 0
    /// How many calls are Runge–Kutta's, twelve or none.
    private let rungeKuttaCalls: Int
    private let schedule: NoiseSchedule
    /// ᾱ after the last step.
    private let finalAlpha: Double
    private let prediction: SchedulerConfiguration.Prediction
    /// Answers of the calls before, the latest last; at most three.
    private var history: [Tensor] = []
    /// The sample with which a step of several calls begins.
    private var firstSample: Tensor?
    /// The weighted sum of such a step's answers.
    private var sum: Tensor?

    /// How many of its steps are Runge–Kutta's.
    static let rungeKuttaSteps = 4

    /// Runge–Kutta's steps take the first four of the schedule.
    public static func allowedSteps(_ configuration: SchedulerConfiguration) -> ClosedRange<Int> {
        let least = configuration.skipsRungeKutta ? 1 : rungeKuttaSteps
        return least...max(least, configuration.trainingSteps)
    }

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        schedule = NoiseSchedule(configuration)
        prediction = configuration.prediction
        finalAlpha = configuration.endsWithoutNoise ? 1 : schedule.cumulativeAlphas[0]
        var whole = StepSpacing.wholeSteps(configuration, steps: steps)
        stride = configuration.trainingSteps / steps
        let stride = stride
        if configuration.skipsRungeKutta {
            // The second step is asked twice: the first move is repeated with the mean of both its ends'
            // answers.
            if whole.count > 1 { whole.insert(whole[1], at: 1) }
            timesteps = whole.map(Double.init)
            moves = whole.enumerated().map { index, step in
                index == 1 ? (step + stride, step) : (step, step - stride)
            }
            rungeKuttaCalls = 0
        } else {
            precondition(whole.count >= 4, "Runge–Kutta's method in \(whole.count) steps")
            let calls = Self.rungeKutta(whole, half: stride / 2)
            let rest = whole.dropFirst(3)
            timesteps = calls.map { Double($0.timestep) } + rest.map(Double.init)
            moves = calls.map(\.move) + rest.map { ($0, $0 - stride) }
            rungeKuttaCalls = calls.count
        }
    }

    /// The calls of the first three steps: at the start, twice half way, and at the end, each moving the
    /// sample from the start.
    private static func rungeKutta(_ whole: [Int], half: Int) -> [(timestep: Int, move: (from: Int, to: Int))]
    {
        (0..<3).flatMap { step in
            let (start, end) = (whole[step], whole[step + 1])
            let middle = end + half
            return [
                (start, (start, start - half)), (middle, (start, middle)), (middle, (start, middle - half)),
                (end, (start, end)),
            ]
        }
    }

    public func noised(_ image: Tensor, with noise: Tensor, at index: Int) -> Tensor {
        NoiseLevels.mixture(image, noise, cumulativeAlpha: schedule.alpha(at: Int(timesteps[index])))
    }

    /// As diffusers, which counts calls from the first one, whichever that is: the second call repeats the
    /// first one's move.
    public mutating func begin(at index: Int) throws {
        guard index > 0 else { return }
        guard rungeKuttaCalls == 0 else { throw FoundationModelError.impossibleStart(scheduler: Self.name) }
        first = index
        moves = timesteps.enumerated().map { call, step in
            call == index + 1 ? (Int(step) + stride, Int(step)) : (Int(step), Int(step) - stride)
        }
    }

    public mutating func step(
        _ sample: Tensor, prediction answer: Tensor, at index: Int, noise: () -> Tensor
    ) -> Tensor {
        let move = moves[index]
        if index < rungeKuttaCalls {
            let (start, combined) = rungeKuttaStep(sample, answer, call: index % 4)
            return moved(start, along: combined, from: move.from, to: move.to)
        }
        var start = sample
        let answers = history + [answer]
        let combined: Tensor
        let call = index - first
        switch (call, answers.count) {
        case (0, _):
            firstSample = sample
            combined = answer
        case (1, _):
            start = firstSample ?? sample
            combined = (answer + history[0]) * 0.5
        case (_, 2):
            combined = (answer * 3 - answers[0]) * 0.5
        case (_, 3):
            combined = (answer * 23 - answers[1] * 16 + answers[0] * 5) * (1 / 12)
        default:
            combined = (answer * 55 - answers[2] * 59 + answers[1] * 37 - answers[0] * 9) * (1 / 24)
        }
        // The repeated call does not count as a step of its own.
        if call != 1 { history = answers.suffix(3) }
        return moved(start, along: combined, from: move.from, to: move.to)
    }

    /// The sample to move and the answer to move it along (equation 13).
    private mutating func rungeKuttaStep(_ sample: Tensor, _ answer: Tensor, call: Int) -> (Tensor, Tensor) {
        let share = answer * (call == 0 || call == 3 ? 1.0 / 6 : 1.0 / 3)
        if call == 0 {
            history = (history + [answer]).suffix(3)
            firstSample = sample
            sum = share
            return (sample, answer)
        }
        let total = sum.map { $0 + share } ?? share
        sum = total
        return (firstSample ?? sample, call == 3 ? total : answer)
    }

    /// Equation 9 of arXiv 2202.09778, which is equation 11 for discrete steps.
    private func moved(_ sample: Tensor, along answer: Tensor, from: Int, to: Int) -> Tensor {
        let alpha = schedule.alpha(at: from)
        let next = to >= 0 ? schedule.alpha(at: to) : finalAlpha
        let noise = SamplerPrediction(
            answer, kind: prediction, sample: sample, signal: alpha.squareRoot(),
            noise: (1 - alpha).squareRoot()
        ).noise
        let divisor = alpha * (1 - next).squareRoot() + (alpha * (1 - alpha) * next).squareRoot()
        return sample * (next / alpha).squareRoot() - noise * ((next - alpha) / divisor)
    }
}
