/// The generator xoshiro256**: 256 bits of state, the same numbers on every machine.
///
/// Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021, <https://prng.di.unimi.it>
/// (public domain); the state is filled by SplitMix64, as its authors advise.
@frozen
public struct Xoshiro256: RandomNumberGenerator, Sendable, Hashable {
    @usableFromInline var word0: UInt64
    @usableFromInline var word1: UInt64
    @usableFromInline var word2: UInt64
    @usableFromInline var word3: UInt64

    /// A generator whose state follows from one word.
    public init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        word0 = mixer.next()
        word1 = mixer.next()
        word2 = mixer.next()
        word3 = mixer.next()
    }

    /// The next 64 uniformly distributed bits.
    @inlinable
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
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, <https://doi.org/10.1145/2660193.2660195>).
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
