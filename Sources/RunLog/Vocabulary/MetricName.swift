/// What was measured: the column `metric.name`.
///
/// The set is open: a method may measure something of its own, and declares its name beside it, as
/// `static let drift = MetricName("drift", unit: "L2 norm", meaning: "…")`. Names are told apart by their
/// text alone.
public struct MetricName: RawRepresentable, Sendable, CustomStringConvertible {
    /// The text in the file, in snake case.
    public let rawValue: String
    /// The unit of its values, such as `fraction`; empty for a name that was read from a file.
    public let unit: String
    /// What is measured; empty for a name that was read from a file.
    public let meaning: String

    /// Declares a name.
    ///
    /// - Parameters:
    ///   - text: the text in the file; never changed once results were recorded.
    ///   - unit: the unit of its values.
    ///   - meaning: what is measured, in whole sentences.
    public init(_ text: String, unit: String, meaning: String) {
        rawValue = text
        self.unit = unit
        self.meaning = meaning
    }

    /// The name of a text that was read.
    public init(rawValue: String) {
        self.init(rawValue, unit: "", meaning: "")
    }

    /// The text in the file.
    public var description: String { rawValue }
}

extension MetricName: LogWord {
    public static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// The names that are not measured by a single method alone.
    public static let all: [MetricName] =
        [
            .accuracy, .loss, .epochAccuracy, .staleness, .meanStaleness, .selected, .updates, .epsilon,
            .mostParticipations, .members, .nonMembers, .attackSuccess, .promptAgreement, .energy,
            .energySoFar,
            .carbon, .meanAccuracy, .worstTenthAccuracy, .accuracyVariance, .accuracyGini,
        ] + memberships
        + [.threshold] + RetrievalFigure.allCases.map { retrieval($0, ofControl: false) }
        + RetrievalFigure.allCases.map { retrieval($0, ofControl: true) }

    public static let accuracy = MetricName(
        "accuracy", unit: "fraction",
        meaning: "How many images are classified correctly; without a client, by the global model.")
    public static let loss = MetricName(
        "loss", unit: "nats",
        meaning: "Mean cross-entropy over the images; in training, over the last epoch.")
    public static let epochAccuracy = MetricName(
        "epoch_accuracy", unit: "fraction",
        meaning: "Test accuracy after an epoch of training at the server.")
    public static let staleness = MetricName(
        "staleness", unit: "versions",
        meaning: "How often the global model had changed from a client's download to the use of its update.")
    public static let meanStaleness = MetricName(
        "mean_staleness", unit: "versions", meaning: "The mean staleness of the updates of one new model.")
    public static let selected = MetricName(
        "selected", unit: "clients", meaning: "How many clients the round began with.")
    public static let updates = MetricName(
        "updates", unit: "clients", meaning: "How many clients' updates the round had.")
    public static let epsilon = MetricName(
        "epsilon", unit: "epsilon at the scenario's delta",
        meaning: "Differential privacy spent until then, for the client that has spent most.")
    public static let mostParticipations = MetricName(
        "most_participations", unit: "updates",
        meaning: "How many updates the client with the most has made.")
    public static let attackSuccess = MetricName(
        "attack_success", unit: "fraction",
        meaning: "Test images that are classified as the attackers want; wrongly, where they want no class.")
    public static let promptAgreement = MetricName(
        "prompt_agreement", unit: "fraction",
        meaning: "Images of a client's prompts that a classifier of the others' images labels as it says.")
    public static let energy = MetricName(
        "energy_J", unit: "J",
        meaning: "Energy of the whole run, by activity and client (docs/energy.md); without a client, of all."
    )
    public static let energySoFar = MetricName(
        "cumulative_energy_J", unit: "J", meaning: "Energy of all until an evaluation.")
    public static let carbon = MetricName(
        "carbon_g", unit: "g CO2e", meaning: "Carbon dioxide equivalent of that energy.")
    public static let meanAccuracy = MetricName(
        "mean_accuracy", unit: "fraction", meaning: "Mean of the accuracies of the clients.")
    public static let worstTenthAccuracy = MetricName(
        "worst_tenth_accuracy", unit: "fraction",
        meaning: "Mean accuracy of the tenth of the clients with the lowest.")
    public static let accuracyVariance = MetricName(
        "accuracy_variance", unit: "squared fraction",
        meaning: "Mean squared distance of the clients' accuracies from their mean.")
    public static let accuracyGini = MetricName(
        "accuracy_gini", unit: "fraction",
        meaning: "Gini coefficient of the clients' accuracies; 0 where all are equal.")
    public static let members = MetricName(
        "members", unit: "images", meaning: "How many members the attack was tried on.")
    public static let nonMembers = MetricName(
        "non_members", unit: "images", meaning: "How many non-members the attack was tried on.")
    public static let threshold = MetricName(
        "threshold", unit: "cosine similarity", meaning: "From which similarity on an image is a near copy.")
}

