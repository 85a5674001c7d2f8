import Core
import Foundation
import Models
import Synchronization

/// A pool of threads of this process.
///
/// Each worker computes with one torch thread, so a result has the same bits for any number of workers.
public final class WorkerThreads: WorkPool {
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
            if let refusal: any Error = unavailable ?? (isCancelled ? WorkCancelled() : nil) {
                ticket.complete(.failure(refusal))
                return
            }
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
                try DetachedThread.start("worker \(index)") { [queue] in Self.work(on: queue, number: index) }
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

    public func requireThreads() throws {
        if let unavailable = queue.update({ $0.unavailable }) { throw unavailable }
    }

    private static func work(on queue: Monitor<Queue>, number: Int) {
        var isPrepared = false
        while let job = queue.wait({ state in
            state.pop().map(Optional.some) ?? (state.isClosed ? .some(nil) : nil)
        }) {
            // Only now: a pool without work, as that of a replay, loads no libtorch.
            if !isPrepared, (try? Torch.load()) != nil {
                Torch.prepareThread()
                isPrepared = true
            }
            // The device may be chosen after a job that needed none.
            if isPrepared { Torch.takeDevice(worker: number) }
            job()
        }
        queue.update { $0.alive -= 1 }
    }

    /// Queues work; the oldest is done first. Shared work that was queued before is not queued again, and its
    /// result stays until its group is released.
    public func submit<Output: Sendable>(_ job: WorkJob<Output>) -> WorkTicket<Output> {
        guard let sharing = job.sharing else {
            let ticket = WorkTicket<Output>()
            queue.update {
                $0.append(body(for: ticket, number: $0.submitted, job.body), for: ticket, isCancelled)
            }
            return ticket
        }
        return queue.update { state in
            if let known = state.shared[sharing.group]?[sharing.key] as? WorkTicket<Output> { return known }
            let ticket = WorkTicket<Output>()
            state.shared[sharing.group, default: [:]][sharing.key] = ticket
            let body = body(for: ticket, number: state.submitted) { [self] in
                do {
                    return try job.body()
                } catch {
                    // Another run may have what this one lacked.
                    queue.update { $0.shared[sharing.group]?[sharing.key] = nil }
                    throw error
                }
            }
            state.append(body, for: ticket, isCancelled)
            return ticket
        }
    }

    private func body<Output: Sendable>(
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

    public func cancel() {
        cancelled.store(true, ordering: .relaxed)
        for giveUp in queue.update({ $0.unfinished.values.map { $0 } }) { giveUp() }
    }

    public func releaseShared(group: String) {
        let released = queue.update { $0.shared.removeValue(forKey: group) }
        // Not under the lock: letting go of a result may remove its file.
        withExtendedLifetime(released) {}
    }

    public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Ends the threads after the work queued so far. Those of a cancelled pool end at the next step of their
    /// work, and nobody waits for that.
    public func close() {
        queue.update { $0.isClosed = true }
        queue.wait { $0.alive == 0 || isCancelled ? () : nil }
    }
}
