import Core
import Models
import RunLog
import Simulator

/// Private Evolution: the server draws candidate images, clients' images vote for the nearest of their class,
/// and variations of the candidates with most votes are the next candidates. Votes are all that clients send;
/// noise on their sums makes them differentially private.
///
/// Lin et al., "Differentially Private Synthetic Data via Foundation Model APIs 1: Images",
/// https://arxiv.org/abs/2305.15560, algorithms 1 and 2, class by class (`CandidateVotes`): RANDOM_API draws
/// images of the class prompt, VARIATION_API changes an image by the same prompt (image to image at
/// `strength`), and after the last votes `synthesis.per-class` variations of each class are the training set.
/// Distances are of the features of the captioner's image encoder; their sums of votes come from all clients
/// of a round.
///
/// ε is that of one image: adding or removing it changes one sum by 1 in each round. The noise is added to
/// the sum of all clients: the server is trusted with single clients' votes, or they are summed securely,
/// which is not simulated. The paper has one holder of all private images; that classes and prompts are known
/// is part of it.
public struct PrivateEvolution: FederatedMethod {
    public let name = "private-evolution"
    public let summary =
        "candidates down, noisy votes for the nearest up, training on variations, one model down"
    public let needsFoundation = true
    public let needsCaptioner = true
    public let trainsAtClients = false
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = []
    public let plainUploads: String? = "votes"
    public let roundsKey = "private-evolution.rounds"

    /// The section `private-evolution`.
    public struct Settings: MethodSettings {
        public static let section = "private-evolution"
        /// Rounds of votes: T.
        public var rounds = 3
        /// Candidates of each class: the paper's N_syn, by class.
        public var candidates = 40
        /// The deviation of the noise on each sum of votes: σ; `nil` where ε says it.
        public var noise: Double?
        /// The ε that all rounds together are to spend; `nil` where σ says it.
        public var epsilon: Double?
        /// What is taken off each noisy sum: H.
        public var threshold = 0.0
        /// How much a variation changes an image.
        public var strength = 0.6

        public init() {}
    }

    public let keys = [
        ScenarioKey(
            "rounds", of: "private-evolution", at: \Settings.rounds, .integer(1...1000),
            "Rounds of votes (the paper: up to 20)."),
        ScenarioKey(
            "candidates", of: "private-evolution", at: \Settings.candidates, .integer(1...10_000),
            "Candidate images of each class that clients vote for."),
        ScenarioKey(
            "noise", ofOptional: \Settings.noise, .number(from: 0, to: 1_000_000),
            absent: "what private-evolution.epsilon asks for, else 1",
            "The standard deviation of the noise on each sum of votes, of which an image has one in a "
                + "round."),
        ScenarioKey(
            "epsilon", ofOptional: \Settings.epsilon, .number(above: 0, atMost: 10_000),
            absent: "what private-evolution.noise leads to",
            "The epsilon, at privacy.delta, that a client's image spends in all rounds of votes; the noise "
                + "follows from it."),
        ScenarioKey(
            "threshold", of: "private-evolution", at: \Settings.threshold, .number(from: 0, to: 1_000_000),
            "What is taken off each noisy sum of votes, and a candidate with less left is dropped (the "
                + "paper: up to twice the noise)."),
        ScenarioKey(
            "strength", of: "private-evolution", at: \Settings.strength, .number(above: 0, atMost: 1),
            "How much a variation changes an image: the part of the denoising steps that is made."),
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario[Settings.self].rounds }

    public func conflicts(in scenario: Scenario) -> [SettingConflict] {
        let settings = scenario[Settings.self], isListed = scenario.methods.contains(name)
        var conflicts: [SettingConflict] = []
        if isListed, let count = scenario.data.partition.perClient {
            conflicts.append(
                SettingConflict(
                    "data.partition.per-client", "\(count)", with: "methods: [\(name)]",
                    allowed: "no value: an image that is drawn twice would have two votes, and epsilon is "
                        + "that of one"))
        }
        if let epsilon = settings.epsilon {
            let text = formatDecimal(epsilon)
            if !isListed {
                conflicts.append(
                    SettingConflict(
                        "private-evolution.epsilon", text, with: "methods without \(name)",
                        allowed: "\(name) among the methods: no other method has votes that epsilon covers"))
            }
            if let noise = settings.noise {
                conflicts.append(
                    SettingConflict(
                        "private-evolution.noise", formatDecimal(noise),
                        with: "private-evolution.epsilon: \(text)",
                        allowed: "one of the two: the noise follows from epsilon"))
            }
            let delta = scenario.privacy.delta
            if settings.calibratedNoise(delta: delta, .current) == nil {
                let least = RenyiAccountant.epsilon(
                    noise: RenyiAccountant.mostNoise, delta: delta, rounds: settings.rounds)
                conflicts.append(
                    SettingConflict(
                        "private-evolution.epsilon", text,
                        with: "privacy.delta: \(formatDecimal(delta))",
                        allowed: "a larger delta, or an epsilon above \(Format.significant(least)), "
                            + "the least that Rényi orders up to 1024 tell"))
            }
        }
        guard isListed else { return conflicts }
        let reason = "clients vote for candidates that the server draws"
        if let conflict = conflictOfSet(in: scenario, because: reason) { conflicts.append(conflict) }
        if let perPrompt = scenario.synthesis.perPrompt {
            conflicts.append(
                SettingConflict(
                    "synthesis.per-prompt", "\(perPrompt)", with: "methods: \(name)",
                    allowed: "synthesis.per-class: images are made for classes"))
        }
        return conflicts
    }

