import Simulator
import TestSupport
import Testing

@Suite("Processes: outcome, cancellation, the end of a run")
struct ProcessTests {
    @Test("value() waits for the end, and returns at once when it is over")
    func joining() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let worker = simulation.spawn("worker") { try await simulation.sleep(for: .seconds(3)) }
        simulation.spawn("boss") {
            try await worker.value()
            log.note("joined, finished: \(worker.isFinished)")
            try await simulation.sleep(for: .seconds(1))
            try await worker.value()
            log.note("joined again")
        }
        try simulation.run()
        #expect(log.lines == ["3 s: joined, finished: true", "4 s: joined again"])
    }

    @Test("everybody who waits for a process is woken, in the order of waiting")
    func severalJoiners() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let worker = simulation.spawn("worker") { try await simulation.sleep(for: .seconds(1)) }
        for name in ["x", "y", "z"] {
            simulation.spawn(name) {
                try await worker.value()
                log.note(name)
            }
        }
        try simulation.run()
        #expect(log.lines == ["1 s: x", "1 s: y", "1 s: z"])
    }

    @Test("an error that nobody handles ends the run with that error")
    func unhandledError() {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("failing") {
            try await simulation.sleep(for: .seconds(1))
            throw TestError("broken")
        }
        simulation.spawn("other") {
            try await simulation.sleep(for: .seconds(2))
            log.note("never")
        }
        #expect(throws: TestError("broken")) { try simulation.run() }
        #expect(log.lines == [])
        #expect(simulation.now == .seconds(1))
        #expect(simulation.liveProcessCount == 0)
    }

    @Test("an error for which somebody waits goes there and does not end the run")
    func handledError() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let worker = simulation.spawn("worker") {
            try await simulation.sleep(for: .seconds(1))
            throw TestError("broken")
        }
        simulation.spawn("boss") {
            do {
                try await worker.value()
            } catch let error as TestError {
                log.note(error.name)
            }
            try await simulation.sleep(for: .seconds(1))
            log.note("goes on")
        }
        try simulation.run()
        #expect(log.lines == ["1 s: broken", "2 s: goes on"])
    }

    @Test("cancelling ends a sleep at the current instant with CancellationError")
    func cancellingASleep() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let sleeper = simulation.spawn("sleeper") {
            do {
                try await simulation.sleep(for: .seconds(100))
            } catch is CancellationError {
                log.note("cancelled")
                throw CancellationError()
            }
        }
        simulation.spawn("canceller") {
            try await simulation.sleep(for: .seconds(1))
            sleeper.cancel()
            sleeper.cancel()
            log.note("cancel returned, cancelled: \(sleeper.isCancelled)")
        }
        try simulation.run()
        #expect(log.lines == ["1 s: cancel returned, cancelled: true", "1 s: cancelled"])
        // The event at 100 s is a tombstone: it neither runs nor moves the clock.
        #expect(simulation.now == .seconds(1))
        #expect(simulation.eventCount == 4)
    }

    @Test("a cancelled process cannot wait any more")
    func cancellationIsSticky() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let mailbox = Mailbox<Int>(simulation, name: "m")
        let process = simulation.spawn("stubborn") {
            for _ in 0..<2 {
                await #expect(throws: CancellationError.self) {
                    try await simulation.sleep(for: .seconds(100))
                }
            }
            await #expect(throws: CancellationError.self) { _ = try await mailbox.receive() }
            await #expect(throws: CancellationError.self) {
                try await simulation.concurrently([1], name: { "\($0)" }) { _ in log.note("never") }
            }
            log.note("end")
        }
        simulation.spawn("canceller") {
            try await simulation.sleep(for: .seconds(1))
            process.cancel()
        }
        try simulation.run()
        #expect(log.lines == ["1 s: end"])
    }

    @Test("a process cancelled before its start never starts")
    func cancellingBeforeStart() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let process = simulation.spawn("never") { log.note("never") }
        process.cancel()
        simulation.spawn("boss") {
            await #expect(throws: CancellationError.self) { try await process.value() }
            log.note("joined")
        }
        try simulation.run()
        #expect(log.lines == ["0 s: joined"])
        #expect(process.isFinished)
    }

    @Test("cancelling a finished process or oneself is allowed")
    func cancellingFinishedOrSelf() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let done = simulation.spawn("done") {}
        simulation.spawn("self") {
            try await simulation.sleep(for: .seconds(1))
            done.cancel()
            simulation.currentProcess?.cancel()
            log.note("goes on until the next wait")
            try await simulation.sleep(for: .seconds(1))
            log.note("never")
        }
        try simulation.run()
        #expect(!done.isCancelled)
        #expect(log.lines == ["1 s: goes on until the next wait"])
    }

    @Test("cancelling a peer whose event is at the same instant works: events are popped one by one")
    func cancellingAtTheSameInstant() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        var second: Process?
        simulation.spawn("first") {
            try await simulation.sleep(for: .seconds(1))
            second?.cancel()
        }
        second = simulation.spawn("second") {
            try await simulation.sleep(for: .seconds(1))
            log.note("never")
        }
        try simulation.run()
        #expect(log.lines == [])
        #expect(second?.isFinished == true)
    }

    @Test("a joiner that is cancelled stops waiting; the process it waited for goes on")
    func cancellingAJoiner() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let worker = simulation.spawn("worker") {
            try await simulation.sleep(for: .seconds(5))
            log.note("worker done")
        }
        let joiner = simulation.spawn("joiner") { try await worker.value() }
        simulation.spawn("canceller") {
            try await simulation.sleep(for: .seconds(1))
            joiner.cancel()
            try await simulation.sleep(for: .zero)
            log.note("joiner finished: \(joiner.isFinished)")
        }
        try simulation.run()
        #expect(log.lines == ["1 s: joiner finished: true", "5 s: worker done"])
    }

    @Test("the run ends without background processes, which are cancelled")
    func backgroundProcesses() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("churn", background: true) {
            do {
                while true { try await simulation.sleep(for: .seconds(1)) }
            } catch {
                log.note("churn ends")
                throw error
            }
        }
        simulation.spawn("main") {
            try await simulation.sleep(for: .seconds(2.5))
            log.note("main ends")
        }
        try simulation.run()
        #expect(log.lines == ["2.5 s: main ends", "2.5 s: churn ends"])
        #expect(simulation.liveProcessCount == 0)
    }

    @Test("after an error all other processes are cancelled and run to their end")
    func abandoning() {
        let simulation = Simulation()
        let log = EventLog(simulation)
        for name in ["a", "b"] {
            simulation.spawn(name) {
                defer { log.note("\(name) cleaned up") }
                try await simulation.sleep(for: .seconds(10))
            }
        }
        simulation.spawn("failing") { throw TestError("broken") }
        #expect(throws: TestError("broken")) { try simulation.run() }
        #expect(log.lines == ["0 s: a cleaned up", "0 s: b cleaned up"])
    }

    @Test("a body that swallows its cancellation for ever traps instead of hanging")
    func swallowedCancellation() async {
        await #expect(processExitsWith: trap) {
            let simulation = Simulation()
            simulation.spawn("stubborn") {
                while true { try? await simulation.sleep(for: .seconds(1)) }
            }
            simulation.spawn("failing") { throw TestError("broken") }
            try simulation.run()
        }
    }

    @Test("outside work is joined at its virtual end, in virtual order, whatever order it is done in")
    func joiningOutsideWork() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        for (name, end) in [("late", 2.0), ("early", 1.0)] {
            simulation.spawn(name) {
                let value = try await simulation.join(at: .seconds(end)) {
                    log.note("blocking for \(name)")
                    return "\(name)'s result"
                }
                log.note(value)
            }
        }
        simulation.spawn("failing") {
            await #expect(throws: TestError("bad work")) {
                try await simulation.join(at: .seconds(3)) { throw TestError("bad work") }
            }
        }
        try simulation.run()
        #expect(
            log.lines == [
                "1 s: blocking for early", "1 s: early's result",
                "2 s: blocking for late", "2 s: late's result",
            ])
    }
}
