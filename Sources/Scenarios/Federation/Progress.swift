import Simulator

/// What a run tells while it goes on. Called from the simulation's thread; implementations must not block it.
public protocol RunProgress: Sendable {
    /// A round begins.
    func began(round: Int, at instant: SimInstant)
    /// A message has arrived.
    func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant)
    /// A global model has been evaluated.
    func measured(accuracy: Double, round: Int)
    /// A piece of real work has been finished.
    func worked(kind: String, at instant: SimInstant)
    /// The run has come to its end.
    func ended(at instant: SimInstant)
}

/// Tells nobody.
public struct SilentProgress: RunProgress {
    /// Makes it.
    public init() {}
    public func began(round: Int, at instant: SimInstant) {}
    public func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
    public func measured(accuracy: Double, round: Int) {}
    public func worked(kind: String, at instant: SimInstant) {}
    public func ended(at instant: SimInstant) {}
}
