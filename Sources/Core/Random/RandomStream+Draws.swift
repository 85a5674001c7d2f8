import Foundation

extension RandomStream {
    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    public mutating func uniform() -> Double {
        uniformDraw()
    }

    /// Uniform among the integers 0 to `count` - 1.
    ///
    /// - Precondition: `count` is positive.
    public mutating func index(below count: Int) -> Int {
        precondition(count > 0, "an index below \(count)")
        // Lemire, "Fast random integer generation in an interval", <https://doi.org/10.1145/3230636>: the
        // first `rejected` low parts of each multiple would be drawn once too often.
        let rejected = (0 &- UInt64(count)) % UInt64(count)
        while true {
            let (high, low) = next().multipliedFullWidth(by: UInt64(count))
            if low >= rejected { return Int(high) }
        }
    }

    /// Standard normal: mean 0, deviation 1.
    public mutating func normal() -> Double {
        normalDraw()
    }

    /// Gamma distributed with scale 1, so with mean `shape` and variance `shape`.
    ///
    /// Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000),
    /// <https://doi.org/10.1145/358407.358414>, with their boost by U^(1/shape) below shape 1.
    ///
    /// - Precondition: `shape` is finite and positive.
    public mutating func gamma(shape: Double) -> Double {
        exp(logGamma(shape: shape))
    }

    /// Logarithm of a gamma draw: for a small `shape` the draw itself is too small for a `Double`.
    private mutating func logGamma(shape: Double) -> Double {
        precondition(shape.isFinite && shape > 0, "a gamma distribution of shape \(shape)")
        if shape < 1 {
            return logGamma(shape: shape + 1) + log(positiveUniformDraw()) / shape
        }
        let d = shape - 1.0 / 3.0
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normalDraw()
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            guard v > 0 else { continue }
            if log(positiveUniformDraw()) < 0.5 * x * x + d - d * v + d * log(v) {
                return log(d) + log(v)
            }
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
        let logarithms = (0..<count).map { _ in logGamma(shape: max(concentration, 1e-300)) }
        let largest = logarithms.max()!
        let weights = logarithms.map { exp($0 - largest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// The integers 0 to `count` - 1 in random order (Fisher and Yates).
    public mutating func permutation(_ count: Int) -> [Int] {
        var numbers = Array(0..<count)
        guard count > 1 else { return numbers }
        for last in stride(from: count - 1, to: 0, by: -1) {
            numbers.swapAt(last, index(below: last + 1))
        }
        return numbers
    }

    /// `sampleCount` different integers among 0 to `count` - 1, ascending; each subset is equally likely.
    ///
    /// - Precondition: `sampleCount` is at most `count`.
    public mutating func subset(_ sampleCount: Int, of count: Int) -> [Int] {
        precondition((0...count).contains(sampleCount), "\(sampleCount) of \(count)")
        // Selection sampling (Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S).
        var chosen: [Int] = []
        chosen.reserveCapacity(sampleCount)
        for number in 0..<count where chosen.count < sampleCount {
            if index(below: count - number) < sampleCount - chosen.count { chosen.append(number) }
        }
        return chosen
    }
}

// Internal, so that other modules may have helpers of the same names.
extension RandomNumberGenerator {
    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    mutating func uniformDraw() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Uniform in (0, 1], fit for a logarithm.
    mutating func positiveUniformDraw() -> Double {
        1 - uniformDraw()
    }

    /// Standard normal (Box and Muller 1958); the second variate is not kept, so nothing is hidden.
    mutating func normalDraw() -> Double {
        let radius = (-2 * log(positiveUniformDraw())).squareRoot()
        return radius * cos(2 * .pi * uniformDraw())
    }
}
