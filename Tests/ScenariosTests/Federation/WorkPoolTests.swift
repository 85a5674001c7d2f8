import Foundation
import Scenarios
import Testing

@Suite("The pool of workers")
struct WorkPoolTests {
    @Test("A worker reads and writes tiny numbers as they are: libtorch flushes them only in work")
    func tinyNumbers() throws {
        let pool = WorkerThreads(workers: 1)
        #expect(try pool.submit { CanonicalText.of(Double.leastNonzeroMagnitude) }.wait() == "5e-324")
        pool.close()
    }

    @Test("Results come back to whoever asked, for any number of workers", arguments: [1, 2, 5])
    func results(workers: Int) throws {
        let pool = WorkerThreads(workers: workers)
        let tickets = (0..<200).map { number in pool.submit { number * number } }
        #expect(try tickets.map { try $0.wait() } == (0..<200).map { $0 * $0 })
        pool.close()
    }

    @Test("One worker does the oldest work first")
    func order() throws {
        let pool = WorkerThreads(workers: 1)
        let order = Numbers()
        let tickets = (0..<100).map { number in pool.submit { order.append(number) } }
        for ticket in tickets { try ticket.wait() }
        #expect(order.values == Array(0..<100))
        pool.close()
    }

    @Test("Two workers work at the same time: each waits for the other")
    func parallel() throws {
        let pool = WorkerThreads(workers: 2)
        let first = DispatchSemaphore(value: 0), second = DispatchSemaphore(value: 0)
        let one = pool.submit {
            first.signal()
            return second.wait(timeout: .now() + 30) == .success
        }
        let two = pool.submit {
            second.signal()
            return first.wait(timeout: .now() + 30) == .success
        }
        #expect(try one.wait())
        #expect(try two.wait())
        pool.close()
    }

    @Test("Work that nobody asks for any more is not done, unless it has begun")
    func abandoned() throws {
        let pool = WorkerThreads(workers: 1)
        let began = DispatchSemaphore(value: 0), goesOn = DispatchSemaphore(value: 0)
        let done = Numbers()
        let first = pool.submit {
            began.signal()
            #expect(goesOn.wait(timeout: .now() + 30) == .success)
            done.append(1)
        }
        let second = pool.submit { done.append(2) }
        let third = pool.submit { done.append(3) }
        #expect(began.wait(timeout: .now() + 30) == .success)
        first.abandon()
        second.abandon()
        goesOn.signal()
        try third.wait()
        #expect(done.values == [1, 3])
        for ticket in [first, second] { #expect(throws: WorkCancelled.self) { try ticket.wait() } }
        pool.close()
    }

    @Test("Shared work is done once")
    func shared() throws {
        let pool = WorkerThreads(workers: 2)
        let calls = Numbers()
        let tickets = (0..<20).map { number in
            pool.submitShared(key: "key \(number % 2)") {
                calls.append(number % 2)
                return number % 2
            }
        }
        #expect(try tickets.map { try $0.wait() } == (0..<20).map { $0 % 2 })
        #expect(calls.values.sorted() == [0, 1])
        pool.close()
    }

    @Test("An error of the work is thrown where its result is asked for, and the pool goes on")
    func failure() throws {
        struct Broken: Error {}
        let pool = WorkerThreads(workers: 1)
        let bad = pool.submit { () throws -> Int in throw Broken() }
        let good = pool.submit { 7 }
        #expect(throws: Broken.self) { try bad.wait() }
        #expect(try good.wait() == 7)
        pool.close()
    }

    @Test("After cancel, whoever waits is told at once, however long the step takes that is under way")
    func cancellation() throws {
        let pool = WorkerThreads(workers: 1)
        let gate = DispatchSemaphore(value: 0), begun = DispatchSemaphore(value: 0)
        let seen = Numbers()
        let running = pool.submit {
            begun.signal()
            gate.wait()
            seen.append(pool.isCancelled ? 1 : 0)
        }
        let waiting = pool.submit { 1 }
        let shared = pool.submitShared(key: "key") { 2 }
        begun.wait()
        pool.cancel()
        #expect(throws: WorkCancelled.self) { try running.wait() }
        #expect(throws: WorkCancelled.self) { try waiting.wait() }
        #expect(throws: WorkCancelled.self) { try shared.wait() }
        #expect(throws: WorkCancelled.self) { try pool.submit { 3 }.wait() }
        #expect(throws: WorkCancelled.self) { try pool.submitShared(key: "key") { 4 }.wait() }
        pool.close()
        #expect(seen.values.isEmpty, "the step is still under way")
        gate.signal()
    }

    @Test("What was done before cancel stays done")
    func cancellationAfterwards() throws {
        let pool = WorkerThreads(workers: 2)
        let done = pool.submit { 7 }
        #expect(try done.wait() == 7)
        pool.cancel()
        #expect(try done.wait() == 7)
        pool.close()
    }
}

/// Numbers noted by several threads.
private final class Numbers: @unchecked Sendable {
    // @unchecked because the array is touched only under the lock.
    private let lock = NSLock()
    private var noted: [Int] = []

    var values: [Int] { lock.withLock { noted } }
    func append(_ number: Int) { lock.withLock { noted.append(number) } }
}
