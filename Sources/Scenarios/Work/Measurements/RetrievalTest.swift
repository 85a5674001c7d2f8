import Models
import RunLog

/// Finds the private images that are nearest to synthetic ones, and to test images as a control.
package struct RetrievalTest: Work {
    package typealias Output = Retrieval
    package static let activity = WorkKind.retrieve
    package static let nature = WorkNature.inference
    package static let isShared = true

    let model: ClassifierReference
    /// The model whose features are compared.
    let state: StoredBytes
    let synthetic: SyntheticImages
    let privates: ImageSelection
    /// The hash of the test images.
    let control: String
    /// The similarity from which an image counts as a near copy.
    let threshold: Double

    private enum CodingKeys: String, CodingKey {
        case model, state, synthetic, privates = "private", control, threshold
    }

    package init(
        _ model: ClassifierReference, with state: StoredBytes, of synthetic: SyntheticImages,
        among privates: ImageSelection, control: String, threshold: Double
    ) {
        self.model = model
        self.state = state
        self.synthetic = synthetic
        self.privates = privates
        self.control = control
        self.threshold = threshold
    }

    package var inputs: [StoredBytes] { [state] + synthetic.parts }
    package func cost(_ facts: WorkFacts) -> Double { 0 }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<Retrieval> {
        let train = try environment.images(privates.set), test = try environment.images(control)
        let made = try synthetic.images(load: environment.load)
        return try .observed {
            try ModelStart.state(state).classifier(model, in: environment).retrieval(
                of: made, from: train, at: privates.places(in: train), control: test,
                threshold: threshold, isCancelled: environment.isCancelled)
        }
    }
}
