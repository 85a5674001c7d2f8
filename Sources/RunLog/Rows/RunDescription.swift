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
    /// The version of the run's identities (`identity_version`): of work keys and the settings of inputs; `nil` for
    /// those of version 0.1. Outside the log hash.
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

/// `status` of a run.
public enum RunStatus: String, Sendable, Hashable, CaseIterable {
    /// Being written, or left behind by a process that died and not yet opened for writing again.
    case running
    /// Completed, and its books balance.
    case finished
    /// Completed with a final model that is not a number.
    case diverged
    /// Stopped early: by the user, or by the death of its process.
    case interrupted
    /// Ended by an error, stored in the run's column `error`.
    case failed

    /// Whether the run was completed, so that its log is whole.
    public var isWhole: Bool { self == .finished || self == .diverged }

    /// The statuses of runs that were not completed, as an SQL list. Migrations have this text.
    package static let unfinishedInSQL = "('running', 'interrupted', 'failed')"
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

/// `status` of a transfer.
public enum TransferStatus: String, Sendable, Hashable, CaseIterable {
    /// Every byte of the message arrived.
    case complete
    /// The message did not reach its receiver, though some of its bytes may have moved: the network dropped
    /// it, a participant went away, or the round ended without it.
    case lost
    /// The run ended after some of its bytes had moved.
    case aborted
}
