/// The network of a federation on the virtual clock: clients around a server.
///
/// A transfer waits its client's latency, and what the ``TransportModel`` adds, then drains at its max-min
/// fair rate over the client's link and the server's; see ``FluidStar``. Its end is reported at the first
/// whole nanosecond not before it. At any time at most one event of the network is pending.
///
/// ```swift
/// let times = try await network.transfer(bytes: 44_765_128, client: 3, direction: .up)
/// ```
public final class StarNetwork {
    /// What became of a transfer whose process was cancelled, or whose link is down for good.
    public struct LostTransfer: Sendable {
        /// Whole bytes that had arrived.
        public let deliveredBytes: Int
        /// From the call to the cancellation.
        public let times: TransferTimes
        /// Why it ended: what ``StarNetwork/transfer(bytes:client:direction:onCancellation:)`` throws.
        public let reason: any Error
    }

    /// The links of the clients.
    public let clients: ClientLinks
    let simulation: Simulation
    let transport: TransportModel
    /// Told of each outage of a link or of the server that stops transfers, when it first does.
    public var onOutage: ((FaultTarget, Outage) -> Void)?
    /// What is known of outages; `nil` where nothing ever goes down.
    let watches: Watches?
    let changes: LinkChanges?
    /// Who is followed, by client, looked up only.
    var changeWatches: [Int: ChangeWatch] = [:]
    /// Changes of links so far.
    var changeCount = 0
    private var star: FluidStar
    /// Who waits, by number of the flow.
    private var waiting = FlowTable<WaitToken>()
    private var pendingChange: Double?
    private lazy var alarm = Alarm(simulation) { [unowned self] in update() }

    /// Makes a network without transfers.
    ///
    /// A client's link is asked for when it is used.
    ///
    /// - Parameters:
    ///   - simulation: the clock.
    ///   - server: the server's link.
    ///   - clients: the clients' links.
    ///   - transport: how transfers use their links.
    ///   - changes: how the links of the clients change over time.
    ///   - faults: the outages of links and server, in which transfers pause.
    ///   - pausesAbsentClients: whether a client that is away counts as a link that is down, so that its
    ///     transfers go on when it is back; otherwise the caller decides, as with
    ///     ``FaultSchedule/untilDown(_:_:)``.
    public init(
        simulation: Simulation, server: LinkCapacity, clients: ClientLinks,
        transport: TransportModel = .ideal, changes: LinkChanges? = nil, faults: FaultSchedule? = nil,
        pausesAbsentClients: Bool = false
    ) {
        self.simulation = simulation
        self.clients = clients
        self.transport = transport
        self.changes = changes
        watches = faults.map { Watches($0, pausesAbsentClients: pausesAbsentClients) }
        star = FluidStar(server: server, clients: clients, transport: transport)
    }

    /// Makes a network whose links are listed, by client number.
    public convenience init(simulation: Simulation, server: LinkCapacity, clients: [ClientLink]) {
        self.init(simulation: simulation, server: server, clients: ClientLinks(clients))
    }

    /// Transfers in progress.
    public var transferCount: Int { star.flowCount }

    /// Moves `bytes` between a client and the server and returns when the last byte has arrived.
    ///
    /// - Parameters:
    ///   - bytes: size of the message; an empty one still takes the latency.
    ///   - client: number of the client.
    ///   - direction: `up` to the server, `down` to the client.
    ///   - onCancellation: called with what had arrived when the process is cancelled during the transfer.
    /// - Throws: the reason of the cancellation when the process is cancelled, ``FaultSchedule/Down`` where
    ///   the link does not come back; the flow then leaves the network.
    /// - Precondition: `bytes` is not negative and the client exists.
    /// - Complexity: O(log *n*) per transfer where each client has one transfer per direction.
    @discardableResult
    public nonisolated(nonsending) func transfer(
        bytes: Int, client: Int, direction: TransferDirection,
        onCancellation: (LostTransfer) -> Void = { _ in }
    ) async throws -> TransferTimes {
        let start = simulation.now
        // The flow, once it has begun.
        var flow = -1
        followChanges(of: client)
        defer { stopFollowing(flow: flow, client: client) }
        do {
            try await simulation.suspend(
                awaiting: .transfer(bytes: bytes, client: client, direction: direction)
            ) { token in
                flow = begin(bytes: bytes, client: client, direction: direction, token: token)
                watch(flow: flow, client: client)
            }
        } catch {
            if flow >= 0 {
                onCancellation(
                    LostTransfer(
                        deliveredBytes: cancel(flow) ?? bytes,
                        times: TransferTimes(start: start, end: simulation.now), reason: error))
            }
            throw error
        }
        return TransferTimes(start: start, end: simulation.now)
    }

    // This and the next two are called in functions that wait, a hundred thousand at a time: inlined there,
    // what they hold would be kept meanwhile.
    @inline(never)
    private func stopFollowing(flow: Int, client: Int) {
        if flow >= 0 { unwatch(flow: flow, client: client) }
        unfollowChanges(of: client)
    }

    @inline(never)
    private func begin(bytes: Int, client: Int, direction: TransferDirection, token: WaitToken) -> Int {
        let latency = latency(of: client)
        let firstByte = simulation.now.advanced(by: transport.delay(latency: latency, direction))
        let flow = star.start(
            bytes: bytes, client: client, direction: direction, drainsFrom: firstByte.seconds)
        let position = waiting.append(token)
        precondition(position == flow, "flow \(flow) waits as number \(position)")
        setAlarm()
        return flow
    }

    /// Removes a flow and returns the bytes that had arrived, `nil` if it completed at this very instant.
    @inline(never)
    private func cancel(_ flow: Int) -> Int? {
        wakeCompleted(until: simulation.now.seconds)
        _ = waiting.remove(flow)
        let delivered = star.cancel(flow)
        setAlarm()
        return delivered
    }

    /// Ends the wait for a flow with an error.
    func giveUp(_ flow: Int, throwing error: any Error) {
        if let token = waiting[flow] { simulation.wake(token, throwing: error) }
    }

    /// Changes the star at the present instant.
    func changeStar(_ change: (inout FluidStar) -> Void) {
        wakeCompleted(until: simulation.now.seconds)
        change(&star)
        setAlarm()
    }

    /// The alarm's action: plays the star up to the change for which it was set.
    private func update() {
        guard let change = pendingChange else { preconditionFailure("an alarm nobody set") }
        pendingChange = nil
        wakeCompleted(until: max(change, simulation.now.seconds))
        setAlarm()
    }

    private func wakeCompleted(until seconds: Double) {
        // The star can be ahead of the clock by the rounding of `SimInstant.atOrAfter(seconds:)`.
        star.advance(to: max(seconds, star.seconds)) { completion in
            if let token = waiting.remove(completion.flow) { simulation.wake(token) }
        }
    }

    /// Keeps the one pending event at the star's next change.
    private func setAlarm() {
        let change = star.nextChange()
        guard change != pendingChange else { return }
        pendingChange = change
        if let change {
            alarm.set(at: max(simulation.now, .atOrAfter(seconds: change)))
        } else {
            alarm.clear()
        }
    }
}
