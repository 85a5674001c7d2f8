import Simulator
import Testing

@Suite("Structured concurrency: concurrently and withDeadline")
struct ConcurrentlyTests {
    @Test("children run side by side; the call returns when the slowest has ended")
    func joinsAll() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("server") {
            try await simulation.concurrently([3, 1, 2], name: { "client \($0)" }) { seconds in
                try await simulation.sleep(for: .seconds(Double(seconds)))
                log.note("client \(seconds)")
            }
            log.note("all")
        }
        try simulation.run()
        #expect(log.lines == ["1 s: client 1", "2 s: client 2", "3 s: client 3", "3 s: all"])
    }

    @Test("children start in the order of the items, under the names given")
    func startOrder() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("server") {
            try await simulation.concurrently(["b", "a"], name: { "client \($0)" }) { _ in
                log.note(simulation.currentProcess?.name ?? "nobody")
            }
        }
        try simulation.run()
        #expect(log.lines == ["0 s: client b", "0 s: client a"])
    }

    @Test("no items: returns at once")
    func noItems() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("server") {
            try await simulation.concurrently([Int](), name: { "\($0)" }) { _ in }
            log.note("done")
        }
        try simulation.run()
        #expect(log.lines == ["0 s: done"])
        #expect(simulation.eventCount == 1)
    }

    @Test("the first error cancels the others, and is rethrown after they have ended")
    func firstErrorWins() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("server") {
            do {
                try await simulation.concurrently([1, 2, 3], name: { "client \($0)" }) { number in
                    do {
                        try await simulation.sleep(for: .seconds(Double(number)))
                    } catch {
                        log.note("client \(number) cancelled")
                        throw TestError("error of the cleanup of \(number)")
                    }
                    if number == 2 { throw TestError("client 2") }
                    log.note("client \(number) done")
                }
            } catch let error as TestError {
                log.note("caught \(error.name)")
            }
        }
        try simulation.run()
        #expect(log.lines == ["1 s: client 1 done", "2 s: client 3 cancelled", "2 s: caught client 2"])
    }

    @Test("cancelling the caller cancels the children; it goes on after they have ended")
    func cancellingTheCaller() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let server = simulation.spawn("server") {
            defer { log.note("server ends") }
            try await simulation.concurrently([1, 2], name: { "client \($0)" }) { number in
                defer { log.note("client \(number) ends") }
                try await simulation.sleep(for: .seconds(10))
            }
        }
        simulation.spawn("canceller") {
            try await simulation.sleep(for: .seconds(1))
            server.cancel()
        }
        try simulation.run()
        #expect(log.lines == ["1 s: client 1 ends", "1 s: client 2 ends", "1 s: server ends"])
    }

    @Test("it nests: a cancellation reaches the grandchildren")
    func nesting() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let top = simulation.spawn("top") {
            try await simulation.concurrently([1, 2], name: { "child \($0)" }) { child in
                try await simulation.concurrently([1, 2], name: { "grandchild \(child).\($0)" }) { number in
                    defer { log.note("grandchild \(child).\(number)") }
                    try await simulation.sleep(for: .seconds(Double(child * number)))
                }
                log.note("child \(child)")
            }
        }
        simulation.spawn("canceller") {
            try await simulation.sleep(for: .seconds(2.5))
            top.cancel()
        }
        try simulation.run()
        #expect(
            log.lines == [
                "1 s: grandchild 1.1", "2 s: grandchild 1.2", "2 s: grandchild 2.1", "2 s: child 1",
                "2.5 s: grandchild 2.2",
            ])
    }

    @Test("an error ends the run when the caller does not catch it")
    func errorGoesUp() {
        let simulation = Simulation()
        simulation.spawn("server") {
            try await simulation.concurrently([1], name: { "client \($0)" }) { _ in throw TestError("up") }
        }
        #expect(throws: TestError("up")) { try simulation.run() }
    }

    @Test("10,000 children make two events each, and the parent two")
    func manyChildren() throws {
        let simulation = Simulation()
        var ended = 0
        simulation.spawn("server") {
            try await simulation.concurrently(Array(0..<10_000), name: { "client \($0)" }) { number in
                try await simulation.sleep(for: .nanoseconds(Int64(number % 17)))
                ended += 1
            }
        }
        try simulation.run()
        #expect(ended == 10_000)
        // 10,000 starts, 10,000 wake-ups, the parent's start and its wake-up.
        #expect(simulation.eventCount == 20_002)
    }

    @Test("before the deadline the value comes through, and the deadline leaves no trace")
    func withinTheDeadline() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("server") {
            let value = try await simulation.withDeadline(at: .seconds(5)) {
                try await simulation.sleep(for: .seconds(2))
                return 42
            }
            log.note("\(value ?? -1)")
        }
        try simulation.run()
        #expect(log.lines == ["2 s: 42"])
        #expect(simulation.now == .seconds(2))
    }

    @Test("at the deadline the body is cancelled and nil comes back")
    func pastTheDeadline() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("server") {
            let value = try await simulation.withDeadline(at: .seconds(5)) {
                defer { log.note("body ends") }
                try await simulation.sleep(for: .seconds(20))
                return 42
            }
            log.note(value == nil ? "deadline" : "value")
        }
        try simulation.run()
        #expect(log.lines == ["5 s: body ends", "5 s: deadline"])
    }

    @Test("at the very instant of the deadline the event scheduled first decides")
    func tieWithTheDeadline() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("server") {
            // The alarm is set when the call begins, the sleep when the child has started.
            let value = try await simulation.withDeadline(at: .seconds(5)) {
                try await simulation.sleep(until: .seconds(5))
                return 42
            }
            log.note(value == nil ? "deadline" : "value")
        }
        try simulation.run()
        #expect(log.lines == ["5 s: deadline"])
    }

    @Test("an error of the body comes through the deadline")
    func errorWithinTheDeadline() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("server") {
            await #expect(throws: TestError("inner")) {
                try await simulation.withDeadline(at: .seconds(5)) { throw TestError("inner") }
            }
            log.note("caught")
        }
        try simulation.run()
        #expect(log.lines == ["0 s: caught"])
    }

    @Test("a deadline over children cuts exactly those that are late")
    func deadlineCut() throws {
        // Clients take 1, 2, …, 10 s; a deadline at 6.5 s lets ⌊6.5⌋ = 6 of them through.
        let simulation = Simulation()
        var done: [Int] = []
        simulation.spawn("server") {
            _ = try await simulation.withDeadline(at: .seconds(6.5)) {
                try await simulation.concurrently(Array(1...10), name: { "client \($0)" }) { number in
                    try await simulation.sleep(for: .seconds(Double(number)))
                    done.append(number)
                }
            }
            #expect(simulation.now == .seconds(6.5))
        }
        try simulation.run()
        #expect(done == [1, 2, 3, 4, 5, 6])
    }
}
