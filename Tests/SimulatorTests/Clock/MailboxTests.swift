import Core
import Simulator
import Testing

@Suite("Mailboxes")
struct MailboxTests {
    @Test("messages come in the order in which they were sent")
    func firstInFirstOut() throws {
        let simulation = Simulation()
        let mailbox = Mailbox<Int>(simulation, name: "numbers")
        var received: [Int] = []
        for number in 0..<5 { mailbox.send(number) }
        #expect(mailbox.count == 5)
        simulation.spawn("receiver") {
            for _ in 0..<5 { received.append(try await mailbox.receive()) }
        }
        try simulation.run()
        #expect(received == [0, 1, 2, 3, 4])
        #expect(mailbox.count == 0)
    }

    @Test("receiving waits until something is sent")
    func waiting() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let mailbox = Mailbox<String>(simulation, name: "letters")
        simulation.spawn("receiver") {
            for _ in 0..<2 { log.note(try await mailbox.receive()) }
        }
        simulation.spawn("sender") {
            try await simulation.sleep(for: .seconds(1))
            mailbox.send("hello")
            log.note("sending does not wait")
            try await simulation.sleep(for: .seconds(1))
            mailbox.send("bye")
        }
        try simulation.run()
        #expect(log.lines == ["1 s: sending does not wait", "1 s: hello", "2 s: bye"])
    }

    @Test("the process that has waited longest is served first")
    func fairness() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let mailbox = Mailbox<Int>(simulation, name: "numbers")
        for name in ["a", "b", "c"] {
            simulation.spawn(name) { log.note("\(name) got \(try await mailbox.receive())") }
        }
        simulation.spawn("sender") {
            try await simulation.sleep(for: .seconds(1))
            for number in 1...3 { mailbox.send(number) }
        }
        try simulation.run()
        #expect(log.lines == ["1 s: a got 1", "1 s: b got 2", "1 s: c got 3"])
    }

    @Test("a process that comes later cannot take a message already handed to a waiting one")
    func noStealing() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let mailbox = Mailbox<Int>(simulation, name: "numbers")
        simulation.spawn("waiting") { log.note("waiting got \(try await mailbox.receive())") }
        simulation.spawn("sender") {
            try await simulation.sleep(for: .seconds(1))
            mailbox.send(1)
            #expect(mailbox.receiveIfAvailable() == nil)
            mailbox.send(2)
            #expect(mailbox.receiveIfAvailable() == 2)
        }
        try simulation.run()
        #expect(log.lines == ["1 s: waiting got 1"])
    }

    @Test("a cancelled receiver is passed over, and no message is lost")
    func cancelledReceiver() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let mailbox = Mailbox<Int>(simulation, name: "numbers")
        let cancelled = simulation.spawn("cancelled") { log.note("got \(try await mailbox.receive())") }
        simulation.spawn("second") { log.note("second got \(try await mailbox.receive())") }
        simulation.spawn("sender") {
            try await simulation.sleep(for: .seconds(1))
            cancelled.cancel()
            mailbox.send(1)
        }
        try simulation.run()
        #expect(log.lines == ["1 s: second got 1"])
    }

    @Test("a message handed over before the cancellation is received; the next wait throws")
    func cancellationAfterHandover() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let mailbox = Mailbox<Int>(simulation, name: "numbers")
        let receiver = simulation.spawn("receiver") {
            log.note("got \(try await mailbox.receive())")
            _ = try await mailbox.receive()
            log.note("never")
        }
        simulation.spawn("sender") {
            try await simulation.sleep(for: .seconds(1))
            mailbox.send(1)
            receiver.cancel()
        }
        try simulation.run()
        #expect(log.lines == ["1 s: got 1"])
    }

    @Test("M/D/1: the mean wait at a server queue is ρ s / (2 (1 − ρ))")
    func queueingFormula() throws {
        // Poisson arrivals at rate λ = 0.6/s, service s = 1 s, ρ = λ s = 0.6:
        // Pollaczek and Khinchine, W = ρ s / (2 (1 − ρ)) = 0.6 / 0.8 = 0.75 s.
        let simulation = Simulation()
        let queue = Mailbox<SimInstant>(simulation, name: "jobs")
        var stream = RandomStream(seed: 1, purpose: "arrivals")
        let jobs = 200_000
        var waited = 0.0
        simulation.spawn("arrivals") {
            let gap = Distribution.exponential(mean: 1 / 0.6)
            for _ in 0..<jobs {
                try await simulation.sleep(for: .seconds(gap.sample(using: &stream)))
                queue.send(simulation.now)
            }
        }
        simulation.spawn("server") {
            for _ in 0..<jobs {
                let arrival = try await queue.receive()
                waited += (simulation.now - arrival).seconds
                try await simulation.sleep(for: .seconds(1))
            }
        }
        try simulation.run()
        #expect(abs(waited / Double(jobs) - 0.75) < 0.03)
    }
}
