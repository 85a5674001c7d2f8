import Core

/// How fast a machine computes.
public struct ClientDevice: Sendable, Hashable {
    /// Sustained speed in floating-point operations per second.
    public let flopsPerSecond: Double
    /// How many times longer everything takes; 1 for all but stragglers.
    public let slowdown: Double

    /// Makes a device.
    ///
    /// - Precondition: both are finite and positive.
    public init(flopsPerSecond: Double, slowdown: Double = 1) {
        precondition(flopsPerSecond.isFinite && flopsPerSecond > 0, "a device of \(flopsPerSecond) FLOP/s")
        precondition(slowdown.isFinite && slowdown > 0, "a device slowed down \(slowdown) times")
        self.flopsPerSecond = flopsPerSecond
        self.slowdown = slowdown
    }

    /// Virtual time of work: `flops` × slowdown ÷ speed, rounded up to the next nanosecond.
    ///
    /// - Precondition: `flops` is finite and not negative.
    public func computeTime(flops: Double) -> SimDuration {
        .computing(flops: flops * slowdown, flopsPerSecond: flopsPerSecond)
    }
}

/// Which clients are slow, and how slow.
public struct Stragglers: Sendable, Hashable {
    /// Fraction of the clients that is slow, 0 to 1.
    public let fraction: Double
    /// How many times longer they take, 1 or more.
    public let slowdown: Double

    /// Makes a rule.
    ///
    /// - Throws: ``SimulatorError/invalidQuantity(field:value:allowed:)``.
    public init(fraction: Double, slowdown: Double, field: String = "stragglers") throws {
        guard (0...1).contains(fraction) else {
            throw SimulatorError.invalidQuantity(
                field: "\(field).fraction", value: fraction, allowed: "0 to 1")
        }
        guard slowdown.isFinite, slowdown >= 1 else {
            throw SimulatorError.invalidQuantity(
                field: "\(field).slowdown", value: slowdown, allowed: "finite and 1 or more")
        }
        self.fraction = fraction
        self.slowdown = slowdown
    }

    /// The slowdown of each client.
    ///
    /// Exactly fraction × clients of them are slow, rounded to the nearest whole number, halves up, and
    /// every subset of that size is equally likely: of five clients at a fraction of 0.2, always one.
    public func slowdowns(clients: Int, using stream: inout RandomStream) -> [Double] {
        var slowdowns = [Double](repeating: 1, count: clients)
        for client in slowClients(of: clients, using: &stream) { slowdowns[client] = slowdown }
        return slowdowns
    }

    /// The clients that are slow, ascending.
    func slowClients(of clients: Int, using stream: inout RandomStream) -> [Int] {
        stream.subset(Int((fraction * Double(clients)).rounded()), of: clients)
    }
}
