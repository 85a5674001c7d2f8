import Core
import Simulator

/// A link of a client in bytes/s and seconds.
func clientLink(up: Double, down: Double = 1e6, latency: Double = 0) -> ClientLink {
    ClientLink(
        uplink: BytesPerSecond(up), downlink: BytesPerSecond(down), latency: .seconds(latency))
}

/// The server's link in bytes/s.
func serverLink(up: Double = 1e9, down: Double = 1e9) -> LinkCapacity {
    LinkCapacity(uplink: BytesPerSecond(up), downlink: BytesPerSecond(down))
}

extension FluidStar {
    /// Lets time pass until nothing is left, and returns all completions by flow.
    mutating func drain() -> [Int: Double] {
        var ends: [Int: Double] = [:]
        while let change = nextChange() {
            for completion in advance(to: change) { ends[completion.flow] = completion.seconds }
        }
        return ends
    }
}

/// A random star and random flows over it, clients shared by several flows.
struct RandomCase {
    let server: LinkCapacity
    let clients: [ClientLink]
    let flows: [ProgressiveFilling.Flow]

    init(seed: UInt64, clients clientCount: Int, flows flowCount: Int) {
        var stream = RandomStream(seed: seed, purpose: "network case")
        let speed = Distribution.lognormal(median: 1e6, sigma: 1)
        let trunk = Distribution.choice(values: [1e6, 1e7, 1e9], weights: [1, 1, 1])
        server = LinkCapacity(
            uplink: BytesPerSecond(trunk.sample(using: &stream)),
            downlink: BytesPerSecond(trunk.sample(using: &stream)))
        clients = (0..<clientCount).map { client in
            // Every third client has the same link, so that groups of several clients occur.
            let isStandard = client.isMultiple(of: 3)
            return clientLink(
                up: isStandard ? 5e5 : speed.sample(using: &stream),
                down: isStandard ? 2e6 : speed.sample(using: &stream))
        }
        flows = (0..<flowCount).map { _ in
            ProgressiveFilling.Flow(
                client: stream.index(below: clientCount),
                direction: stream.index(below: 2) == 0 ? .up : .down,
                drainsFrom: stream.index(below: 3) == 0 ? 1 : stream.uniform() * 10,
                bytes: stream.index(below: 3_000_000))
        }
    }

    /// A star with the flows announced in the given order; the flow numbers are positions in it.
    func star(order: [Int]) -> FluidStar {
        var star = FluidStar(server: server, clients: clients)
        for index in order {
            let flow = flows[index]
            _ = star.start(
                bytes: flow.bytes, client: flow.client, direction: flow.direction,
                drainsFrom: flow.drainsFrom)
        }
        return star
    }
}

/// |a − b| / max(|b|, 1e-12).
func relativeError(_ actual: Double, _ expected: Double) -> Double {
    abs(actual - expected) / max(abs(expected), 1e-12)
}
