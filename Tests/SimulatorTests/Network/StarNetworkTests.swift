import Core
import Simulator
import Testing

@Suite("Transfers on the virtual clock")
struct StarNetworkTests {
    @Test("a transfer takes latency plus bytes over rate")
    func latencyAndRate() throws {
        // t = 0.05 + 44,765,128 / 2.5e6 = 0.05 + 17.9060512 = 17.9560512 s.
        let simulation = Simulation()
        let network = StarNetwork(
            simulation: simulation, server: serverLink(), clients: [clientLink(up: 2.5e6, latency: 0.05)])
        simulation.spawn("client 0") {
            try await simulation.sleep(for: .seconds(1))
            let times = try await network.transfer(bytes: 44_765_128, client: 0, direction: .up)
            #expect(times == TransferTimes(start: .seconds(1), end: .seconds(18.9560512)))
        }
        try simulation.run()
        #expect(simulation.now == .seconds(18.9560512))
    }

    @Test("ends are rounded up to the next nanosecond, never down")
    func rounding() throws {
        // 1 byte at 3 bytes/s: 0.333… s, so 333,333,334 ns; alone in its direction each.
        let simulation = Simulation()
        let network = StarNetwork(
            simulation: simulation, server: serverLink(), clients: [clientLink(up: 3, down: 7)])
        simulation.spawn("up") {
            let times = try await network.transfer(bytes: 1, client: 0, direction: .up)
            #expect(times.end.nanoseconds == 333_333_334)
        }
        simulation.spawn("down") {
            let times = try await network.transfer(bytes: 1, client: 0, direction: .down)
            #expect(times.end.nanoseconds == 142_857_143)
        }
        try simulation.run()
    }

    @Test("an empty message takes exactly the latency")
    func emptyMessage() throws {
        let simulation = Simulation()
        let network = StarNetwork(
            simulation: simulation, server: serverLink(), clients: [clientLink(up: 1, latency: 0.123456789)])
        simulation.spawn("client") {
            let times = try await network.transfer(bytes: 0, client: 0, direction: .up)
            #expect(times.end == .seconds(0.123456789))
        }
        try simulation.run()
    }

    @Test("transfers that compete end as the closed form says, in the order of completion")
    func competing() throws {
        // As in "flows of different sizes at equal share": 1 s, 5/3 s, 2 s.
        let simulation = Simulation()
        let log = EventLog(simulation)
        let network = StarNetwork(
            simulation: simulation, server: serverLink(down: 300),
            clients: (0..<3).map { _ in clientLink(up: 1e9) })
        for (client, bytes) in [300, 200, 100].enumerated() {
            simulation.spawn("client \(client)") {
                try await network.transfer(bytes: bytes, client: client, direction: .up)
                log.note("client \(client)")
            }
        }
        try simulation.run()
        #expect(log.lines == ["1 s: client 2", "1.666666667 s: client 1", "2 s: client 0"])
    }

    @Test("one event of the network is pending at a time, and few are executed")
    func eventCount() throws {
        let simulation = Simulation()
        let network = StarNetwork(
            simulation: simulation, server: serverLink(down: 1e6),
            clients: (0..<100).map { _ in clientLink(up: 1e9, latency: 0.01) })
        for client in 0..<100 {
            simulation.spawn("client \(client)") {
                try await network.transfer(bytes: 1000 * (client + 1), client: client, direction: .up)
            }
        }
        try simulation.run()
        // 100 starts and 100 wake-ups; one change in which all begin to drain and 100 completions.
        #expect(simulation.eventCount == 301)
    }

    @Test("cancelling a transfer reports the bytes delivered and frees the link")
    func cancelling() throws {
        // Both at 50 bytes/s until 3 s: 150 bytes. Then the other alone: 3 + 850/100 = 11.5 s.
        let simulation = Simulation()
        let log = EventLog(simulation)
        let network = StarNetwork(
            simulation: simulation, server: serverLink(down: 100),
            clients: [clientLink(up: 1e6), clientLink(up: 1e6)])
        let victim = simulation.spawn("victim") {
            try await network.transfer(bytes: 1000, client: 0, direction: .up) { lost in
                log.note("lost after \(lost.deliveredBytes) bytes, \(lost.times.start) to \(lost.times.end)")
            }
        }
        simulation.spawn("other") {
            try await network.transfer(bytes: 1000, client: 1, direction: .up)
            log.note("other done")
        }
        simulation.spawn("canceller") {
            try await simulation.sleep(for: .seconds(3))
            victim.cancel()
        }
        try simulation.run()
        #expect(log.lines == ["3 s: lost after 150 bytes, 0 s to 3 s", "11.5 s: other done"])
        #expect(network.transferCount == 0)
    }

