import Models
import Simulator

/// A model state in a weighted sum.
struct MixtureTerm: Sendable {
    let state: StoredBytes
    /// The weight of its parameters; negative where it is subtracted.
    var weight: Double
    /// The weight of its batch-norm statistics, which are always averaged.
    var statistics: Double

    init(_ state: StoredBytes, weight: Double, statistics: Double? = nil) {
        self.state = state
        self.weight = weight
        self.statistics = statistics ?? weight
    }
}

extension Server {
    /// The weighted sum of model states, whose weights add up to 1.
    func mix(_ terms: [MixtureTerm]) async throws -> ModelState {
        let terms = Self.merged(terms)
        let order = context.orderForMixture(of: terms)
        return try await context.perform(
            order, on: device, standIn: context.standInForModel(order), context.mixing(terms)
        ).output
    }

    /// The same sum with each state once, in the order of first mention: several clients may have been sent the
    /// same model.
    private static func merged(_ terms: [MixtureTerm]) -> [MixtureTerm] {
        var merged: [MixtureTerm] = []
        for term in terms {
            if let index = merged.firstIndex(where: { $0.state.sha256 == term.state.sha256 }) {
                merged[index].weight += term.weight
                merged[index].statistics += term.statistics
            } else {
                merged.append(term)
            }
        }
        return merged.filter { $0.weight != 0 || $0.statistics != 0 }
    }
}

extension RunContext {
    /// The order for a mixture: a multiplication and an addition a weight and model.
    fileprivate func orderForMixture(of terms: [MixtureTerm]) -> WorkOrder {
        WorkOrder(
            kind: "mix", round: round, client: nil,
            key: WorkKey(
                "mix",
                [
                    "states": terms.map { "\($0.state.sha256) \($0.weight) \($0.statistics)" }
                        .joined(separator: "\n")
                ]),
            flops: 2 * Double(architecture.parameterCount) * Double(terms.count), inputs: terms.map(\.state))
    }

    /// Adds up in the order given, one state in memory at a time.
    fileprivate func mixing(_ terms: [MixtureTerm]) -> @Sendable () throws -> WorkOutcome<ModelState> {
        let blobs = machinery.blobs
        return {
            var averager = StateAverager()
            for term in terms {
                try term.state.withTensors {
                    try averager.add($0, weight: term.weight, statistics: term.statistics)
                }
            }
            let sum = try ModelState(storing: averager.encodedMean(), in: blobs, samples: 0)
            return WorkOutcome(output: sum, sha256: sum.bytes.sha256)
        }
    }
}
