import Core

/// Who the clients of a run are, as far as links and devices go: pure functions of (seed, client).
///
/// Nothing is made before it is asked for, and asking again gives the same: a million registered clients
/// cost what their stragglers' bits cost.
///
/// ```swift
/// let population = ClientPopulation(clients: 1_000_000, seed: 1, quantities: quantities)
/// let network = StarNetwork(simulation: simulation, server: server, clients: population.links)
/// let device = population.device(of: 123_456)
/// ```
public struct ClientPopulation: Sendable {
    /// The quantities of a client, each from a source of its own.
    public struct Quantities: Sendable, Hashable {
        /// In bytes/s.
        public var uplink = ClientQuantity.drawn(.constant(2.5e6))
        /// In bytes/s.
        public var downlink = ClientQuantity.drawn(.constant(12.5e6))
        /// In seconds.
        public var latency = ClientQuantity.drawn(.constant(0.05))
        /// Fraction of the packets that are lost, 0 to below 1.
        public var loss = 0.0
        /// In floating-point operations per second.
        public var flopsPerSecond = ClientQuantity.drawn(.constant(0.5e12))
        /// How many times longer computing takes, beside what stragglers take.
        public var slowdown = ClientQuantity.drawn(.constant(1))
        /// As `slowdown`, drawn anew for each round.
        public var roundSlowdown = Distribution.constant(1)

        /// The defaults of a scenario.
        public init() {}
    }

    /// Registered clients, numbered from 0.
    public let clients: Int
    private let seed: UInt64
    private let quantities: Quantities
    private let stragglers: StragglerSet

    /// Describes a population.
    ///
    /// - Complexity: O(`clients`) where there are stragglers, else O(1).
    public init(clients: Int, seed: UInt64, quantities: Quantities, stragglers: Stragglers? = nil) {
        self.clients = clients
        self.seed = seed
        self.quantities = quantities
        var stream = RandomStream(seed: seed, purpose: "stragglers")
        self.stragglers = StragglerSet(stragglers, clients: clients, using: &stream)
    }

    /// The links of all clients, made when asked for.
    public var links: ClientLinks {
        ClientLinks(count: clients) { link(of: $0) }
    }

    /// The link of a client. Draws beyond 1 byte/s to 1 PB/s, or a day of latency, are brought within.
    public func link(of client: Int) -> ClientLink {
        ClientLink(
            uplink: BytesPerSecond(draw(quantities.uplink, client, "uplink", in: ClientBounds.rate)),
            downlink: BytesPerSecond(draw(quantities.downlink, client, "downlink", in: ClientBounds.rate)),
            latency: .seconds(draw(quantities.latency, client, "latency", in: ClientBounds.latency)),
            loss: quantities.loss)
    }

    /// The device of a client, its slowdown that of all rounds.
    public func device(of client: Int) -> ClientDevice {
        ClientDevice(
            flopsPerSecond: draw(
                quantities.flopsPerSecond, client, "compute speed", in: ClientBounds.drawnSpeed),
            slowdown: draw(quantities.slowdown, client, "slowdown", in: ClientBounds.slowdown)
                * stragglers.slowdown(of: client))
    }

    /// The device of a client in a round: as ``device(of:)``, slowed down by what the round brings.
    public func device(of client: Int, round: Int) -> ClientDevice {
        let device = device(of: client)
        guard quantities.roundSlowdown != .constant(1) else { return device }
        var stream = RandomStream(seed: seed, entity: client, purpose: "slowdown/\(round)")
        let factor = quantities.roundSlowdown.sample(using: &stream).clamped(to: ClientBounds.slowdown)
        return ClientDevice(flopsPerSecond: device.flopsPerSecond, slowdown: device.slowdown * factor)
    }

    /// A draw can be anything in the tail of its distribution; a link of 0 bytes/s cannot be.
    private func draw(
        _ quantity: ClientQuantity, _ client: Int, _ purpose: String, in range: ClosedRange<Double>
    ) -> Double {
        quantity.value(of: client, seed: seed, purpose: purpose).clamped(to: range)
    }
}

/// The clients that are slow, a bit each.
struct StragglerSet: Sendable {
    private let slowdown: Double
    private let bits: [UInt64]

    /// Draws the slow clients, as ``Stragglers/slowdowns(clients:using:)`` does.
    init(_ rule: Stragglers?, clients: Int, using stream: inout RandomStream) {
        slowdown = rule?.slowdown ?? 1
        guard let rule, rule.fraction > 0, rule.slowdown > 1 else {
            bits = []
            return
        }
        var bits = [UInt64](repeating: 0, count: (clients + 63) / 64)
        for client in rule.slowClients(of: clients, using: &stream) {
            bits[client / 64] |= 1 << (client % 64)
        }
        self.bits = bits
    }

    /// How many times longer a client takes.
    func slowdown(of client: Int) -> Double {
        !bits.isEmpty && bits[client / 64] >> (client % 64) & 1 == 1 ? slowdown : 1
    }
}
