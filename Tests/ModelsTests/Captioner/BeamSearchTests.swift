import Core
import Foundation
import Models
import Testing

@Suite("Beam search")
struct BeamSearchTests {
    private static let vocabulary = 4, length = 4, endToken: Int32 = 0

    /// Log-probabilities of the tokens after `tokens`: random, but the same for the same beginning.
    private static func next(_ tokens: [Int32], seed: UInt64) -> [Float] {
        var generator = RandomStream(seed: seed, streamWords: tokens.map { UInt64($0) + 1 })
        let logits = (0..<vocabulary).map { _ in 2 * generator.normal() }
        let sum = logits.reduce(0) { $0 + exp($1) }
        return logits.map { Float($0 - log(sum)) }
    }

    /// Every sequence that is over, with its score.
    private static func all(seed: UInt64, penalty: Double) -> [(tokens: [Int32], score: Double)] {
        var open: [(tokens: [Int32], sum: Double)] = [([], 0)], over: [([Int32], Double)] = []
        for length in 1...length {
            var longer: [(tokens: [Int32], sum: Double)] = []
            for (tokens, sum) in open {
                for (token, value) in next(tokens, seed: seed).enumerated() {
                    let extended = (tokens + [Int32(token)], sum + Double(value))
                    if Int32(token) == endToken || length == Self.length {
                        over.append((extended.0, extended.1 / pow(Double(length), penalty)))
                    } else {
                        longer.append(extended)
                    }
                }
            }
            open = longer
        }
        return over
    }

    private static func search(
        beams: Int, seed: UInt64, penalty: Double, stopping: BeamStopping = .exact
    ) -> [Int32] {
        let options = CaptionOptions(
            maximumNewTokens: length, beams: beams, lengthPenalty: penalty, stopping: stopping)
        var search = BeamSearch(options: options, endTokens: [endToken])
        while !search.isDone {
            let open = search.sequences
            let parents = search.advance(open.flatMap { next($0, seed: seed) }[...])
            #expect(parents.allSatisfy(open.indices.contains))
            for (sequence, parent) in zip(search.sequences, parents) {
                #expect(Array(sequence.dropLast()) == open[parent])
            }
        }
        return search.best
    }

    @Test(
        "as wide as there are sequences, it finds the best of all",
        arguments: 0..<25 as Range<UInt64>, [-1, 0, 0.5, 1, 3])
    func exhaustive(seed: UInt64, penalty: Double) throws {
        let all = Self.all(seed: seed, penalty: penalty)
        let best = try #require(all.max { $0.score < $1.score })
        // 3 + 9 + 27 · 4 sequences and fewer are open or end at any length.
        #expect(Self.search(beams: 120, seed: seed, penalty: penalty) == best.tokens)
    }

    @Test(
        "however narrow, it gives a sequence that is over, and never a better score than the best",
        arguments: 1...5)
    func narrow(beams: Int) throws {
        for seed in 0..<40 as Range<UInt64> {
            for stopping in BeamStopping.allCases {
                let all = Self.all(seed: seed, penalty: 1)
                let found = Self.search(beams: beams, seed: seed, penalty: 1, stopping: stopping)
                let score = try #require(all.first { $0.tokens == found }).score
                #expect(score <= all.map(\.score).max()!)
            }
        }
    }

    @Test("wider search is better on average")
    func width() {
        let penalty = 1.0
        let means = [1, 3, 9].map { beams in
            (0..<60 as Range<UInt64>).reduce(0.0) { sum, seed in
                let found = Self.search(beams: beams, seed: seed, penalty: penalty)
                return sum + Self.all(seed: seed, penalty: penalty).first { $0.tokens == found }!.score / 60
            }
        }
        #expect(means[0] < means[1] && means[1] <= means[2], "\(means)")
    }

    @Test("immediate stopping takes the first captions that end, the exact rule waits for a better one")
    func stopping() {
        // Token 0 ends with probability 0.4 at once; going on with 1 (0.6) ends surely at the next step.
        let first: [Float] = [0.4, 0.6].map { logf($0) }, second: [Float] = [0.9999, 0.0001].map { logf($0) }
        func best(_ stopping: BeamStopping) -> [Int32] {
            let options = CaptionOptions(
                maximumNewTokens: 5, beams: 1, lengthPenalty: 1, stopping: stopping)
            var search = BeamSearch(options: options, endTokens: [0])
            _ = search.advance(first[...])
            while !search.isDone { _ = search.advance(second[...]) }
            return search.best
        }
        #expect(best(.exact) == [1, 0])
        #expect(best(.heuristic) == [1, 0])
        #expect(best(.immediate) == [1, 0])
        // log 0.6 / 2 > log 0.6 > log 0.4; with the end first, only the patient rules look on.
        let ended: [Float] = [0.6, 0.4].map { logf($0) }
        func afterEnd(_ stopping: BeamStopping, penalty: Double) -> [Int32] {
            let options = CaptionOptions(
                maximumNewTokens: 5, beams: 1, lengthPenalty: penalty, stopping: stopping)
            var search = BeamSearch(options: options, endTokens: [0])
            _ = search.advance(ended[...])
            while !search.isDone { _ = search.advance(second[...]) }
            return search.best
        }
        // log 0.4 / 2² = −0.23 beats log 0.6 = −0.51, which log 0.4 / 1² = −0.92 does not.
        #expect(afterEnd(.exact, penalty: 2) == [1, 0])
        #expect(afterEnd(.heuristic, penalty: 2) == [0])
        #expect(afterEnd(.immediate, penalty: 2) == [0])
    }

    @Test("of equally likely tokens the first is taken")
    func ties() {
        let options = CaptionOptions(maximumNewTokens: 3, beams: 2)
        var search = BeamSearch(options: options, endTokens: [])
        let uniform = [Float](repeating: logf(0.25), count: 4)
        while !search.isDone {
            _ = search.advance((0..<search.sequences.count).flatMap { _ in uniform }[...])
        }
        #expect(search.best == [0, 0, 0])
    }
}
