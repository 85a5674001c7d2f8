import Simulator
import TestSupport
import Testing

@Suite("Fluid star: closed forms")
struct ClosedFormTests {
    @Test("alone, a flow takes bytes over the slower of the two links")
    func aloneOnTheSlowerLink() {
        // t = 1e6 / min(2e6, 5e5) = 2 s, and t = 1e6 / min(2e6, 1e9) = 0.5 s.
        var slowServer = FluidStar(server: serverLink(down: 5e5), clients: [clientLink(up: 2e6)])
        _ = slowServer.start(bytes: 1_000_000, client: 0, direction: .up, drainsFrom: 0)
        #expect(slowServer.drain() == [0: 2])
        var slowClient = FluidStar(server: serverLink(), clients: [clientLink(up: 2e6)])
        _ = slowClient.start(bytes: 1_000_000, client: 0, direction: .up, drainsFrom: 0)
        #expect(slowClient.drain() == [0: 0.5])
    }

    @Test("up crosses the client's uplink and the server's downlink, down the other two")
    func directions() {
        let client = clientLink(up: 1000, down: 2000)
        for (direction, server, seconds) in [
            (TransferDirection.up, serverLink(up: 1, down: 1e9), 8.0),
            (.up, serverLink(up: 1e9, down: 500), 16.0),
            (.down, serverLink(up: 1e9, down: 1), 4.0),
            (.down, serverLink(up: 250, down: 1e9), 32.0),
        ] {
            var star = FluidStar(server: server, clients: [client])
            _ = star.start(bytes: 8000, client: 0, direction: direction, drainsFrom: 0)
            #expect(star.drain() == [0: seconds])
        }
    }

    @Test("the two directions of a link share nothing")
    func fullDuplex() {
        var star = FluidStar(
            server: serverLink(up: 1000, down: 1000), clients: [clientLink(up: 1000, down: 1000)])
        _ = star.start(bytes: 1000, client: 0, direction: .up, drainsFrom: 0)
        _ = star.start(bytes: 1000, client: 0, direction: .down, drainsFrom: 0)
        #expect(star.drain() == [0: 1, 1: 1])
    }

