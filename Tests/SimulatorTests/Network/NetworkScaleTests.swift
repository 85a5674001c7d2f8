import Core
import Foundation
import Simulator
import Synchronization
import TestSupport
import Testing

@Suite("Fluid star: scale")
struct NetworkScaleTests {
    @Test(
        "an arrival and a departure move O(log n) heap entries", arguments: NetworkBenchmark.Links.allCases,
        [100, 1_000, 10_000, 100_000])
    func movesPerTransfer(links: NetworkBenchmark.Links, transfers: Int) {
        // Counted, not timed. A transfer enters and leaves two heaps of four children per node, or three
        // where the flows of a group have one of their own, and its group may change sides once each way: so
        // a few times log4 n = log2 n / 2 moves.
        let moves = NetworkBenchmark.run(transfers: transfers, links: links).heapMoves
        #expect(Double(moves) <= 6 * log2(Double(transfers)) * Double(transfers))
        #expect(moves >= transfers)
    }

    @Test(
        "ten times the transfers are at most 13 times the work", arguments: NetworkBenchmark.Links.allCases)
    func growth(links: NetworkBenchmark.Links) {
        // n log n grows 12.5 times from 10,000 to 100,000.
        let small = NetworkBenchmark.run(transfers: 10_000, links: links).heapMoves
        let large = NetworkBenchmark.run(transfers: 100_000, links: links).heapMoves
        #expect(Double(large) <= 13 * Double(small))
    }

    @Test("what comes and goes among 10,000 others costs O(log n) each, however often")
    func churn() {
        // 60,000 flows that are cancelled at random, from links that all differ: each leaves stale entries.
        let links = NetworkBenchmark.Links.lognormal
        let clients = NetworkBenchmark.clientLinks(count: 20_000, links, seed: 4)
        var star = FluidStar(server: serverLink(down: 1e10), clients: clients)
        for client in 0..<10_000 {
            _ = star.start(bytes: 1_000_000_000, client: client, direction: .up, drainsFrom: 0)
        }
        _ = star.advance(to: 1)
        let before = star.heapMoveCount
        var stream = RandomStream(seed: 1, purpose: "churn")
        var recent: [Int] = []
        for number in 0..<60_000 {
            let client = 10_000 + number % 10_000
            recent.append(star.start(bytes: 1_000, client: client, direction: .up, drainsFrom: star.seconds))
            _ = star.advance(to: star.seconds + 1e-6)
            if recent.count > 50 {
                _ = star.cancel(recent.remove(at: stream.index(below: recent.count)))
            }
        }
        let moves = Double(star.heapMoveCount - before) / 60_000
        #expect(moves < 6 * log2(10_000))
        #expect(star.flowCount <= 10_051)
    }

    @Test("a link that goes down and up again among 10,000 others costs O(log n)")
    func outages() {
        let clients = NetworkBenchmark.clientLinks(count: 10_000, .lognormal, seed: 4)
        var star = FluidStar(server: serverLink(down: 1e10), clients: clients)
        for client in 0..<10_000 {
            _ = star.start(bytes: 1_000_000_000, client: client, direction: .up, drainsFrom: 0)
        }
        _ = star.advance(to: 1)
        let before = star.heapMoveCount
        for number in 0..<20_000 { star.setLink(of: number / 2, isUp: number % 2 == 1) }
        #expect(Double(star.heapMoveCount - before) / 20_000 < 6 * log2(10_000))
        #expect(star.flowCount == 10_000)
    }

    @Test("the benchmark counts what it did, the same for the same seed")
    func benchmark() {
        let first = NetworkBenchmark.run(transfers: 500, links: .lognormal, seed: 3)
        #expect(first.transfers == 500)
        #expect(first.transfersPerSecond > 0)
        #expect(first.heapMoves == NetworkBenchmark.run(transfers: 500, links: .lognormal, seed: 3).heapMoves)
    }

