import Foundation

/// A small, fast, seeded generator: xoshiro256** whose state is filled by SplitMix64.
///
/// Two generators that differ in the seed or in any word of the stream are independent for all practical
/// purposes, so image 7 of a set or epoch 3 of a client can own one without knowing what the others drew.
/// The sequence of `next()` is the same on every machine.
///
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021,
/// https://prng.di.unimi.it/xoshiro256starstar.c and https://prng.di.unimi.it/splitmix64.c (public domain).
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable {
    private var word0: UInt64
    private var word1: UInt64
    private var word2: UInt64
    private var word3: UInt64

    /// Makes the generator that belongs to `seed` and to the path of words in `stream`, for example
    /// `SeededGenerator(seed: 7, stream: client, epoch)`.
    public init(seed: UInt64, stream: UInt64...) {
        self.init(seed: seed, streamWords: stream)
    }

    /// The same as `init(seed:stream:)` for a path that stands in an array.
    public init(seed: UInt64, streamWords: [UInt64]) {
        var key = seed
        for word in streamWords {
            // Mixing before adding the next word keeps the paths (1, 2) and (2, 1) apart.
            var mixer = key ^ 0xD1B5_4A32_D192_ED03
            key = Self.splitMix(&mixer) &+ word
        }
        word0 = Self.splitMix(&key)
        word1 = Self.splitMix(&key)
        word2 = Self.splitMix(&key)
        word3 = Self.splitMix(&key)
    }

    /// One step of SplitMix64.
    @inline(__always)
    private static func splitMix(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The next 64 random bits.
    @inline(__always)
    public mutating func next() -> UInt64 {
        let product = word1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let shifted = word1 << 17
        word2 ^= word0
        word3 ^= word1
        word1 ^= word2
        word0 ^= word3
        word2 ^= shifted
        word3 = (word3 << 45) | (word3 >> 19)
        return result
    }

    /// A number in 0..<1 with 53 random bits.
    @inline(__always)
    public mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number in 0..<1 with 24 random bits.
    @inline(__always)
    public mutating func uniformFloat() -> Float {
        Float(next() >> 40) * 0x1p-24
    }

    /// A number between the bounds of `range`; the lower bound itself for a range of one point.
    @inline(__always)
    public mutating func uniform(in range: ClosedRange<Float>) -> Float {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniformFloat()
    }

    /// True with the given probability; never for 0, always for 1.
    @inline(__always)
    public mutating func isTrue(withProbability probability: Float) -> Bool {
        uniformFloat() < probability
    }

    /// An index in `0..<count`, each with the same probability.
    ///
    /// - Precondition: `count > 0`.
    public mutating func index(below count: Int) -> Int {
        Int.random(in: 0..<count, using: &self)
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
        return lastPossible  // Rounding may leave a crumb past the last weight.
    }

    /// A standard normal number, by the Box-Muller transform (two draws for one number).
    public mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()  // 1 - u lies in (0, 1]: the logarithm is finite.
        return radius * cos(2 * .pi * uniform())
    }
}
