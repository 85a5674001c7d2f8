import Simulator

/// Who takes part in a round of a synchronous method, and when the round ends: what a scenario's
/// `participation` names.
///
/// A policy is one file with a type that conforms, and one line in `ParticipationPolicies.all`. It knows no
/// method: any method whose rounds go through `Federation.atParticipants` runs under any policy.
public protocol ParticipationPolicy: Sendable {
    /// The name in scenario files.
    var name: String { get }
    /// A clause for `--help` and the documentation.
    var summary: String { get }
    /// The keys of the section `participation` that it cannot do without.
    var requiredKeys: [String] { get }
    /// The keys of the section that change something in it; those that it requires, unless it says more.
    var usedKeys: [String] { get }

    /// What each round looks like.
    ///
    /// - Precondition: the settings have the required keys.
    func plan(_ settings: Scenario.Participation, clients: Int) -> RoundPlan
}

extension ParticipationPolicy {
    /// The keys that it requires.
    public var usedKeys: [String] { requiredKeys }
}

/// What a round looks like, as far as the policy decides it.
public struct RoundPlan: Sendable, Hashable {
    /// How many clients take part, if so many are there.
    public var selected: Int
    /// After how many updates the round ends; `nil` waits for every client selected.
    public var goal: Int?
    /// After what time the round ends, if it has not before.
    public var deadline: SimDuration?

    /// A round of so many clients that waits for all of them unless told otherwise.
    public init(selected: Int, goal: Int? = nil, deadline: SimDuration? = nil) {
        self.selected = selected
        self.goal = goal
        self.deadline = deadline
    }
}

/// The policies that scenarios can name.
public enum ParticipationPolicies {
    /// All policies; a new one is one line here.
    public static let all: [any ParticipationPolicy] = [
        AllClients(),
        RandomFraction(),
        OverSelection(),
        RoundDeadline(),
    ]

    /// Names of all policies, in the order of `all`.
    public static var names: [String] { all.map(\.name) }

    /// The policy called `name`.
    public static func named(_ name: String) -> (any ParticipationPolicy)? {
        all.first { $0.name == name }
    }
}

extension Scenario.Participation {
    /// How many of `clients` the fraction is, to the nearest whole number and at least one; all without one.
    func count(of clients: Int) -> Int {
        fraction.map { min(clients, max(1, Int(($0 * Double(clients)).rounded()))) } ?? clients
    }
}
