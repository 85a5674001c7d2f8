import Core
import Models
import Testing

/// Private Evolution's draws, and the noise that an ε asks for.
@Suite("Votes with noise")
struct CandidateVotesTests {
    private static func parents(
        _ votes: [Int], _ labels: [Int], perLabel: Int, deviation: Double = 0, threshold: Double = 0,
        seed: UInt64 = 1
    ) -> [Int] {
        var generator = RandomStream(seed: seed)
        return CandidateVotes.parents(
            votes: votes, labels: labels, perLabel: perLabel, deviation: deviation, threshold: threshold,
            using: &generator)
    }

    @Test("Candidates are drawn in proportion to their votes, label by label")
    func proportion() {
        let drawn = Self.parents([3, 0, 1, 0, 0], [0, 0, 0, 1, 1], perLabel: 4000)
        #expect(drawn.count == 8000)
        let first = drawn.prefix(4000)
        #expect(Set(first) == [0, 2])
        #expect(abs(Double(first.count { $0 == 0 }) / 4000 - 0.75) < 0.03)
        // Candidates of the second label have no votes: each is drawn with the same probability.
        let second = drawn.suffix(4000)
        #expect(Set(second) == [3, 4])
        #expect(abs(Double(second.count { $0 == 3 }) / 4000 - 0.5) < 0.03)
    }

    @Test("A threshold drops candidates, and noise has the deviation that is asked for")
    func noise() {
        #expect(Set(Self.parents([5, 2, 2], [0, 0, 0], perLabel: 100, threshold: 3)) == [0])
        // One candidate has 10 votes, the other none: noise of 10 lets the other win now and then.
        let others = (1...400).map { seed in
            Self.parents([10, 0], [0, 0], perLabel: 1, deviation: 10, threshold: 0, seed: UInt64(seed))[0]
        }
        let share = Double(others.count { $0 == 1 }) / 400
        // E max(0, b) / (max(0, a) + max(0, b)), both zero counting half, for a ~ N(10, 10), b ~ N(0, 10):
        // 0.284.
        #expect(abs(share - 0.284) < 0.07, "\(share)")
        #expect(Set(Self.parents([1000, 0], [0, 0], perLabel: 50, deviation: 1)).contains(0))
    }

    @Test("The noise that is found spends the ε that is asked for", arguments: [0.5, 1, 3, 10, 50])
    func calibration(epsilon: Double) throws {
        for rounds in [1, 5, 20] {
            let noise = try #require(RenyiAccountant.noise(epsilon: epsilon, delta: 1e-5, rounds: rounds))
            var accountant = RenyiAccountant()
            accountant.add(noise: noise, rate: 1, rounds: rounds)
            let spent = accountant.epsilon(delta: 1e-5)
            #expect(spent <= epsilon && spent > epsilon * (1 - 1e-6))
        }
        // T rounds at σ are one at σ / √T.
        let one = try #require(RenyiAccountant.noise(epsilon: epsilon, delta: 1e-5, rounds: 1))
        let four = try #require(RenyiAccountant.noise(epsilon: epsilon, delta: 1e-5, rounds: 4))
        #expect(abs(four / one - 2) < 1e-6)
    }

    @Test("Below what the orders can show there is no such noise")
    func tooSmall() {
        #expect(RenyiAccountant.noise(epsilon: 0.001, delta: 1e-5, rounds: 1) == nil)
        #expect(RenyiAccountant.noise(epsilon: 0.01, delta: 1e-5, rounds: 1, .narrow) == nil)
    }

    @Test("Features travel in half precision and come back")
    func features() throws {
        let features = LabelledFeatures(width: 2, values: [1, -2, 0.5, 100_000], labels: [3, 0])
        let bytes = features.encoded(as: .float16)
        #expect(bytes.count == LabelledFeatures.encodedByteCount(images: 2, width: 2, as: .float16))
        #expect(try LabelledFeatures(decoding: bytes).values == [1, -2, 0.5, 65_504])
        #expect(try LabelledFeatures(decoding: features.encoded(as: .float32)) == features)
        let none = LabelledFeatures(width: 2, values: [], labels: [])
        #expect(try LabelledFeatures(decoding: none.encoded(as: .float32)) == none)
        let foreign = Safetensors.encode([
            ("features", .zeros([2, 2])), ("labels", Tensor(indices: [1]).to(.int32)),
        ])
        #expect(throws: SafetensorsError.self) { try LabelledFeatures(decoding: foreign) }
    }
}
