import Foundation

/// Where processes wait: an actor whose executor parks the job of the process that enters it.
///
/// Entering is a hop, so the runtime hands the rest of the process over as one job; the event loop runs that
/// job when its event has come. Compared with a continuation this leaves out a second trip through an
/// executor's queue and the lock that the runtime takes to find the executor for it.
///
/// The loop runs the job on ``LoopExecutor`` instead of here, so the way back is no hop at all. That is sound
/// because the actor's state is only ever touched on the one thread of the loop, which ``ParkingExecutor``
/// checks. It relies on how the runtime of Swift 6.3 behaves; the tests run every kind of wait.
actor ParkingLot {
    private nonisolated let executor: ParkingExecutor
    /// Processes that have come out. State of the actor, so that entering it is a real hop.
    private var departures = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(executor: ParkingExecutor) {
        self.executor = executor
    }

    /// Returns when the event loop runs the job that the call made of the running process.
    func wait() {
        departures &+= 1
    }
}

/// Keeps the job of the process that has begun to wait, for the loop to collect.
// @unchecked because all of it is confined to the thread of `run()`; `enqueue` traps on any other.
final class ParkingExecutor: SerialExecutor, @unchecked Sendable {
    private var arrivedJob: UnownedJob?
    private var loopThread: pthread_t?

    /// Binds the executor to the calling thread.
    func adoptCurrentThread() {
        loopThread = pthread_self()
    }

    /// Parks a job; called by the Swift runtime when a process enters the lot.
    func enqueue(_ job: consuming ExecutorJob) {
        precondition(
            loopThread == pthread_self() && arrivedJob == nil,
            "a wait in virtual time outside of the processes of the simulation")
        arrivedJob = UnownedJob(job)
    }

    /// Takes the job that has arrived since the last call.
    func collect() -> UnownedJob? {
        defer { arrivedJob = nil }
        return arrivedJob
    }
}