// MARK: - Membership inference

/// What a membership attack looks at.
public enum MembershipScore: String, Sendable, CaseIterable {
    case entropy
    case loss
    case confidence
    case modifiedEntropy = "modified_entropy"
}

/// What is told of an attack with one score.
public enum MembershipFigure: String, Sendable, CaseIterable {
    /// The mean score of members.
    case memberMean = "members"
    /// The mean score of non-members.
    case nonMemberMean = "non_members"
    /// The difference of both means.
    case gap
    /// The area under the curve of true against false positives.
    case areaUnderCurve = "auc"
    /// True positives at the false positives that the evaluation allows.
    case truePositiveRate = "tpr"
}

extension MetricName {
    private static var memberships: [MetricName] {
        MembershipScore.allCases.flatMap { score in
            MembershipFigure.allCases.map { membership(score, $0) }
        }
    }

    /// The name of a figure of a membership attack, such as `entropy_gap`.
    public static func membership(_ score: MembershipScore, _ figure: MembershipFigure) -> MetricName {
        let what = "the \(score.rawValue.replacing("_", with: " ")) of the model's answer"
        let (unit, meaning) =
            switch figure {
            case .memberMean: (Self.unit(of: score), "Mean of \(what) for members.")
            case .nonMemberMean: (Self.unit(of: score), "Mean of \(what) for non-members.")
            case .gap: (Self.unit(of: score), "How far the two means of \(what) are apart.")
            case .areaUnderCurve:
                ("fraction", "Area under the ROC curve of an attack by \(what); 0.5 is guessing.")
            case .truePositiveRate:
                ("fraction", "True positives of an attack by \(what), at few false positives.")
            }
        return MetricName("\(score.rawValue)_\(figure.rawValue)", unit: unit, meaning: meaning)
    }

    private static func unit(of score: MembershipScore) -> String {
        score == .confidence ? "probability" : "nats"
    }
}

// MARK: - Retrieval

/// What is told of the nearest images.
public enum RetrievalFigure: String, Sendable, CaseIterable {
    /// How many images were looked at.
    case images
    /// How many have a near copy.
    case nearCopies = "near_copies"
    /// The mean similarity to the nearest image.
    case meanSimilarity = "similarity_mean"
    /// The largest similarity.
    case largestSimilarity = "similarity_largest"
}

extension MetricName {
    /// The name of a figure of the nearest private images: of synthetic images, or with `control_` of test
    /// images, which nobody has copied.
    public static func retrieval(_ figure: RetrievalFigure, ofControl isControl: Bool) -> MetricName {
        let whose = isControl ? "test images" : "synthetic images"
        let (unit, meaning) =
            switch figure {
            case .images: ("images", "How many \(whose) were looked at.")
            case .nearCopies: ("images", "How many \(whose) are near copies of a private image.")
            case .meanSimilarity:
                ("cosine similarity", "Mean similarity of \(whose) to their nearest private images.")
            case .largestSimilarity:
                ("cosine similarity", "Largest similarity of \(whose) to a private image.")
            }
        return MetricName((isControl ? "control_" : "") + figure.rawValue, unit: unit, meaning: meaning)
    }
}
