import Core
import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Who is chosen for a round.
@Suite("Client selection")
struct SelectionTests {
    private func candidates(
        _ count: Int, samples: @escaping (Int) -> Int = { _ in 1 },
        eligible: @escaping (Int) -> Bool = { _ in true }
    ) -> ClientCandidates {
        ClientCandidates(registered: count, isEligible: eligible, samples: samples)
    }

    private func stream(_ seed: UInt64) -> RandomStream { RandomStream(seed: seed, purpose: "selection") }

    @Test("Every rule chooses so many different eligible clients, ascending, the same for the same stream")
    func choices() {
        for rule in ClientSelections.all {
            for seed in 0..<200 as Range<UInt64> {
                let pool = candidates(30, samples: { $0 + 1 }, eligible: { $0 % 3 != 0 })
                var selector = rule.selector(), again = rule.selector()
                var stream = stream(seed), same = self.stream(seed)
                let count = Int(seed % 25)
                let chosen = selector.select(count, round: 1, from: pool, using: &stream)
                #expect(chosen.count == min(count, 20), "\(rule.name)")
                #expect(chosen == Set(chosen).sorted() && chosen.allSatisfy { $0 % 3 != 0 })
                #expect(chosen == again.select(count, round: 1, from: pool, using: &same))
            }
        }
    }

    @Test("Uniform: each client of ten is chosen in 3 of 10 draws, four standard errors")
    func uniform() {
        var counts = [Int](repeating: 0, count: 10)
        for seed in 0..<4000 as Range<UInt64> {
            var selector = UniformSelection(), stream = stream(seed)
            for client in selector.select(3, round: 1, from: candidates(10), using: &stream) {
                counts[client] += 1
            }
        }
        // Binomial: deviation sqrt(n p (1 - p)).
        let error = 4 * (4000 * 0.3 * 0.7).squareRoot()
        #expect(counts.allSatisfy { abs(Double($0) - 1200) < error }, "\(counts)")
    }

    @Test("By data size: one of two clients with 1 and 3 images is the larger in 3 of 4 draws")
    func dataSize() {
        var larger = 0
        for seed in 0..<4000 as Range<UInt64> {
            var selector = DataSizeSelection(), stream = stream(seed)
            let chosen = selector.select(
                1, round: 1, from: candidates(2, samples: { 1 + 2 * $0 }), using: &stream)
            larger += chosen[0]
        }
        #expect(abs(Double(larger) - 3000) < 4 * (4000 * 0.75 * 0.25).squareRoot())
        var selector = DataSizeSelection(), stream = stream(1)
        let few = selector.select(
            2, round: 1, from: candidates(5, samples: { $0 == 3 ? 7 : 0 }), using: &stream)
        #expect(few == [3])
    }

    @Test("A tenth of a million clients is chosen without asking about the others")
    func large() {
        var asked = 0
        var selector = UniformSelection(), stream = stream(1)
        let pool = candidates(
            1_000_000,
            eligible: { _ in
                asked += 1
                return true
            })
        #expect(selector.select(100_000, round: 1, from: pool, using: &stream).count == 100_000)
        #expect(asked == 100_000)
    }

    @Test("Oort, once it knows all, prefers clients of high loss and shuns slow ones")
    func oort() throws {
        var counts = [Int](repeating: 0, count: 20)
        for seed in 0..<300 as Range<UInt64> {
            var selector = OortSelection().selector(), stream = stream(seed)
            for client in 0..<20 {
                // Four clients of high loss, one of which is a hundred times slower than the rest.
                selector.observe(
                    ClientOutcome(
                        client: client, round: 1, samples: 10, loss: client < 4 ? 2 : 0.1,
                        duration: .seconds(client == 0 ? 1000 : 10), isComplete: true))
            }
            for client in selector.select(4, round: 100, from: candidates(20), using: &stream) {
                counts[client] += 1
            }
        }
        let fastAndUseful = counts[1...3].reduce(0, +) / 3
        let dull = counts[4...].reduce(0, +) / 16
        #expect(fastAndUseful > 4 * dull, "\(counts)")
        #expect(counts[0] < fastAndUseful / 2, "\(counts)")
    }

    @Test("Oort explores: nine tenths of the first rounds are clients it has never seen")
    func exploration() {
        var selector = OortSelection().selector(), stream = stream(5)
        for client in 0..<50 {
            selector.observe(
                ClientOutcome(
                    client: client, round: 1, samples: 10, loss: 1, duration: .seconds(10), isComplete: true))
        }
        let chosen = selector.select(20, round: 2, from: candidates(200), using: &stream)
        #expect((16...18).contains(chosen.count { $0 >= 50 }), "\(chosen)")
    }

    @Test("Selections run in scenarios", arguments: ClientSelections.names)
    func inScenarios(name: String) throws {
        let path = try PolicyTests.run(
            "{ policy: fraction, fraction: 0.4, selection: \(name) }", ["training.rounds=30"])
        let run = try RunLogReader(path: path).comparison()[0]
        #expect(run.rounds == 30 && run.status == .finished)
        #expect(try RunTable.query(path, "SELECT count(*) FROM work WHERE kind = 'train'") == [["60"]])
    }
}
