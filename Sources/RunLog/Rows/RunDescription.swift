/// What is known about a run before it starts: the inputs that its row in `run` stores.
public struct RunDescription: Sendable, Hashable {
    /// The scenario's name.
    public var name: String
    /// The federated method, as in `methods:` of the scenario.
    public var method: String
    /// The seed of all random streams; stored with the same 64 bits as a signed integer.
    public var seed: UInt64
    /// Number of clients; 0 for a method without any.
    public var clients: Int
    /// The resolved scenario text. It enters the log hash, so it names nothing that may not
    /// change a result (number of workers, output path).
    public var scenario: String
    /// Version of the program, libraries and machine features; outside the log hash.
    public var build: String
    /// The version of the rules that decide what is logged (`run_rules`), so that a run is replayed by its
    /// own; `nil` for those of version 0.1, which noted none. Outside the log hash.
    public var rules: Int?
    /// The version of the run's identities (`identity_version`): of work keys and the settings of inputs;
    /// `nil` for those of version 0.1. Outside the log hash.
    public var identities: Int?

    /// - Precondition: `clients` is not negative.
    public init(
        name: String, method: String, seed: UInt64, clients: Int, scenario: String, build: String,
        rules: Int? = nil, identities: Int? = nil
    ) {
        precondition(clients >= 0, "a run cannot have \(clients) clients")
        self.name = name
        self.method = method
        self.seed = seed
        self.clients = clients
        self.scenario = scenario
        self.build = build
        self.rules = rules
        self.identities = identities
    }
}

/// How a run ended, as told to `RunRecorder.finish`.
public enum RunOutcome: Sendable, Hashable {
    /// The method completed.
    case finished
    /// The method completed with a model that is not a number.
    case diverged(reason: String)
    /// The user stopped it.
    case interrupted
    /// An error ended it.
    case failed(reason: String)

    /// The status stored for this outcome.
    public var status: RunStatus {
        switch self {
        case .finished: .finished
        case .diverged: .diverged
        case .interrupted: .interrupted
        case .failed: .failed
        }
    }
}
