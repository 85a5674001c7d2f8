import Foundation

/// The search for a likely sequence of tokens that keeps the best few beginnings at every length.
///
/// A sequence ends with an end token or at the longest length; its score is the sum of its tokens'
/// log-probabilities over its length to the power of a penalty. The rules, ties included, are those of
/// `GenerationMixin._beam_search` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/generation/utils.py: at each
/// length the best (1 + end tokens) · beams continuations are looked at; those that end count as finished
/// only if they are among the best `beams`, those that do not are continued.
///
/// A plain value: who owns the model asks for `sequences`, computes the log-probabilities of their next
/// tokens, and calls `advance`.
public struct BeamSearch: Sendable {
    /// A sequence and the sum of its log-probabilities (while open) or its score (once finished).
    private struct Beam: Sendable {
        var tokens: [Int32]
        var score: Double
    }

    private let options: CaptionOptions
    private let endTokens: [Int32]
    private var running = [Beam(tokens: [], score: 0)]
    private var finished: [Beam] = []
    /// Whether nothing can change the result any more.
    public private(set) var isDone = false

    /// A search that stands before the first token.
    public init(options: CaptionOptions, endTokens: [Int32]) {
        self.options = options
        self.endTokens = endTokens
    }

    /// The open sequences, best first; at first one, which is empty.
    public var sequences: [[Int32]] { running.map(\.tokens) }

    /// The best finished sequence, its end token included.
    public var best: [Int32] { finished.first?.tokens ?? running.first?.tokens ?? [] }

    /// Extends every open sequence by a token.
    ///
    /// - Parameter logProbabilities: of every token after every open sequence, `[sequences.count, V]`.
    /// - Returns: for each sequence that is open afterwards, the index of the one it continues.
    /// - Complexity: O(sequences · V · beams) at worst, O(sequences · V) as a rule.
    public mutating func advance(_ logProbabilities: ArraySlice<Float>) -> [Int] {
        precondition(
            !isDone && logProbabilities.count % running.count == 0, "a search that is over, or no rows")
        let length = running[0].tokens.count + 1
        let candidates = bestCandidates(logProbabilities)
        var next: [Beam] = [], parents: [Int] = []
        var ended: [Beam] = []
        for (rank, candidate) in candidates.enumerated() {
            let ends = endTokens.contains(candidate.token) || length == options.maximumNewTokens
            // Later ones are only here so that enough stay open when many end.
            if ends && rank >= options.beams || !ends && next.count == options.beams { continue }
            var beam = Beam(
                tokens: running[candidate.parent].tokens + [candidate.token], score: candidate.score)
            if ends {
                beam.score /= pow(Double(length), options.lengthPenalty)
                ended.append(beam)
            } else {
                next.append(beam)
                parents.append(candidate.parent)
            }
        }
        finish(ended)
        running = next
        isDone = next.isEmpty || !canImprove(length: length)
        return parents
    }

    /// Keeps the best `beams` of the finished sequences and `ended`; of equal ones the earlier.
    private mutating func finish(_ ended: [Beam]) {
        finished += ended
        let order = finished.indices.sorted {
            (finished[$1].score, $0) < (finished[$0].score, $1)
        }
        finished = order.prefix(options.beams).map { finished[$0] }
    }

    private func canImprove(length: Int) -> Bool {
        guard finished.count == options.beams, let worst = finished.last else { return true }
        if options.stopping == .immediate { return false }
        // Scores are negative: a positive penalty favours length.
        let favoursLength = options.stopping == .exact && options.lengthPenalty > 0
        let hypothetical = favoursLength ? options.maximumNewTokens : length
        return running[0].score / pow(Double(hypothetical), options.lengthPenalty) > worst.score
    }

    private struct Candidate {
        var score: Double
        var parent: Int
        var token: Int32
    }

    /// The best continuations of all open sequences, best first; of equal ones the one that stands earlier.
    private func bestCandidates(_ logProbabilities: ArraySlice<Float>) -> [Candidate] {
        let limit = max(2, 1 + endTokens.count) * options.beams
        let vocabulary = logProbabilities.count / running.count
        var best: [Candidate] = []
        best.reserveCapacity(limit + 1)
        var index = logProbabilities.startIndex
        for (parent, beam) in running.enumerated() {
            for token in 0..<vocabulary {
                let score = beam.score + Double(logProbabilities[index])
                index += 1
                if best.count == limit, !(score > best[limit - 1].score) { continue }
                let place = best.firstIndex { score > $0.score } ?? best.count
                best.insert(Candidate(score: score, parent: parent, token: Int32(token)), at: place)
                if best.count > limit { best.removeLast() }
            }
        }
        return best
    }
}