    @Test("n equal flows share the server equally", arguments: [1, 2, 5, 64, 1000])
    func equalShare(count: Int) {
        // r = C / n with C = 1e6, so t = b n / C = 1000 n / 1e6.
        let clients = (0..<count).map { _ in clientLink(up: 1e9) }
        var star = FluidStar(server: serverLink(down: 1e6), clients: clients)
        for client in 0..<count {
            _ = star.start(bytes: 1000, client: client, direction: .up, drainsFrom: 0)
        }
        let ends = star.drain()
        #expect(ends.count == count)
        for end in ends.values { #expect(relativeError(end, 1000 * Double(count) / 1e6) < 1e-12) }
    }

    @Test("flows of different sizes at equal share: each departure speeds up the rest")
    func unequalSizes() {
        // C = 300 shared by three flows of 100, 200 and 300 bytes from 0 s.
        // All at 100/s until 1 s: 100 done. Then 150/s each: the second's last 100 take 2/3 s: 5/3 s.
        // Then 300/s: the third has 300 − 100 − 100 = 100 left: 1/3 s: 2 s = 600 / 300.
        var star = FluidStar(server: serverLink(down: 300), clients: (0..<3).map { _ in clientLink(up: 1e9) })
        for (client, bytes) in [100, 200, 300].enumerated() {
            _ = star.start(bytes: bytes, client: client, direction: .up, drainsFrom: 0)
        }
        let ends = star.drain()
        #expect(relativeError(ends[0]!, 1) < 1e-12)
        #expect(relativeError(ends[1]!, 5.0 / 3) < 1e-12)
        #expect(relativeError(ends[2]!, 2) < 1e-12)
    }

    @Test("two bottlenecks: what a slow client leaves goes to the others")
    func twoBottlenecks() {
        // Max-min: r1 = min(10, 100/3) = 10; r2 = r3 = (100 − 10) / 2 = 45.
        let clients = [clientLink(up: 10), clientLink(up: 60), clientLink(up: 1000)]
        var star = FluidStar(server: serverLink(down: 100), clients: clients)
        for client in 0..<3 { _ = star.start(bytes: 900, client: client, direction: .up, drainsFrom: 0) }
        _ = star.advance(to: 0)
        #expect(star.rate(of: 0) == 10)
        #expect(star.rate(of: 1) == 45)
        #expect(star.rate(of: 2) == 45)
        // r2 = r3 = 45 until both end at 900/45 = 20 s; r1 ends at 900/10 = 90 s.
        #expect(star.drain() == [0: 90, 1: 20, 2: 20])
    }

    @Test("when one of the fast flows ends, the other is held back by its own link")
    func levelAboveTheLink() {
        // Until 10 s both at 50; then flow 1 alone at min(60, 100): 500 + 60 (t − 10) = 1100, t = 20 s.
        var star = FluidStar(
            server: serverLink(down: 100), clients: [clientLink(up: 1000), clientLink(up: 60)])
        _ = star.start(bytes: 500, client: 0, direction: .up, drainsFrom: 0)
        _ = star.start(bytes: 1100, client: 1, direction: .up, drainsFrom: 0)
        #expect(star.drain() == [0: 10, 1: 20])
    }

    @Test("flows of one client share its link, the rest of the server goes to the others")
    func severalFlowsOfOneClient() {
        // Client 0 (link 30) has three flows: 10 each. Client 1 gets min(200, 100 − 30) = 70.
        let clients = [clientLink(up: 30), clientLink(up: 200)]
        var star = FluidStar(server: serverLink(down: 100), clients: clients)
        for client in [0, 0, 0, 1] {
            _ = star.start(bytes: 700, client: client, direction: .up, drainsFrom: 0)
        }
        _ = star.advance(to: 0)
        #expect((0..<4).map { star.rate(of: $0) } == [10, 10, 10, 70])
        #expect(star.drain() == [0: 70, 1: 70, 2: 70, 3: 10])
    }

    @Test("a flow does not drain, nor slow others, before its time")
    func lateStart() {
        // Flow 0 alone at 100 until 5 s: 500 of 1000 bytes; then 50 each. Flow 0: 5 + 500/50 = 15 s.
        // Flow 1 has 500 at 15 s, of 600: then 100 alone: 16 s.
        var star = FluidStar(
            server: serverLink(down: 100), clients: [clientLink(up: 1e6), clientLink(up: 1e6)])
        _ = star.start(bytes: 1000, client: 0, direction: .up, drainsFrom: 0)
        _ = star.start(bytes: 600, client: 1, direction: .up, drainsFrom: 5)
        _ = star.advance(to: 2)
        #expect(star.rate(of: 0) == 100)
        #expect(star.rate(of: 1) == 0)
        #expect(star.drain() == [0: 15, 1: 16])
    }

    @Test("an empty flow completes when it begins to drain")
    func emptyFlow() {
        var star = FluidStar(server: serverLink(), clients: [clientLink(up: 100)])
        _ = star.start(bytes: 0, client: 0, direction: .up, drainsFrom: 3)
        #expect(star.drain() == [0: 3])
    }

    @Test("a cancelled flow reports its whole bytes, and its share goes to the others")
    func cancelling() {
        // Both at 50 until 3 s: 150 bytes each. Then flow 1 alone at 100: 3 + 850/100 = 11.5 s.
        var star = FluidStar(
            server: serverLink(down: 100), clients: [clientLink(up: 1e6), clientLink(up: 1e6)])
        let cancelled = star.start(bytes: 1000, client: 0, direction: .up, drainsFrom: 0)
        _ = star.start(bytes: 1000, client: 1, direction: .up, drainsFrom: 0)
        let waiting = star.start(bytes: 1000, client: 1, direction: .up, drainsFrom: 50)
        _ = star.advance(to: 3)
        #expect(star.cancel(cancelled) == 150)
        #expect(star.cancel(cancelled) == nil)
        #expect(star.cancel(waiting) == 0)
        #expect(star.rate(of: cancelled) == nil)
        #expect(star.flowCount == 1)
        #expect(star.drain() == [1: 11.5])
    }

    @Test("advancing past several changes at once gives the same completions, in order")
    func advancingFar() {
        var star = FluidStar(server: serverLink(down: 300), clients: (0..<3).map { _ in clientLink(up: 1e9) })
        for (client, bytes) in [300, 200, 100].enumerated() {
            _ = star.start(bytes: bytes, client: client, direction: .up, drainsFrom: 0)
        }
        let completions = star.advance(to: 100)
        #expect(completions.map(\.flow) == [2, 1, 0])
        #expect(relativeError(completions[2].seconds, 2) < 1e-12)
        #expect(star.seconds == 100)
        #expect(star.nextChange() == nil)
    }

    @Test("misuse traps: negative bytes, unknown client, time going back, a rate of zero")
    func misuse() async {
        await #expect(processExitsWith: trap) {
            var star = FluidStar(server: serverLink(), clients: [clientLink(up: 1)])
            _ = star.start(bytes: -1, client: 0, direction: .up, drainsFrom: 0)
        }
        await #expect(processExitsWith: trap) {
            var star = FluidStar(server: serverLink(), clients: [clientLink(up: 1)])
            _ = star.start(bytes: 1, client: 1, direction: .up, drainsFrom: 0)
        }
        await #expect(processExitsWith: trap) {
            var star = FluidStar(server: serverLink(), clients: [])
            _ = star.advance(to: 2)
            _ = star.advance(to: 1)
        }
        await #expect(processExitsWith: trap) { _ = BytesPerSecond(0) }
        await #expect(processExitsWith: trap) { _ = clientLink(up: 1, latency: -1) }
    }
}
