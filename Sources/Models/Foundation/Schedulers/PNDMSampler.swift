/// Pseudo numerical methods for diffusion models: the linear multistep part (arXiv 2202.09778, equation 12
/// and algorithm 2; `skip_prk_steps` of the original Stable Diffusion checkpoints).
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_pndm.py
public struct PNDMSampler: DiffusionSampler {
    public static let name = "pndm"
    public static let className = "PNDMScheduler"

    public let timesteps: [Double]
    /// Training steps between which each call moves the sample.
    private let moves: [(from: Int, to: Int)]
    private let schedule: NoiseSchedule
    /// ᾱ after the last step.
    private let finalAlpha: Double
    private let prediction: SchedulerConfiguration.Prediction
    /// Answers of the calls before, the latest last; at most three.
    private var history: [Tensor] = []
    private var firstSample: Tensor?

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        schedule = NoiseSchedule(configuration)
        prediction = configuration.prediction
        finalAlpha = configuration.endsWithoutNoise ? 1 : schedule.cumulativeAlphas[0]
        var whole = StepSpacing.wholeSteps(configuration, steps: steps)
        // The second step is asked twice: the first move is repeated with the mean of both its ends' answers.
        if whole.count > 1 { whole.insert(whole[1], at: 1) }
        timesteps = whole.map(Double.init)
        let stride = configuration.trainingSteps / steps
        moves = whole.enumerated().map { index, step in
            index == 1 ? (step + stride, step) : (step, step - stride)
        }
    }

    public mutating func step(_ sample: Tensor, prediction answer: Tensor, at index: Int) -> Tensor {
        var start = sample
        let answers = history + [answer]
        let combined: Tensor
        switch (index, answers.count) {
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
        if index != 1 { history = answers.suffix(3) }
        return move(start, along: combined, from: moves[index].from, to: moves[index].to)
    }

    /// Equation 9 of arXiv 2202.09778, which is equation 11 for discrete steps.
    private func move(_ sample: Tensor, along answer: Tensor, from: Int, to: Int) -> Tensor {
        let alpha = schedule.cumulativeAlphas[min(from, schedule.count - 1)]
        let next = to >= 0 ? schedule.cumulativeAlphas[to] : finalAlpha
        let noise = SamplerPrediction(
            answer, kind: prediction, sample: sample, signal: alpha.squareRoot(),
            noise: (1 - alpha).squareRoot()
        ).noise
        let divisor = alpha * (1 - next).squareRoot() + (alpha * (1 - alpha) * next).squareRoot()
        return sample * (next / alpha).squareRoot() - noise * ((next - alpha) / divisor)
    }
}
