import Core
import Foundation
import TestSupport
import Testing

@Suite("Random streams")
struct RandomStreamTests {
    @Test("the draws of a name are fixed for all times")
    func goldenDraws() {
        var stream = RandomStream(seed: 1, entity: 17, purpose: "uplink")
        let draws = (0..<3).map { _ in stream.next() }
        // From a separate implementation in Python of FNV-1a, SplitMix64 and xoshiro256**.
        #expect(
            draws == [18_275_562_874_766_040_961, 2_638_948_248_836_519_888, 17_683_389_122_358_545_570])
    }

    @Test("seed, entity and purpose each make another stream")
    func streamsDiffer() {
        var firsts: [UInt64] = []
        for seed in UInt64(0)..<5 {
            for entity in [nil, 0, 1, -1, 100] as [Int?] {
                for purpose in ["", "uplink", "downlink", "uplink "] {
                    var stream = RandomStream(seed: seed, entity: entity, purpose: purpose)
                    firsts.append(stream.next())
                }
            }
        }
        #expect(Set(firsts).count == firsts.count)
    }

    @Test("equal names make equal streams, and equality tells how far they are")
    func equality() {
        var left = RandomStream(seed: 3, entity: 1, purpose: "p")
        var right = RandomStream(seed: 3, entity: 1, purpose: "p")
        #expect(left == right)
        _ = left.next()
        #expect(left != right)
        _ = right.next()
        #expect(left == right)
    }

    @Test("neighbouring clients' streams are not correlated")
    func independence() {
        // Correlation of n = 10,000 pairs is within 4 / √n = 0.04 of 0.
        let count = 10_000
        var sum = 0.0
        for client in 0..<count {
            var left = RandomStream(seed: 1, entity: client, purpose: "uplink")
            var right = RandomStream(seed: 1, entity: client + 1, purpose: "uplink")
            sum += (left.uniform() - 0.5) * (right.uniform() - 0.5) * 12
        }
        #expect(abs(sum / Double(count)) < 0.04)
    }

    @Test("uniform is in [0, 1) with mean 1/2 and variance 1/12")
    func uniformMoments() {
        var stream = RandomStream(seed: 1, purpose: "uniform")
        let draws = (0..<100_000).map { _ in stream.uniform() }
        #expect(draws.allSatisfy { (0..<1).contains($0) })
        #expect(abs(mean(draws) - 0.5) < 0.005)
        #expect(abs(variance(draws) - 1.0 / 12) < 0.002)
    }

    @Test("normal has mean 0, variance 1, and 2.28 % beyond 2 deviations on one side")
    func normalMoments() {
        var stream = RandomStream(seed: 1, purpose: "normal")
        let draws = (0..<100_000).map { _ in stream.normal() }
        #expect(abs(mean(draws)) < 0.015)
        #expect(abs(variance(draws) - 1) < 0.02)
        let tail = Double(draws.count { $0 > 2 }) / 100_000
        #expect(abs(tail - 0.02275) < 0.002)
    }

    @Test("gamma has mean and variance equal to its shape", arguments: [0.1, 0.5, 1, 2.5, 30])
    func gammaMoments(shape: Double) {
        var stream = RandomStream(seed: 2, purpose: "gamma")
        let draws = (0..<100_000).map { _ in stream.gamma(shape: shape) }
        #expect(draws.allSatisfy { $0 >= 0 && $0.isFinite })
        // Standard errors: √(k/n) of the mean, about √((2k² + 6k)/n) of the variance; five of them.
        #expect(abs(mean(draws) - shape) < 5 * (shape / 1e5).squareRoot())
        #expect(abs(variance(draws) - shape) < 5 * ((2 * shape * shape + 6 * shape) / 1e5).squareRoot())
    }

    @Test(
        "Dirichlet proportions add up to 1, have mean 1/n and variance (n − 1) / (n² (nα + 1))",
        arguments: [0.01, 0.5, 10])
    func dirichletMoments(concentration: Double) {
        var stream = RandomStream(seed: 3, purpose: "dirichlet")
        var firsts: [Double] = []
        for _ in 0..<20_000 {
            let proportions = stream.dirichlet(concentration: concentration, count: 4)
            #expect(abs(proportions.reduce(0, +) - 1) < 1e-12)
            firsts.append(proportions[0])
        }
        #expect(abs(mean(firsts) - 0.25) < 0.02)
        let expected = 3 / (16 * (4 * concentration + 1))
        #expect(abs(variance(firsts) - expected) < 0.05 * expected)
    }

    @Test("a tiny Dirichlet concentration puts all on one, without NaN")
    func tinyConcentration() {
        var stream = RandomStream(seed: 4, purpose: "dirichlet")
        for _ in 0..<100 {
            let proportions = stream.dirichlet(concentration: 1e-4, count: 10)
            #expect(proportions.allSatisfy { $0.isFinite })
            #expect(proportions.max()! > 0.9)
        }
    }

    @Test("an index is below its bound, and every one is equally likely", arguments: [1, 2, 3, 10])
    func indices(count: Int) {
        var stream = RandomStream(seed: 5, purpose: "index")
        var histogram = [Int](repeating: 0, count: count)
        for _ in 0..<60_000 { histogram[stream.index(below: count)] += 1 }
        let expected = 60_000.0 / Double(count)
        for occurrences in histogram {
            #expect(abs(Double(occurrences) - expected) < 5 * expected.squareRoot())
        }
    }

    @Test("a permutation has each number once, and all six of three are equally likely")
    func permutations() {
        var stream = RandomStream(seed: 6, purpose: "permutation")
        #expect(stream.permutation(0) == [])
        #expect(stream.permutation(1) == [0])
        #expect(stream.permutation(100).sorted() == Array(0..<100))
        var histogram: [[Int]: Int] = [:]
        for _ in 0..<6_000 { histogram[stream.permutation(3), default: 0] += 1 }
        #expect(histogram.count == 6)
        for occurrences in histogram.values { #expect(abs(occurrences - 1000) < 150) }
    }

    @Test("a subset has its size, ascends, and every member is equally likely")
    func subsets() {
        var stream = RandomStream(seed: 7, purpose: "subset")
        #expect(stream.subset(0, of: 5) == [])
        #expect(stream.subset(5, of: 5) == [0, 1, 2, 3, 4])
        var histogram = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let subset = stream.subset(3, of: 10)
            #expect(subset.count == 3)
            #expect(subset == subset.sorted() && Set(subset).count == 3)
            for member in subset { histogram[member] += 1 }
        }
        for occurrences in histogram { #expect(abs(occurrences - 3000) < 250) }
    }

    @Test("impossible requests trap")
    func misuse() async {
        await #expect(processExitsWith: trap) {
            var stream = RandomStream(seed: 1, purpose: "p")
            print(stream.index(below: 0))
        }
        await #expect(processExitsWith: trap) {
            var stream = RandomStream(seed: 1, purpose: "p")
            print(stream.subset(3, of: 2))
        }
        await #expect(processExitsWith: trap) {
            var stream = RandomStream(seed: 1, purpose: "p")
            print(stream.gamma(shape: 0))
        }
    }
}
