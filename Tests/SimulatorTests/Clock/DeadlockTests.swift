import Simulator
import Testing

@Suite("Deadlock reports")
struct DeadlockTests {
    @Test("an empty queue with live processes names each, what it awaits and since when")
    func report() throws {
        let simulation = Simulation()
        let mailbox = Mailbox<Int>(simulation, name: "updates")
        let waiting = simulation.spawn("client 3") {
            try await simulation.sleep(for: .seconds(12.5))
            _ = try await mailbox.receive()
        }
        simulation.spawn("server") { try await waiting.value() }
        simulation.spawn("round") {
            try await simulation.sleep(for: .seconds(1))
            try await simulation.concurrently(["a", "b"], name: { "child \($0)" }) { _ in
                _ = try await mailbox.receive()
            }
        }
        simulation.spawn("done") { try await simulation.sleep(for: .seconds(20)) }
        let error = try #require(throws: SimulatorError.self) { try simulation.run() }
        #expect(
            "\(error)" == """
                deadlock at 20 s: no event is left, but 5 processes wait: \
                "client 3" awaits a message in "updates" since 12.5 s; \
                "server" awaits the end of "client 3" since 0 s; \
                "round" awaits the end of 2 child processes since 1 s; \
                "child a" awaits a message in "updates" since 1 s; \
                "child b" awaits a message in "updates" since 1 s
                """)
        #expect(simulation.liveProcessCount == 0)
    }

    @Test("a run that would go on for ever ends soon after it is asked to")
    func interruption() {
        struct Enough: Error {}
        let simulation = Simulation()
        var questions = 0
        simulation.interruption = {
            questions += 1
            return questions == 3 ? Enough() : nil
        }
        simulation.spawn("ticks") {
            while true { try await simulation.sleep(for: .seconds(1)) }
        }
        #expect(throws: Enough.self) { try simulation.run() }
        #expect(questions == 3 && simulation.eventCount <= 3 * 1024 + 1)
        #expect(simulation.liveProcessCount == 0)
    }

    @Test("the report is data: instant, names, waits")
    func reportAsData() {
        let simulation = Simulation()
        let mailbox = Mailbox<Int>(simulation, name: "empty")
        simulation.spawn("alone") { _ = try await mailbox.receive() }
        let expected = SimulatorError.deadlock(
            at: .start,
            blocked: [BlockedProcess(name: "alone", awaiting: "a message in \"empty\"", since: .start)])
        #expect(throws: expected) { try simulation.run() }
        #expect(
            "\(expected)" == """
                deadlock at 0 s: no event is left, but 1 process waits: \
                "alone" awaits a message in "empty" since 0 s
                """)
    }

    @Test("the blocked processes are cancelled after the report and can clean up")
    func cleanup() {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let mailbox = Mailbox<Int>(simulation, name: "empty")
        simulation.spawn("alone") {
            defer { log.note("cleaned up") }
            _ = try await mailbox.receive()
        }
        #expect(throws: SimulatorError.self) { try simulation.run() }
        #expect(log.lines == ["0 s: cleaned up"])
    }

    @Test("background processes that wait are no deadlock once the others have ended")
    func backgroundIsNoDeadlock() throws {
        let simulation = Simulation()
        let mailbox = Mailbox<Int>(simulation, name: "requests")
        var served = 0
        simulation.spawn("service", background: true) {
            while true { served += try await mailbox.receive() }
        }
        simulation.spawn("user") {
            mailbox.send(1)
            try await simulation.sleep(for: .seconds(1))
            mailbox.send(2)
            try await simulation.sleep(for: .zero)
        }
        try simulation.run()
        #expect(served == 3)
    }

    @Test("a process that waits for itself is a deadlock, not a hang")
    func waitingForOneself() {
        let simulation = Simulation()
        simulation.spawn("narcissus") { try await simulation.currentProcess?.value() }
        #expect(throws: SimulatorError.self) { try simulation.run() }
    }
}
