import Simulator

extension Scenario {
    /// The section `devices`.
    public struct Devices: Sendable, Equatable {
        /// Speed of a client, in floating-point operations per second.
        public var clientFLOPsPerSecond: QuantitySource = .drawn(.constant(0.5e12))
        /// The measured device that every client is; `nil` for one of a given speed.
        public var profile: DeviceProfile?
        /// The part of the server's speed that work reaches; `nil` is all of it.
        public var efficiency: Double?
        /// How many times longer a client computes, beside what stragglers take.
        public var slowdown: QuantitySource = .drawn(.constant(1))
        /// As `slowdown`, drawn anew for each client and round.
        public var roundSlowdown: Distribution = .constant(1)
        /// Speed of the server, in floating-point operations per second.
        public var serverFLOPsPerSecond: Double = 100e12
        /// The slow clients.
        public var stragglers = Stragglers()
    }

    /// The section `devices.stragglers`.
    public struct Stragglers: Sendable, Equatable {
        /// The fraction of the clients that are slow, in `0...1`.
        public var fraction: Double = 0
        /// How many times longer a slow client computes; at least 1.
        public var slowdown: Double = 5
    }
}
