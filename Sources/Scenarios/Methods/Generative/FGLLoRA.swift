import Models
import RunLog

/// FGL with low-rank adapters: clients fine-tune an adapter of the foundation model's attention on their own
/// images and upload it with the prompts of their classes; the server draws each client's classes with that
/// client's adapter and trains on the images. For data that the foundation model has never seen, of which
/// prompts alone say nothing to it.
///
/// A method of our own, of two known parts. Adapters: Hu et al., "LoRA: Low-Rank Adaptation of Large
/// Language Models", https://arxiv.org/abs/2106.09685, section 4.1: W + α / r · B · A for the projections
/// of queries, keys, values and outputs. The loss is the denoiser's, E ‖ε − ε_θ(z_t, t, c)‖²
/// (https://arxiv.org/abs/2112.10752, equation 2), with the class prompt of each image as c. Everything
/// else is FGL's one-shot round (https://arxiv.org/abs/2306.16064): `synthesis.per-class` images of a class
/// are shared among the clients that hold it in proportion to their images.
///
/// Adapters are neither averaged nor merged with each other: each draws alone, so that a client's style is
/// not mixed with another's. The upload is the file that diffusers and peft write, in half precision by
/// default. It gives away what a fine-tuned generator gives away: whoever holds it can draw images like the
/// client's.
public struct FGLLoRA: FederatedMethod {
    public let name = "fgl-lora"
    public let summary =
        "LoRA adapters of the foundation model up, training on images drawn with each, one model down"
    public let needsFoundation = true
    public let teachesFoundation = true
    public let trainsAtClients = false
    public let plainUploads: String? = "adapters"
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = []

    /// The section `fgl-lora`.
    public struct Settings: MethodSettings {
        public static let section = "fgl-lora"
        /// r.
        public var rank = 8
        /// α; `nil` for the rank, a scale of 1.
        public var alpha: Double?
        /// Steps of the optimizer.
        public var steps = 300
        /// Images a step.
        public var batch = 8
        /// AdamW's learning rate.
        public var rate = 0.002
        /// The element type of the upload.
        public var precision = Scenario.EmbeddingPrecision.float16

        public init() {}

        /// As the foundation model takes them.
        var options: AdapterOptions {
            AdapterOptions(
                rank: rank, alpha: alpha ?? Double(rank), steps: steps, batch: batch, learningRate: rate)
        }
    }

    public let keys = [
        ScenarioKey(
            "rank", of: "fgl-lora", at: \Settings.rank, .integer(1...1024),
            "The rank of a client's adapter; at most the width of the narrowest layer of the model's "
                + "attention."
        ),
        ScenarioKey(
            "alpha", ofOptional: \Settings.alpha, .number(above: 0, atMost: 1_000_000), absent: "the rank",
            "The scale of an adapter: its changes of weights are multiplied by alpha over the rank."),
        ScenarioKey(
            "steps", of: "fgl-lora", at: \Settings.steps, .integer(1...1_000_000),
            "Steps of the optimizer that a client makes."),
        ScenarioKey(
            "batch", of: "fgl-lora", at: \Settings.batch, .integer(1...4096), "Images of a step."),
        ScenarioKey(
            "learning-rate", of: "fgl-lora", at: \Settings.rate, .number(above: 0, atMost: 100),
            "The constant learning rate of AdamW."),
        ScenarioKey(
            "precision", of: "fgl-lora", at: \Settings.precision, .choice,
            "The element type of uploaded adapters."),
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func adapterRank(in scenario: Scenario) -> Int? { scenario[Settings.self].rank }

    public func conflicts(in scenario: Scenario) -> [SettingConflict] {
        guard scenario.methods.contains(name) else { return [] }
        var conflicts: [SettingConflict] = []
        let rank = scenario[Settings.self].rank
        // What a folder has is known when it is opened; the models that ship are always there.
        if case .shipped(let quality) = scenario.synthesis.foundation,
            let folder = try? Models.FoundationModel.folder(of: quality),
            let shape = try? UNetConfiguration.read(folder.path + "/unet/config.json"),
            let narrowest = shape.narrowestAttention, rank > narrowest
        {
            conflicts.append(
                SettingConflict(
                    "fgl-lora.rank", "\(rank)", with: "synthesis.foundation: \(quality.rawValue)",
                    allowed: "a whole number from 1 to \(narrowest), "
                        + "the width of the narrowest layer of its attention"))
        }
        let set = conflictOfSet(in: scenario, because: "images are drawn with the clients' adapters")
        return conflicts + [set].compactMap(\.self)
    }

    public func workingSet(in scenario: Scenario) -> WorkingSet {
        WorkingSet(
            classifierBatch: scenario.synthesis.optimizer.batch,
            foundationBatch: scenario[Settings.self].batch)
    }

    public func run(on federation: Federation) async throws {
        try await federation.playGenerativeRound { client in try await client.uploadAdapter() }
    }
}

extension Client {
    /// Trains an adapter on its images and uploads the prompts of its classes, then the adapter.
    fileprivate func uploadAdapter() async throws {
        guard !images.isEmpty else { return try await upload(.description(.nothing)) }
        let models = context.machinery.models, scenario = context.scenario
        let prompts = falsified(try await classPrompts(areCounted: true))
        let work = AdapterTraining(
            of: models.foundation(of: scenario).sha256, on: context.selection(selection),
            templates: PromptTemplates(scenario.synthesis), prompts: prompts.count,
            settings: scenario[FGLLoRA.Settings.self], seed: context.workSeed("adapter", client: id))
        let adapter = try await context.perform(work, client: id, on: device).output.bytes
        log(prompts)
        try await transmit(.prompts(prompts))
        try await upload(.description(.personalized(prompts, .adapter(adapter))))
    }
}
