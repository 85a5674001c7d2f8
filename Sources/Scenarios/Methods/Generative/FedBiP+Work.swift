import Core
import Models
import RunLog

/// Learns the vectors of a client's domain and classes, mixes and noises the latents of its images, and
/// rounds all of it as it will travel.
package struct ConceptLearning: Work {
    package typealias Output = LearntBytes
    package static let kind = "learn-concept"
    package static let activity = WorkKind.tailor
    package static let nature = WorkNature.generation

    /// The hash of the foundation model.
    let foundation: String
    let images: ImageSelection
    /// The text that the vectors stand in.
    let template: String
    /// The label under which each class is sent.
    let labels: [Int]
    let steps: Int
    let batch: Int
    let learningRate: Double
    let strength: Double
    let sampling: SamplingSettings
    let precision: Scenario.EmbeddingPrecision
    let seed: UInt64
    /// How many classes the images are of, for cost and size alone.
    private var classes = 1

    private enum CodingKeys: String, CodingKey {
        case foundation, images, template, labels, steps, batch, learningRate = "learning_rate", strength,
            sampling,
            precision, seed
    }

    package init(
        by foundation: String, from images: ImageSelection, template: String, labels: [Int],
        settings: FedBiP.Settings, synthesis: Scenario.Synthesis, classes: Int, seed: UInt64
    ) {
        self.foundation = foundation
        self.images = images
        self.template = template
        self.labels = labels
        self.classes = classes
        steps = settings.steps
        batch = settings.batch
        learningRate = settings.rate
        strength = settings.strength
        sampling = SamplingSettings(synthesis)
        precision = synthesis.embeddingPrecision
        self.seed = seed
    }

    private var options: InversionOptions {
        InversionOptions(steps: steps, batch: batch, learningRate: learningRate)
    }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.foundation(foundation).operations.concept(options, images: images.count, prompts: classes)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> LearntBytes? {
        let model = facts.foundation(foundation)
        guard let width = try? model.states(of: [""]).first?.width, let shape = try? model.latentShape()
        else {
            return nil
        }
        let count = ConceptMessage.encodedByteCount(
            classes: classes, images: images.count, width: width, shape: shape, as: precision)
        return LearntBytes(bytes: .absent(count: count, key: key), losses: [])
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<LearntBytes> {
        let set = try environment.images(images.set), indices = images.places(in: set)
        let model = try environment.foundation(foundation)
        let held = Set(indices.map { Int(set.labels[$0]) }).sorted()
        let concept = try model.learnedConcept(
            of: held.map { template.replacing("{class}", with: set.classNames[$0]) }, from: set, at: indices,
            classes: indices.map { held.firstIndex(of: Int(set.labels[$0])) ?? 0 }, options: options,
            seed: seed, isCancelled: environment.isCancelled)
        let latents = try held.map { label in
            var stream = RandomStream(seed: seed, entity: label, purpose: "latents of a class")
            return try model.mixedLatents(
                of: set, at: indices.filter { Int(set.labels[$0]) == label }, strength: strength,
                sampling: sampling, seed: stream.next(), isCancelled: environment.isCancelled)
        }
        let message = ConceptMessage(
            domain: concept.domain, categories: concept.categories, labels: held.map { labels[$0] },
            latents: latents, shape: try model.latentShape())
        let bytes = try environment.store(message.encoded(as: precision))
        return WorkOutcome(
            output: LearntBytes(bytes: bytes, losses: concept.losses), sha256: bytes.sha256)
    }
}
