import Foundation

// What is drawn from a generator: uniform and normal numbers, indices and subsets.
extension RandomNumberGenerator {
    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    @inlinable
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in (0, 1], fit for a logarithm.
    @inlinable
    public mutating func positiveUniform() -> Double { 1 - uniform() }

    /// Uniform in [0, 1), a multiple of 2⁻²⁴.
    @inlinable
    public mutating func uniformFloat() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// A number between the bounds of `range`; the lower bound itself for a range of one point.
    @inlinable
    public mutating func uniform(in range: ClosedRange<Float>) -> Float {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniformFloat()
    }

    /// True with the given probability; never for 0, always for 1.
    @inlinable
    public mutating func isTrue(withProbability probability: Float) -> Bool { uniformFloat() < probability }

    /// Standard normal: mean 0, deviation 1 (Box and Muller, "A note on the generation of random normal
    /// deviates", 1958). The second variate is not kept, so nothing is hidden.
    public mutating func normal() -> Double {
        let radius = (-2 * log(positiveUniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// Uniform among the integers 0 to `count` - 1.
    ///
    /// - Precondition: `count` is positive.
    @inlinable
    public mutating func index(below count: Int) -> Int {
        precondition(count > 0, "an index below \(count)")
        return Int(next(upperBound: UInt64(count)))
    }

    /// An index drawn with probability proportional to its weight.
    ///
    /// - Precondition: no weight is negative and one is positive.
    public mutating func index(weights: [Float]) -> Int {
        let total = weights.reduce(0, +)
        precondition(total > 0 && weights.allSatisfy { $0 >= 0 }, "weights \(weights) have no positive sum")
        var left = uniformFloat() * total
        var lastPossible = 0
        for (index, weight) in weights.enumerated() where weight > 0 {
            if left < weight { return index }
            left -= weight
            lastPossible = index
        }
        // Rounding may leave a remainder behind the last weight.
        return lastPossible
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
