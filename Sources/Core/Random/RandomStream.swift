/// A named source of randomness: the draws of one purpose for one entity of one run.
///
/// Streams are told apart by (seed, entity, purpose), so adding a client, a quantity or a draw changes no
/// other stream's draws. The generator is xoshiro256** (Blackman and Vigna, <https://prng.di.unimi.it>),
/// whose state is filled by SplitMix64 from an FNV-1a hash of the names.
///
/// ```swift
/// var stream = RandomStream(seed: 1, entity: 17, purpose: "uplink")
/// let rate = distribution.sample(using: &stream)
/// ```
///
/// Draws are bit-equal between runs of the same binary on the same kind of machine: the transcendental
/// functions of the C library are not the same everywhere.
public struct RandomStream: RandomNumberGenerator, Sendable, Equatable {
    private var state: (UInt64, UInt64, UInt64, UInt64)
    /// Who is told of every draw; `nil` but in tests.
    private var audit: StreamAudit.Entry?

    /// Makes the stream of a purpose.
    ///
    /// - Parameters:
    ///   - seed: the seed of the run.
    ///   - entity: the client's number, `nil` for what belongs to no client.
    ///   - purpose: what is drawn, e.g. `uplink`.
    public init(seed: UInt64, entity: Int? = nil, purpose: String) {
        var hash = StableHash()
        hash.combine(seed)
        hash.combine(UInt64(entity == nil ? 0 : 1))
        hash.combine(UInt64(bitPattern: Int64(entity ?? 0)))
        hash.combine(purpose)
        var mixer = SplitMix64(state: hash.value)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
        audit = StreamAudit.entry(of: self, seed: seed, entity: entity, purpose: purpose)
    }

    /// The next 64 uniformly distributed bits.
    public mutating func next() -> UInt64 {
        audit?.draws(from: self)
        let result = rotated(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, by: 45)
        return result
    }

    /// The same stream, of whose draws nobody is told.
    var unaudited: RandomStream {
        var copy = self
        copy.audit = nil
        return copy
    }

    /// Whether both streams will go on with the same draws.
    public static func == (left: RandomStream, right: RandomStream) -> Bool {
        left.state == right.state
    }
}

private func rotated(_ bits: UInt64, by count: UInt64) -> UInt64 {
    (bits << count) | (bits >> (64 - count))
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, <https://doi.org/10.1145/2660193.2660195>).
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// 64-bit FNV-1a (RFC 9923): the standard library's `Hasher` is seeded anew in every process.
private struct StableHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    mutating func combine(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { combine(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func combine(_ text: String) {
        for byte in text.utf8 { combine(byte) }
    }
}
