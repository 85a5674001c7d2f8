import Models
import RunLog

/// Makes a fresh model.
package struct Initialization: Work {
    package typealias Output = ModelState
    package static let activity = WorkKind.initialize
    package static let isShared = true

    let model: ClassifierReference
    let seed: UInt64

    private enum CodingKeys: String, CodingKey { case model, seed }

    package init(_ model: ClassifierReference, seed: UInt64) {
        self.model = model
        self.seed = seed
    }

    /// An operation a weight.
    package func cost(_ facts: WorkFacts) -> Double { Double(model.parameterCount) }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> ModelState? {
        ModelState(
            bytes: .absent(count: facts.sizes.bytes(of: model, .whole), key: key), samples: 0)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<ModelState> {
        let classifier = try Classifier(of: model.architecture(in: environment), seed: seed)
        let bytes = try environment.store(classifier.encodedState())
        return WorkOutcome(output: ModelState(bytes: bytes, samples: 0), sha256: bytes.sha256)
    }
}
