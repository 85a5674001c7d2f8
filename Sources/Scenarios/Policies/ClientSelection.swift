import Core
import Simulator

/// A rule by which the clients of a round are chosen: what `participation.selection` names.
///
/// A rule is one file with a type that conforms, and one line in `ClientSelections.all`.
public protocol ClientSelection: Sendable {
    /// The name in scenario files.
    var name: String { get }
    /// A clause for `--help` and the documentation.
    var summary: String { get }

    /// Whether every set of so many eligible clients is equally likely: then that a client may not be among
    /// them protects it, and ε is less.
    var isUniformSample: Bool { get }
    /// Whether it learns from the clients' training losses, which have no noise.
    var readsLosses: Bool { get }
    /// Whether it leaves out who has taken part in `participation.most-rounds`.
    var leavesClientsOut: Bool { get }

    /// A selector for one run, which may learn from round to round.
    func selector() -> any ClientSelector

    /// A selector for a run with settings; that of `selector()` for rules that have none.
    func selector(for settings: SelectionSettings) -> any ClientSelector
}

extension ClientSelection {
    /// Most prefer some clients.
    public var isUniformSample: Bool { false }
    /// Most do not.
    public var readsLosses: Bool { false }
    /// Most do not.
    public var leavesClientsOut: Bool { false }

    /// Most have no settings.
    public func selector(for settings: SelectionSettings) -> any ClientSelector { selector() }
}

/// What a run tells its rule of selection beforehand.
public struct SelectionSettings: Sendable {
    /// By which rules the run is made.
    let rules: RunRules
    /// After how many rounds a client is left out; `nil` never.
    let mostRounds: Int?

    /// Those of the rules of today, with nobody left out, unless told otherwise.
    package init(rules: RunRules = .current, mostRounds: Int? = nil) {
        self.rules = rules
        self.mostRounds = mostRounds
    }
}

/// Chooses the clients of the rounds of one run.
public protocol ClientSelector {
    /// Chooses `count` different clients, or all that are eligible where those are fewer; ascending.
    mutating func select(
        _ count: Int, round: Int, from candidates: ClientCandidates, using stream: inout RandomStream
    ) -> [Int]

    /// Learns what became of a client that was chosen.
    mutating func observe(_ outcome: ClientOutcome)
}

extension ClientSelector {
    /// Most learn nothing.
    public mutating func observe(_ outcome: ClientOutcome) {}
}

/// Those among whom a round may choose.
public struct ClientCandidates {
    /// Registered clients, numbered from 0.
    public let registered: Int
    /// Whether a client is there and not still at work.
    public let isEligible: (Int) -> Bool
    /// How many images a client holds.
    public let samples: (Int) -> Int
    /// How long a round of a client may take, in seconds, on an idle network.
    public let expectedSeconds: (Int) -> Double

    /// Makes a description of the candidates; all are expected to be equally fast unless told otherwise.
    public init(
        registered: Int, isEligible: @escaping (Int) -> Bool, samples: @escaping (Int) -> Int,
        expectedSeconds: @escaping (Int) -> Double = { _ in 1 }
    ) {
        self.expectedSeconds = expectedSeconds
        self.registered = registered
        self.isEligible = isEligible
        self.samples = samples
    }

    /// All that are eligible, ascending.
    ///
    /// - Complexity: O(registered).
    public var eligible: [Int] { (0..<registered).filter(isEligible) }
}

/// What became of a client in a round.
public struct ClientOutcome: Sendable, Hashable {
    /// The client.
    public let client: Int
    /// The round it was chosen for, from 1.
    public let round: Int
    /// How many images it holds.
    public let samples: Int
    /// The root of the mean of its images' squared training losses in nats, or their mean where the record of
    /// its training has no squares; `nil` where it did not train for real.
    public let loss: Double?
    /// From the beginning of the round to its update, or to the end of the round without one.
    public let duration: SimDuration
    /// Whether its update came before the round ended.
    public let isComplete: Bool

    /// Makes a description of what became of a client.
    public init(
        client: Int, round: Int, samples: Int, loss: Double?, duration: SimDuration, isComplete: Bool
    ) {
        self.client = client
        self.round = round
        self.samples = samples
        self.loss = loss
        self.duration = duration
        self.isComplete = isComplete
    }
}

/// The rules that scenarios can name.
public enum ClientSelections {
    /// All rules; a new one is one line here.
    public static let all: [any ClientSelection] = [
        UniformSelection(),
        DataSizeSelection(),
        OortSelection(),
    ]

    /// Names of all rules, in the order of `all`.
    public static var names: [String] { all.map(\.name) }

    /// The rule called `name`.
    public static func named(_ name: String) -> (any ClientSelection)? {
        all.first { $0.name == name }
    }
}
