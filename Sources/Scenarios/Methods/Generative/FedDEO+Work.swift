import Core
import Models
import RunLog

/// Learns the description of a class from a client's images of it, and rounds it as it will travel.
package struct DescriptionLearning: Work {
    package typealias Output = LearntDescription
    package static let kind = "learn-description"
    package static let activity = WorkKind.tailor
    package static let nature = WorkNature.generation
    package static let isShared = true

    /// The hash of the foundation model.
    let foundation: String
    let images: ImageSelection
    /// The class index.
    let label: Int
    /// The text whose states are the start.
    let prompt: String
    let steps: Int
    let batch: Int
    let learningRate: Double
    let precision: Scenario.EmbeddingPrecision
    let seed: UInt64

    private enum CodingKeys: String, CodingKey {
        case foundation, images, label, prompt, steps, batch, learningRate = "learning_rate", precision, seed
    }

    package init(
        by foundation: String, from images: ImageSelection, label: Int, prompt: String,
        settings: FedDEO.Settings, precision: Scenario.EmbeddingPrecision, seed: UInt64
    ) {
        self.foundation = foundation
        self.images = images
        self.label = label
        self.prompt = prompt
        steps = settings.steps
        batch = settings.batch
        learningRate = settings.rate
        self.precision = precision
        self.seed = seed
    }

    private var options: InversionOptions {
        InversionOptions(steps: steps, batch: batch, learningRate: learningRate)
    }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.foundation(foundation).operations.description(options, images: images.count)
    }

    /// Has the size of a description, and is no other's.
    package func standIn(_ facts: WorkFacts, key: WorkKey) -> LearntDescription? {
        guard let shape = try? facts.foundation(foundation).states(of: [""]).first else { return nil }
        var stream = RandomStream(seed: seed, purpose: "stand-in of a description")
        func values(_ count: Int) -> [Float] { (0..<count).map { _ in Float(stream.normal()) } }
        let states = TextStates(
            tokens: shape.tokens, width: shape.width, values: values(shape.values.count),
            pooled: values(shape.pooled.count))
        return try? LearntDescription(encoded(states), losses: [])
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<LearntDescription> {
        let set = try environment.images(images.set)
        let learnt = try environment.foundation(foundation).learnedStates(
            of: prompt, from: set, at: images.places(in: set), options: options, seed: seed,
            isCancelled: environment.isCancelled)
        let bytes = encoded(learnt.states)
        return try WorkOutcome(
            output: LearntDescription(bytes, losses: learnt.losses), sha256: WorkKey.hash(of: bytes))
    }

    private func encoded(_ states: TextStates) -> [UInt8] {
        PromptEmbeddingCodec.encode([PromptEmbedding(label: label, states: states)], as: precision)
    }
}

/// A description as it will travel, and how it was learnt.
package struct LearntDescription: RecordableOutput {
    private let prompts: EncodedPrompts
    /// The states.
    let states: TextStates
    /// Mean losses of the tenths of the steps.
    private let losses: [Double]

    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] {
        prompts.fields.merging(["losses": .list(losses.map(JSONScalar.real))]) { first, _ in first }
    }

    /// - Throws: `FederationError.malformedEmbeddings` where the bytes are no embeddings.
    init(_ bytes: [UInt8], losses: [Double]) throws {
        prompts = EncodedPrompts(bytes: bytes)
        guard let first = try PromptEmbeddingCodec.decode(bytes).first else {
            throw FederationError.malformedEmbeddings(reason: "there is none")
        }
        states = first.states
        self.losses = losses
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let prompts = EncodedPrompts(record: record, blobs: blobs),
            let losses = record.fields["losses"]?.list(of: \.number),
            let description = try? LearntDescription(prompts.bytes, losses: losses)
        else { return nil }
        self = description
    }
}
