import Models
import RunLog

/// Evaluates a model on the test images of each class and domain. It observes the federation and takes no
/// virtual time.
package struct PartEvaluation: Work {
    package typealias Output = PartAccuracies
    package static let activity = WorkKind.evaluateParts
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

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<PartAccuracies> {
        try .observed {
            PartAccuracies(
                parts: try weights.classifier(model, in: environment)
                    .parts(of: environment.images(images), isCancelled: environment.isCancelled))
        }
    }
}
