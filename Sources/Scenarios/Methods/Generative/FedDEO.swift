import Models
import RunLog

/// FedDEO: clients learn a description of each of their classes, the states of a text, through the frozen
/// diffusion model; the server draws images from each client's descriptions and trains on them.
///
/// Yang et al., "FedDEO: Description-Enhanced One-Shot Federated Learning with Diffusion Models",
/// https://arxiv.org/abs/2407.19953 (ACM Multimedia 2024): a description minimizes the denoiser's loss on
/// the client's images of the class, d = argmin E ‖ε − ε_θ(z_t, t, d)‖², beginning with the states of the
/// class prompt. The server conditions the same model on the descriptions, with equally many images for
/// each client and class (`synthesis.per-prompt`; the authors' code: 30), or `synthesis.per-class` images
/// shared equally among the clients that hold the class. The code is
/// https://github.com/MingzhaoYang/FedDEO.
///
/// Not as there: a description replaces the class prompt, while the authors' code guides with both, the
/// unconditional prediction plus 3 times the difference of each; steps are of a batch (their code: one pass
/// of single images); and the learning rate is `feddeo.learning-rate` (their code: 10, on the scale of
/// Stable Diffusion's states). The upload is that of `synthesis.prompts: embeddings`; descriptions are
/// learnt from private images without noise, and no ε covers them.
public struct FedDEO: FederatedMethod {
    public let name = "feddeo"
    public let summary =
        "descriptions learnt through the foundation model up, training on synthetic images, one model down"
    public let needsFoundation = true
    public let teachesFoundation = true
    public let trainsAtClients = false
    public let plainUploads: String? = "descriptions"
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = []

    /// The section `feddeo`.
    public struct Settings: MethodSettings {
        public static let section = "feddeo"
        /// Steps of gradient descent for each class.
        public var steps = 300
        /// Images a step.
        public var batch = 8
        /// The learning rate of gradient descent.
        public var rate = 10.0

        public init() {}
    }

    public let keys = [
        ScenarioKey(
            "steps", of: "feddeo", at: \Settings.steps, .integer(1...1_000_000),
            "Steps of gradient descent that a client makes for each of its classes."),
        ScenarioKey("batch", of: "feddeo", at: \Settings.batch, .integer(1...4096), "Images of a step."),
        ScenarioKey(
            "learning-rate", of: "feddeo", at: \Settings.rate, .number(above: 0, atMost: 1_000_000),
            "The learning rate of gradient descent on a description (the authors' code: 10)."),
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func conflicts(in scenario: Scenario) -> [SettingConflict] {
        guard scenario.methods.contains(name) else { return [] }
        return [
            conflictOfText(in: scenario, because: "a description is no text"),
            conflictOfSet(in: scenario, because: "images are drawn from the clients' descriptions"),
        ].compactMap(\.self)
    }

    public func workingSet(in scenario: Scenario) -> WorkingSet {
        WorkingSet(
            classifierBatch: scenario.synthesis.optimizer.batch,
            foundationBatch: scenario[Settings.self].batch)
    }

    public func run(on federation: Federation) async throws {
        try await federation.playGenerativeRound { client in
            try await client.upload(.description(client.learntDescriptions()))
        }
    }
}

extension Client {
    /// A description of each class that it holds, rounded as it will travel.
    ///
    /// All are begun at once, so that several workers may learn them; the device learns one after the other.
    fileprivate func learntDescriptions() async throws -> ImageDescription {
        guard !images.isEmpty else { return .nothing }
        let scenario = context.scenario, precision = scenario.synthesis.embeddingPrecision
        let foundation = context.machinery.models.foundation(of: scenario).sha256
        let names = context.data.train.classNames
        let template = scenario.synthesis.template(forDomain: domain ?? "")
        let held = imagesByClass
        let pending = held.map { label, images in
            context.begin(
                DescriptionLearning(
                    by: foundation, from: context.selection(IndexList(images)), label: label,
                    prompt: template.replacing("{class}", with: names[label]),
                    settings: scenario[FedDEO.Settings.self], precision: precision,
                    seed: context.workSeed("description of class \(label)", client: id)),
                client: id)
        }
        var descriptions: [PromptEmbedding] = []
        for ((label, images), work) in zip(held, pending) {
            let states = try await context.join(work, on: device).output.states
            context.recorder.prompt(
                client: id, label: label,
                text: "description learnt from \(images.count) image\(images.count == 1 ? "" : "s")",
                bytes: (states.values.count + states.pooled.count) * precision.byteCount)
            descriptions.append(PromptEmbedding(label: falsified(label: label), states: states))
        }
        return .embeddings(descriptions, precision)
    }
}
