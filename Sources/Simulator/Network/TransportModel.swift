/// How transfers use their links beside sharing them: what the transport protocol takes and delays.
///
/// All models are fluid: they change when a flow begins, what limits it and which weight it has where the
/// server's link is shared. None depends on the state of a queue.
public struct TransportModel: Sendable, Hashable {
    /// What one flow gets of the server's link.
    enum Sharing: Sendable, Hashable {
        /// All the same.
        case equal
        /// In inverse proportion to its latency plus `linkCost` bytes over the rate of each of its links.
        case byLatency(linkCost: Double)
    }

    /// Part of a link's bits that are payload.
    var payloadShare = 1.0
    /// The wait before the first byte, as a multiple of the latency.
    var latencyFactor = 1.0
    /// Round trips before data moves: the connection, and TLS.
    var handshakes = 0.0
    /// Whether the server waits for the client's request before it sends.
    var awaitsRequest = false
    /// The most unacknowledged bytes of a flow.
    var window: Double?
    /// Bytes of the first round trip; `nil` where flows begin at their full rate.
    var initialWindow: Int?
    var sharing = Sharing.equal

    /// Bytes of payload in a full frame of Ethernet, IPv4 and TCP with timestamps, of 1514 bytes.
    static let segment = 1448
    private static let frame = 1514.0

    /// Links that are used to the last bit from the first byte on: a transfer waits its latency, then drains
    /// at its max-min fair rate.
    public static let ideal = TransportModel()

    /// TCP as current systems have it, over a connection made for each transfer.
    ///
    /// - A frame of 1514 bytes carries 1448 of payload.
    /// - The connection takes a round trip, TLS 1.3 another one (RFC 8446); a download begins with a request.
    /// - The first window is ten segments (RFC 6928) and doubles in each round trip, until the flow never
    ///   waits for an acknowledgement (slow start: RFC 5681; its duration: Cardwell, Savage and Anderson,
    ///   *Modeling TCP latency*, INFOCOM 2000).
    /// - The rate is at most a window of 4 MiB per round trip.
    /// - Loss limits the rate as Padhye, Firoiu, Towsley and Kurose have it (*Modeling TCP throughput*,
    ///   SIGCOMM 1998, equation 30).
    /// - Where the server's link is shared, a flow gets it as in ``lv08``.
    ///
    /// - Parameter tls: whether connections are encrypted.
    public static func tcp(tls: Bool = false) -> TransportModel {
        TransportModel(
            payloadShare: Double(segment) / frame, handshakes: tls ? 2 : 1, awaitsRequest: true,
            window: 4_194_304, initialWindow: 10 * segment, sharing: .byLatency(linkCost: 20_537))
    }

    /// SimGrid's default model, without cross traffic: 97 % of a link are payload, the wait counts the
    /// latency 13.01 times, a flow sends at most 97 % of 4 MiB per round trip, and gets a shared link in
    /// inverse proportion to its latency plus 20537 bytes over the rate of each of its links (Velho and
    /// Legrand, *Accuracy study and improvement of network simulation in the SimGrid framework*, SIMUTools
    /// 2009).
    public static let lv08 = TransportModel(
        payloadShare: 0.97, latencyFactor: 13.01, window: 0.97 * 4_194_304,
        sharing: .byLatency(linkCost: 20_537))

    /// SimGrid's older model: as ``lv08`` without its three measured factors (Casanova and Marchal, *A
    /// network model for simulation of grid application*, INRIA RR-4596, 2002).
    public static let cm02 = TransportModel(window: 4_194_304, sharing: .byLatency(linkCost: 0))
}

extension TransportModel {
    /// The time from the call of a transfer to the arrival of its first byte.
    public func delay(latency: SimDuration, _ direction: TransferDirection) -> SimDuration {
        waitedLatencies(direction) == 1
            ? latency : .seconds(delay(latencySeconds: latency.seconds, direction))
    }

