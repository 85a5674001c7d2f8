import Core
import Foundation

/// How fast the star is: clients that all upload at once through the server's link, and nothing else.
///
/// Every upload has its own size, so each one's end changes the rates of the others.
public struct NetworkBenchmark: Sendable {
    /// How the clients' links are.
    public enum Links: String, Sendable, CaseIterable {
        /// All alike: one group of equal rates.
        case equal
        /// Lognormal uplinks, median 20 Mbit/s and sigma 0.8: as many rates as clients.
        case lognormal
    }

    /// Transfers in progress at the same time.
    public let transfers: Int
    /// How the clients' links were.
    public let links: Links
    /// Entries moved within heaps: the work, as a count that no machine's speed enters.
    public let heapMoves: Int
    /// Real seconds it took, from the first announcement to the last completion.
    public let wallSeconds: Double
    /// Seconds of the processor it took.
    public let processorSeconds: Double

    /// Transfers begun and completed per real second.
    public var transfersPerSecond: Double { Double(transfers) / wallSeconds }

    /// Lets `transfers` clients upload 1 to 2 MB each from the same instant on; the server receives half of
    /// what they could send.
    ///
    /// - Precondition: `transfers` is positive.
    public static func run(transfers: Int, links: Links, seed: UInt64 = 1) -> NetworkBenchmark {
        precondition(transfers > 0, "\(transfers) transfers")
        let clients = clientLinks(count: transfers, links, seed: seed)
        let sending = clients.reduce(0) { $0 + $1.uplink.value }
        let server = LinkCapacity(uplink: BytesPerSecond(sending), downlink: BytesPerSecond(sending / 2))
        var stream = RandomStream(seed: seed, purpose: "sizes")
        let sizes = clients.indices.map { _ in 1_000_000 + stream.index(below: 1_000_000) }
        let clock = ContinuousClock()
        let start = clock.now, processorStart = processorSecondsOfThread()
        var star = FluidStar(server: server, clients: clients)
        for (client, bytes) in sizes.enumerated() {
            _ = star.start(bytes: bytes, client: client, direction: .up, drainsFrom: 0)
        }
        var completed = 0
        while let change = star.nextChange() { star.advance(to: change) { _ in completed += 1 } }
        let (seconds, attoseconds) = (clock.now - start).components
        precondition(completed == transfers, "\(completed) of \(transfers) transfers completed")
        return NetworkBenchmark(
            transfers: transfers, links: links, heapMoves: star.heapMoveCount,
            wallSeconds: Double(seconds) + Double(attoseconds) * 1e-18,
            processorSeconds: processorSecondsOfThread() - processorStart)
    }

    /// The links of the benchmark's clients.
    package static func clientLinks(count: Int, _ links: Links, seed: UInt64) -> [ClientLink] {
        var stream = RandomStream(seed: seed, purpose: "uplinks")
        let uplink: Distribution =
            switch links {
            case .equal: .constant(2.5e6)
            case .lognormal: .lognormal(median: 2.5e6, sigma: 0.8)
            }
        return (0..<count).map { _ in
            ClientLink(
                uplink: BytesPerSecond(uplink.sample(using: &stream)), downlink: BytesPerSecond(1e7),
                latency: .zero)
        }
    }
}
