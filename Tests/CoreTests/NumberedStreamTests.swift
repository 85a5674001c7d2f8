import Core
import Foundation
import Testing

@Suite("Random streams that numbers name")
struct NumberedStreamTests {
    @Test("follows xoshiro256** with a state from SplitMix64")
    func referenceSequence() {
        // Computed by an independent Python program from the authors' C sources; that program gives
        // SplitMix64's published 6457827717110365317 first for this seed, and xoshiro's published 11520, 0,
        // 1509978240 for the state (1, 2, 3, 4).
        var generator = RandomStream(seed: 1_234_567)
        let expected: [UInt64] = [
            3_504_822_795_582_309_479, 1_819_558_768_956_484_042,
            1_250_851_346_055_027_673, 16_940_231_675_099_994_102,
        ]
        #expect((0..<4).map { _ in generator.next() } == expected)
    }

    @Test("gives the same numbers to the same stream and others to every other stream")
    func streamsAreApart() {
        let paths: [[UInt64]] = [[], [0], [1], [0, 0], [0, 1], [1, 0], [1, 2], [2, 1], [1, 2, 0]]
        let firsts = paths.map { path in
            var generator = RandomStream(seed: 5, streamWords: path)
            return generator.next()
        }
        #expect(Set(firsts).count == paths.count)
        var named = RandomStream(seed: 5, stream: 1, 2)
        #expect(named.next() == firsts[6])
    }

    @Test("draws uniform numbers in their bounds with mean 1/2 and variance 1/12")
    func uniformMoments() {
        var generator = RandomStream(seed: 11)
        let draws = (0..<100_000).map { _ in generator.uniform() }
        let mean = draws.reduce(0, +) / Double(draws.count)
        let variance = draws.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(draws.count)
        #expect(draws.allSatisfy { (0..<1).contains($0) })
        // Standard error of the mean: sqrt(1/12/100000) = 0.0009.
        #expect(abs(mean - 0.5) < 0.004)
        #expect(abs(variance - 1.0 / 12) < 0.001)
        #expect((0..<10_000).allSatisfy { _ in (-2...3).contains(generator.uniform(in: -2...3)) })
    }

    @Test("draws normal numbers with mean 0, variance 1 and kurtosis 3")
    func normalMoments() {
        var generator = RandomStream(seed: 12)
        let draws = (0..<200_000).map { _ in generator.normal() }
        func moment(_ power: Double) -> Double {
            draws.map { pow($0, power) }.reduce(0, +) / Double(draws.count)
        }
        #expect(abs(moment(1)) < 0.01)
        #expect(abs(moment(2) - 1) < 0.02)
        #expect(abs(moment(4) - 3) < 0.1)
    }

    @Test("chooses by weight and never what weighs nothing")
    func weightedChoice() {
        var generator = RandomStream(seed: 13)
        var counts = [0, 0, 0, 0]
        for _ in 0..<40_000 { counts[generator.index(weights: [1, 0, 3, 0])] += 1 }
        #expect(counts[1] == 0 && counts[3] == 0)
        // Standard error sqrt(40000 · 1/4 · 3/4) = 87.
        #expect(abs(counts[0] - 10_000) < 400)
    }

    @Test("is always true for probability 1 and never for 0")
    func certainty() {
        var generator = RandomStream(seed: 14)
        #expect((0..<1000).allSatisfy { _ in generator.isTrue(withProbability: 1) })
        #expect((0..<1000).allSatisfy { _ in !generator.isTrue(withProbability: 0) })
    }
}
