import Core
import Simulator
import Testing

@Suite("Fluid star: links that go down")
struct FluidStarOutageTests {
    @Test("a flow over a link that is down waits with what it has; its share goes to the others")
    func pausing() {
        // Both at 50 until 2 s (100 each). Then flow 1 alone at 100 until 5 s (400). Then 50 each:
        // flow 1 has 600 to go: 17 s; flow 0 then has 300 to go, at 100: 20 s.
        var star = FluidStar(
            server: serverLink(down: 100), clients: [clientLink(up: 1e6), clientLink(up: 1e6)])
        _ = star.start(bytes: 1000, client: 0, direction: .up, drainsFrom: 0)
        _ = star.start(bytes: 1000, client: 1, direction: .up, drainsFrom: 0)
        _ = star.advance(to: 2)
        star.setLink(of: 0, isUp: false)
        #expect(star.rate(of: 0) == 0 && star.rate(of: 1) == 100)
        _ = star.advance(to: 5)
        star.setLink(of: 0, isUp: true)
        #expect(star.rate(of: 0) == 50 && star.rate(of: 1) == 50)
        #expect(star.drain() == [0: 20, 1: 17])
    }

    @Test("a flow that arrives at a link that is down waits for it, in both directions")
    func arriving() {
        var star = FluidStar(server: serverLink(), clients: [clientLink(up: 100, down: 200)])
        star.setLink(of: 0, isUp: false)
        _ = star.start(bytes: 1000, client: 0, direction: .up, drainsFrom: 1)
        _ = star.start(bytes: 1000, client: 0, direction: .down, drainsFrom: 1)
        _ = star.advance(to: 30)
        #expect(star.flowCount == 2 && star.nextChange() == nil)
        star.setLink(of: 0, isUp: true)
        #expect(star.drain() == [0: 40, 1: 35])
    }

    @Test("several flows of a client pause together and share again")
    func siblings() {
        // 50 each until 2 s, nothing until 12 s, then 50 each: 200 bytes end at 14 s, the rest of 400 alone.
        var star = FluidStar(server: serverLink(), clients: [clientLink(up: 100)])
        _ = star.start(bytes: 200, client: 0, direction: .up, drainsFrom: 0)
        _ = star.start(bytes: 400, client: 0, direction: .up, drainsFrom: 0)
        _ = star.advance(to: 2)
        star.setLink(of: 0, isUp: false)
        _ = star.advance(to: 12)
        star.setLink(of: 0, isUp: true)
        #expect(star.drain() == [0: 14, 1: 16])
    }

    @Test("a flow that is cancelled while its link is down has delivered what it had before")
    func cancelling() {
        var star = FluidStar(server: serverLink(), clients: [clientLink(up: 100)])
        let flow = star.start(bytes: 1000, client: 0, direction: .up, drainsFrom: 0)
        _ = star.advance(to: 3)
        star.setLink(of: 0, isUp: false)
        _ = star.advance(to: 100)
        #expect(star.cancel(flow) == 300)
        #expect(star.flowCount == 0)
    }

    @Test("while the server is down nothing moves, and everything goes on where it was")
    func server() {
        var star = FluidStar(
            server: serverLink(up: 100, down: 100),
            clients: [clientLink(up: 60, down: 100), clientLink(up: 100)])
        _ = star.start(bytes: 600, client: 0, direction: .up, drainsFrom: 0)
        _ = star.start(bytes: 500, client: 1, direction: .up, drainsFrom: 0)
        _ = star.start(bytes: 1000, client: 0, direction: .down, drainsFrom: 0)
        _ = star.advance(to: 4)
        star.setServerLink(isUp: false)
        star.setServerLink(isUp: false)
        #expect(star.nextChange() == nil)
        // It arrives while the server is down and drains from 24 s on.
        _ = star.start(bytes: 100, client: 1, direction: .down, drainsFrom: 5)
        _ = star.advance(to: 24)
        #expect(star.rate(of: 0) == 0)
        star.setServerLink(isUp: true)
        // Up: as without the outage (50 each: the second ends at 10 s, the first has 100 to go, at 60), 20 s
        // later. Down: 400 moved by 4 s; then 50 each: the late one ends at 26 s; 500 to go at 100: 31 s.
        let ends = star.drain()
        for (flow, end) in [0: 10 + 100.0 / 60 + 20, 1: 30, 2: 31, 3: 26] {
            #expect(relativeError(ends[flow]!, end) < 1e-12, "flow \(flow)")
        }
    }

