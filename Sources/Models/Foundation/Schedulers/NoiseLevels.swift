/// What the samplers that compute with noise over signal (arXiv 2206.00364) have in common: the levels at
/// which they ask the network, what it sees, and what its answer says.
struct NoiseLevels {
    /// The training step of each level; fractions lie between two of them.
    let timesteps: [Double]
    /// Falling noise levels.
    let sigmas: [Double]
    /// Deviation of the noise at the start.
    let initialNoiseScale: Double

    /// Levels at spaced training steps, or Karras' between the bounds of those.
    init(_ configuration: SchedulerConfiguration, _ schedule: NoiseSchedule, steps: Int) {
        let spaced = StepSpacing.realSteps(configuration, steps: steps)
        let levels = spaced.map(schedule.sigma(at:))
        if configuration.usesKarrasSigmas {
            sigmas = StepSpacing.karrasSigmas(
                configuration, between: (low: levels[levels.count - 1], high: levels[0]), steps: steps)
            timesteps = sigmas.map(schedule.timestep(ofSigma:))
        } else {
            sigmas = levels
            timesteps = spaced
        }
        // diffusers starts `leading` spacing, which does not begin at pure noise, with the image's variance
        // on top.
        let highest = sigmas.max() ?? 0
        initialNoiseScale = configuration.spacing == .leading ? (highest * highest + 1).squareRoot() : highest
    }

    /// A sample x₀ + σ ε scaled to unit variance.
    static func networkInput(_ sample: Tensor, sigma: Double) -> Tensor {
        sample * (1 / (sigma * sigma + 1).squareRoot())
    }

    /// √ᾱ x₀ + √(1 − ᾱ) ε (arXiv 2006.11239, equation 4).
    static func mixture(_ image: Tensor, _ noise: Tensor, cumulativeAlpha: Double) -> Tensor {
        image * cumulativeAlpha.squareRoot() + noise * (1 - cumulativeAlpha).squareRoot()
    }

    /// The image x₀ of a sample x₀ + σ ε.
    ///
    /// - Parameters:
    ///   - answer: ε, v (arXiv 2202.00512) or x₀, as `kind` says.
    ///   - kind: what the network predicts.
    ///   - sample: before it was scaled for the network.
    ///   - sigma: σ.
    static func image(
        _ answer: Tensor, kind: SchedulerConfiguration.Prediction, sample: Tensor, sigma: Double
    ) -> Tensor {
        switch kind {
        case .epsilon: return sample - answer * sigma
        case .velocity:
            let variance = sigma * sigma + 1
            return sample * (1 / variance) - answer * (sigma / variance.squareRoot())
        case .sample: return answer
        }
    }
}
