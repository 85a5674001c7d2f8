/// A named source of randomness: the draws of one purpose for one entity of one run.
///
/// Streams are told apart by (seed, entity, purpose), so adding a client, a quantity or a draw changes no
/// other stream's draws. Where streams are many, such as one for each image of a set, numbers name them.
///
/// ```swift
/// var stream = RandomStream(seed: 1, entity: 17, purpose: "uplink")
/// let rate = distribution.sample(using: &stream)
/// var ofImage = RandomStream(seed: 1, stream: 3, 7)
/// ```
///
/// Draws are bit-equal between runs of the same binary on the same kind of machine: the transcendental
/// functions of the C library are not the same everywhere.
public struct RandomStream: RandomNumberGenerator, Sendable {
    @usableFromInline var generator: Xoshiro256
    /// Who is told of every draw; `nil` but in tests.
    @usableFromInline var audit: StreamAudit.Entry?

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
        generator = Xoshiro256(seed: hash.value)
        audit = StreamAudit.entry(of: self, seed: seed, entity: entity, purpose: purpose)
    }

    /// Makes the stream that belongs to a seed and a path of numbers, such as
    /// `RandomStream(seed: 7, stream: client, epoch)`. Streams that differ in any number are independent.
    public init(seed: UInt64, stream: UInt64...) {
        self.init(seed: seed, streamWords: stream)
    }

    /// The same as `init(seed:stream:)` for a path that stands in an array.
    public init(seed: UInt64, streamWords: [UInt64]) {
        var key = seed
        for word in streamWords {
            // Mixing before adding the next word keeps the paths (1, 2) and (2, 1) apart.
            var mixer = SplitMix64(state: key ^ 0xD1B5_4A32_D192_ED03)
            key = mixer.next() &+ word
        }
        generator = Xoshiro256(seed: key)
    }

    /// The next 64 uniformly distributed bits.
    @inlinable
    public mutating func next() -> UInt64 {
        audit?.draws(from: self)
        return generator.next()
    }

    /// The same stream, of whose draws nobody is told.
    var unaudited: RandomStream {
        var copy = self
        copy.audit = nil
        return copy
    }
}

extension RandomStream: Hashable {
    /// Whether both streams will go on with the same draws.
    public static func == (left: RandomStream, right: RandomStream) -> Bool {
        left.generator == right.generator
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(generator) }
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