    /// The same in seconds.
    func delay(latencySeconds: Double, _ direction: TransferDirection) -> Double {
        waitedLatencies(direction) * latencySeconds
    }

    private func waitedLatencies(_ direction: TransferDirection) -> Double {
        latencyFactor + 2 * handshakes + (awaitsRequest && direction == .down ? 1 : 0)
    }

    /// What a client's link in one direction gives.
    ///
    /// - Parameter rate: in bytes/s; `nil` for that of the link.
    func leaf(
        _ link: ClientLink, rate: Double? = nil, _ direction: TransferDirection, server: LinkCapacity
    ) -> LeafRates {
        let rate = rate ?? link.rate(direction).value
        let trunk = direction == .up ? server.downlink.value : server.uplink.value
        return LeafRates(
            capacity: payloadShare * (1 - link.loss) * rate, flowLimit: flowLimit(of: link),
            weight: Float(weight(latency: link.latency.seconds, rate: rate, trunk: trunk)))
    }

    /// The most that one flow can have for its window and its losses, in bytes/s.
    private func flowLimit(of link: ClientLink) -> Double {
        guard let window else { return .infinity }
        let roundTrip = 2 * link.latency.seconds
        let limit = roundTrip > 0 ? window / roundTrip : .infinity
        return min(limit, Self.lossLimit(loss: link.loss, roundTrip: roundTrip))
    }

    /// Equation 30 of Padhye and others, in bytes/s: an acknowledgement for two segments, and a time-out of
    /// two round trips, at least 200 ms as in Linux.
    private static func lossLimit(loss: Double, roundTrip: Double) -> Double {
        guard loss > 0 else { return .infinity }
        let timeOut = max(0.2, 2 * roundTrip), perAcknowledgement = 2.0
        let recovery = roundTrip * (2 * perAcknowledgement * loss / 3).squareRoot()
        let timeOuts = min(1, 3 * (3 * perAcknowledgement * loss / 8).squareRoot())
        return Double(segment) / (recovery + timeOut * timeOuts * loss * (1 + 32 * loss * loss))
    }

    private func weight(latency: Double, rate: Double, trunk: Double) -> Double {
        guard case .byLatency(let linkCost) = sharing, rate > 0 else { return 1 }
        let penalty = latency + linkCost / rate + linkCost / trunk
        // SimGrid as well lets flows without latency count alike.
        return penalty > 0 ? 1 / penalty : 1
    }

    /// How a flow begins that does not fit the first window; `nil` for all others.
    func slowStart(of bytes: Int, over link: () -> ClientLink) -> SlowStart? {
        guard let initialWindow, bytes > initialWindow else { return nil }
        let roundTrip = 2 * link().latency.seconds
        guard roundTrip > 0 else { return nil }
        return SlowStart(
            total: bytes, unreleased: bytes, window: initialWindow, limit: window ?? .infinity,
            roundTrip: roundTrip)
    }
}

/// The beginning of a flow: in each round trip it may send a window, which doubles.
///
/// It ends when a window is not yet sent when the next one opens, or reaches the greatest window.
struct SlowStart: Sendable {
    /// Size of the flow in bytes.
    let total: Int
    /// Bytes that may not be sent yet.
    var unreleased: Int
    /// Bytes of the next round trip.
    var window: Int
    /// The greatest window.
    let limit: Double
    /// In seconds.
    let roundTrip: Double

    /// Bytes that may be sent, or have been.
    var released: Int { total - unreleased }

    /// Opens the next window.
    ///
    /// - Parameter isSending: whether the flow has still bytes of the last one to send.
    /// - Returns: bytes that the flow may send beside those.
    mutating func release(isSending: Bool) -> Int {
        let bytes = isSending || Double(window) >= limit ? unreleased : min(window, unreleased)
        unreleased -= bytes
        window *= 2
        return bytes
    }
}
