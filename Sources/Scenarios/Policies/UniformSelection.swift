import Core
import Simulator

/// Every set of so many eligible clients is equally likely.
public struct UniformSelection: ClientSelection, ClientSelector {
    public let name = "uniform"
    public let isUniformSample = true
    public let summary = "all equally likely"

    /// Makes the rule.
    public init() {}

    public func selector() -> any ClientSelector { self }

    /// Shuffles no further than needed: a tenth of a million clients costs a tenth of a million draws.
    ///
    /// Fisher and Yates with the swapped places in a dictionary; clients that are not eligible are passed
    /// over.
    ///
    /// - Complexity: O(draws), and O(count · log count) for the order.
    public mutating func select(
        _ count: Int, round: Int, from candidates: ClientCandidates, using stream: inout RandomStream
    ) -> [Int] {
        if count >= candidates.registered { return candidates.eligible }
        var moved: [Int: Int] = [:]
        var chosen: [Int] = []
        chosen.reserveCapacity(count)
        for place in 0..<candidates.registered {
            guard chosen.count < count else { break }
            let drawn = place + stream.index(below: candidates.registered - place)
            let client = moved[drawn] ?? drawn
            moved[drawn] = moved[place] ?? place
            if candidates.isEligible(client) { chosen.append(client) }
        }
        return chosen.sorted()
    }
}
