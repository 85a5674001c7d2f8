/// A star network with fluid, max-min fair transfers: plain values, no simulation.
///
/// Each client has an uplink and a downlink, the server too. A flow `up` crosses the client's uplink and
/// the server's downlink, a flow `down` the server's uplink and the client's downlink; so the two directions
/// share nothing. This is what SimGrid computes for such a platform with TCP effects switched off. With a
/// ``TransportModel`` other than the ideal one, flows are limited and weighted, and begin slowly.
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

    private enum Change {
        case completion(flow: Int, TransferDirection, slot: Int32)
        case arrival
    }

    /// Time of the last `advance`, in seconds.
    public private(set) var seconds = 0.0
    private var upTrunk: FluidTrunk
    private var downTrunk: FluidTrunk
    private var flows = FlowPlaces()
    private var arrivals = ArrivalQueue()
    private let clients: ClientLinks
    private let transport: TransportModel
    private let server: LinkCapacity
    /// Flows that began slowly, looked up only.
    private var slowStarts: [Int: SlowStart] = [:]
    /// Clients whose links are down, looked up only.
    private var downClients: Set<Int> = []
    private var serverIsDown = false
    /// Clients whose links let nothing pass now, by direction, looked up only.
    private var emptyLinks: [TransferDirection: Set<Int>] = [:]
    /// Latencies that are not those of the clients' links, looked up only.
    private var latencies: [Int: SimDuration] = [:]
    /// Windows of slow starts that do not open while nothing passes, by client.
    private var held: [Int: [Arrival]] = [:]

    /// Makes a star without flows. When a flow begins to drain is the caller's, latency included.
    ///
    /// A client's link is asked for when its first flow in a direction drains.
    public init(server: LinkCapacity, clients: ClientLinks, transport: TransportModel = .ideal) {
        self.clients = clients
        self.transport = transport
        self.server = server
        let share = transport.payloadShare
        upTrunk = FluidTrunk(capacity: share * server.downlink.value, leafCount: clients.count)
        downTrunk = FluidTrunk(capacity: share * server.uplink.value, leafCount: clients.count)
    }

    /// Makes a star whose links are listed, by client number.
    public init(server: LinkCapacity, clients: [ClientLink], transport: TransportModel = .ideal) {
        self.init(server: server, clients: ClientLinks(clients), transport: transport)
    }

    /// Flows that have not completed, those that do not drain yet included.
    public var flowCount: Int { flows.count }

    /// The work of the star so far, as a count that no machine's speed enters: entries moved within heaps.
    public var heapMoveCount: Int { upTrunk.moveCount + downTrunk.moveCount }

    /// Links of clients, of one direction each, for which memory has been taken.
    public var madeLinkCount: Int { upTrunk.madeLeafCount + downTrunk.madeLeafCount }

    /// Announces a flow.
    ///
    /// - Parameters:
    ///   - bytes: size of the flow.
    ///   - client: whose link it takes.
    ///   - direction: up: over the client's uplink and the server's downlink.
    ///   - drainsFrom: when its first byte moves, in seconds; not in the past.
    /// - Returns: the number of the flow; numbers ascend.
    /// - Precondition: `bytes` is not negative and the client exists.
    /// - Complexity: O(log *n*).
    public mutating func start(
        bytes: Int, client: Int, direction: TransferDirection, drainsFrom: Double
    ) -> Int {
        precondition(bytes >= 0, "a transfer of \(bytes) bytes")
        precondition((0..<clients.count).contains(client), "client \(client) of \(clients.count)")
        let flow = flows.appendWaiting()
        let slowStart = transport.slowStart(of: bytes) { link(of: client) }
        if let slowStart {
            slowStarts[flow] = slowStart
        }
        arrivals.insert(
            Arrival(
                seconds: max(seconds, drainsFrom), flow: flow, bytes: bytes, client: Int32(client),
                direction: direction))
        return flow
    }

    /// Takes the link of a client down, in both directions, or up again. Its flows pause and go on.
    ///
    /// - Complexity: O(log *n*) for each flow of the client.
    public mutating func setLink(of client: Int, isUp: Bool) {
        precondition((0..<clients.count).contains(client), "client \(client) of \(clients.count)")
        if isUp { downClients.remove(client) } else { downClients.insert(client) }
        for direction in TransferDirection.allCases {
            withTrunk(direction) { trunk, now in
                trunk.advance(to: now)
                trunk.setLeaf(Int32(client), isUp: isUp)
            }
        }
        if isUp { openHeldWindows(of: client) }
    }

    /// Gives a client's link other rates from now on. Its flows keep what they have delivered.
    ///
    /// - Parameters:
    ///   - client: whose link it is.
    ///   - rates: in bytes/s; 0 lets nothing pass.
    ///   - latency: for the transport model; `nil` for that of the client's link.
    /// - Complexity: O(log *n*) for each flow of the client.
    public mutating func setRates(of client: Int, _ rates: LinkRates, latency: SimDuration? = nil) {
        precondition((0..<clients.count).contains(client), "client \(client) of \(clients.count)")
        if latency != latencies[client] { latencies[client] = latency }
        let link = link(of: client), transport = transport, server = server
        for direction in TransferDirection.allCases {
            let leaf = transport.leaf(link, rate: rates.rate(direction), direction, server: server)
            withTrunk(direction) { trunk, now in
                trunk.advance(to: now)
                trunk.setLeaf(Int32(client), rates: leaf)
            }
            if rates.rate(direction) > 0 {
                emptyLinks[direction]?.remove(client)
            } else {
                emptyLinks[direction, default: []].insert(client)
            }
        }
        openHeldWindows(of: client)
    }

    /// Takes the server's link down, in both directions, or up again. All flows pause and go on.
    public mutating func setServerLink(isUp: Bool) {
        for direction in TransferDirection.allCases {
            withTrunk(direction) { trunk, now in trunk.setIsUp(isUp, at: now) }
        }
        serverIsDown = !isUp
        if isUp { for client in held.keys.sorted() { openHeldWindows(of: client) } }
    }

    /// When the rates change next: a flow completes or begins to drain. In seconds; `nil` when there is none.
    ///
    /// - Complexity: O(1), amortized.
    public mutating func nextChange() -> Double? {
        dropCancelledArrivals()
        return next()?.seconds
    }

    /// Lets time pass.
    ///
    /// - Returns: the flows that completed until then, in the order of completion.
    /// - Precondition: time does not go back.
    public mutating func advance(to end: Double) -> [Completion] {
        var completions: [Completion] = []
        advance(to: end) { completions.append($0) }
        return completions
    }

    /// Lets time pass, without memory for what completes.
    ///
    /// - Parameters:
    ///   - end: until when, in seconds; not in the past.
    ///   - complete: called with each flow that completed until then, in the order of completion.
    /// - Precondition: time does not go back.
    public mutating func advance(to end: Double, _ complete: (Completion) -> Void) {
        precondition(end >= seconds, "time goes back from \(seconds) s to \(end) s")
        dropCancelledArrivals()
        while let (time, change) = next(), time <= end {
            seconds = time
            switch change {
            case .arrival:
                let arrival = arrivals.removeFirst()
                dropCancelledArrivals()
                if holds(arrival) {
                    held[Int(arrival.client), default: []].append(arrival)
                } else {
                    beginDraining(arrival)
                }
            case .completion(let flow, let direction, let slot):
                if finish(flow, direction, slot) { complete(Completion(flow: flow, seconds: time)) }
            }
        }
        seconds = end
    }

    /// Removes a flow at the present time.
    ///
    /// - Returns: the whole bytes it had delivered; `nil` when there is no such flow (any more).
    public mutating func cancel(_ flow: Int) -> Int? {
        let slowStart = slowStarts.removeValue(forKey: flow)
        switch flows.remove(flow) {
        case nil: return nil
        case .waiting: return slowStart?.released ?? 0
        case .draining(let slot, let direction):
            let (bytes, remaining) = withTrunk(direction) { trunk, now in
                trunk.advance(to: now)
                return trunk.remove(slot: slot)
            }
            return Int((Double(slowStart?.released ?? bytes) - remaining).rounded(.down))
        }
    }

    /// The present rate of a flow in bytes/s, 0 while it does not drain; `nil` when there is no such flow.
    public func rate(of flow: Int) -> Double? {
        switch flows[flow] {
        case nil: nil
        case .waiting: 0
        case .draining(let slot, .up): upTrunk.rate(slot: slot)
        case .draining(let slot, .down): downTrunk.rate(slot: slot)
        }
    }

    /// The first change to come; at equal times completions go before arrivals, and up before down.
    private mutating func next() -> (seconds: Double, change: Change)? {
        var first: (seconds: Double, change: Change)?
        if let up = upTrunk.nextCompletion() {
            first = (up.seconds, .completion(flow: up.number, .up, slot: up.slot))
        }
        if let down = downTrunk.nextCompletion(), down.seconds < first?.seconds ?? .infinity {
            first = (down.seconds, .completion(flow: down.number, .down, slot: down.slot))
        }
        if let arrival = arrivals.first, arrival.seconds < first?.seconds ?? .infinity {
            first = (arrival.seconds, .arrival)
        }
        return first
    }

    private mutating func dropCancelledArrivals() {
        while let arrival = arrivals.first, flows[arrival.flow] == nil { _ = arrivals.removeFirst() }
    }

    /// A client's link with its present latency.
    private func link(of client: Int) -> ClientLink {
        var link = clients.link(of: client)
        if !latencies.isEmpty, let latency = latencies[client] { link.latency = latency }
        return link
    }

    /// Whether a window of a slow start is not opened yet: no acknowledgement comes while nothing passes. The
    /// first window waits in its link.
    private func holds(_ arrival: Arrival) -> Bool {
        let client = Int(arrival.client)
        guard let slowStart = slowStarts[arrival.flow], slowStart.released > 0 else { return false }
        return serverIsDown || downClients.contains(client)
            || emptyLinks[arrival.direction]?.contains(client) == true
    }

    /// Has windows that were held open a round trip after what they wait for can go on.
    private mutating func openHeldWindows(of client: Int) {
        guard !held.isEmpty, let waiting = held.removeValue(forKey: client) else { return }
        for arrival in waiting where flows[arrival.flow] != nil {
            guard !holds(arrival) else {
                held[client, default: []].append(arrival)
                continue
            }
            let roundTrip = slowStarts[arrival.flow]?.roundTrip ?? 0
            arrivals.insert(
                Arrival(
                    seconds: seconds + roundTrip, flow: arrival.flow, bytes: arrival.bytes,
                    client: arrival.client, direction: arrival.direction))
        }
    }

    private mutating func beginDraining(_ arrival: Arrival) {
        let bytes = release(arrival)
        let client = arrival.client, direction = arrival.direction
        if case .draining(let slot, _) = flows[arrival.flow] {
            withTrunk(direction) { trunk, now in
                trunk.advance(to: now)
                trunk.extend(slot: slot, by: bytes)
            }
            return
        }
        let link = link(of: Int(client)), transport = transport, server = server
        let isDown = !downClients.isEmpty && downClients.contains(Int(client))
        let slot = withTrunk(direction) { trunk, now in
            trunk.advance(to: now)
            return trunk.add(
                number: arrival.flow, bytes: bytes, leaf: client,
                rates: transport.leaf(link, direction, server: server),
                isDown: isDown)
        }
        flows.setDraining(arrival.flow, slot: slot, direction)
    }

    /// The bytes that a flow may send now: all, or a window of its slow start, and then it is announced again
    /// for a round trip later.
    private mutating func release(_ arrival: Arrival) -> Int {
        guard let index = slowStarts.index(forKey: arrival.flow) else { return arrival.bytes }
        var isSending = false
        if case .draining = flows[arrival.flow] { isSending = true }
        let bytes = slowStarts.values[index].release(isSending: isSending)
        if slowStarts.values[index].unreleased > 0 {
            arrivals.insert(
                Arrival(
                    seconds: seconds + slowStarts.values[index].roundTrip, flow: arrival.flow,
                    bytes: arrival.bytes, client: arrival.client, direction: arrival.direction))
        }
        return bytes
    }

    /// Takes a flow without bytes to go out of its trunk.
    ///
    /// - Returns: whether it is complete; otherwise it waits for its next window.
    private mutating func finish(_ flow: Int, _ direction: TransferDirection, _ slot: Int32) -> Bool {
        let isComplete = (slowStarts[flow]?.unreleased ?? 0) == 0
        if isComplete {
            precondition(flows.remove(flow) != nil, "flow \(flow) completes but does not drain")
            slowStarts[flow] = nil
        } else {
            flows.setWaiting(flow)
        }
        let (rounding, (bytes, remaining)) = withTrunk(direction) { trunk, now in
            trunk.advance(to: now)
            return (trunk.rounding(slot: slot), trunk.remove(slot: slot))
        }
        precondition(
            remaining <= rounding,
            "flow \(flow) completes with \(remaining) of \(bytes) bytes to go")
        return isComplete
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
