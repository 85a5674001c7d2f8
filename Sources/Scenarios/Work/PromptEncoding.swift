import Models
import RunLog

/// Encodes prompts by the foundation model's text encoder, rounded as they will travel.
package struct PromptEncoding: Work {
    package typealias Output = EncodedPrompts
    package static let activity = WorkKind.encode
    package static let nature = WorkNature.generation
    package static let isShared = true

    /// The hash of the foundation model.
    let foundation: String
    let prompts: [Prompt]
    let precision: Scenario.EmbeddingPrecision

    private enum CodingKeys: String, CodingKey { case foundation, prompts, precision }

    package init(by foundation: String, of prompts: [Prompt], as precision: Scenario.EmbeddingPrecision) {
        self.foundation = foundation
        self.prompts = prompts
        self.precision = precision
    }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.foundation(foundation).operationsPerPrompt * Double(prompts.count)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<EncodedPrompts> {
        let states = try environment.foundation(foundation).states(of: prompts.map(\.text))
        let bytes = PromptEmbeddingCodec.encode(
            zip(prompts, states).map { PromptEmbedding(label: $0.label, states: $1) }, as: precision)
        return WorkOutcome(output: EncodedPrompts(bytes: bytes), sha256: WorkKey.hash(of: bytes))
    }
}