    public func run(on federation: Federation) async throws {
        let server = federation.server
        let settings = federation.scenario[Settings.self], last = settings.rounds
        let noise = try settings.noise(
            delta: federation.scenario.privacy.delta, by: federation.context.rules)
        var candidates = try await server.candidates(perClass: settings.candidates)
        for round in 1...last {
            federation.begin(round: round)
            let features = try await server.features(of: candidates)
            let labels = candidates.content.labels
            try await federation.atParticipants { client in
                try await client.vote(among: features, labels: labels)
            }
            let votes = server.takeUpdates()
            // Without enough of them, candidates are varied as they are, and no privacy is spent.
            let counted = federation.isEnough(updates: votes.count) ? votes : []
            if !counted.isEmpty { federation.context.countVotes(of: counted.map(\.client), noise: noise) }
            candidates = try await server.variations(
                of: candidates, by: counted.map(\.update.bytes), noise: noise,
                perClass: round == last ? federation.scenario.synthesis.perClass : settings.candidates)
            if round < last { federation.endWithoutModel(round: round) }
        }
        try server.keep(candidates)
        let global = try await server.train(on: candidates)
        try await federation.deliver(global, isFinal: true)
        try federation.end(round: last, global: global)
    }
}

extension PrivateEvolution.Settings {
    /// The noise: as it is given, or what ε needs; `nil` where no noise is enough.
    func calibratedNoise(delta: Double, _ rules: RunRules) -> Double? {
        guard let epsilon else { return noise ?? 1 }
        return RenyiAccountant.noise(epsilon: epsilon, delta: delta, rounds: rounds, rules.orders)
    }

    /// As above.
    ///
    /// - Throws: `FederationError.unreachableEpsilon`: rules of an earlier version tell fewer ε than those by
    ///   which a scenario is checked, and a what-if has the rules of its run.
    fileprivate func noise(delta: Double, by rules: RunRules) throws(FederationError) -> Double {
        if let found = calibratedNoise(delta: delta, rules) { return found }
        let least = RenyiAccountant.epsilon(
            noise: RenyiAccountant.mostNoise, delta: delta, rounds: rounds, rules.orders)
        throw .unreachableEpsilon(epsilon: epsilon ?? 0, delta: delta, least: least)
    }
}

// MARK: - Clients

extension Client {
    /// Downloads candidates' features and uploads how many of its images are nearest to each.
    fileprivate func vote(among candidates: StoredBytes, labels: [Int32]) async throws {
        try await context.send(
            Message(payload: .candidates, body: .stored(candidates)), client: id, direction: .down)
        let own = try await ownFeatures()
        let work = CandidateVoting(
            of: own, images: images.count, among: candidates, count: labels.count, width: context.featureWidth
        )
        let votes = try await context.perform(work, client: id, on: device).output
        let state = ModelState(bytes: votes, samples: images.count)
        try await upload(
            Message(payload: .votes, body: .update(ModelUpdate(bytes: votes, form: .plain, model: state))))
    }

    /// The features of its images, computed in the first round that it takes part in.
    private func ownFeatures() async throws -> StoredBytes {
        if let known = context.memories[id, "features"] { return known }
        let work = FeatureExtraction(by: context.captioner.sha256, of: context.selection(selection))
        let features = try await context.perform(work, client: id, on: device).output
        context.memories[id, "features"] = features
        return features
    }
}

// MARK: - Server

extension Server {
    private var classPrompts: [Prompt] {
        context.data.train.classNames.enumerated().map { label, name in
            Prompt(label: label, text: context.scenario.synthesis.template.replacing("{class}", with: name))
        }
    }

    /// The first candidates: images of each class prompt.
    fileprivate func candidates(perClass: Int) async throws -> SyntheticSet {
        let requests = requests(for: [(client: 0, description: .prompts(classPrompts))])
        return try await draw(requests, perClass: perClass, seed: context.workSeed("candidates"))
    }

    /// What clients compare with their images.
    fileprivate func features(of candidates: SyntheticSet) async throws -> StoredBytes {
        let work = CandidateFeatures(by: context.captioner.sha256, of: candidates.content)
        return try await context.perform(work, on: device).output
    }

    /// Variations of candidates that are drawn by their votes.
    fileprivate func variations(
        of candidates: SyntheticSet, by votes: [StoredBytes], noise: Double, perClass: Int
    ) async throws -> SyntheticSet {
        let settings = context.scenario[PrivateEvolution.Settings.self], round = context.round
        let labels = candidates.content.labels
        let images = Set(labels).count * perClass
        guard images <= SizeLimit.images else {
            throw FederationError.tooManyImages(images: images, limit: SizeLimit.images)
        }
        let tally = VoteTally(
            of: votes, labels: RunLengths.encode(labels), perLabel: perClass,
            noise: votes.isEmpty ? 0 : noise,
            threshold: settings.threshold, seed: context.workSeed("votes", round: round))
        let parents = try await context.perform(tally, on: device).output.candidates
        let foundation = context.machinery.models.foundation(of: context.scenario).sha256
        let seed = context.workSeed("variations", round: round)
        let prompts = classPrompts.map(\.text)
        let each = imagesPerPart
        let works = stride(from: 0, to: parents.count, by: each).map { start in
            ImageVariation(
                by: foundation, of: candidates.content,
                parents: Array(parents[start..<min(start + each, parents.count)]),
                prompts: prompts,
                strength: settings.strength, sampling: SamplingSettings(context.scenario.synthesis),
                first: start,
                seed: seed)
        }
        return try await set(
            of: works, images: works.map(\.count), labels: parents.map { labels[$0] },
            captions: parents.map { prompts[Int(labels[$0])] }, seeds: works.flatMap(\.seeds))
    }
}
