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
    /// A piece of real work has been finished, evaluations included: what it cost, for whoever estimates
    /// times.
    func finished(_ work: FinishedWork)
    /// A run that is timing only does without evaluations, which another would make here.
    func passedOver(evaluations: Int, round: Int)
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
    public func finished(_ work: FinishedWork) {}
    public func passedOver(evaluations: Int, round: Int) {}
    public func processed(images: Int) {}
    public func advanced(kind: WorkKind, done: Int, of total: Int) {}
}

/// What a finished piece of real work was, and what it cost.
public struct FinishedWork: Sendable {
    /// When and where in the run it was done.
    public let occasion: WorkOccasion
    /// Floating-point operations.
    public let operations: Double
    /// How often it evaluated on the test images on its way; not among the operations.
    public let evaluations: Int
    /// How long a worker took, in seconds.
    public let seconds: Double
    /// Names work that runs of one seed do together; `nil` for work of a run's own.
    public let share: String?

    /// Makes one.
    public init(
        _ occasion: WorkOccasion, operations: Double, evaluations: Int = 0, seconds: Double,
        share: String? = nil
    ) {
        self.occasion = occasion
        self.operations = operations
        self.evaluations = evaluations
        self.seconds = seconds
        self.share = share
    }
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