    @Test("of a million registered clients only those that are used cost anything")
    func registeredClients() {
        let asked = Asked()
        let links = ClientLinks(count: 1_000_000) { client in
            asked.note(client)
            return clientLink(up: Double(1000 + client))
        }
        var star = FluidStar(server: serverLink(), clients: links)
        #expect(asked.clients.isEmpty)
        for client in [0, 999_999, 123_456] {
            _ = star.start(bytes: 1000 + client, client: client, direction: .up, drainsFrom: 0)
        }
        // Client c sends 1000 + c bytes at 1000 + c bytes/s: 1 s each.
        #expect(star.drain() == [0: 1, 1: 1, 2: 1])
        #expect(asked.clients == [0, 999_999, 123_456])
        #expect(star.madeLinkCount <= 3 * 256)
    }

    /// Clients whose links were asked for, in order.
    private final class Asked: Sendable {
        private let list = Mutex<[Int]>([])

        var clients: [Int] { list.withLock { $0 } }

        func note(_ client: Int) {
            list.withLock { $0.append(client) }
        }
    }

    @Test("a network asks for the links of clients that transfer, and for no others")
    func lazyNetwork() throws {
        let links = ClientLinks(count: 1_000_000) { client in
            precondition(client == 7, "client \(client) was not to be asked for")
            return clientLink(up: 100, latency: 2)
        }
        let simulation = Simulation()
        let network = StarNetwork(simulation: simulation, server: serverLink(), clients: links)
        simulation.spawn("client 7") {
            try await network.transfer(bytes: 300, client: 7, direction: .up)
        }
        try simulation.run()
        // 2 s latency and 300 bytes at 100 bytes/s.
        #expect(simulation.now == .seconds(5))
    }

    @Test("computed and listed links give the same completions", arguments: 0..<5)
    func computedLinks(seed: UInt64) {
        let random = RandomCase(seed: 700 + seed, clients: 20, flows: 80)
        let clients = random.clients
        var computed = FluidStar(server: random.server, clients: ClientLinks(count: 20) { clients[$0] })
        for flow in random.flows {
            _ = computed.start(
                bytes: flow.bytes, client: flow.client, direction: flow.direction,
                drainsFrom: flow.drainsFrom)
        }
        var listed = random.star(order: Array(random.flows.indices))
        #expect(computed.drain() == listed.drain())
    }

    @Test("shares come and go by the thousand without a trace: the second round is as the first")
    func manyShares() {
        // Alone on the star, client c sends 1000 bytes at 1000 + c bytes/s; 600 distinct shares that are
        // forgotten and made again.
        let clients = (0..<600).map { clientLink(up: 1000 + Double($0)) }
        var star = FluidStar(server: serverLink(), clients: clients)
        for _ in 0..<3 {
            for client in 0..<600 {
                let begin = star.seconds
                _ = star.start(bytes: 1000, client: client, direction: .up, drainsFrom: begin)
                let end = star.drain().values.first!
                #expect(relativeError(end - begin, 1000 / (1000 + Double(client))) < 1e-9)
            }
        }
        #expect(star.flowCount == 0)
    }

    @Test("of flows that end at the same time the first announced ends first")
    func tiesAreInOrder() {
        // Ten pairs of different links, 10 bytes at 10 bytes/s or 20 at 20: all end after 1 s.
        let clients = (0..<10).map { clientLink(up: 10 * Double(1 + $0 % 2)) }
        var star = FluidStar(server: serverLink(), clients: clients)
        for client in 0..<10 {
            _ = star.start(bytes: 10 * (1 + client % 2), client: client, direction: .up, drainsFrom: 0)
        }
        #expect(star.advance(to: 1).map(\.flow) == Array(0..<10))
    }

    @Test("a client beyond the population, or a negative population, traps")
    func bounds() async {
        await #expect(processExitsWith: trap) {
            _ = ClientLinks(count: 2) { _ in clientLink(up: 1) }.link(of: 2)
        }
        await #expect(processExitsWith: trap) {
            _ = ClientLinks([]).link(of: -1)
        }
        await #expect(processExitsWith: trap) {
            _ = ClientLinks(count: -1) { _ in clientLink(up: 1) }
        }
    }
}
