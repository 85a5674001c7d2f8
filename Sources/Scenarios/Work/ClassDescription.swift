import RunLog

/// Describes the classes that a client holds by prompts.
package struct ClassDescription: Work {
    package typealias Output = [Prompt]
    package static let activity = WorkKind.describe

    let prompts: [Prompt]
    /// How many images are looked at, for the cost alone: the result does not depend on it.
    private var images = 0

    private enum CodingKeys: String, CodingKey { case prompts }

    package init(_ prompts: [Prompt], images: Int) {
        self.prompts = prompts
        self.images = images
    }

    /// An operation an image.
    package func cost(_ facts: WorkFacts) -> Double { Double(images) }
    package func standIn(_ facts: WorkFacts, key: WorkKey) -> [Prompt]? { prompts }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<[Prompt]> {
        WorkOutcome(output: prompts, sha256: WorkKey.hash(of: PromptCodec.encode(prompts)))
    }
}
