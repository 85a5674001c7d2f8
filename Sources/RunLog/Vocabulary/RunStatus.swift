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

extension RunStatus: LogWord {
    public static var all: [Self] { allCases }

    public var meaning: String {
        switch self {
        case .running: "The run goes on."
        case .finished: "The run came to its end."
        case .diverged: "The run came to its end, and its model holds values that are not numbers."
        case .interrupted: "The run was stopped, or its process ended; `resume` continues it."
        case .failed: "The run ended with an error."
        }
    }
}
