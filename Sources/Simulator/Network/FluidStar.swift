import HeapModule

/// A star network with fluid, max-min fair transfers: plain values, no simulation.
///
/// Each client has an uplink and a downlink, the server too. A flow `up` crosses the client's uplink and
/// the server's downlink, a flow `down` the server's uplink and the client's downlink; so the two directions
/// share nothing. This is what SimGrid computes for such a platform with TCP effects switched off.
///
/// Time is real-valued seconds: completions happen at their exact times within a nanosecond, and the
/// capacity one leaves is given to the others at once. ``StarNetwork`` rounds when it reports to processes.
/// Latency is the caller's: it says from when a flow drains.
public struct FluidStar: Sendable {
    /// A flow and the time at which its last byte arrived.
    public struct Completion: Sendable, Equatable {
        /// Number of the flow, as `start` returned it.
        public let flow: Int
        /// Time in seconds.
        public let seconds: Double
    }

    private struct Flow: Sendable {
        let bytes: Int
        let client: Int
        let direction: TransferDirection
        /// Where its trunk keeps it; `nil` while it does not drain.
        var slot: Int?
    }

    private struct Arrival: Comparable {
        let seconds: Double
        let flow: Int

        static func < (left: Arrival, right: Arrival) -> Bool {
            left.seconds != right.seconds ? left.seconds < right.seconds : left.flow < right.flow
        }
    }

    private enum Change {
        case completion(flow: Int, TransferDirection)
        case arrival(flow: Int)
    }

    /// Time of the last `advance`, in seconds.
    public private(set) var seconds = 0.0
    private var upTrunk: FluidTrunk
    private var downTrunk: FluidTrunk
    private var flows = FlowTable<Flow>()
    private var arrivals = Heap<Arrival>()
    private let clientCount: Int

    /// Makes a star without flows. The latency of the links is not used.
    public init(server: LinkCapacity, clients: [ClientLink]) {
        clientCount = clients.count
        upTrunk = FluidTrunk(
            capacity: server.downlink.value, leafCapacities: clients.map(\.uplink.value))
        downTrunk = FluidTrunk(
            capacity: server.uplink.value, leafCapacities: clients.map(\.downlink.value))
    }

    /// Flows that have not completed, those that do not drain yet included.
    public var flowCount: Int { flows.count }

    /// Announces a flow.
    ///
    /// - Parameter drainsFrom: when its first byte moves, in seconds; not in the past.
    /// - Returns: the number of the flow; numbers ascend.
    /// - Precondition: `bytes` is not negative and the client exists.
    /// - Complexity: O(log *n*).
    public mutating func start(
        bytes: Int, client: Int, direction: TransferDirection, drainsFrom: Double
    ) -> Int {
        precondition(bytes >= 0, "a transfer of \(bytes) bytes")
        precondition((0..<clientCount).contains(client), "client \(client) of \(clientCount)")
        let flow = flows.append(Flow(bytes: bytes, client: client, direction: direction))
        arrivals.insert(Arrival(seconds: max(seconds, drainsFrom), flow: flow))
        return flow
    }

    /// When the rates change next: a flow completes or begins to drain. In seconds; `nil` when there is none.
    ///
    /// - Complexity: O(1), amortized.
    public mutating func nextChange() -> Double? {
        next()?.seconds
    }

    /// Lets time pass.
    ///
    /// - Returns: the flows that completed until then, in the order of completion.
    /// - Precondition: time does not go back.
    public mutating func advance(to end: Double) -> [Completion] {
        precondition(end >= seconds, "time goes back from \(seconds) s to \(end) s")
        var completions: [Completion] = []
        while let (time, change) = next(), time <= end {
            seconds = time
            switch change {
            case .arrival(let flow):
                arrivals.removeMin()
                beginDraining(flow)
            case .completion(let flow, let direction):
                complete(flow, direction)
                completions.append(Completion(flow: flow, seconds: time))
            }
        }
        seconds = end
        return completions
    }

    /// Removes a flow at the present time.
    ///
    /// - Returns: the whole bytes it had delivered; `nil` when there is no such flow (any more).
    public mutating func cancel(_ flow: Int) -> Int? {
        guard let cancelled = flows.remove(flow) else { return nil }
        guard let slot = cancelled.slot else { return 0 }
        let remaining = withTrunk(cancelled.direction) { trunk, now in
            trunk.advance(to: now)
            return trunk.remove(slot: slot)
        }
        return Int((Double(cancelled.bytes) - remaining).rounded(.down))
    }

    /// The present rate of a flow in bytes/s, 0 while it does not drain; `nil` when there is no such flow.
    public func rate(of flow: Int) -> Double? {
        guard let known = flows[flow] else { return nil }
        guard let slot = known.slot else { return 0 }
        return switch known.direction {
        case .up: upTrunk.rate(slot: slot)
        case .down: downTrunk.rate(slot: slot)
        }
    }

    /// The first change to come; at equal times completions go before arrivals, and up before down.
    private mutating func next() -> (seconds: Double, change: Change)? {
        var first: (seconds: Double, change: Change)?
        if let up = upTrunk.nextCompletion() {
            first = (up.seconds, .completion(flow: up.number, .up))
        }
        if let down = downTrunk.nextCompletion(), down.seconds < first?.seconds ?? .infinity {
            first = (down.seconds, .completion(flow: down.number, .down))
        }
        while let arrival = arrivals.min, flows[arrival.flow] == nil { arrivals.removeMin() }
        if let arrival = arrivals.min, arrival.seconds < first?.seconds ?? .infinity {
            first = (arrival.seconds, .arrival(flow: arrival.flow))
        }
        return first
    }

    private mutating func beginDraining(_ flow: Int) {
        guard var arriving = flows[flow] else { preconditionFailure("no flow \(flow)") }
        arriving.slot = withTrunk(arriving.direction) { trunk, now in
            trunk.advance(to: now)
            return trunk.add(number: flow, bytes: arriving.bytes, leaf: arriving.client)
        }
        flows.update(flow, to: arriving)
    }

    private mutating func complete(_ flow: Int, _ direction: TransferDirection) {
        guard let completed = flows.remove(flow), let slot = completed.slot else {
            preconditionFailure("flow \(flow) completes but does not drain")
        }
        let remaining = withTrunk(direction) { trunk, now in
            trunk.advance(to: now)
            return trunk.remove(slot: slot)
        }
        precondition(
            remaining <= 1 + 1e-9 * Double(completed.bytes),
            "flow \(flow) completes with \(remaining) of \(completed.bytes) bytes to go")
    }

    private mutating func withTrunk<Result>(
        _ direction: TransferDirection, _ body: (inout FluidTrunk, _ now: Double) -> Result
    ) -> Result {
        switch direction {
        case .up: body(&upTrunk, seconds)
        case .down: body(&downTrunk, seconds)
        }
    }
}
