import Models
import RunLog

/// Evaluates a model on test images. It observes the federation and takes no virtual time.
package struct Evaluation: Work {
    package typealias Output = Classifier.Evaluation
    package static let activity = WorkKind.evaluate
    package static let nature = WorkNature.inference
    package static let isShared = true

    let model: ClassifierReference
    let weights: ModelStart
    /// The hash of the test images.
    let images: String

    private enum CodingKeys: String, CodingKey { case model, weights, images }

    package init(_ model: ClassifierReference, of weights: ModelStart, on images: String) {
        self.model = model
        self.weights = weights
        self.images = images
    }

    package var inputs: [StoredBytes] { weights.inputs }
    package func cost(_ facts: WorkFacts) -> Double { 0 }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<Classifier.Evaluation> {
        try .observed {
            try weights.classifier(model, in: environment)
                .evaluate(on: environment.images(images), isCancelled: environment.isCancelled)
        }
    }
}
