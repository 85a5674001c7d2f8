/// What can go wrong with a simulation that is not the fault of its code.
///
/// The sentences are in `SimulatorError+Description.swift`.
public enum SimulatorError: Error, Equatable {
    /// No event is left, but processes wait for something that nobody will do any more.
    case deadlock(at: SimInstant, blocked: [BlockedProcess])
    /// Somebody waits for longer than virtual time lasts: a link or a device is too slow for its work.
    case endOfTime(at: SimInstant, awaiting: String)
    /// So many events have passed in which nothing was achieved.
    case noProgress(at: SimInstant, events: Int, awaiting: String)
    /// Somebody is down so often that it cannot be followed any more.
    case tooManyOutages(at: SimInstant, target: String, outages: Int)
    /// Links change so often that they cannot be followed any more.
    case tooManyChanges(at: SimInstant, changes: Int)
    /// A quantity outside of what it may be; `field` says where it stands, e.g. `clients[3].uplink_Bps`.
    case invalidQuantity(field: String, value: Double, allowed: String)
    /// A flow of a network case names a client that does not exist.
    case unknownClient(field: String, client: Int, clientCount: Int)
    /// Two flows of a network case have the same id.
    case duplicateFlow(field: String, id: Int)
    /// A network case is not JSON of the expected form.
    case malformedCase(reason: String)
}

/// A process in a deadlock report.
public struct BlockedProcess: Sendable, Equatable {
    /// The name of the process.
    public let name: String
    /// What it waits for, e.g. `a message in "updates"`.
    public let awaiting: String
    /// When the wait began.
    public let since: SimInstant

    /// Makes an entry of a report.
    public init(name: String, awaiting: String, since: SimInstant) {
        self.name = name
        self.awaiting = awaiting
        self.since = since
    }
}
