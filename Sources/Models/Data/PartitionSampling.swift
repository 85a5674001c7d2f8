import Foundation

/// Draws from the gamma and Dirichlet distributions, in logarithms.
package enum PartitionSampling {
    /// The logarithm of one draw from the gamma distribution with `shape` and scale 1.
    ///
    /// Marsaglia and Tsang, "A simple method for generating gamma variables", ACM Transactions on
    /// Mathematical Software 26 (2000): section 2, and for a shape a below 1 its section 6,
    /// γ(a) = γ(a + 1) U^(1/a). As a logarithm the second factor, log U / a, stays a number where the power
    /// itself would be 0.
    ///
    /// - Precondition: `shape` is positive and finite.
    package static func logGamma(shape: Double, using generator: inout some RandomNumberGenerator) -> Double {
        precondition(shape > 0 && shape.isFinite, "gamma shape \(shape)")
        guard shape >= 1 else {
            return logGamma(shape: shape + 1, using: &generator) + log(uniform(using: &generator)) / shape
        }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let normal = standardNormal(using: &generator)
            let v = 1 + c * normal
            guard v > 0 else { continue }
            let logCube = 3 * log(v)
            let bound = 0.5 * normal * normal + d - d * v * v * v + d * logCube
            if log(uniform(using: &generator)) < bound { return log(d) + logCube }
        }
    }

    /// One draw from the symmetric Dirichlet distribution with `count` parts; the parts sum to 1.
    package static func dirichlet(
        concentration: Double, count: Int, using generator: inout some RandomNumberGenerator
    ) -> [Double] {
        normalized(logWeights: (0..<count).map { _ in logGamma(shape: concentration, using: &generator) })
    }

    /// exp(`logWeights`) scaled to sum 1; a weight of -∞ becomes 0.
    ///
    /// - Precondition: at least one weight is finite.
    static func normalized(logWeights: [Double]) -> [Double] {
        let largest = logWeights.max() ?? -.infinity
        precondition(largest.isFinite, "no finite weight among \(logWeights)")
        let weights = logWeights.map { exp($0 - largest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// A number in (0, 1], in steps of 2⁻⁵³, so that its logarithm is finite.
    private static func uniform(using generator: inout some RandomNumberGenerator) -> Double {
        Double((generator.next() >> 11) + 1) * 0x1p-53
    }

    /// A standard normal number (Box and Muller, "A note on the generation of random normal deviates", 1958).
    private static func standardNormal(using generator: inout some RandomNumberGenerator) -> Double {
        let radius = (-2 * log(uniform(using: &generator))).squareRoot()
        return radius * cos(2 * .pi * uniform(using: &generator))
    }
}
