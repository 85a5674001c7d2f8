import Foundation

extension RandomNumberGenerator {
    /// Gamma distributed with scale 1, so with mean `shape` and variance `shape`.
    ///
    /// - Precondition: `shape` is finite and positive.
    public mutating func gamma(shape: Double) -> Double { exp(logGamma(shape: shape)) }

    /// Logarithm of a gamma draw: for a small `shape` the draw itself is too small for a `Double`.
    ///
    /// Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000),
    /// <https://doi.org/10.1145/358407.358414>: section 2, and for a shape below 1 its section 6,
    /// γ(a) = γ(a + 1) U^(1/a).
    ///
    /// - Precondition: `shape` is finite and positive.
    public mutating func logGamma(shape: Double) -> Double {
        precondition(shape.isFinite && shape > 0, "a gamma distribution of shape \(shape)")
        guard shape >= 1 else { return logGamma(shape: shape + 1) + log(positiveUniform()) / shape }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = 1 + c * x
            guard v > 0 else { continue }
            let logCube = 3 * log(v)
            let bound = 0.5 * x * x + d - d * v * v * v + d * logCube
            if log(positiveUniform()) < bound { return log(d) + logCube }
        }
    }

    /// Symmetric Dirichlet: `count` proportions that add up to 1.
    ///
    /// Gamma draws divided by their sum, in logarithms, so that a concentration as small as 0.001 does not
    /// end in 0 / 0.
    ///
    /// - Precondition: `concentration` and `count` are positive.
    public mutating func dirichlet(concentration: Double, count: Int) -> [Double] {
        precondition(count > 0, "\(count) proportions")
        // Of the smallest numbers there are, the logarithm of a draw is beyond all numbers.
        return Shares.normalized(
            logWeights: (0..<count).map { _ in logGamma(shape: max(concentration, 1e-300)) })
    }
}

/// Parts of a whole.
public enum Shares {
    /// exp(`logWeights`) scaled to sum 1; a weight of -∞ becomes 0.
    ///
    /// - Precondition: at least one weight is finite.
    public static func normalized(logWeights: [Double]) -> [Double] {
        let largest = logWeights.max() ?? -.infinity
        precondition(largest.isFinite, "no finite weight among \(logWeights)")
        let weights = logWeights.map { exp($0 - largest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }
}

/// A generator that gives the complement of each number of another one.
///
/// If a draw U of the one is (k + 1) · 2⁻⁵³, the other's `positiveUniform()` is the same number.
package struct ComplementedGenerator<Base: RandomNumberGenerator>: RandomNumberGenerator {
    package var base: Base

    package init(_ base: Base) { self.base = base }

    package mutating func next() -> UInt64 { ~base.next() }
}
