import Simulator

extension Scenario {
    /// The section `network`.
    public struct Network: Sendable, Equatable {
        /// How transfers use their links; `nil` is the ideal model.
        public var transport: TransportName?
        /// The server's link.
        public var server = ServerLink()
        /// The distribution of the clients' links.
        public var client = ClientLinks()
        /// How they change over time.
        public var changes = LinkChanges()
    }

    /// The section `network.server`.
    public struct ServerLink: Sendable, Equatable {
        /// Capacity from the server into the network, in bytes per second.
        public var uplinkBytesPerSecond: Double = 125e6
        /// Capacity from the network to the server, in bytes per second.
        public var downlinkBytesPerSecond: Double = 125e6
    }

    /// The section `network.client`.
    public struct ClientLinks: Sendable, Equatable {
        /// Published links in place of the three quantities below; `nil` for these.
        public var preset: LinkPreset?
        /// Capacity from a client into the network, in bytes per second.
        public var uplinkBytesPerSecond: QuantitySource = .drawn(.constant(2.5e6))
        /// Capacity from the network to a client, in bytes per second.
        public var downlinkBytesPerSecond: QuantitySource = .drawn(.constant(12.5e6))
        /// One-way latency between a client and the server, in seconds.
        public var latencySeconds: QuantitySource = .drawn(.constant(0.05))
        /// Fraction of the packets that are lost; `nil` is none.
        public var loss: Double?
    }
}
