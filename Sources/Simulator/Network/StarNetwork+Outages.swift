/// Links that go down: transfers pause and go on, or are lost where the link is down for good.
extension StarNetwork {
    /// What is followed for the clients that transfer, and only for them.
    final class Watches {
        let faults: FaultSchedule
        let pausesAbsentClients: Bool
        var server: OutageWatch?
        var clients: [Int: ClientWatch] = [:]
        /// The last reported outage of each target.
        var told: [FaultTarget: Outage] = [:]
        /// Number of reported outages.
        var toldCount = 0
        /// The most outages that stop transfers, beside a hundred for each client: each is an event and a
        /// row.
        static let toldLimit = 300_000

        init(_ faults: FaultSchedule, pausesAbsentClients: Bool) {
            self.faults = faults
            self.pausesAbsentClients = pausesAbsentClients
        }
    }

    /// The outages of a client's link and the flows that they concern.
    final class ClientWatch {
        var flows: [Int] = []
        var watches: [OutageWatch] = []
        /// Which of the targets are down.
        var down: Set<FaultTarget> = []
    }

    /// Notes a flow that has been announced, and begins to follow the outages of its client's link.
    func watch(flow: Int, client: Int) {
        guard let watches else { return }
        if let known = watches.clients[client] {
            known.flows.append(flow)
            if let outage = known.down.compactMap({ watches.faults.outage(of: $0) }).first(where: \.isForGood)
            {
                lose(client, outage)
            }
            return
        }
        let watch = ClientWatch()
        watch.flows = [flow]
        watches.clients[client] = watch
        var targets = [FaultTarget.link(client)]
        if watches.pausesAbsentClients { targets.append(.client(client)) }
        for target in targets where watches.faults.canFail(target) {
            watch.watches.append(
                OutageWatch(target, of: watches.faults, on: simulation) { [unowned self, unowned watch] in
                    changeLink(of: client, watch, target, $0)
                })
        }
        if watches.server == nil, watches.faults.canFail(.server) {
            watches.server = OutageWatch(.server, of: watches.faults, on: simulation) {
                [unowned self] in changeServer($0)
            }
        }
    }

    /// Notes that a flow has ended; a link without flows is not followed.
    func unwatch(flow: Int, client: Int) {
        guard let watches, let watch = watches.clients[client] else { return }
        watch.flows.removeAll { $0 == flow }
        guard watch.flows.isEmpty else { return }
        for each in watch.watches { each.stop() }
        watches.clients[client] = nil
        if !watch.down.isEmpty { changeStar { $0.setLink(of: client, isUp: true) } }
        guard watches.clients.isEmpty, let server = watches.server else { return }
        server.stop()
        watches.server = nil
        changeStar { $0.setServerLink(isUp: true) }
    }

    private func changeLink(of client: Int, _ watch: ClientWatch, _ target: FaultTarget, _ outage: Outage?) {
        let wasUp = watch.down.isEmpty
        if outage == nil { watch.down.remove(target) } else { watch.down.insert(target) }
        if wasUp != watch.down.isEmpty {
            changeStar { $0.setLink(of: client, isUp: watch.down.isEmpty) }
        }
        if let outage { tell(target, outage) }
        if let outage, outage.isForGood { lose(client, outage) }
    }

    /// Tells of an outage once, however many transfers it stops.
    private func tell(_ target: FaultTarget, _ outage: Outage) {
        guard let onOutage, let watches, watches.told[target] != outage else { return }
        watches.told[target] = outage
        onOutage(target, outage)
        watches.toldCount += 1
        let limit = Watches.toldLimit + 100 * clients.count
        if watches.toldCount > limit {
            simulation.fail(
                SimulatorError.tooManyOutages(at: simulation.now, target: "\(target)", outages: limit))
        }
    }

    private func changeServer(_ outage: Outage?) {
        changeStar { $0.setServerLink(isUp: outage == nil) }
        if let outage { tell(.server, outage) }
        guard let outage, outage.isForGood, let clients = watches?.clients.keys.sorted() else { return }
        for client in clients { lose(client, outage, .server) }
    }

    /// Ends the waits of a client's transfers: their link does not come back.
    private func lose(_ client: Int, _ outage: Outage, _ target: FaultTarget? = nil) {
        let error = FaultSchedule.Down(target: target ?? .link(client), outage: outage)
        for flow in watches?.clients[client]?.flows ?? [] { giveUp(flow, throwing: error) }
    }
}

extension Outage {
    /// Whether it never ends.
    public var isForGood: Bool { end == .distantFuture }
}
