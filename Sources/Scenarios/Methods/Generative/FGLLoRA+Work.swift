import Models
import RunLog

/// Trains a low-rank adapter of the foundation model's attention on a client's images, each with its class
/// prompt, and rounds it as it will travel.
package struct AdapterTraining: Work {
    package typealias Output = LearntBytes
    package static let activity = WorkKind.adapt
    package static let nature = WorkNature.generation

    /// The hash of the foundation model.
    let foundation: String
    let images: ImageSelection
    let templates: PromptTemplates
    let rank: Int
    let alpha: Double
    let steps: Int
    let batch: Int
    let learningRate: Double
    let precision: Scenario.EmbeddingPrecision
    let seed: UInt64
    /// How many different prompts there are, for the cost alone.
    private var prompts = 0

    private enum CodingKeys: String, CodingKey {
        case foundation, images, templates, rank, alpha, steps, batch, learningRate = "learning_rate",
            precision,
            seed
    }

    package init(
        of foundation: String, on images: ImageSelection, templates: PromptTemplates, prompts: Int,
        settings: FGLLoRA.Settings, seed: UInt64
    ) {
        let options = settings.options
        self.foundation = foundation
        self.images = images
        self.templates = templates
        self.prompts = prompts
        rank = options.rank
        alpha = options.alpha
        steps = options.steps
        batch = options.batch
        learningRate = options.learningRate
        precision = settings.precision
        self.seed = seed
    }

    private var options: AdapterOptions {
        AdapterOptions(rank: rank, alpha: alpha, steps: steps, batch: batch, learningRate: learningRate)
    }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.foundation(foundation).operations.adaptation(options, images: images.count, prompts: prompts)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> LearntBytes? {
        let count = LowRankAdapter.encodedByteCount(
            facts.foundation(foundation).operations.attention, options, as: precision.elementType)
        return LearntBytes(bytes: .absent(count: count, key: key), losses: [])
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<LearntBytes> {
        let set = try environment.images(images.set), indices = images.places(in: set)
        let prompts = indices.map { index in
            templates.text(forDomain: set.domainNames[Int(set.domains[index])])
                .replacing("{class}", with: set.classNames[Int(set.labels[index])])
        }
        let adapter = try environment.foundation(foundation).trainedAdapter(
            on: set, at: indices, prompts: prompts, options: options, precision: precision.elementType,
            seed: seed, isCancelled: environment.isCancelled)
        let bytes = try environment.store(adapter.bytes)
        return WorkOutcome(output: LearntBytes(bytes: bytes, losses: adapter.losses), sha256: bytes.sha256)
    }
}

extension WorkKind {
    /// The training of an adapter.
    static let adapt = WorkKind(
        "adapt",
        meaning:
            "FGL with adapters: a client fine-tunes a low-rank adapter of the foundation model. Metrics: "
            + "`losses`, `bytes`.")
}
