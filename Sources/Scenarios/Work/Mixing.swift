import Models
import RunLog

/// A model state in a weighted sum.
package struct MixtureTerm: Codable, Sendable {
    let state: StoredBytes
    /// The weight of its parameters; negative where it is subtracted.
    var weight: Double
    /// The weight of its batch-norm statistics, which are always averaged.
    var statistics: Double

    private enum CodingKeys: String, CodingKey { case state, weight, statistics }

    package init(_ state: StoredBytes, weight: Double, statistics: Double? = nil) {
        self.state = state
        self.weight = weight
        self.statistics = statistics ?? weight
    }
}

/// Adds up model states with weights that add up to 1, in the order given. One tensor of a few states is in
/// memory at a time.
package struct Mixing: Work {
    package typealias Output = ModelState
    package static let activity = WorkKind.mix
    package static let makesModel = true

    let model: ClassifierReference
    let terms: [MixtureTerm]
    /// How many terms the work is paid for; as many as there are unless given. It is no part of the work's
    /// key: how terms are added up changes nothing of the sum.
    private var paidTerms: Int?

    private enum CodingKeys: String, CodingKey { case model, terms }

    /// A sum of terms; those of the same state become one, as several clients may have been sent the same
    /// model.
    ///
    /// - Parameter paysForAll: whether terms of the same state cost, too: whether states are the same is not
    ///   known where nothing is trained.
    package init(_ model: ClassifierReference, of terms: [MixtureTerm], paysForAll: Bool = true) {
        self.model = model
        paidTerms = paysForAll ? terms.count { $0.weight != 0 || $0.statistics != 0 } : nil
        var merged: [MixtureTerm] = []
        for term in terms {
            if let index = merged.firstIndex(where: { $0.state.sha256 == term.state.sha256 }) {
                merged[index].weight += term.weight
                merged[index].statistics += term.statistics
            } else {
                merged.append(term)
            }
        }
        self.terms = merged.filter { $0.weight != 0 || $0.statistics != 0 }
    }

    package var inputs: [StoredBytes] { terms.map(\.state) }

    /// A multiplication and an addition a weight and model.
    package func cost(_ facts: WorkFacts) -> Double {
        2 * Double(model.parameterCount) * Double(paidTerms ?? terms.count)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> ModelState? {
        ModelState(
            bytes: .absent(count: facts.sizes.bytes(of: model, .whole), key: key), samples: 0)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<ModelState> {
        let sum = try ModelState(
            storing: environment.encodedMean(of: terms), in: environment.blobs, samples: 0)
        return WorkOutcome(output: sum, sha256: sum.bytes.sha256)
    }
}

extension WorkerEnvironment {
    /// The weighted mean of states, in the order of the terms, as `StateAverager` encodes it; a few are added
    /// at once.
    ///
    /// - Throws: as `withTensors(of:_:)`; `SafetensorsError` where a state is not like the first.
    func encodedMean(of terms: [MixtureTerm]) throws -> [UInt8] {
        var averager = StateAverager()
        for first in stride(from: 0, to: terms.count, by: StateAverager.groupSize) {
            let group = terms[first...].prefix(StateAverager.groupSize)
            try withTensors(of: group.map(\.state)) { files in
                try averager.add(
                    zip(files, group).map { .init($0, weight: $1.weight, statistics: $1.statistics) })
            }
        }
        return averager.encodedMean()
    }
}
