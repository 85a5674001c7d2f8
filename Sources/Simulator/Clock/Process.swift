/// What a process waits for, as a deadlock report names it.
enum Awaited {
    case start
    case instant(SimInstant)
    case end(of: String)
    case message(mailbox: String)
    case children(of: Int)
    case turn(at: String)
    case transfer(bytes: Int, client: Int, direction: TransferDirection)
}

/// A named activity of a simulation: an async function that waits in virtual time.
///
/// Made by ``Simulation/spawn(_:background:_:)``.
public final class Process {
    enum State {
        /// Its start is in the queue.
        case scheduled
        /// Its code is being executed.
        case running
        /// Waits for an instant or for somebody to wake it.
        case waiting
        /// Its wake-up is in the queue at the current instant and can no longer be taken back.
        case ready
        case finished
    }

    // What every wait reads or writes comes first: with many processes, an event costs the cache lines of its
    // process.
    var state = State.scheduled
    /// Whether ``cancel(throwing:)`` was called.
    public internal(set) var isCancelled = false
    /// Sequence number of the live event, 0 while none is scheduled.
    var pendingSequence: UInt64 = 0
    /// What is left to execute, while the process waits.
    var parkedJob: UnownedJob?
    /// Thrown from the wait when it is resumed.
    var resumptionError: (any Error)?
    /// Counts the waits, so that a stale ``WaitToken`` is recognised.
    var waitNumber: UInt64 = 0
    var awaitingSince: SimInstant
    var awaited = Awaited.start

    /// The name, as reports print it. Names need not be unique.
    public let name: String
    unowned let simulation: Simulation
    /// Number of processes spawned before it: the order of reports.
    let spawnNumber: Int
    /// Does not keep the run alive.
    let isBackground: Bool
    /// Somebody waits for the outcome for certain, so an error is not unhandled.
    let isSupervised: Bool

    /// Runs the body; `nil` once started.
    var body: (() async throws -> Void)?
    /// Position among the simulation's live processes.
    var liveIndex = 0
    /// Called instead of interrupting the wait, by waits that must not be interrupted.
    var cancellationHandler: ((any Error) -> Void)?
    /// What every wait throws once ``isCancelled``.
    var cancellationReason: any Error = CancellationError()
    /// Waits refused because the process is cancelled; see ``Simulation/refuseWait(of:)``.
    var refusedWaits = 0
    var joiners: [WaitToken] = []
    var result: Result<Void, any Error>?

    init(
        name: String, simulation: Simulation, spawnNumber: Int, isBackground: Bool, isSupervised: Bool,
        body: @escaping () async throws -> Void
    ) {
        self.name = name
        self.simulation = simulation
        self.spawnNumber = spawnNumber
        self.isBackground = isBackground
        self.isSupervised = isSupervised
        self.body = body
        self.awaitingSince = simulation.now
    }

    /// Whether the body has returned or thrown.
    public var isFinished: Bool { state == .finished }

    /// Waits until the process has ended.
    ///
    /// An error for which somebody waits here counts as handled: it does not end the run.
    ///
    /// - Throws: the error of the process; `CancellationError` when it or the caller was cancelled.
    public nonisolated(nonsending) func value() async throws {
        if result == nil {
            try await simulation.suspend(awaiting: .end(of: name)) { joiners.append($0) }
        }
        try result?.get()
    }

    /// Cancels the process: its wait ends at the current instant with `reason`, and so does every later one.
    /// A process that has not started never does; on a finished or cancelled one nothing happens.
    ///
    /// - Parameter reason: what the waits throw, so that whoever catches it can tell a client that went away
    ///   from a deadline. Children of ``Simulation/concurrently(_:name:_:)`` and the like get the same.
    public func cancel(throwing reason: any Error = CancellationError()) {
        simulation.cancel(self, throwing: reason)
    }

    /// Whether an error is what the cancellation of this process made of it, and no news.
    func isEffectOfCancellation(_ error: any Error) -> Bool {
        isCancelled && isEffect(error, of: cancellationReason)
    }
}

/// Whether `error` is what a cancellation for `reason` throws.
func isEffect(_ error: any Error, of reason: any Error) -> Bool {
    error is CancellationError || type(of: error) == type(of: reason)
}

/// One particular wait of one process: waking through a token that is out of date does nothing.
struct WaitToken {
    let process: Process
    let waitNumber: UInt64
}
