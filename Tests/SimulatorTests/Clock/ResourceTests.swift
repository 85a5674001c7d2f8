import Core
import Simulator
import Testing

@Suite("Resources: queues of processes")
struct ResourceTests {
    @Test("one at a time, first come, first served")
    func order() throws {
        let simulation = Simulation()
        let processor = Resource(simulation, name: "server")
        let log = EventLog(simulation)
        for client in 0..<3 {
            simulation.spawn("client \(client)") {
                try await simulation.sleep(for: .seconds(Double(client)))
                try await processor.use { try await simulation.sleep(for: .seconds(5)) }
                log.note("client \(client), \(processor.queueLength) wait")
            }
        }
        try simulation.run()
        // They come at 0, 1 and 2 s and take 5 s each.
        #expect(log.lines == ["5 s: client 0, 1 wait", "10 s: client 1, 0 wait", "15 s: client 2, 0 wait"])
        #expect(processor.userCount == 0)
    }

    @Test("two at a time where there is room for two")
    func capacity() throws {
        let simulation = Simulation()
        let processor = Resource(simulation, name: "workers", capacity: 2)
        let log = EventLog(simulation)
        for job in 0..<5 {
            simulation.spawn("job \(job)") {
                try await processor.use {
                    #expect(processor.userCount <= 2)
                    try await simulation.sleep(for: .seconds(1))
                }
                log.note("\(job)")
            }
        }
        try simulation.run()
        #expect(log.lines == ["1 s: 0", "1 s: 1", "2 s: 2", "2 s: 3", "3 s: 4"])
    }

    @Test("who is cancelled while waiting loses its turn, who throws gives it back")
    func cancellation() throws {
        let simulation = Simulation()
        let processor = Resource(simulation, name: "server")
        let log = EventLog(simulation)
        simulation.spawn("first") {
            await #expect(throws: TestError("work")) {
                try await processor.use {
                    try await simulation.sleep(for: .seconds(3))
                    throw TestError("work")
                }
            }
            log.note("first")
        }
        let second = simulation.spawn("second") {
            try await processor.use { log.note("never") }
        }
        simulation.spawn("third") {
            try await processor.use { try await simulation.sleep(for: .seconds(1)) }
            log.note("third")
        }
        simulation.spawn("canceller") {
            try await simulation.sleep(for: .seconds(2))
            second.cancel()
        }
        try simulation.run()
        #expect(log.lines == ["3 s: first", "4 s: third"])
        #expect(processor.userCount == 0 && processor.queueLength == 0)
    }

    @Test("a deadlock report names the queue")
    func deadlock() throws {
        let simulation = Simulation()
        let processor = Resource(simulation, name: "server")
        let mailbox = Mailbox<Int>(simulation, name: "updates")
        simulation.spawn("user") { try await processor.use { _ = try await mailbox.receive() } }
        simulation.spawn("client 4") {
            try await simulation.sleep(for: .seconds(2))
            try await processor.use {}
        }
        let error = try #require(throws: SimulatorError.self) { try simulation.run() }
        #expect("\(error)".hasSuffix("\"client 4\" awaits its turn at \"server\" since 2 s"))
    }

    @Test("M/D/1: the mean wait in the queue is ρ s / (2 (1 − ρ))", arguments: [0.3, 0.5, 0.7])
    func meanWait(load: Double) throws {
        // Pollaczek and Khinchine's formula for a constant service time s (Kleinrock, Queueing Systems,
        // volume 1, section 5.6), with Poisson arrivals of rate ρ / s.
        let service = 2.0, jobs = 30_000
        let simulation = Simulation()
        let processor = Resource(simulation, name: "server")
        var waits: [Double] = []
        simulation.spawn("arrivals") {
            var stream = RandomStream(seed: 5, purpose: "arrivals")
            let pause = Distribution.exponential(mean: service / load)
            for job in 0..<jobs {
                try await simulation.sleep(for: .seconds(pause.sample(using: &stream)))
                simulation.spawn("job \(job)") {
                    let arrival = simulation.now
                    try await processor.use {
                        waits.append((simulation.now - arrival).seconds)
                        try await simulation.sleep(for: .seconds(service))
                    }
                }
            }
        }
        try simulation.run()
        #expect(waits.count == jobs)
        let expected = load * service / (2 * (1 - load))
        // Of 30,000 correlated waits the deviation of the mean is about 2 % at a load of 0.7.
        #expect(relativeError(waits.reduce(0, +) / Double(jobs), expected) < 0.06)
        // P(no wait) = 1 − ρ, since Poisson arrivals see time averages.
        let free = Double(waits.count { $0 == 0 }) / Double(jobs)
        #expect(abs(free - (1 - load)) < 0.015)
    }
}
