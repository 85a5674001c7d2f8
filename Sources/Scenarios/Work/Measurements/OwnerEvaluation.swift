import Models
import RunLog

/// Evaluates a model on the test images of each owner. It observes the federation and takes no virtual time.
package struct OwnerEvaluation: Work {
    package typealias Output = OwnerAccuracies
    package static let activity = WorkKind.evaluateOwners
    package static let nature = WorkNature.inference
    package static let isShared = true

    let model: ClassifierReference
    let weights: ModelStart
    /// The hash of the test images, which have owners.
    let images: String

    private enum CodingKeys: String, CodingKey { case model, weights, images }

    package init(_ model: ClassifierReference, of weights: ModelStart, on images: String) {
        self.model = model
        self.weights = weights
        self.images = images
    }

    package var inputs: [StoredBytes] { weights.inputs }
    package func cost(_ facts: WorkFacts) -> Double { 0 }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<OwnerAccuracies> {
        let set = try environment.images(images)
        guard let owners = set.owners else {
            throw FederationError.foreignWork(reason: "its images have no owners")
        }
        return try .observed {
            let correct = try weights.classifier(model, in: environment)
                .correct(ofOwnersOf: set, isCancelled: environment.isCancelled)
            let counts = owners.counts
            return OwnerAccuracies(
                owners: counts.indices.filter { counts[$0] > 0 }.map {
                    .init(name: owners.names[$0], images: counts[$0], correct: correct[$0])
                })
        }
    }
}
