import Dispatch
import Foundation

/// Threads that live as long as a training run, each prepared once for computing with one core.
///
/// libtorch keeps its modes by thread, and two workers of one thread each train a small network nearly twice
/// as fast as one operator spread over two threads (FEASIBILITY.md, section 8).
final class TrainingThreads {
    /// What a thread and its employer share.
    private final class Desk: @unchecked Sendable {
        // @unchecked because the semaphores order every access to `job`.
        let ordered = DispatchSemaphore(value: 0)
        let done = DispatchSemaphore(value: 0)
        var job: (() -> Void)?

        /// Waits for a job and does it; false where the thread is to end.
        ///
        /// Never inlined, so that no reference to the job outlives the call and with it the employer's `run`.
        @inline(never)
        func work() -> Bool {
            ordered.wait()
            guard let current = job else { return false }
            job = nil
            current()
            return true
        }
    }

    private let desks: [Desk]

    /// Starts `count` threads.
    init(count: Int) {
        precondition(count > 0, "\(count) threads")
        desks = (0..<count).map { _ in Desk() }
        for desk in desks {
            let thread = Thread {
                Torch.prepareThread()
                Torch.flushingDenormals {
                    while desk.work() { desk.done.signal() }
                }
            }
            thread.stackSize = 16 << 20
            thread.start()
        }
    }

    deinit {
        for desk in desks { desk.ordered.signal() }
    }

    /// The number of threads.
    var count: Int { desks.count }

    /// Runs `body` once on every thread, with the thread's number, and waits for all.
    ///
    /// What the bodies write must be disjoint.
    func run(_ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            for (number, desk) in desks.enumerated() {
                // Sound because this function waits for the job, and jobs write to disjoint places.
                nonisolated(unsafe) let body = body
                desk.job = { body(number) }
                desk.ordered.signal()
            }
            for desk in desks { desk.done.wait() }
        }
    }

    /// Runs `body` once on every thread and gathers the results in the threads' order.
    func map<Result>(_ body: (Int) -> Result) -> [Result] {
        let results = UnsafeMutableBufferPointer<Result?>.allocate(capacity: count)
        results.initialize(repeating: nil)
        defer {
            results.deinitialize()
            results.deallocate()
        }
        run { results[$0] = body($0) }
        return results.map { $0! }
    }
}
