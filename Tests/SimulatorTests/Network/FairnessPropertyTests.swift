import Core
import Simulator
import Testing

@Suite("Fluid star: properties over seeds")
struct FairnessPropertyTests {
    @Test("completions equal those of progressive filling", arguments: 0..<30)
    func matchesProgressiveFilling(seed: UInt64) {
        let random = RandomCase(seed: seed, clients: 3 + Int(seed), flows: 60)
        var star = random.star(order: Array(random.flows.indices))
        let ends = star.drain()
        let expected = ProgressiveFilling.completionSeconds(
            server: random.server, clients: random.clients, flows: random.flows)
        #expect(ends.count == random.flows.count)
        for (flow, end) in ends { #expect(relativeError(end, expected[flow]) < 1e-9, "flow \(flow)") }
    }

    @Test(
        "no link ever carries more than its capacity, and the server's is full when flows want more",
        arguments: 0..<20)
    func capacityIsNeverExceeded(seed: UInt64) {
        let random = RandomCase(seed: seed, clients: 8, flows: 60)
        var star = random.star(order: Array(random.flows.indices))
        while let change = star.nextChange() {
            _ = star.advance(to: change)
            for direction in TransferDirection.allCases { checkCapacities(star, random, direction) }
        }
    }

    private func checkCapacities(_ star: FluidStar, _ random: RandomCase, _ direction: TransferDirection) {
        var perClient = [Double](repeating: 0, count: random.clients.count)
        for (index, flow) in random.flows.enumerated() where flow.direction == direction {
            perClient[flow.client] += star.rate(of: index) ?? 0
        }
        let isUp = direction == .up
        for (client, rate) in perClient.enumerated() {
            let link = random.clients[client]
            #expect(rate <= (isUp ? link.uplink : link.downlink).value * (1 + 1e-12))
        }
        let trunk = (isUp ? random.server.downlink : random.server.uplink).value
        #expect(perClient.reduce(0, +) <= trunk * (1 + 1e-12))
    }

    @Test("the rates are max-min fair at every change", arguments: 0..<20)
    func ratesAreMaxMinFair(seed: UInt64) {
        let random = RandomCase(seed: 100 + seed, clients: 6, flows: 40)
        var star = random.star(order: Array(random.flows.indices))
        while let change = star.nextChange() {
            _ = star.advance(to: change)
            // A flow that has completed has no rate, one that waits has rate 0.
            let draining = random.flows.indices.filter { (star.rate(of: $0) ?? 0) > 0 }
            let expected = ProgressiveFilling.rates(
                server: random.server, clients: random.clients, flows: draining.map { random.flows[$0] })
            for (index, rate) in zip(draining, expected) {
                #expect(relativeError(star.rate(of: index)!, rate) < 1e-9)
            }
        }
    }

    @Test("every flow has a bottleneck: a full link on which no flow is faster", arguments: 0..<10)
    func everyFlowHasABottleneck(seed: UInt64) {
        // The defining property of max-min fairness (Bertsekas and Gallager, proposition 6.1).
        let random = RandomCase(seed: 200 + seed, clients: 6, flows: 40)
        var star = random.star(order: Array(random.flows.indices))
        while let change = star.nextChange() {
            _ = star.advance(to: change)
            for index in random.flows.indices {
                guard let rate = star.rate(of: index), rate > 0 else { continue }
                #expect(hasBottleneck(index, rate: rate, star, random))
            }
        }
    }

    private func hasBottleneck(_ index: Int, rate: Double, _ star: FluidStar, _ random: RandomCase) -> Bool {
        let flow = random.flows[index]
        let isUp = flow.direction == .up
        let peers = random.flows.indices.filter { random.flows[$0].direction == flow.direction }
        let siblings = peers.filter { random.flows[$0].client == flow.client }
        let link = random.clients[flow.client]
        return [
            (siblings, (isUp ? link.uplink : link.downlink).value),
            (peers, (isUp ? random.server.downlink : random.server.uplink).value),
        ].contains { members, capacity in
            let rates = members.compactMap { star.rate(of: $0) }
            let isFull = rates.reduce(0, +) >= capacity * (1 - 1e-9)
            return isFull && rates.allSatisfy { $0 <= rate * (1 + 1e-9) }
        }
    }

    @Test("the integral of the rates is the bytes: all are delivered, once", arguments: 0..<10)
    func allBytesAreDelivered(seed: UInt64) {
        let random = RandomCase(seed: 300 + seed, clients: 5, flows: 40)
        var star = random.star(order: Array(random.flows.indices))
        var delivered = [Double](repeating: 0, count: random.flows.count)
        while let change = star.nextChange() {
            let span = change - star.seconds
            for index in random.flows.indices { delivered[index] += (star.rate(of: index) ?? 0) * span }
            _ = star.advance(to: change)
        }
        for (index, flow) in random.flows.enumerated() {
            #expect(abs(delivered[index] - Double(flow.bytes)) < 1e-6 * Double(flow.bytes) + 1e-3)
        }
        #expect(star.flowCount == 0)
    }

    @Test("completions do not depend on the order in which the flows are listed", arguments: 0..<10)
    func listingOrderDoesNotMatter(seed: UInt64) {
        let random = RandomCase(seed: 400 + seed, clients: 10, flows: 80)
        var stream = RandomStream(seed: seed, purpose: "listing")
        let order = stream.permutation(random.flows.count)
        var listed = random.star(order: Array(random.flows.indices))
        var shuffled = random.star(order: order)
        let ends = listed.drain()
        let shuffledEnds = shuffled.drain()
        for (position, index) in order.enumerated() {
            #expect(relativeError(shuffledEnds[position]!, ends[index]!) < 1e-12)
        }
    }

    @Test("cancelling at random never loses or invents bytes", arguments: 0..<10)
    func randomCancellations(seed: UInt64) {
        let random = RandomCase(seed: 500 + seed, clients: 6, flows: 60)
        var star = random.star(order: Array(random.flows.indices))
        var stream = RandomStream(seed: seed, purpose: "cancellations")
        var outcomes = [Int?](repeating: nil, count: random.flows.count)
        while let change = star.nextChange() {
            for completion in star.advance(to: change) {
                #expect(outcomes[completion.flow] == nil)
                outcomes[completion.flow] = random.flows[completion.flow].bytes
            }
            let victim = stream.index(below: random.flows.count)
            if stream.index(below: 4) == 0, let delivered = star.cancel(victim) {
                #expect(outcomes[victim] == nil)
                #expect((0...random.flows[victim].bytes).contains(delivered))
                outcomes[victim] = delivered
            }
        }
        #expect(outcomes.allSatisfy { $0 != nil })
    }

    @Test("a star is a value: a copy goes on by itself", arguments: 0..<5)
    func copies(seed: UInt64) {
        let random = RandomCase(seed: 600 + seed, clients: 12, flows: 60)
        var star = random.star(order: Array(random.flows.indices))
        for _ in 0..<30 { _ = star.nextChange().map { star.advance(to: $0) } }
        var copy = star
        let ends = star.drain()
        #expect(star.flowCount == 0 && copy.flowCount == ends.count)
        copy.setLink(of: 3, isUp: false)
        copy.setLink(of: 3, isUp: true)
        let endsOfCopy = copy.drain()
        #expect(endsOfCopy.count == ends.count)
        for (flow, end) in endsOfCopy { #expect(relativeError(end, ends[flow]!) < 1e-12) }
    }

    @Test("a long run in which flows come and go keeps its precision")
    func longRun() {
        // 2,000 flows of 1000 bytes, one every 0.4 ms: exactly what a server of 2.5e6 bytes/s can carry, so
        // the level crosses the clients' shares again and again.
        let clients = (0..<50).map { clientLink(up: 1e5 * Double(1 + $0 % 7)) }
        var star = FluidStar(server: serverLink(down: 2.5e6), clients: clients)
        var flows: [ProgressiveFilling.Flow] = []
        for number in 0..<2_000 {
            let flow = ProgressiveFilling.Flow(
                client: number % 50, direction: .up, drainsFrom: Double(number) * 4e-4, bytes: 1000)
            flows.append(flow)
            _ = star.start(bytes: 1000, client: flow.client, direction: .up, drainsFrom: flow.drainsFrom)
        }
        let ends = star.drain()
        let expected = ProgressiveFilling.completionSeconds(
            server: serverLink(down: 2.5e6), clients: clients, flows: flows)
        for (flow, end) in ends { #expect(relativeError(end, expected[flow]) < 1e-9) }
    }
}
