import Core
import Foundation
import Simulator

/// A client is chosen with a chance in proportion to its number of images, without replacement.
///
/// Efraimidis and Spirakis, "Weighted random sampling with a reservoir",
/// https://doi.org/10.1016/j.ipl.2005.11.003: the clients with the smallest -ln(u) / w are such a sample.
/// Clients without images are never chosen.
public struct DataSizeSelection: ClientSelection, ClientSelector {
    public let name = "data-size"
    public let summary = "in proportion to their numbers of images"

    /// Makes the rule.
    public init() {}

    public func selector() -> any ClientSelector { self }

    public mutating func select(
        _ count: Int, round: Int, from candidates: ClientCandidates, using stream: inout RandomStream
    ) -> [Int] {
        let weights = candidates.eligible.map { (client: $0, weight: Double(candidates.samples($0))) }
        return Self.sample(count, of: weights, using: &stream).sorted()
    }

    /// A weighted sample without replacement, at most as many as have a weight above zero.
    ///
    /// - Complexity: O(n log n).
    static func sample(
        _ count: Int, of weights: [(client: Int, weight: Double)], using stream: inout RandomStream
    ) -> [Int] {
        var keys: [(key: Double, client: Int)] = []
        keys.reserveCapacity(weights.count)
        for (client, weight) in weights where weight > 0 {
            keys.append((-log(1 - stream.uniform()) / weight, client))
        }
        return keys.sorted { $0 < $1 }.prefix(count).map(\.client)
    }
}
