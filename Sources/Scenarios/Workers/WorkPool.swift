import Core
import Foundation
import Models
import Synchronization

/// Threads that do the real work of a simulation — training, synthesis, evaluation — beside its clock.
///
/// A simulation submits a piece of work when its virtual interval begins and waits for the result when the
/// interval
/// ends. Each worker computes with one torch thread, so a result has the same bits for any number of workers.
public final class WorkPool: Sendable {
    /// The number of threads.
    public let workers: Int
    private let queue = Monitor(Queue())
    private let cancelled = Atomic(false)

    private struct Queue {
        var jobs: [(@Sendable () -> Void)?] = []
        var next = 0
        var isClosed = false
        /// Results that runs share, by group and key.
        var shared: [String: [String: any Sendable]] = [:]
        /// What gives up each piece of work that has not ended, by a number of its own.
        var unfinished: [Int: @Sendable () -> Void] = [:]
        var submitted = 0
        var alive = 0
        /// Why a thread could not be started; then no work is done.
        var unavailable: DetachedThread.Unavailable?

        /// Takes the oldest job, and keeps nothing of what it holds; the array is compacted once half of it
        /// is done.
        mutating func pop() -> (@Sendable () -> Void)? {
            guard next < jobs.count else { return nil }
            defer {
                jobs[next] = nil
                next += 1
                if next > 64, next * 2 > jobs.count {
                    jobs.removeFirst(next)
                    next = 0
                }
            }
            return jobs[next]
        }

        mutating func append<Output>(
            _ job: @escaping @Sendable () -> Void, for ticket: WorkTicket<Output>, _ isCancelled: Bool
        ) {
            if let unavailable { return ticket.complete(.failure(unavailable)) }
            guard !isCancelled else { return ticket.complete(.failure(WorkCancelled())) }
            jobs.append(job)
            unfinished[submitted] = { ticket.complete(.failure(WorkCancelled())) }
            submitted += 1
        }
    }

    /// Starts `workers` threads. Where the system refuses one, ``requireThreads()`` and all work throw why.
    ///
    /// - Precondition: `workers` is positive.
    public init(workers: Int) {
        precondition(workers > 0, "a pool of \(workers) workers")
        self.workers = workers
        do throws(DetachedThread.Unavailable) {
            for index in 0..<workers {
                queue.update { $0.alive += 1 }
                try DetachedThread.start("worker \(index)") { [queue] in Self.work(on: queue) }
            }
        } catch {
            queue.update {
                $0.alive -= 1
                $0.unavailable = error
            }
            return
        }
        do throws(DetachedThread.Unavailable) {
            // For libdispatch and for runs; and for libtorch and OpenBLAS, which make one or two for each
            // processor when they are loaded, and wait for ever for one that they do not get.
            let spare = 4 + 2 * ProcessInfo.processInfo.activeProcessorCount
            try DetachedThread.requireSpare(spare, for: "libtorch and the clocks of runs")
        } catch {
            queue.update { $0.unavailable = error }
        }
    }

    /// Checks that all workers are there.
    ///
    /// - Throws: `DetachedThread.Unavailable`.
    public func requireThreads() throws {
        if let unavailable = queue.update({ $0.unavailable }) { throw unavailable }
    }

    private static func work(on queue: Monitor<Queue>) {
        var isPrepared = false
        while let job = queue.wait({ state in
            state.pop().map(Optional.some) ?? (state.isClosed ? .some(nil) : nil)
        }) {
            // Only now: a pool without work, as that of a replay, loads no libtorch.
            if !isPrepared, (try? Torch.load()) != nil {
                Torch.prepareWorker()
                isPrepared = true
            }
            job()
        }
        queue.update { $0.alive -= 1 }
    }

    /// Queues work; the oldest is done first.
    public func submit<Output: Sendable>(_ body: @escaping @Sendable () throws -> Output) -> WorkTicket<
        Output
    > {
        let ticket = WorkTicket<Output>()
        queue.update { $0.append(job(for: ticket, number: $0.submitted, body), for: ticket, isCancelled) }
        return ticket
    }

    /// Queues work unless the same work, by its key, was queued before; runs that share it get one result.
    ///
    /// The result stays until its group is released.
    public func submitShared<Output: Sendable>(
        key: String, group: String = "", _ body: @escaping @Sendable () throws -> Output
    ) -> WorkTicket<Output> {
        queue.update { state in
            if let known = state.shared[group]?[key] as? WorkTicket<Output> { return known }
            let ticket = WorkTicket<Output>()
            state.shared[group, default: [:]][key] = ticket
            let job = job(for: ticket, number: state.submitted) { [self] in
                do {
                    return try body()
                } catch {
                    // Another run may have what this one lacked.
                    queue.update { $0.shared[group]?[key] = nil }
                    throw error
                }
            }
            state.append(job, for: ticket, isCancelled)
            return ticket
        }
    }

    private func job<Output: Sendable>(
        for ticket: WorkTicket<Output>, number: Int, _ body: @escaping @Sendable () throws -> Output
    ) -> @Sendable () -> Void {
        { [self] in
            defer { queue.update { $0.unfinished[number] = nil } }
            // It was given up before its turn came.
            if ticket.isComplete { return }
            ticket.complete(
                Result {
                    if isCancelled { throw WorkCancelled() }
                    // So that work without libtorch fails with an error and does not trap.
                    try Torch.load()
                    return try body()
                })
        }
    }

    /// Gives up all work that has not ended: whoever waits for it gets `WorkCancelled` at once. Work under
    /// way sees `isCancelled` at its next step, and what it comes to is not used.
    public func cancel() {
        cancelled.store(true, ordering: .relaxed)
        for giveUp in queue.update({ $0.unfinished.values.map { $0 } }) { giveUp() }
    }

    /// Lets go of the shared results of a group, whose runs are over.
    public func releaseShared(group: String) {
        let released = queue.update { $0.shared.removeValue(forKey: group) }
        // Not under the lock: letting go of a result may remove its file.
        withExtendedLifetime(released) {}
    }

    /// Whether `cancel()` was called; long work asks between steps.
    public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Ends the threads after the work queued so far. Those of a cancelled pool end at the next step of their
    /// work, and nobody waits for that.
    public func close() {
        queue.update { $0.isClosed = true }
        queue.wait { $0.alive == 0 || isCancelled ? () : nil }
    }
}

/// Work was given up because the run is being interrupted.
public struct WorkCancelled: Error {}

/// A claim to the result of work under way.
public final class WorkTicket<Output: Sendable>: Sendable {
    private let result: Monitor<Result<Output, any Error>?>

    fileprivate init() { result = Monitor(nil) }

    /// A claim to what is there already.
    init(_ output: Output) { result = Monitor(.success(output)) }

    /// A claim to a result that is known.
    static func completed(_ outcome: Result<Output, any Error>) -> WorkTicket {
        let ticket = WorkTicket()
        ticket.complete(outcome)
        return ticket
    }

    /// Whether `wait()` would not block.
    var isComplete: Bool { result.update { $0 != nil } }

    /// Gives the work up: nobody will ask for its result. It is not done where no worker has begun with it.
    public func abandon() { complete(.failure(WorkCancelled())) }

    /// Notes a result; the first counts.
    fileprivate func complete(_ outcome: Result<Output, any Error>) {
        result.update { if $0 == nil { $0 = outcome } }
    }

    /// Blocks the thread until the work is done.
    ///
    /// - Throws: what the work threw; `WorkCancelled` where it was given up.
    public func wait() throws -> Output {
        try result.wait { $0 }.get()
    }
}
