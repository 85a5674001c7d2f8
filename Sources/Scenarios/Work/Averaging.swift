import Models
import RunLog

/// Averages model states, uniformly or by the numbers of images they were trained on, in the order given. One
/// tensor of a few states is in memory at a time.
package struct Averaging: Work {
    package typealias Output = ModelState
    package static let activity = WorkKind.average
    package static let makesModel = true

    let model: ClassifierReference
    let states: [StoredBytes]
    /// Whether a state counts by its number of images.
    let bySamples: Bool
    /// Which tensors the states have.
    let scope: StateScope

    private enum CodingKeys: String, CodingKey { case model, states, bySamples = "by_samples", scope }

    /// - Precondition: there is a state.
    package init(
        _ model: ClassifierReference, of states: [StoredBytes], bySamples: Bool, scope: StateScope = .whole
    ) {
        precondition(!states.isEmpty, "an average of no models")
        self.model = model
        self.states = states
        self.bySamples = bySamples
        self.scope = scope
    }

    package var inputs: [StoredBytes] { states }

    /// A multiplication and an addition a weight and model.
    package func cost(_ facts: WorkFacts) -> Double {
        2 * Double(model.parameterCount) * Double(states.count)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> ModelState? {
        ModelState(
            bytes: .absent(count: facts.sizes.bytes(of: model, scope), key: key), samples: 0)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<ModelState> {
        let counts = try states.map { state in
            try environment.withTensors(of: state) { $0.metadata["samples"].flatMap { Int($0) } ?? 1 }
        }
        let samples = counts.reduce(0, +)
        // Without any images, states have equal weight.
        let terms = zip(states, counts).map {
            MixtureTerm($0, weight: bySamples && samples > 0 ? Double($1) : 1)
        }
        let mean = try ModelState(
            storing: environment.encodedMean(of: terms), in: environment.blobs, samples: samples)
        return WorkOutcome(output: mean, sha256: mean.bytes.sha256)
    }
}