    @Test("a transfer cancelled during its latency has delivered nothing")
    func cancellingDuringLatency() throws {
        let simulation = Simulation()
        var delivered: Int?
        let network = StarNetwork(
            simulation: simulation, server: serverLink(), clients: [clientLink(up: 100, latency: 5)])
        let victim = simulation.spawn("victim") {
            try await network.transfer(bytes: 1000, client: 0, direction: .up) {
                delivered = $0.deliveredBytes
            }
        }
        simulation.spawn("canceller") {
            try await simulation.sleep(for: .seconds(3))
            victim.cancel()
        }
        try simulation.run()
        #expect(delivered == 0)
        #expect(simulation.now == .seconds(3))
    }

    @Test("a transfer cancelled at the instant of its completion, before it, has delivered everything")
    func cancellingAtCompletion() throws {
        let simulation = Simulation()
        var delivered: Int?
        let network = StarNetwork(
            simulation: simulation, server: serverLink(), clients: [clientLink(up: 100)])
        var victim: Process?
        simulation.spawn("canceller") {
            // Scheduled before the network's event for the same instant, so it comes first.
            try await simulation.sleep(for: .seconds(10))
            victim?.cancel()
        }
        victim = simulation.spawn("victim") {
            try await network.transfer(bytes: 1000, client: 0, direction: .up) {
                delivered = $0.deliveredBytes
            }
        }
        try simulation.run()
        #expect(delivered == 1000)
    }

    @Test("a process that is already cancelled starts no transfer")
    func alreadyCancelled() throws {
        let simulation = Simulation()
        let network = StarNetwork(
            simulation: simulation, server: serverLink(), clients: [clientLink(up: 100)])
        simulation.spawn("victim") {
            simulation.currentProcess?.cancel()
            try await network.transfer(bytes: 1000, client: 0, direction: .up) { _ in
                Issue.record("nothing was lost")
            }
        }
        try simulation.run()
        #expect(network.transferCount == 0)
        #expect(simulation.now == .start)
    }

    @Test("a deadline over a transfer cuts it off")
    func deadline() throws {
        let simulation = Simulation()
        let network = StarNetwork(
            simulation: simulation, server: serverLink(), clients: [clientLink(up: 100)])
        var delivered = 0
        simulation.spawn("server") {
            let times = try await simulation.withDeadline(at: .seconds(4)) {
                try await network.transfer(bytes: 1000, client: 0, direction: .up) {
                    delivered = $0.deliveredBytes
                }
            }
            #expect(times == nil)
        }
        try simulation.run()
        #expect(delivered == 400)
    }

    @Test(
        "bytes are conserved: delivered and lost add up, for random transfers and cancellations",
        arguments: 0..<5)
    func conservation(seed: UInt64) throws {
        let random = RandomCase(seed: 600 + seed, clients: 6, flows: 50)
        let first = try cancelAtRandom(random, seed: seed)
        #expect(first.count == random.flows.count)
        for (index, bytes) in first { #expect((0...random.flows[index].bytes).contains(bytes)) }
        #expect(try cancelAtRandom(random, seed: seed) == first)
    }

    /// Bytes delivered of each flow when some processes are cancelled on the way.
    private func cancelAtRandom(_ random: RandomCase, seed: UInt64) throws -> [Int: Int] {
        let simulation = Simulation()
        let network = StarNetwork(simulation: simulation, server: random.server, clients: random.clients)
        var stream = RandomStream(seed: seed, purpose: "cancellations")
        var delivered: [Int: Int] = [:]
        for (index, flow) in random.flows.enumerated() {
            let process = simulation.spawn("flow \(index)") {
                try await network.transfer(bytes: flow.bytes, client: flow.client, direction: flow.direction)
                {
                    delivered[index] = $0.deliveredBytes
                }
                delivered[index] = flow.bytes
            }
            let patience = stream.uniform() * 10
            simulation.spawn("patience \(index)") {
                try await simulation.sleep(for: .seconds(patience))
                process.cancel()
            }
        }
        try simulation.run()
        return delivered
    }

    @Test("a run that ends with an error leaves no transfer behind")
    func errorOfTheRun() throws {
        let simulation = Simulation()
        let network = StarNetwork(
            simulation: simulation, server: serverLink(), clients: [clientLink(up: 100)])
        var delivered: Int?
        simulation.spawn("client") {
            try await network.transfer(bytes: 1000, client: 0, direction: .up) {
                delivered = $0.deliveredBytes
            }
        }
        simulation.spawn("failing") {
            try await simulation.sleep(for: .seconds(1))
            throw TestError("stop")
        }
        #expect(throws: TestError("stop")) { try simulation.run() }
        #expect(delivered == 100)
        #expect(network.transferCount == 0)
    }
}
