import Core
import Foundation

/// A method beside FedAvg, the yardstick of the field: means over seeds.
struct Ratio {
    let method: String
    let uplinkBytes: Double
    let referenceUplinkBytes: Double
    /// FedAvg's uplink over the method's; `nil` where one of them is nothing.
    let uplink: Double?
    /// FedAvg's downlink over the method's.
    let downlink: Double?
    /// FedAvg's virtual time over the method's.
    let virtualTime: Double?
    /// The method's final accuracy less FedAvg's, in percentage points.
    let accuracyPoints: Double?

    /// A ratio for each other method with finished runs, where FedAvg has some.
    static func toFedAvg(_ groups: [Comparison.Group]) -> [Ratio] {
        guard let reference = groups.first(where: { $0.method == Baseline.fedAvg }),
            let its = reference.uplink
        else { return [] }
        func quotient(_ reference: Spread?, _ own: Spread?) -> Double? {
            guard let reference, let own, reference.mean > 0, own.mean > 0 else { return nil }
            return reference.mean / own.mean
        }
        return groups.compactMap { group in
            guard group.method != Baseline.fedAvg, let own = group.uplink else { return nil }
            let points = reference.finalAccuracy.flatMap { its in
                group.finalAccuracy.map { ($0.mean - its.mean) * 100 }
            }
            return Ratio(
                method: group.method, uplinkBytes: own.mean, referenceUplinkBytes: its.mean,
                uplink: quotient(its, own), downlink: quotient(reference.downlink, group.downlink),
                virtualTime: quotient(reference.virtualSeconds, group.virtualSeconds), accuracyPoints: points)
        }
    }

    /// `4.9 times less`, `1.3 times more`, `the same`.
    static func text(_ ratio: Double) -> String {
        if abs(ratio - 1) < 0.005 { return "the same" }
        return ratio > 1 ? "\(Format.ratio(ratio)) times less" : "\(Format.ratio(1 / ratio)) times more"
    }
}
