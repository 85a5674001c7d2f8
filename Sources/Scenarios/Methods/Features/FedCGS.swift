import Models
import RunLog

/// FedCGS: clients upload sums over the features of a frozen encoder; the server computes a linear classifier
/// in closed form. There is no training.
///
/// Guan, Zhou and Gu, "Capture Global Feature Statistics for One-Shot Federated Learning",
/// https://arxiv.org/abs/2503.06962: class means and one covariance of all clients' features
/// (`FeatureStatistics`), and the classifier that follows for normal classes (`LinearDiscriminant`). Other
/// values of `covariance` are closed forms of Turazza, Picone and Mamei, "The Gaussian-Head OFL Family",
/// https://arxiv.org/abs/2602.01186: `within` is GH-LDA; with `per-class` and `per-class-diagonal` (GH-QDA,
/// GH-NB) clients upload second moments of each class, and the classifier is quadratic (`DensityHead`).
///
/// Not as in the paper: the encoder is the captioner's vision transformer (the paper: ResNet-18 of ImageNet);
/// of the symmetric matrix one triangle is sent; the covariance is shrunk by default, as in GH-LDA. The
/// variant for personal models is not there.
public struct FedCGS: FederatedMethod {
    public let name = "fedcgs"
    public let summary = "sums of a frozen encoder's features up, a head in closed form down"
    public let needsCaptioner = true
    public let trainsAtClients = false
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = []
    public let plainUploads: String? = "sums of features"

    /// Which covariance the classes have.
    public enum Covariance: String, Sendable, CaseIterable {
        /// One, around the mean of all images.
        case global
        /// One, around the mean of each image's class.
        case within
        /// Each class its own.
        case perClass = "per-class"
        /// Each class its own variances; features are independent.
        case perClassDiagonal = "per-class-diagonal"

        /// The covariance that all classes have in common; `nil` where each has its own.
        var common: LinearDiscriminant.Covariance? {
            switch self {
            case .global: .global
            case .within: .within
            case .perClass, .perClassDiagonal: nil
            }
        }
    }

    /// The section `fedcgs`.
    public struct Settings: MethodSettings {
        public static let section = "fedcgs"
        /// Which covariance the classes have.
        public var covariance = Covariance.global
        /// How much of it is replaced by a mean variance.
        public var shrinkage = 0.05

        public init() {}
    }

    public let keys = [
        ScenarioKey(
            "covariance", of: "fedcgs", at: \Settings.covariance, .choice,
            "The covariance of FedCGS's classifier: around the mean of all images (its paper) or around the "
                + "mean of each image's class (GH-LDA), or one of each class (GH-QDA), or of each class the "
                + "variances alone (GH-NB)."),
        ScenarioKey(
            "shrinkage", of: "fedcgs", at: \Settings.shrinkage, .number(from: 0, to: 1),
            "How much of that covariance is replaced by its mean variance, or by the mean variance within "
                + "classes where each has its own (FedCGS: 0; GH-LDA: 0.05). Of fewer images than features "
                + "it has no inverse at 0."),
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func run(on federation: Federation) async throws {
        let covariance = federation.context.scenario[Settings.self].covariance
        guard let common = covariance.common else {
            let form: ClassMoments.Form = covariance == .perClass ? .products : .squares
            return try await federation.playFeatureRound(.init(form)) { updates in
                try await federation.server.densities(of: updates, form)
            }
        }
        try await federation.playFeatureRound(.sums) { updates in
            try await federation.server.discriminant(of: updates, common)
        }
    }
}

extension Server {
    /// The head that follows from the clients' sums.
    fileprivate func discriminant(
        of updates: [ModelUpdate], _ covariance: LinearDiscriminant.Covariance
    ) async throws -> ModelState {
        let settings = context.scenario[FedCGS.Settings.self]
        let work = DiscriminantHead(
            of: updates.map(\.bytes), classes: context.data.train.classNames.count,
            covariance: covariance, shrinkage: settings.shrinkage, width: context.featureWidth,
            samples: updates.reduce(0) { $0 + $1.model.samples })
        return try await context.perform(work, on: device).output
    }
}

// MARK: - Work

/// Computes a linear classifier of clients' sums in closed form.
package struct DiscriminantHead: Work {
    package typealias Output = ModelState
    package static let kind = "discriminant-head"
    package static let activity = WorkKind.solve
    package static let makesModel = true

    let statistics: [StoredBytes]
    let classes: Int
    let covariance: LinearDiscriminant.Covariance
    let shrinkage: Double
    /// Images that the statistics are of.
    let samples: Int
    /// How many features an image has, for cost and size alone.
    private var width = 0

    private enum CodingKeys: String, CodingKey { case statistics, classes, covariance, shrinkage, samples }

    package init(
        of statistics: [StoredBytes], classes: Int, covariance: LinearDiscriminant.Covariance,
        shrinkage: Double, width: Int, samples: Int
    ) {
        self.statistics = statistics
        self.classes = classes
        self.covariance = covariance
        self.shrinkage = shrinkage
        self.width = width
        self.samples = samples
    }

    package var inputs: [StoredBytes] { statistics }

    package func cost(_ facts: WorkFacts) -> Double {
        LinearDiscriminant.operations(clients: statistics.count, classes: classes, width: width)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> ModelState? {
        .headStandIn(classes: classes, width: width, samples: samples, key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<ModelState> {
        let all = try statistics.map { try FeatureStatistics(decoding: environment.load($0)) }
        let head = LinearDiscriminant.head(
            of: all, classes: classes, covariance: covariance, shrinkage: shrinkage)
        return try .head(head, samples: samples, in: environment)
    }
}

extension ModelState {
    /// The stand-in for a head in timing-only runs.
    static func headStandIn(classes: Int, width: Int, samples: Int, key: WorkKey) -> ModelState {
        let bytes = LinearHead.encodedByteCount(classes: classes, width: width)
        return ModelState(bytes: .absent(count: bytes, key: key), samples: samples)
    }
}

extension WorkOutcome<ModelState> {
    /// A head that has been made.
    static func head(
        _ head: LinearHead, samples: Int, in environment: WorkerEnvironment
    ) throws -> WorkOutcome {
        let state = try ModelState(storing: head.encoded(), in: environment.blobs, samples: samples)
        return WorkOutcome(output: state, sha256: state.bytes.sha256)
    }
}

extension WorkKind {
    /// The making of a head.
    static let solve = WorkKind(
        "solve",
        meaning: "FedCGS, FedPFT: the server computes a classifier from clients' summaries of features.")
}