    @Test("with outages at random every byte is delivered once and no link is exceeded", arguments: 0..<20)
    func randomOutages(seed: UInt64) {
        let random = RandomCase(seed: 900 + seed, clients: 6, flows: 50)
        var star = random.star(order: Array(random.flows.indices))
        var stream = RandomStream(seed: seed, purpose: "outages")
        var isUp = [Bool](repeating: true, count: 6), serverIsUp = true
        var delivered = [Double](repeating: 0, count: 50)
        var completed = Set<Int>()
        func step(to end: Double) {
            let span = end - star.seconds
            for flow in 0..<50 {
                let rate = star.rate(of: flow) ?? 0
                if rate > 0 { #expect(serverIsUp && isUp[random.flows[flow].client]) }
                delivered[flow] += rate * span
            }
            checkCapacity()
            for completion in star.advance(to: end) { #expect(completed.insert(completion.flow).inserted) }
        }
        func checkCapacity() {
            for direction in TransferDirection.allCases {
                let flows = (0..<50).filter { random.flows[$0].direction == direction }
                let trunk = direction == .up ? random.server.downlink : random.server.uplink
                let total = flows.reduce(0) { $0 + (star.rate(of: $1) ?? 0) }
                #expect(total <= trunk.value * (1 + 1e-12))
            }
        }
        for toggle in 0..<60 {
            let pause = stream.uniform() * 0.5
            let target = star.seconds + pause
            while let change = star.nextChange(), change < target { step(to: change) }
            step(to: target)
            let client = stream.index(below: 7)
            if toggle == 59 { break }
            if client == 6 {
                serverIsUp.toggle()
                star.setServerLink(isUp: serverIsUp)
            } else {
                isUp[client].toggle()
                star.setLink(of: client, isUp: isUp[client])
            }
        }
        serverIsUp = true
        star.setServerLink(isUp: true)
        for client in 0..<6 {
            isUp[client] = true
            star.setLink(of: client, isUp: true)
        }
        while let change = star.nextChange() { step(to: change) }
        #expect(completed.count == 50)
        for (index, flow) in random.flows.enumerated() {
            #expect(abs(delivered[index] - Double(flow.bytes)) < 1e-6 * Double(flow.bytes) + 1e-2)
        }
    }
}

@Suite("Transfers over links that go down")
struct LinkOutageTests {
    private func network(
        _ simulation: Simulation, _ faults: [ListedFault], clients: Int = 2, pausesAbsentClients: Bool = false
    ) -> (StarNetwork, FaultSchedule) {
        var plan = FaultPlan()
        plan.listed = faults
        let schedule = FaultSchedule(simulation, plan: plan, seed: 1)
        let network = StarNetwork(
            simulation: simulation, server: serverLink(down: 100),
            clients: ClientLinks((0..<clients).map { _ in clientLink(up: 100, latency: 1) }),
            faults: schedule,
            pausesAbsentClients: pausesAbsentClients)
        return (network, schedule)
    }

    private func outage(_ start: Double, _ end: Double) -> Outage {
        Outage(start: .seconds(start), end: .seconds(end))
    }

    @Test("a transfer pauses while its link is down", arguments: [FaultTarget.link(0), .server])
    func pausing(target: FaultTarget) throws {
        // 1 s latency, 1000 bytes at 100/s; from 5 s to 8 s and from 10 s to 11 s nothing moves.
        let simulation = Simulation()
        let (network, _) = network(
            simulation, [ListedFault(target, outage(5, 8)), ListedFault(target, outage(10, 11))])
        simulation.spawn("client 0") {
            let times = try await network.transfer(bytes: 1000, client: 0, direction: .up)
            #expect(times == TransferTimes(start: .start, end: .seconds(15)))
        }
        try simulation.run()
        // Nothing is followed any more: the clock does not go on to later outages.
        #expect(simulation.now == .seconds(15))
    }

    @Test("a client that is away pauses its transfers where the network is told so, and only there")
    func absentClients() throws {
        for (pauses, end) in [(true, 14.0), (false, 11)] {
            let simulation = Simulation()
            let (network, _) = network(
                simulation, [ListedFault(.client(0), outage(5, 8))], pausesAbsentClients: pauses)
            simulation.spawn("client 0") {
                try await network.transfer(bytes: 1000, client: 0, direction: .up)
            }
            try simulation.run()
            #expect(simulation.now == .seconds(end))
        }
    }

    @Test("a client that leaves in the middle of an upload: its bytes until then, and why")
    func leaving() throws {
        let simulation = Simulation()
        let (network, faults) = network(simulation, [ListedFault(.client(0), outage(5, 8))])
        var lost: StarNetwork.LostTransfer?
        simulation.spawn("server") {
            let done: Bool? = try await faults.untilDown(.client(0)) {
                try await network.transfer(bytes: 1000, client: 0, direction: .up) { lost = $0 }
                return true
            }
            #expect(done == nil)
        }
        try simulation.run()
        // 4 s at 100 bytes/s.
        #expect(lost?.deliveredBytes == 400)
        #expect(lost?.times == TransferTimes(start: .start, end: .seconds(5)))
        #expect(lost?.reason is FaultSchedule.Down)
        #expect(network.transferCount == 0)
    }

    @Test("what another client leaves on the server's link goes to who is there")
    func sharing() throws {
        // 50 each from 1 s; client 1's link is down from 3 s to 7 s: client 0 has 100 + 400 at 7 s, then 50
        // each: 1000 at 17 s; client 1 has 100 + 500 then, and the last 400 alone: 21 s.
        let simulation = Simulation()
        let (network, _) = network(simulation, [ListedFault(.link(1), outage(3, 7))])
        let log = EventLog(simulation)
        for client in 0..<2 {
            simulation.spawn("client \(client)") {
                try await network.transfer(bytes: 1000, client: client, direction: .up)
                log.note("client \(client)")
            }
        }
        try simulation.run()
        #expect(log.lines == ["17 s: client 0", "21 s: client 1"])
    }

    @Test(
        "a transfer over a link that is down for good is lost, not a deadlock",
        arguments: [FaultTarget.link(0), .server])
    func forGood(target: FaultTarget) throws {
        let simulation = Simulation()
        let (network, _) = network(simulation, [ListedFault(target, Outage(start: .seconds(5)))])
        var delivered: [Int] = []
        simulation.spawn("client 0") {
            for _ in 0..<2 {
                await #expect(throws: FaultSchedule.Down.self) {
                    try await network.transfer(bytes: 1000, client: 0, direction: .up) {
                        delivered.append($0.deliveredBytes)
                    }
                }
            }
        }
        try simulation.run()
        #expect(delivered == [400, 0])
        #expect(simulation.now == .seconds(5))
    }

    @Test("a link that is already down when the transfer begins")
    func downAtTheStart() throws {
        let simulation = Simulation()
        let (network, _) = network(simulation, [ListedFault(.link(0), outage(0, 30))])
        simulation.spawn("client 0") { try await network.transfer(bytes: 100, client: 0, direction: .up) }
        try simulation.run()
        // Its latency passes while the link is down; 100 bytes take 1 s.
        #expect(simulation.now == .seconds(31))
    }
}
