import RunLog

/// A way to train one global model from the data of many clients: what a scenario's `methods` lists.
///
/// A method is one file with a type that conforms — its settings, their keys and its own kinds of work among
/// them — and a line in the catalogue, `FederatedMethods`. It says who computes what and who sends what to
/// whom; clocks, links, bytes, logging and real training are the federation's.
public protocol FederatedMethod: Sendable {
    /// The name in scenario files and in the run log.
    var name: String { get }
    /// The keys of its own settings (`MethodSettings`).
    var keys: [ScenarioKey] { get }
    /// One sentence for `--help` and the documentation.
    var summary: String { get }
    /// Whether its server synthesizes images.
    var needsFoundation: Bool { get }
    /// Whether it captions images, or computes with the features of the captioner's image encoder, whatever
    /// `synthesis.prompts` says.
    var needsCaptioner: Bool { get }
    /// Whether its clients teach the foundation model their classes, whatever `synthesis.prompts` says, so
    /// that it need not know their names.
    var teachesFoundation: Bool { get }
    /// Whether its clients train models on their images.
    var trainsAtClients: Bool { get }
    /// Whether it computes with batch norm's layers, so that a classifier without any is refused.
    var needsBatchNorm: Bool { get }
    /// Whether it trains with the features before the last layer, so that a classifier from a file and
    /// bfloat16 are refused.
    var needsFeatures: Bool { get }
    /// Whether its server averages models, in the place of which `aggregation.rule` puts something else;
    /// otherwise such a rule is refused.
    var usesAggregation: Bool { get }
    /// Whether it proceeds in rounds, so that the scenario's `participation` decides who takes part in them.
    var hasRounds: Bool { get }

    /// Whether a run of it can be made from recorded outcomes: its work is rounds of training at the clients,
    /// plain averages at the server and measurements.
    var takesOutcomes: Bool { get }

    /// Where noise may be added to the weights that its clients upload.
    var noisePlaces: [Scenario.NoisePlace] { get }

    /// What its clients upload as it is, whatever `compression` says; `nil` where they upload weights, texts
    /// or nothing.
    var plainUploads: String? { get }

    /// The key that says how many rounds it plays.
    var roundsKey: String { get }

    /// What in a scenario does not go with the method, or with the absence of the method whose settings stand
    /// there; asked of every method of the catalogue.
    func conflicts(in scenario: Scenario) -> [SettingConflict]

    /// The rank of the adapters that its clients train of the foundation model; `nil` where they train none.
    func adapterRank(in scenario: Scenario) -> Int?

    /// What the largest piece of its work computes with.
    func workingSet(in scenario: Scenario) -> WorkingSet

    /// How many rounds it is going to take in a scenario; `nil` where that is not known beforehand or there
    /// are none.
    func plannedRounds(in scenario: Scenario) -> Int?

    /// How many clients take part in one round; of methods without rounds, how many updates make one.
    func clientsPerRound(in scenario: Scenario) -> Int

    /// Plays the method on a federation, from the first message to the last.
    ///
    /// - Throws: what the federation's activities throw; a method handles no errors of its own.
    func run(on federation: Federation) async throws
}

extension FederatedMethod {
    /// Those that the participation policy selects.
    public func clientsPerRound(in scenario: Scenario) -> Int {
        guard hasRounds else { return 1 }
        let policy = scenario.catalogue.policy(scenario.participation.policy)
        return policy?.plan(scenario.participation, clients: scenario.clients).selected ?? scenario.clients
    }

    /// Most methods have no settings of their own.
    public var keys: [ScenarioKey] { [] }
    /// Most methods do not.
    public var needsFoundation: Bool { false }
    /// Most methods do not.
    public var needsCaptioner: Bool { false }
    /// Most methods do not.
    public var needsBatchNorm: Bool { false }
    /// Most methods' do not.
    public var teachesFoundation: Bool { false }
    /// Most methods' do.
    public var trainsAtClients: Bool { true }
    /// Most methods do not.
    public var needsFeatures: Bool { false }
    /// Most methods' do.
    public var usesAggregation: Bool { true }
    /// Most methods do.
    public var hasRounds: Bool { true }
    /// Most methods have kinds of work of their own.
    public var takesOutcomes: Bool { false }

    /// Anywhere, as for every plain average; or no weights are uploaded.
    public var noisePlaces: [Scenario.NoisePlace] { Scenario.NoisePlace.allCases }

    /// Most methods' clients upload weights.
    public var plainUploads: String? { nil }

    /// That of the weight-based methods, or of FGL's later rounds.
    public var roundsKey: String { needsFoundation ? "synthesis.rounds" : "training.rounds" }

    /// Most methods leave that to the bounds of the keys.
    public func conflicts(in scenario: Scenario) -> [SettingConflict] { [] }

    /// Most methods' clients train none.
    public func adapterRank(in scenario: Scenario) -> Int? { nil }

    /// Not known.
    public func plannedRounds(in scenario: Scenario) -> Int? { nil }
}

/// The methods that scenarios can name.
public enum FederatedMethods {
    /// All methods; a new one is one line here.
    public static let all: [any FederatedMethod] = [
        FederatedGenerativeLearning.oneShot,
        FederatedGenerativeLearning.fiveRound,
        FederatedGenerativeLearning.fiveRoundSynthetic,
        FedAvg(),
        OneShotFedAvg(),
        LogitEnsemble(),
        Dense(),
        CoBoosting(),
        Oscar(),
        FedCGS(),
        FedPFT(),
        PrivateEvolution(),
        FGLLoRA(),
        FedDEO(),
        FedBiP(),
        FedProx(),
        FedAvgM(),
        FedOpt.adagrad,
        FedOpt.adam,
        FedOpt.yogi,
        Scaffold(),
        FedDyn(),
        Moon(),
        FedNova(),
        FedBN(),
        FedProto(),
        LocalTrainingOnly(),
        FedAsync(),
        FedBuff(),
        CentralizedTraining(),
    ]

    /// The kinds of work that single methods have; one of a new method is one line here.
    static let works: [any Work.Type] = [
        Distillation.self, ServerStep<MomentumRule>.self, ServerStep<AdaptiveRule>.self, ControlChange.self,
        ControlSum.self, SharedPart.self, ServerStep<DynamicRule>.self, DynamicGradient.self,
        EnsembleEvaluation.self, PrototypeExtraction.self, PrototypeMean.self, CaptionMeans.self,
        FeatureSummary.self, FeatureHeadEvaluation.self, DiscriminantHead.self, SampledHead.self,
        DensityHead.self, FeatureExtraction.self, CandidateFeatures.self, CandidateVoting.self,
        VoteTally.self,
        ImageVariation.self, AdapterTraining.self, DescriptionLearning.self,
        ConceptLearning.self,
    ]

    /// What single methods measure; a metric of a new method is one entry here.
    package static let metrics: [MetricName] = [.accuracyBeforeFineTuning]

    /// Names of all methods, in the order of `all`.
    public static var names: [String] { all.map(\.name) }

    /// The method called `name`.
    public static func named(_ name: String) -> (any FederatedMethod)? {
        all.first { $0.name == name }
    }
}
