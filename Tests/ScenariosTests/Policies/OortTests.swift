import Core
import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Oort's selection against its paper.
@Suite("Oort")
struct OortTests {
    private func outcome(_ client: Int, loss: Double?, seconds: Double = 10, round: Int = 1) -> ClientOutcome
    {
        ClientOutcome(
            client: client, round: round, samples: 10, loss: loss, duration: .seconds(seconds),
            isComplete: true)
    }

    private func counts(
        _ clients: Int, choosing count: Int, mostRounds: Int? = nil,
        seconds: @escaping (Int) -> Double = { _ in 1 },
        round: Int = 500, observed: [ClientOutcome], rules: RunRules = .current
    ) throws -> [Int] {
        var counts = [Int](repeating: 0, count: clients)
        let pool = ClientCandidates(
            registered: clients, isEligible: { _ in true }, samples: { _ in 10 }, expectedSeconds: seconds)
        for seed in 0..<400 as Range<UInt64> {
            var selector = OortSelection().selector(
                for: SelectionSettings(rules: rules, mostRounds: mostRounds))
            var stream = RandomStream(seed: seed, purpose: "selection")
            for outcome in observed { selector.observe(outcome) }
            let chosen = selector.select(count, round: round, from: pool, using: &stream)
            #expect(chosen.count == min(count, clients) && chosen == Set(chosen).sorted())
            for client in chosen { counts[client] += 1 }
        }
        return counts
    }

    @Test(
        "Utilities are clipped at the 95th percentile: one client of a thousandfold loss does not take every round"
    )
    func clipping() throws {
        // Of 40 clients the 38th utility is the clip: 39 and the outlier count the same.
        let observed = (0..<40).map { outcome($0, loss: $0 == 0 ? 5000 : $0 < 3 ? 5 : 4.9) }
        let counts = try counts(40, choosing: 8, observed: observed)
        // Eight of forty of equal utility: binomial with p = 1/5 in 400 draws, four deviations.
        #expect(abs(Double(counts[0]) - 80) < 4 * (400 * 0.2 * 0.8).squareRoot(), "\(counts)")
    }

    @Test("Unknown clients are explored by their speed: four times as fast, about four times as often")
    func exploration() throws {
        let counts = try counts(40, choosing: 4, seconds: { $0 < 20 ? 10 : 40 }, round: 1, observed: [])
        let (fast, slow) = (counts[..<20].reduce(0, +), counts[20...].reduce(0, +))
        #expect(Double(fast) > 3 * Double(slow) && slow > 100, "\(fast) and \(slow)")
    }

    @Test("A fifth of one or two clients is explored by chance, where it was none by earlier rules")
    func smallSelections() throws {
        // Five of ten are known; in round 500 a fifth of the selection is to be new ones.
        let observed = (0..<5).map { outcome($0, loss: 1) }
        for count in 1...2 {
            let new = try counts(10, choosing: count, observed: observed)[5...].reduce(0, +)
            // Binomial with p = count / 5 in 400 draws, four deviations.
            let part = Double(count) / 5
            #expect(abs(Double(new) - 400 * part) < 4 * (400 * part * (1 - part)).squareRoot(), "\(new)")
            let before = try counts(10, choosing: count, observed: observed, rules: .second)
            #expect(before[5...].allSatisfy { $0 == 0 })
        }
    }

    @Test("Who has taken part often is left out, as long as others are there")
    func exclusion() throws {
        // Client 0 is worth most and has taken part in five rounds.
        let observed =
            (0..<10).map { outcome($0, loss: $0 == 0 ? 9 : 1) }
            + (2...5).map { outcome(0, loss: 9, round: $0) }
        #expect(try counts(10, choosing: 3, observed: observed)[0] > 200)
        #expect(try counts(10, choosing: 3, mostRounds: 6, observed: observed)[0] > 200)
        #expect(try counts(10, choosing: 3, mostRounds: 5, observed: observed)[0] == 0)
        // Three may be left out and nine of ten have to come: two of the three do.
        let often = (0..<10).flatMap { client in (1...3).map { outcome(client, loss: 1, round: $0) } }
        #expect(try counts(10, choosing: 9, mostRounds: 3, observed: often).allSatisfy { $0 > 200 })
    }

    @Test("A client whose training came to not-a-number is worth nothing, and the round is full all the same")
    func notANumber() throws {
        let observed = (0..<10).map { outcome($0, loss: $0 < 5 ? .nan : 1) }
        let counts = try counts(10, choosing: 3, observed: observed)
        let (none, some) = (counts[..<5].reduce(0, +), counts[5...].reduce(0, +))
        #expect(4 * none < some, "\(counts)")
    }

    @Test("The utility is the root of the mean squared loss of the images, by hand")
    func rootMeanSquare() throws {
        // Logits 0, 0 and ln 3, 0 for labels 0: losses ln 2 and ln 4/3; for label 1 of the second: ln 4.
        let logits = Tensor([0, 0, Float(log(3.0)), 0], shape: [2, 2])
        let found = Classifier.meanSquaredLoss(logits, Tensor(indices: [0, 1]))
        let expected = (pow(log(2.0), 2) + pow(log(4.0), 2)) / 2
        #expect(abs(found - expected) < 1e-6)
        let path = try MethodRunTests.run(["methods=[fedavg]"])
        let rows = try RunTable.query(
            path, "SELECT metrics ->> 'loss', metrics ->> 'squared_loss' FROM work WHERE kind = 'train'")
        #expect(rows.count == 6)
        // A mean square is at least the square of the mean, and more where losses differ.
        for row in rows { #expect(Double(row[1])! > pow(Double(row[0])!, 2)) }
    }

    @Test("most-rounds goes with Oort alone")
    func refused() {
        let text = minimalScenario + "participation: { policy: fraction, fraction: 0.5, most-rounds: 3 }\n"
        #expect(
            scenarioSentences(text) == [
                "test.yaml:3:64: participation.most-rounds: 3 does not go with participation.selection: "
                    + "uniform; "
                    + "allowed: none: only the selection oort leaves clients out"
            ])
        let zero =
            minimalScenario
            + "participation: { policy: fraction, fraction: 0.5, selection: oort, most-rounds: 0 }\n"
        #expect(
            scenarioSentences(zero).first?.contains("participation.most-rounds: 0 is not allowed") == true)
    }

    @Test("FedAsync's proximal term: none and zero are one model, ten is another, and timing is the same")
    func proximal() throws {
        func model(_ overrides: [String]) throws -> String? {
            let path = try MethodRunTests.run(["methods=[fedasync]", "training.rounds=2"] + overrides)
            return try RunLogReader(path: path).run(1).modelSHA256
        }
        let plain = try model([]), pulled = try model(["asynchronous.proximal=10"])
        #expect(plain != nil && plain != pulled)
    }
}
