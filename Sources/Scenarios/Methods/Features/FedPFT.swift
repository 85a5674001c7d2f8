import Core
import Models
import RunLog

/// FedPFT: clients upload a normal distribution of the features of each class, as a frozen encoder gives
/// them; the server draws features from these and trains a linear classifier on them.
///
/// Beitollahi et al., "Parametric Feature Transfer: One-shot Federated Learning with Foundation Models",
/// https://arxiv.org/abs/2402.01862, with mixtures of one component and diagonal covariances
/// (`FeatureGaussians`): from each client's distribution of a class as many features are drawn as it has
/// images.
///
/// Not as in the paper: the encoder is the captioner's vision transformer (the paper: CLIP's and others); the
/// defaults of the head's training are those of a comparison by the authors of FedCGS.
public struct FedPFT: FederatedMethod {
    public let name = "fedpft"
    public let summary =
        "normal distributions of a frozen encoder's features up, a head trained on draws down"
    public let needsCaptioner = true
    public let trainsAtClients = false
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = []
    public let plainUploads: String? = "means and variances of features"

    /// The section `fedpft`.
    public struct Settings: MethodSettings {
        public static let section = "fedpft"
        /// Passes over the drawn features.
        public var epochs = 50
        /// Features of a step.
        public var batch = 128
        public var learningRate = 0.01
        public var momentum = 0.9

        public init() {}
    }

    public let keys = [
        ScenarioKey(
            "epochs", of: "fedpft", at: \Settings.epochs, .integer(1...100_000),
            "Passes over the drawn features that train FedPFT's head (FedCGS's comparison: 50)."),
        ScenarioKey(
            "batch", of: "fedpft", at: \Settings.batch, .integer(1...65_536),
            "Features of a step of FedPFT's head (FedCGS's comparison: 128)."),
        ScenarioKey(
            "learning-rate", of: "fedpft", at: \Settings.learningRate, .number(above: 0, atMost: 100),
            "The constant learning rate of FedPFT's head (FedCGS's comparison: 0.01)."),
        ScenarioKey(
            "momentum", of: "fedpft", at: \Settings.momentum, .number(from: 0, below: 1),
            "The momentum of FedPFT's head (FedCGS's comparison: 0.9)."),
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func run(on federation: Federation) async throws {
        try await federation.playFeatureRound(.gaussians) { updates in
            try await federation.server.headOfDraws(from: updates)
        }
    }
}

extension Server {
    /// A head trained on features that are drawn from the clients' distributions.
    fileprivate func headOfDraws(from updates: [ModelUpdate]) async throws -> ModelState {
        let settings = context.scenario[FedPFT.Settings.self]
        let work = SampledHead(
            of: updates.map(\.bytes), classes: context.data.train.classNames.count,
            options: HeadTrainingOptions(
                epochs: settings.epochs, batch: settings.batch, learningRate: settings.learningRate,
                momentum: settings.momentum),
            seed: context.workSeed("head"), width: context.featureWidth,
            samples: updates.reduce(0) { $0 + $1.model.samples })
        return try await context.perform(work, on: device).output
    }
}

// MARK: - Work

/// Trains a linear classifier on features that are drawn from clients' distributions.
package struct SampledHead: Work {
    package typealias Output = ModelState
    package static let kind = "sampled-head"
    package static let activity = WorkKind.solve
    package static let makesModel = true

    let gaussians: [StoredBytes]
    let classes: Int
    let epochs: Int
    let batch: Int
    let learningRate: Double
    let momentum: Double
    /// Images that the distributions are of: how many features are drawn.
    let samples: Int
    let seed: UInt64
    /// How many features an image has, for cost and size alone.
    private var width = 0

    private enum CodingKeys: String, CodingKey {
        case gaussians, classes, epochs, batch, learningRate = "learning_rate", momentum, samples, seed
    }

    package init(
        of gaussians: [StoredBytes], classes: Int, options: HeadTrainingOptions, seed: UInt64, width: Int,
        samples: Int
    ) {
        self.gaussians = gaussians
        self.classes = classes
        epochs = options.epochs
        batch = options.batch
        learningRate = options.learningRate
        momentum = options.momentum
        self.seed = seed
        self.width = width
        self.samples = samples
    }

    package var inputs: [StoredBytes] { gaussians }

    /// Two products forward and one back for each feature and pass: the features need no gradient.
    package func cost(_ facts: WorkFacts) -> Double {
        4 * Double(samples) * Double(width) * (1 + Double(epochs) * Double(classes))
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> ModelState? {
        .headStandIn(classes: classes, width: width, samples: samples, key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<ModelState> {
        var generator = RandomStream(seed: seed)
        var features: [Float] = [], labels: [Int64] = [], width = 1
        for bytes in gaussians {
            let own = try FeatureGaussians(decoding: environment.load(bytes))
            let drawn = own.sample(using: &generator)
            features += drawn.features
            labels += drawn.labels
            width = own.width
        }
        // Clients without images have nothing to draw from.
        guard !labels.isEmpty else {
            let none = LinearHead(
                classes: classes, width: width, weights: Array(repeating: 0, count: classes * width),
                bias: Array(repeating: 0, count: classes))
            return try .head(none, samples: samples, in: environment)
        }
        do {
            let (head, _) = try LinearHead.trained(
                on: features, width: width, labels: labels, classes: classes,
                options: HeadTrainingOptions(
                    epochs: epochs, batch: batch, learningRate: learningRate, momentum: momentum),
                using: &generator, isCancelled: environment.isCancelled)
            return try .head(head, samples: samples, in: environment)
        } catch is CancellationError {
            throw WorkCancelled()
        }
    }
}
