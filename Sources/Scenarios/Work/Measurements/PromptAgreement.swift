import Models
import RunLog

/// How many images of a client's prompts a classifier, trained on images of the others' prompts, gives the
/// label that the client says.
package struct PromptAgreement: Work {
    package typealias Output = Classifier.Evaluation
    package static let activity = WorkKind.agree
    package static let nature = WorkNature.inference

    let model: ClassifierReference
    /// The classifier.
    let state: StoredBytes
    /// The images of the client's prompts.
    let images: SyntheticImages

    private enum CodingKeys: String, CodingKey { case model, state, images }

    package init(_ model: ClassifierReference, of state: StoredBytes, on images: SyntheticImages) {
        self.model = model
        self.state = state
        self.images = images
    }

    package var inputs: [StoredBytes] { [state] + images.parts }

    package func cost(_ facts: WorkFacts) -> Double {
        Double(model.architecture.forwardOperations(side: images.side)) * Double(images.count)
    }

    /// Nobody disagrees where nothing is synthesized.
    package func standIn(_ facts: WorkFacts, key: WorkKey) -> Classifier.Evaluation? {
        Classifier.Evaluation(accuracy: 1, loss: 0, images: images.count)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<Classifier.Evaluation> {
        let set = try images.images(load: environment.load)
        return try .observed {
            try ModelStart.state(state).classifier(model, in: environment)
                .evaluate(on: set, isCancelled: environment.isCancelled)
        }
    }
}
