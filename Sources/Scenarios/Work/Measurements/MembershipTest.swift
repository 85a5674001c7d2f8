import Models
import RunLog

/// Tells members from others by a model's answers: membership inference on the images that clients hold.
package struct MembershipTest: Work {
    package typealias Output = MembershipEvaluation
    package static let activity = WorkKind.membership
    package static let nature = WorkNature.inference
    package static let isShared = true

    let model: ClassifierReference
    let state: StoredBytes
    let members: ImageSelection
    /// The hash of the images that nobody has trained on.
    let others: String

    private enum CodingKeys: String, CodingKey { case model, state, members, others }

    package init(
        _ model: ClassifierReference, of state: StoredBytes, members: ImageSelection, others: String
    ) {
        self.model = model
        self.state = state
        self.members = members
        self.others = others
    }

    package var inputs: [StoredBytes] { [state] }
    package func cost(_ facts: WorkFacts) -> Double { 0 }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<MembershipEvaluation> {
        let train = try environment.images(members.set), test = try environment.images(others)
        return try .observed {
            try ModelStart.state(state).classifier(model, in: environment).membership(
                of: train, at: members.places(in: train), against: test,
                isCancelled: environment.isCancelled)
        }
    }
}
