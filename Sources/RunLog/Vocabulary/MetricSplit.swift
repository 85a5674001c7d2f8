/// What a metric was measured on: the column `metric.split`.
public enum MetricSplit: Sendable, Hashable {
    case test
    /// The test images of one domain.
    case domain(String)
    case train
    case participation
    case privacy
    case membership
    case retrieval
    case attack
    /// The test images in the shares of classes and domains that a client has.
    case own
    /// Energy of one activity; of all activities for `nil`.
    case energy(EnergyActivity?)
    /// A split that only another version knows; no part of this package writes one.
    case other(String)
}

extension MetricSplit: LogWord {
    public static let all: [MetricSplit] =
        [
            .test, .train, .participation, .privacy, .membership, .retrieval, .attack, .domain("<domain>"),
            .own, .energy(nil),
        ] + EnergyActivity.allCases.map { .energy($0) }

    private static let domainPrefix = "test/"
    private static let energyPrefix = "energy/"

    public var rawValue: String {
        switch self {
        case .test: "test"
        case .domain(let name): Self.domainPrefix + name
        case .train: "train"
        case .participation: "participation"
        case .privacy: "privacy"
        case .membership: "membership"
        case .retrieval: "retrieval"
        case .attack: "attack"
        case .own: "own"
        case .energy(nil): "energy"
        case .energy(let activity?): Self.energyPrefix + activity.rawValue
        case .other(let text): text
        }
    }

    /// The split of a text that was read.
    public init(rawValue: String) {
        switch rawValue {
        case "test": self = .test
        case "train": self = .train
        case "participation": self = .participation
        case "privacy": self = .privacy
        case "membership": self = .membership
        case "retrieval": self = .retrieval
        case "attack": self = .attack
        case "own": self = .own
        case "energy": self = .energy(nil)
        case let text where text.hasPrefix(Self.domainPrefix):
            self = .domain(String(text.dropFirst(Self.domainPrefix.count)))
        case let text where text.hasPrefix(Self.energyPrefix):
            let activity = EnergyActivity(rawValue: String(text.dropFirst(Self.energyPrefix.count)))
            self = activity.map { .energy($0) } ?? .other(rawValue)
        default: self = .other(rawValue)
        }
    }

    /// The domain whose test images they are; `nil` for other splits.
    public var domain: String? { if case .domain(let name) = self { name } else { nil } }

    public var meaning: String {
        switch self {
        case .test: "The test images, which no client has."
        case .domain: "The test images of one domain, in data sets that have domains."
        case .train: "The images that were trained on."
        case .participation: "The clients of a round."
        case .privacy: "What all updates so far tell about a client."
        case .membership: "Private images (members) and test images (non-members), at the end of a run."
        case .retrieval: "Synthetic images beside the private ones, at the end of a run."
        case .attack: "The test images, with the attackers' trigger where they have one."
        case .own: "The test images, in the shares in which a client has their classes and domains."
        case .energy(nil): "All activities; with a client, its own."
        case .energy(let activity?): activity.meaning
        case .other: ""
        }
    }
}
