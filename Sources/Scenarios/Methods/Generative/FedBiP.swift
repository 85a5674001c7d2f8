import Models
import RunLog

/// FedBiP: clients learn vectors of their domain and of their classes through the frozen diffusion model
/// and mix and noise the latents of their images; the server draws images from both and trains on them.
///
/// Chen et al., "FedBiP: Heterogeneous One-Shot Federated Learning with Personalized Latent Diffusion
/// Models", https://arxiv.org/abs/2410.04810 (CVPR 2025). Instance level: z̄ = γ z_i + (1 − γ) z_j of two
/// images of a class, γ from N(0.5, 0.1²) within 0…1, noised to step T, one for each image
/// (`mixedLatents`). Concept level: S and V minimize the denoiser's loss in "A [S] style of a [V_y]"
/// (equation 4, `learnConcept`). The server denoises each latent with V and S + η, η from N(0, σ²) for each
/// image (equation 5); for more images than latents it begins with the first latent again.
///
/// Not as there: the text is the scenario's template, whose second state S replaces, and V the last of the
/// class name (the authors' code: "a {domain} style of a {class}", the same two places); the other states
/// are those of the class name, which the server knows; steps of a fixed number instead of 50 epochs; a
/// client's class with one image mixes it with itself; `strength` below 1 noises to an earlier step. The
/// upload has a latent for each private image: at the last step little of the image is left in it, at an
/// earlier one more. No ε covers it.
public struct FedBiP: FederatedMethod {
    public let name = "fedbip"
    public let summary =
        "learnt concept vectors and noised latents up, training on images drawn from them, one model down"
    public let needsFoundation = true
    public let teachesFoundation = true
    public let trainsAtClients = false
    public let plainUploads: String? = "concept vectors and latents"
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = []

    /// The section `fedbip`.
    public struct Settings: MethodSettings {
        public static let section = "fedbip"
        /// Steps of the optimizer.
        public var steps = 300
        /// Images a step.
        public var batch = 8
        /// Adam's learning rate.
        public var rate = 0.1
        /// σ: the deviation of the noise on S.
        public var noise = 0.1
        /// The part of the denoising steps that is made from the latents on.
        public var strength = 1.0

        public init() {}
    }

    public let keys = [
        ScenarioKey(
            "steps", of: "fedbip", at: \Settings.steps, .integer(1...1_000_000),
            "Steps in which a client learns the vectors of its domain and classes."),
        ScenarioKey("batch", of: "fedbip", at: \Settings.batch, .integer(1...4096), "Images of a step."),
        ScenarioKey(
            "learning-rate", of: "fedbip", at: \Settings.rate, .number(above: 0, atMost: 100),
            "Adam's constant learning rate (the authors' code: 0.1)."),
        ScenarioKey(
            "noise", of: "fedbip", at: \Settings.noise, .number(from: 0, to: 1000),
            "The standard deviation of the noise on a domain's vector, anew for each image (the authors' "
                + "code: 0.1)."),
        ScenarioKey(
            "strength", of: "fedbip", at: \Settings.strength, .number(above: 0, atMost: 1),
            "How far the latents of images are noised: the part of the denoising steps that the server makes "
                + "(the paper: 1)."),
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func conflicts(in scenario: Scenario) -> [SettingConflict] {
        guard scenario.methods.contains(name) else { return [] }
        return [
            conflictOfText(in: scenario, because: "a concept is no text"),
            conflictOfSet(in: scenario, because: "images are drawn from the clients' concepts"),
        ].compactMap(\.self)
    }

    public func workingSet(in scenario: Scenario) -> WorkingSet {
        WorkingSet(
            classifierBatch: scenario.synthesis.optimizer.batch,
            foundationBatch: scenario[Settings.self].batch)
    }

    public func run(on federation: Federation) async throws {
        try await federation.playGenerativeRound { client in
            try await client.upload(.description(client.learntConcept()))
        }
    }
}

extension Client {
    /// The vectors of its domain and classes and a noised latent of each image, rounded as they will travel.
    fileprivate func learntConcept() async throws -> ImageDescription {
        guard !images.isEmpty else { return .nothing }
        let scenario = context.scenario, settings = scenario[FedBiP.Settings.self]
        let train = context.data.train, template = scenario.synthesis.template
        let counts = imagesByClass.map { (label: $0.label, count: $0.images.count) }
        let work = ConceptLearning(
            by: context.machinery.models.foundation(of: scenario).sha256, from: context.selection(selection),
            template: template, labels: train.classNames.indices.map(falsified), settings: settings,
            synthesis: scenario.synthesis, classes: counts.count,
            seed: context.workSeed("concept", client: id))
        let bytes = try await context.perform(work, client: id, on: device).output.bytes
        let prompts = counts.map { label, count in
            let label = falsified(label: label)
            return Prompt(
                label: label, text: template.replacing("{class}", with: train.classNames[label]), count: count
            )
        }
        return .personalized(
            prompts, .concept(ClientConcept(bytes, strength: settings.strength, noise: settings.noise)))
    }
}
