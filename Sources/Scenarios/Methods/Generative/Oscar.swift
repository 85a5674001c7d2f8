import Core
import Models
import RunLog

/// OSCAR: clients upload the mean text embedding of their captions of each class; the server synthesizes
/// images from it and trains on them.
///
/// Zaland et al., "One-Shot Federated Learning with Classifier-Free Diffusion Models",
/// https://arxiv.org/abs/2502.08488: a client captions its images and encodes the captions; the mean of the
/// encodings of a class conditions the classifier-free diffusion model at the server, with equally many
/// images for each client and class (`synthesis.per-prompt`; the paper: 10), or `synthesis.per-class` images
/// shared equally among the clients that hold the class.
///
/// Not as in the paper: captioner and foundation model are the scenario's (the paper: BLIP-2 and Stable
/// Diffusion 1); the mean is over all states of the text encoder, which is what the denoiser attends to; a
/// caption that does not name the class stands behind the class prompt, as in FGL's captions.
public struct Oscar: FederatedMethod {
    public let name = "oscar"
    public let summary =
        "mean embeddings of each class's captions up, training on synthetic images, one model down"
    public let needsFoundation = true
    public let needsCaptioner = true
    public let trainsAtClients = false
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = []
    public let plainUploads: String? = "mean embeddings"

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func conflicts(in scenario: Scenario) -> [SettingConflict] {
        guard scenario.methods.contains(name) else { return [] }
        return [conflictOfText(in: scenario, because: "a mean of embeddings is no text")].compactMap(\.self)
    }

    public func run(on federation: Federation) async throws {
        try await federation.playGenerativeRound { client in
            try await client.upload(.description(client.captionMeans()))
        }
    }
}

extension Client {
    /// The mean embedding of its captions of each class, rounded as it will travel.
    fileprivate func captionMeans() async throws -> ImageDescription {
        guard !images.isEmpty else { return .nothing }
        let models = context.machinery.models, settings = context.scenario.synthesis
        let counts = Dictionary(uniqueKeysWithValues: imagesByClass.map { ($0.label, $0.images.count) })
        let work = CaptionMeans(
            by: context.captioner.sha256, models.foundation(of: context.scenario).sha256,
            of: context.selection(selection), templates: PromptTemplates(settings),
            as: settings.embeddingPrecision, labels: counts.keys.sorted())
        let encoded = try await context.perform(work, client: id, on: device).output
        let means = try PromptEmbeddingCodec.decode(encoded.bytes)
        for mean in means {
            let count = counts[mean.label] ?? 0
            context.recorder.prompt(
                client: id, label: mean.label, text: "mean of \(count) caption\(count == 1 ? "" : "s")",
                bytes: (mean.states.values.count + mean.states.pooled.count)
                    * settings.embeddingPrecision.byteCount)
        }
        return .embeddings(
            means.map { PromptEmbedding(label: falsified(label: $0.label), states: $0.states) },
            settings.embeddingPrecision)
    }
}

// MARK: - Work

/// Captions a client's images, encodes the captions by the foundation model's text encoder, and takes the
/// mean of each class, rounded as it will travel.
package struct CaptionMeans: Work {
    package typealias Output = EncodedPrompts
    package static let kind = "caption-means"
    package static let activity = WorkKind.caption
    package static let nature = WorkNature.generation
    package static let isShared = true

    /// The hashes of the models.
    let captioner: String
    let foundation: String
    let images: ImageSelection
    let templates: PromptTemplates
    let precision: Scenario.EmbeddingPrecision
    /// The classes of the images, for the stand-in alone.
    private var labels: [Int] = []

    private enum CodingKeys: String, CodingKey { case captioner, foundation, images, templates, precision }

    package init(
        by captioner: String, _ foundation: String, of images: ImageSelection, templates: PromptTemplates,
        as precision: Scenario.EmbeddingPrecision, labels: [Int]
    ) {
        self.captioner = captioner
        self.foundation = foundation
        self.images = images
        self.templates = templates
        self.precision = precision
        self.labels = labels
    }

    package func cost(_ facts: WorkFacts) -> Double {
        Double(images.count)
            * (facts.captioner(captioner).operationsPerImage
                + facts.foundation(foundation).operationsPerPrompt)
    }

    /// Has the size of the means, and is no other client's.
    package func standIn(_ facts: WorkFacts, key: WorkKey) -> EncodedPrompts? {
        guard let shape = try? facts.foundation(foundation).states(of: [""]).first else { return nil }
        let means = labels.map { label in
            var stream = RandomStream(
                seed: UInt64(key.sha256.prefix(16), radix: 16) ?? 0, entity: label,
                purpose: "stand-in of a mean")
            func values(_ count: Int) -> [Float] { (0..<count).map { _ in Float(stream.normal()) } }
            return PromptEmbedding(
                label: label,
                states: TextStates(
                    tokens: shape.tokens, width: shape.width, values: values(shape.values.count),
                    pooled: values(shape.pooled.count)))
        }
        return EncodedPrompts(bytes: PromptEmbeddingCodec.encode(means, as: precision))
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<EncodedPrompts> {
        let captions = try Captioning(by: captioner, of: images, templates: templates).perform(
            in: environment
        )
        .output
        let states = try environment.foundation(foundation).states(of: captions.map(\.text))
        let means = Dictionary(grouping: zip(captions, states)) { $0.0.label }.sorted { $0.key < $1.key }
            .map { label, encoded in
                PromptEmbedding(
                    label: label, states: .mean(of: encoded.map { (states: $0.1, weight: $0.0.count) }))
            }
        let bytes = PromptEmbeddingCodec.encode(means, as: precision)
        return WorkOutcome(output: EncodedPrompts(bytes: bytes), sha256: WorkKey.hash(of: bytes))
    }
}
