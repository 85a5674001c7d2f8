import Foundation

/// Something that the paper, or who asks for more than the paper, expects to see: measures and how they
/// compare.
public struct Claim: Sendable {
    /// How measures are to compare, by their means over seeds.
    public enum Comparison: Sendable {
        /// The first is above the second by at least so many percentage points, or so much of another unit.
        case above(Term, Term, by: Double = 0)
        /// Each is above the one before; where it is not, it is below by no more than `slack`, and the last
        /// is above the first.
        case rising([Term], slack: Double)
        /// The first is below all others.
        case lowest(Term, among: [Term])
        /// In more than half of the pairs the first is below the second.
        case belowInMost([(Term, Term)])
        /// The second is at least so many times the first.
        case fewer(Term, Term, times: Double)
    }

    /// What is said.
    public let statement: String
    public let comparison: Comparison

    public init(_ statement: String, _ comparison: Comparison) {
        self.statement = statement
        self.comparison = comparison
    }

    /// Whether stored results bear a claim out.
    public enum Verdict: String, Sendable, CaseIterable {
        case holds
        case doesNotHold = "does not hold"
        case notMeasured = "not measured"
    }

    /// A verdict with both figures.
    public struct Outcome: Sendable {
        public let claim: Claim
        public let verdict: Verdict
        /// The paper's figures; a dash where it gives none.
        public let paper: String
        /// Those of the stored results, as far as there are any.
        public let ours: String
    }

    /// The measures that it is about, each once, in order.
    package var terms: [Term] {
        switch comparison {
        case .above(let first, let second, _), .fewer(let first, let second, _): [first, second]
        case .rising(let terms, _): terms
        case .lowest(let first, let others): [first] + others
        case .belowInMost(let pairs): pairs.flatMap { [$0.0, $0.1] }
        }
    }

    /// Checks it on stored results.
    ///
    /// - Throws: `RunLogError`.
    public func check(on results: StoredResults) throws -> Outcome {
        let means = try terms.map { try results.spread(of: $0.measure)?.mean }
        let verdict: Verdict =
            means.contains(nil) ? .notMeasured : holds(means.compactMap(\.self)) ? .holds : .doesNotHold
        let ours = try terms.compactMap { term in try results.text(of: term).map { "\(term.label) \($0)" } }
        let theirs = terms.compactMap { term in term.paper.map { "\(term.label) \($0)" } }
        return Outcome(
            claim: self, verdict: verdict, paper: theirs.isEmpty ? "–" : theirs.joined(separator: "; "),
            ours: ours.isEmpty ? "–" : ours.joined(separator: "; "))
    }

    /// - Parameter means: of `terms`, in their order.
    private func holds(_ means: [Double]) -> Bool {
        switch comparison {
        case .above(_, _, let margin): return means[0] - means[1] >= margin && means[0] > means[1]
        case .rising(_, let slack):
            return zip(means, means.dropFirst()).allSatisfy { $1 >= $0 - slack } && means.last! > means[0]
        case .lowest: return means.dropFirst().allSatisfy { means[0] < $0 }
        case .belowInMost(let pairs):
            return 2 * pairs.indices.count { means[2 * $0] < means[2 * $0 + 1] } > pairs.count
        case .fewer(_, _, let times): return means[0] * times <= means[1]
        }
    }
}
