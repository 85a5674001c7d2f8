import Models
import RunLog

/// How often a model answers as an attacker wants it to, on test images. It observes the federation and
/// takes no virtual time.
package struct AttackTest: Work {
    package typealias Output = Classifier.Evaluation
    package static let activity = WorkKind.testAttack
    package static let nature = WorkNature.inference
    package static let isShared = true

    let model: ClassifierReference
    let weights: ModelStart
    /// What the attacker has done to its images, and so what it wants.
    let poison: ImagePoison
    /// The hash of the test images.
    let images: String

    private enum CodingKeys: String, CodingKey { case model, weights, poison, images }

    package init(
        _ model: ClassifierReference, of weights: ModelStart, by poison: ImagePoison, on images: String
    ) {
        self.model = model
        self.weights = weights
        self.poison = poison
        self.images = images
    }

    package var inputs: [StoredBytes] { weights.inputs }
    package func cost(_ facts: WorkFacts) -> Double { 0 }

    /// The share of the images on which the attack shows that are classified as the attacker wants; zero
    /// where there are none.
    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<Classifier.Evaluation> {
        let goals = poison.goals(in: try environment.images(images))
        return try .observed {
            guard goals.count > 0 else { return Classifier.Evaluation(accuracy: 0, loss: 0, images: 0) }
            return try weights.classifier(model, in: environment)
                .evaluate(on: goals, isCancelled: environment.isCancelled)
        }
    }
}
