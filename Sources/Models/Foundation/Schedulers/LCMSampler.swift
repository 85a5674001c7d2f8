/// Latent consistency models (arXiv 2310.04378, algorithm 3): each call predicts the image, to which the next
/// level's noise is added anew.
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/schedulers/scheduling_lcm.py
public struct LCMSampler: DiffusionSampler {
    public static let name = "lcm"
    public static let className = "LCMScheduler"

    public let timesteps: [Double]
    /// ᾱ at each call.
    private let alphas: [Double]
    private let prediction: SchedulerConfiguration.Prediction
    private let clipRange: Double?
    private let timestepScaling: Double

    /// Steps are chosen among those that the model was distilled from.
    public static func allowedSteps(_ configuration: SchedulerConfiguration) -> ClosedRange<Int> {
        1...min(configuration.originalSteps, configuration.trainingSteps)
    }

    public init(_ configuration: SchedulerConfiguration, steps: Int) {
        let schedule = NoiseSchedule(configuration)
        let original = min(configuration.originalSteps, configuration.trainingSteps)
        precondition((1...original).contains(steps), "\(steps) steps of \(original)")
        let stride = configuration.trainingSteps / original
        // Every k-th of the original steps from the last on, k rounded down step by step.
        let whole = (0..<steps).map { index in
            (original - Int(Double(index) * (Double(original) / Double(steps)))) * stride - 1
        }
        timesteps = whole.map(Double.init)
        alphas = whole.map(schedule.alpha(at:))
        prediction = configuration.prediction
        clipRange = configuration.clipRange
        timestepScaling = configuration.timestepScaling
    }

    public func noised(_ image: Tensor, with noise: Tensor, at index: Int) -> Tensor {
        NoiseLevels.mixture(image, noise, cumulativeAlpha: alphas[index])
    }

    public mutating func step(
        _ sample: Tensor, prediction answer: Tensor, at index: Int, noise: () -> Tensor
    ) -> Tensor {
        let alpha = alphas[index]
        let predicted = SamplerPrediction(
            answer, kind: prediction, sample: sample, signal: alpha.squareRoot(),
            noise: (1 - alpha).squareRoot()
        ).image
        let image = clipRange.map { predicted.clamp(-$0, $0) } ?? predicted
        // The boundary condition: at step 0 the sample is the image (σ of the data is 0.5).
        let time = timesteps[index] * timestepScaling, variance = 0.25
        let denoised =
            image * (time / (time * time + variance).squareRoot())
            + sample * (variance / (time * time + variance))
        guard index + 1 < alphas.count else { return denoised }
        let next = alphas[index + 1]
        return denoised * next.squareRoot() + noise() * (1 - next).squareRoot()
    }
}
