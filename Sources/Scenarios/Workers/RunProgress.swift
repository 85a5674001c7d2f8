import RunLog
import Simulator

/// What a run tells while it goes on. Called from the simulation's thread, `processed` and `advanced` from
/// any; implementations must not block it.
public protocol RunProgress: Sendable {
    /// A round begins.
    func began(round: Int, at instant: SimInstant)
    /// Bytes have moved: those of a message that has arrived, or the part of one that was cut off.
    func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant)
    /// A global model has been evaluated.
    func measured(accuracy: Double, round: Int)
    /// A piece of real work has been finished.
    func worked(kind: WorkKind, at instant: SimInstant)
    /// So many images have really been trained on or synthesized.
    func processed(images: Int)
    /// A long piece of work at the server has come so far.
    func advanced(kind: WorkKind, done: Int, of total: Int)
    /// Something has happened that whoever reads the results should know. A sentence without a full stop.
    func warned(_ text: String)
    /// The run has come to its end.
    func ended(at instant: SimInstant)
}

extension RunProgress {
    public func warned(_ text: String) {}
    public func processed(images: Int) {}
    public func advanced(kind: WorkKind, done: Int, of total: Int) {}
}

/// Tells nobody.
public struct SilentProgress: RunProgress {
    /// Makes it.
    public init() {}
    public func began(round: Int, at instant: SimInstant) {}
    public func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
    public func measured(accuracy: Double, round: Int) {}
    public func worked(kind: WorkKind, at instant: SimInstant) {}
    public func ended(at instant: SimInstant) {}
}
