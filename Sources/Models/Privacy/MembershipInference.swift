import Foundation

/// What a classifier's answer for one image says about whether the image was trained on.
///
/// Song and Mittal, "Systematic Evaluation of Privacy Risks of Machine Learning Models",
/// https://arxiv.org/abs/2003.10595, section 3. In nats, of probabilities p with the label y.
public enum MembershipMetric: String, Sendable, CaseIterable {
    /// −Σ pᵢ ln pᵢ: low for members.
    case entropy
    /// −ln p_y: low for members.
    case loss
    /// p_y: high for members.
    case confidence
    /// −(1 − p_y) ln p_y − Σ_{i ≠ y} pᵢ ln(1 − pᵢ): low for members.
    case modifiedEntropy = "modified-entropy"

    /// Probabilities below this count as this, so that logarithms are finite (the authors' code: 1e-30).
    private static let least = 1e-30

    /// The value for one image.
    ///
    /// - Precondition: probabilities add up to 1, and `label` is one of their positions.
    public func value(_ probabilities: [Double], label: Int) -> Double {
        func ln(_ p: Double) -> Double { log(max(p, Self.least)) }
        let own = probabilities[label]
        switch self {
        case .entropy:
            return -probabilities.reduce(0) { $0 + $1 * ln($1) }
        case .loss:
            return -ln(own)
        case .confidence:
            return own
        case .modifiedEntropy:
            var sum = -(1 - own) * ln(own)
            for (index, p) in probabilities.enumerated() where index != label { sum -= p * ln(1 - p) }
            return sum
        }
    }

    /// The same, turned so that higher means member.
    public func score(_ probabilities: [Double], label: Int) -> Double {
        let value = value(probabilities, label: label)
        return self == .confidence ? value : -value
    }
}

/// How well a score tells members from non-members.
public struct MembershipAttack: Sendable, Hashable {
    /// Mean over members minus mean over non-members.
    public let gap: Double
    /// The chance that a member's score is above a non-member's, ties counting half.
    public let areaUnderCurve: Double
    /// The largest part of the members found by a threshold that takes no more than `falsePositiveRate` of
    /// the non-members for members.
    public let truePositiveRate: Double
    /// The rate that was allowed.
    public let falsePositiveRate: Double

    /// Measures the attack by thresholds on a score.
    ///
    /// AUC and the true-positive rate at a low false-positive rate are what Carlini et al., "Membership
    /// Inference Attacks From First Principles", https://arxiv.org/abs/2112.03570, ask for.
    ///
    /// - Parameters:
    ///   - members: scores of images that were trained on, the higher the likelier.
    ///   - nonMembers: scores of others.
    ///   - falsePositiveRate: 0.1 % unless given; with fewer than 1,000 non-members it allows none.
    /// - Precondition: there are members and non-members.
    /// - Complexity: O(n log n).
    public init(members: [Double], nonMembers: [Double], falsePositiveRate: Double = 0.001) {
        precondition(!members.isEmpty && !nonMembers.isEmpty, "an attack on nobody")
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        self.falsePositiveRate = falsePositiveRate
        gap = mean(members) - mean(nonMembers)
        // A score that is not a number tells nothing: it is below all others.
        let scores = (members.map { ($0, true) } + nonMembers.map { ($0, false) })
            .map { (score: $0.0.isNaN ? -.infinity : $0.0, isMember: $0.1) }.sorted { $0.score > $1.score }
        var area = 0.0, best = 0.0, found = 0, wrong = 0, index = 0
        while index < scores.count {
            // Equal scores are on one side of every threshold together.
            var tied = (members: 0, others: 0)
            let score = scores[index].score
            while index < scores.count, scores[index].score == score {
                if scores[index].isMember { tied.members += 1 } else { tied.others += 1 }
                index += 1
            }
            area += Double(tied.others) * (Double(found) + Double(tied.members) / 2)
            found += tied.members
            wrong += tied.others
            if Double(wrong) <= falsePositiveRate * Double(nonMembers.count) {
                best = Double(found) / Double(members.count)
            }
        }
        areaUnderCurve = area / (Double(members.count) * Double(nonMembers.count))
        truePositiveRate = best
    }
}
