import DequeModule
import Foundation

/// The executor of all processes of one simulation: jobs in FIFO order, run by whoever calls ``drain()``.
///
/// Nothing runs by itself: the event loop resumes one process and drains, so between two events no job is
/// left. All of it stays on the one thread that runs the loop.
// @unchecked because the queue is confined to the thread of `run()`; `enqueue` traps on any other.
final class LoopExecutor: TaskExecutor, @unchecked Sendable {
    private var jobs = Deque<UnownedJob>()
    private var loopThread: pthread_t?

    /// Binds the executor to the calling thread.
    func adoptCurrentThread() {
        loopThread = pthread_self()
    }

    /// Appends a job; called by the Swift runtime when a task starts or a continuation is resumed.
    func enqueue(_ job: consuming ExecutorJob) {
        precondition(
            loopThread == pthread_self(),
            "a process was resumed from another thread: processes wait on their simulation only")
        jobs.append(UnownedJob(job))
    }

    /// Runs one job that is not in the queue, the rest of a parked process.
    func run(_ job: UnownedJob) {
        job.runSynchronously(on: asUnownedTaskExecutor())
    }

    /// Runs jobs until none is left.
    func drain() {
        while let job = jobs.popFirst() { run(job) }
    }
}

/// Carries a value into a task of the simulation.
// @unchecked because the loop's executor keeps every task on the thread that calls `run()`.
struct Confined<Value>: @unchecked Sendable {
    let value: Value
}
