import Foundation

/// How much of an image is left after each step of the forward process.
///
/// x_t = √ᾱ_t x₀ + √(1 − ᾱ_t) ε, with ᾱ the cumulative product of 1 − β (arXiv 2006.11239, equation 4).
public struct NoiseSchedule: Sendable {
    /// ᾱ by training step.
    public let cumulativeAlphas: [Double]

    /// The schedule that `configuration` describes.
    public init(_ configuration: SchedulerConfiguration) {
        let steps = configuration.trainingSteps
        let (start, end) = (configuration.betaStart, configuration.betaEnd)
        var product = 1.0
        cumulativeAlphas = (0..<steps).map { step in
            let fraction = steps == 1 ? 0 : Double(step) / Double(steps - 1)
            let beta: Double
            switch configuration.betaSchedule {
            case .linear:
                beta = start + (end - start) * fraction
            case .scaledLinear:
                let root = start.squareRoot() + (end.squareRoot() - start.squareRoot()) * fraction
                beta = root * root
            case .squaredCosine:
                let before = Self.cosineAlpha(Double(step) / Double(steps))
                beta = min(1 - Self.cosineAlpha(Double(step + 1) / Double(steps)) / before, 0.999)
            }
            product *= 1 - beta
            return product
        }
    }

    /// The number of training steps.
    public var count: Int { cumulativeAlphas.count }

    /// Factor of the image at `step`.
    public func signal(_ step: Int) -> Double { cumulativeAlphas[step].squareRoot() }

    /// Factor of the noise at `step`.
    public func noise(_ step: Int) -> Double { (1 - cumulativeAlphas[step]).squareRoot() }

    /// Noise over signal at `step`: the noise level of arXiv 2206.00364.
    public func sigma(_ step: Int) -> Double {
        ((1 - cumulativeAlphas[step]) / cumulativeAlphas[step]).squareRoot()
    }

    /// arXiv 2102.09672, equation 17.
    private static func cosineAlpha(_ fraction: Double) -> Double {
        let angle = cos((fraction + 0.008) / 1.008 * .pi / 2)
        return angle * angle
    }
}
