/// What a network's answer says about the image and about the noise in a sample x = α x₀ + σ ε, α² + σ² = 1.
struct SamplerPrediction {
    /// The image x₀.
    let image: Tensor
    /// The noise ε.
    let noise: Tensor

    /// - Parameters:
    ///   - answer: ε, v = α ε − σ x₀ (arXiv 2202.00512) or x₀, as `kind` says.
    ///   - signal: α.
    ///   - noise: σ.
    init(
        _ answer: Tensor, kind: SchedulerConfiguration.Prediction, sample: Tensor, signal: Double,
        noise: Double
    ) {
        switch kind {
        case .epsilon:
            image = (sample - answer * noise) * (1 / signal)
            self.noise = answer
        case .velocity:
            image = sample * signal - answer * noise
            self.noise = answer * signal + sample * noise
        case .sample:
            image = answer
            self.noise = (sample - answer * signal) * (1 / noise)
        }
    }
}
