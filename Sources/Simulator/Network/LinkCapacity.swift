/// A data rate in bytes per second: finite and greater than zero.
public struct BytesPerSecond: Sendable, Hashable, Comparable, Codable {
    /// The rate, in bytes per second.
    public let value: Double

    /// A rate of so many bytes per second.
    ///
    /// - Precondition: `value` is finite and greater than zero.
    public init(_ value: Double) {
        precondition(value.isFinite && value > 0, "a link of \(value) bytes/s")
        self.value = value
    }

    /// Whether `left` is slower.
    public static func < (left: BytesPerSecond, right: BytesPerSecond) -> Bool {
        left.value < right.value
    }
}

/// Which way a transfer goes, seen from the client.
public enum TransferDirection: String, Sendable, Hashable, Codable, CaseIterable {
    /// Client to server: over the client's uplink and the server's downlink.
    case up
    /// Server to client: over the server's uplink and the client's downlink.
    case down
}

/// The two rates of the server's access link.
public struct LinkCapacity: Sendable, Hashable, Codable {
    /// Rate of what the server sends.
    public var uplink: BytesPerSecond
    /// Rate of what the server receives.
    public var downlink: BytesPerSecond

    /// Makes a link with two independent directions.
    public init(uplink: BytesPerSecond, downlink: BytesPerSecond) {
        self.uplink = uplink
        self.downlink = downlink
    }
}

/// A client's access link.
public struct ClientLink: Sendable, Hashable, Codable {
    /// Rate of what the client sends.
    public var uplink: BytesPerSecond
    /// Rate of what the client receives.
    public var downlink: BytesPerSecond
    /// Time before the first byte of a transfer moves, in either direction.
    public var latency: SimDuration
    /// Fraction of the packets that are lost, 0 to below 1.
    public var loss = 0.0

    /// Makes a link with two independent directions.
    ///
    /// - Precondition: `latency` is not negative, `loss` is in `0..<1`.
    public init(
        uplink: BytesPerSecond, downlink: BytesPerSecond, latency: SimDuration, loss: Double = 0
    ) {
        precondition((0..<1).contains(loss), "a loss of \(loss)")
        self.loss = loss
        precondition(latency >= .zero, "a latency of \(latency)")
        self.uplink = uplink
        self.downlink = downlink
        self.latency = latency
    }
}

extension ClientLink {
    /// The client's rate in a direction.
    func rate(_ direction: TransferDirection) -> BytesPerSecond {
        direction == .up ? uplink : downlink
    }
}

/// When a transfer began (its latency included) and when its last byte arrived.
public struct TransferTimes: Sendable, Hashable, Codable {
    /// The instant of the call.
    public let start: SimInstant
    /// The instant at which the last byte had arrived.
    public let end: SimInstant

    /// Makes a pair of instants.
    public init(start: SimInstant, end: SimInstant) {
        self.start = start
        self.end = end
    }
}

/// The rates of a client's link at a time, in bytes/s; 0 lets nothing pass.
public struct LinkRates: Sendable, Hashable {
    /// Rate of what the client sends.
    public var uplink: Double
    /// Rate of what the client receives.
    public var downlink: Double

    /// Makes a pair of rates.
    ///
    /// - Precondition: both are finite and not negative.
    public init(uplink: Double, downlink: Double) {
        precondition(uplink.isFinite && uplink >= 0, "an uplink of \(uplink) bytes/s")
        precondition(downlink.isFinite && downlink >= 0, "a downlink of \(downlink) bytes/s")
        self.uplink = uplink
        self.downlink = downlink
    }

    /// The rate in a direction.
    func rate(_ direction: TransferDirection) -> Double {
        direction == .up ? uplink : downlink
    }
}
