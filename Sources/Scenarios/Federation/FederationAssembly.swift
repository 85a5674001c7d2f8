import Core
import Models
import RunLog
import Simulator

/// Builds the federation of one run from its scenario: who holds which images, over which links, on which
/// devices.
///
/// Every quantity comes from a stream of its own (seed, client, purpose), so that adding a client or a
/// quantity changes no other draw, and a client can be made when it is first needed.
struct FederationAssembly {
    let scenario: Scenario
    let seed: UInt64
    let data: FederatedData
    let machinery: Machinery
    /// By which rules it is run.
    var rules = RunRules.current

    /// Which images each client holds.
    ///
    /// - Throws: `DataError` where they cannot be spread so.
    func holdings() throws -> ImageHoldings {
        try ImageHoldings(of: scenario, seed: seed, train: data.train)
    }

    /// The clients' links and devices, stragglers among them, made from (seed, client) when asked for.
    ///
    /// - Throws: `TraceError`; `SimulatorError` where the rule for stragglers is invalid.
    func population() throws -> ClientPopulation {
        let rule = scenario.devices.stragglers
        return try ClientPopulation(
            clients: scenario.clients, seed: seed, quantities: scenario.clientQuantities(machinery.traces),
            stragglers: Stragglers(fraction: rule.fraction, slowdown: rule.slowdown))
    }

    /// What goes wrong, and when.
    ///
    /// - Throws: `TraceError`; `SimulatorError` where a fault names a client that does not exist.
    func faultPlan() throws -> FaultPlan {
        let settings = scenario.faults, availability = settings.availability, seed = seed
        var plan = FaultPlan()
        if let path = availability.trace {
            let trace = try machinery.traces.availability(path: path, clients: scenario.clients)
            plan.availability = { trace.pattern(of: $0) }
        } else if let pattern = try availability.pattern() {
            plan.availability = { availability.shifted(pattern, of: $0, seed: seed) }
        }
        plan.listed = settings.listed
        plan.clientsLeave = settings.clientOutages
        plan.linksFail = settings.linkOutages
        plan.serverRestarts = settings.serverRestarts
        try plan.validate(clients: scenario.clients, field: "faults.listed")
        return plan
    }

    /// The federation. Its clients and label counts are logged: at the beginning where every image belongs to
    /// somebody, otherwise when a client is first needed.
    func federation(recorder: RunRecorder, progress: RunProgress) throws -> Federation {
        let holdings = try holdings(), population = try population()
        let simulation = Simulation()
        // Every client may begin and wait for something before the first of them achieves anything.
        simulation.idleLimit = 200_000 + 20 * scenario.clients
        let faults = FaultSchedule(simulation, plan: try faultPlan(), seed: seed)
        let server = scenario.network.server
        let network = StarNetwork(
            simulation: simulation,
            server: LinkCapacity(
                uplink: BytesPerSecond(server.uplinkBytesPerSecond),
                downlink: BytesPerSecond(server.downlinkBytesPerSecond)),
            clients: population.links,
            transport: (scenario.network.transport ?? .ideal).model,
            changes: try scenario.linkChanges(machinery.traces, seed: seed),
            faults: scenario.faults == Scenario.Faults() ? nil : faults,
            pausesAbsentClients: scenario.faults.whenAway == .pause)
        let context = RunContext(
            scenario: scenario, seed: seed, simulation: simulation, network: network, faults: faults,
            recorder: recorder, data: data, machinery: machinery, progress: progress, rules: rules,
            heldImages: holdings.heldPart)
        let coordinator = Server(
            device: ClientDevice(
                flopsPerSecond: scenario.devices.serverFLOPsPerSecond * (scenario.devices.efficiency ?? 1)),
            context: context)
        let data = data
        let owners = ClientOwners(holdings, data: data)
        let clients = RegisteredClients(
            count: scenario.clients, holdings: holdings, owners: owners,
            expectedSeconds: { id in
                context.expectedRound(
                    images: holdings.sampleCount(of: id), on: population.device(of: id),
                    over: population.link(of: id))
            }
        ) { id in
            let images = holdings.images(of: id)
            return Client(
                id: id, images: images, domain: data.train.commonDomain(of: images),
                device: population.device(of: id),
                deviceInRound: { population.device(of: id, round: $0) }, context: context, server: coordinator
            )
        } log: { client in
            recorder.client(client.row(link: population.link(of: client.id)))
            context.energy?.register(client.id)
            if let owner = owners?.name(of: client.id) {
                recorder.event(
                    at: simulation.now, kind: .clientOwner, client: client.id,
                    detail: ["owner": .text(owner)])
            }
            if holdings.areDrawn { Self.logLabelCounts(of: client, in: data.train, to: recorder) }
        }
        if !holdings.areDrawn {
            clients.makeAll()
            for id in 0..<clients.count { Self.logLabelCounts(of: clients[id], in: data.train, to: recorder) }
        }
        logLeftOut(holdings, to: recorder, at: simulation.now)
        try context.announceAttack()
        return Federation(server: coordinator, clients: clients, context: context)
    }

    /// Logs what the federation does without: clients and images that the scenario leaves out, files that
    /// could not be read.
    private func logLeftOut(_ holdings: ImageHoldings, to recorder: RunRecorder, at now: SimInstant) {
        if let natural = holdings.natural, natural.tooSmall + natural.notChosen > 0 {
            recorder.event(
                at: now, kind: .ownersLeftOut,
                detail: [
                    "few": .integer(natural.tooSmall), "not_chosen": .integer(natural.notChosen),
                    "images": .integer(natural.unused),
                ])
        }
        if data.skippedCount > 0 {
            recorder.event(
                at: now, kind: .imagesSkipped,
                detail: ["count": .integer(data.skippedCount), "first": .text(data.skippedText)])
        }
    }

    private static func logLabelCounts(of client: Client, in train: ImageFacts, to recorder: RunRecorder) {
        guard train.shares == nil else { return }
        var counts = [Int](repeating: 0, count: train.classNames.count)
        for image in client.images { counts[Int(train.labels[image])] += 1 }
        for (label, samples) in counts.enumerated() where samples > 0 {
            recorder.labelCount(
                client: client.id, label: label, className: train.classNames[label], samples: samples)
        }
    }
}

extension Client {
    /// What is logged of it.
    fileprivate func row(link: ClientLink) -> ClientRow {
        ClientRow(
            client: id, domain: domain, samples: images.count, uplinkBytesPerSecond: link.uplink.value,
            downlinkBytesPerSecond: link.downlink.value, latencySeconds: link.latency.seconds,
            flopsPerSecond: device.flopsPerSecond, slowdown: device.slowdown)
    }
}
