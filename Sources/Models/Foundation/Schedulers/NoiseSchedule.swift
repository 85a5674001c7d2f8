import Foundation

/// How much of an image is left after each step of the forward process.
///
/// x_t = √ᾱ_t x₀ + √(1 − ᾱ_t) ε, with ᾱ the cumulative product of 1 − β (arXiv 2006.11239, equation 4). As in
/// diffusers, all but the running product is rounded to 32 bits: at the noisy end of the squared cosine,
/// where 1 − β is 0.001, that moves noise levels by 1e-5 of themselves.
public struct NoiseSchedule: Sendable {
    /// ᾱ by training step.
    public let cumulativeAlphas: [Double]
    /// Noise over signal by training step, and its logarithm.
    private let sigmas: [Float]
    private let logSigmas: [Float]

    /// The schedule that `configuration` describes.
    public init(_ configuration: SchedulerConfiguration) {
        var betas = Self.betas(configuration)
        if configuration.endsInPureNoise { betas = Self.rescaled(betas) }
        var alphas = Self.products(betas.map { 1 - $0 })
        // Without any signal the noise level would be infinite; this is diffusers' smallest signal for
        // samplers of noise levels.
        if configuration.endsInPureNoise, configuration.usesNoiseLevels { alphas[alphas.count - 1] = 0x1p-24 }
        cumulativeAlphas = alphas.map(Double.init)
        sigmas = alphas.map { ((1 - $0) / $0).squareRoot() }
        logSigmas = sigmas.map { Float(log(Double($0))) }
    }

    /// The number of training steps.
    public var count: Int { cumulativeAlphas.count }

    /// Factor of the image at `step`.
    public func signal(_ step: Int) -> Double { cumulativeAlphas[step].squareRoot() }

    /// Factor of the noise at `step`.
    public func noise(_ step: Int) -> Double { (1 - cumulativeAlphas[step]).squareRoot() }

    /// Noise over signal at `step`: the noise level of arXiv 2206.00364.
    public func sigma(_ step: Int) -> Double { Double(sigmas[step]) }

    /// ᾱ at a step that a sampler asks about: as in Python, steps below 0 count from the end; there is none
    /// beyond it.
    func alpha(at step: Int) -> Double { cumulativeAlphas[step < 0 ? count + step : min(step, count - 1)] }

    /// The noise level at a training step between two whole ones.
    func sigma(at timestep: Double) -> Double {
        guard timestep > 0 else { return sigma(0) }
        guard timestep < Double(count - 1) else { return sigma(count - 1) }
        let below = Int(timestep)
        return (sigma(below + 1) - sigma(below)) * (timestep - Double(below)) + sigma(below)
    }

    /// The training step, with a fraction, of a noise level: linear in its logarithm.
    func timestep(ofSigma sigma: Double) -> Double {
        guard count > 1 else { return 0 }
        let target = log(max(sigma, 1e-10))
        // Noise levels rise with the step.
        var (low, high) = (0, count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if Double(logSigmas[middle]) <= target { low = middle } else { high = middle }
        }
        let (start, end) = (logSigmas[low], logSigmas[high])
        guard end > start else { return Double(low) }
        let weight = min(max((Double(start) - target) / Double(start - end), 0), 1)
        return (1 - weight) * Double(low) + weight * Double(high)
    }

    /// How many of the noisiest steps have a logarithm of signal over noise below `bound`.
    func stepsBelow(logRatio bound: Double) -> Int {
        guard bound > -.infinity else { return 0 }
        return cumulativeAlphas.count { 0.5 * log($0 / (1 - $0)) < bound }
    }
}

// MARK: - Betas

extension NoiseSchedule {
    private static func betas(_ configuration: SchedulerConfiguration) -> [Float] {
        let steps = configuration.trainingSteps
        let (start, end) = (configuration.betaStart, configuration.betaEnd)
        if let betas = configuration.trainedBetas { return betas.map { Float($0) } }
        switch configuration.betaSchedule {
        case .linear: return linspace(Float(start), Float(end), count: steps)
        case .scaledLinear:
            return linspace(Float(start.squareRoot()), Float(end.squareRoot()), count: steps).map { $0 * $0 }
        case .squaredCosine:
            return (0..<steps).map { step in
                let before = cosineAlpha(Double(step) / Double(steps))
                return Float(min(1 - cosineAlpha(Double(step + 1) / Double(steps)) / before, 0.999))
            }
        }
    }

    /// As torch does it: from both ends to the middle, each product and sum rounded once.
    private static func linspace(_ start: Float, _ end: Float, count: Int) -> [Float] {
        let step = count > 1 ? (end - start) / Float(count - 1) : 0
        return (0..<count).map { index in
            index < count / 2
                ? start.addingProduct(step, Float(index)) : end.addingProduct(-step, Float(count - 1 - index))
        }
    }

    /// Cumulative products, carried in 64 bits.
    private static func products(_ factors: [Float]) -> [Float] {
        var product = 1.0
        return factors.map { factor in
            product *= Double(factor)
            return Float(product)
        }
    }

    /// Betas under which nothing of the image is left after the last step (arXiv 2305.08891, algorithm 1).
    private static func rescaled(_ betas: [Float]) -> [Float] {
        var roots = products(betas.map { 1 - $0 }).map { $0.squareRoot() }
        guard let first = roots.first, let last = roots.last, first > last else { return betas }
        let scale = first / (first - last)
        for index in roots.indices { roots[index] = (roots[index] - last) * scale }
        let squares = roots.map { $0 * $0 }
        return squares.indices.map { 1 - ($0 == 0 ? squares[0] : squares[$0] / squares[$0 - 1]) }
    }

    /// arXiv 2102.09672, equation 17.
    private static func cosineAlpha(_ fraction: Double) -> Double {
        let angle = cos((fraction + 0.008) / 1.008 * .pi / 2)
        return angle * angle
    }
}
