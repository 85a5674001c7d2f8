import Models
import Simulator

/// Builds the federation of one run from its scenario: who holds which images, over which links, on which
/// devices.
///
/// Every quantity comes from a stream of its own (seed, client, purpose), so that adding a client or a
/// quantity
/// changes no other draw.
struct FederationAssembly {
    let scenario: Scenario
    let seed: UInt64
    let data: FederatedData
    let machinery: Machinery

    /// Spreads the training images over the clients.
    ///
    /// - Throws: `DataError` where they cannot be spread so.
    func partition() throws -> Partition {
        let settings = scenario.data.partition
        var stream = RandomStream(seed: seed, purpose: "partition")
        switch settings.kind {
        case .iid:
            return try .independent(images: data.train.count, clients: scenario.clients, using: &stream)
        case .dirichlet:
            return try .dirichlet(
                labels: data.train.labels, classes: data.train.classNames.count, clients: scenario.clients,
                beta: settings.beta, minimum: settings.minimum, using: &stream)
        case .domains:
            return try .byDomain(
                data.train.domains, domainCount: data.train.domainNames.count, clients: scenario.clients,
                using: &stream)
        }
    }

    /// Draws a client quantity for each client.
    private func draw(_ distribution: Distribution, _ purpose: String) -> [Double] {
        (0..<scenario.clients).map { client in
            var stream = RandomStream(seed: seed, entity: client, purpose: purpose)
            return distribution.sample(using: &stream)
        }
    }

    /// The clients' links.
    func links() -> [ClientLink] {
        let settings = scenario.network.client
        let uplinks = draw(settings.uplinkBytesPerSecond, "uplink")
        let downlinks = draw(settings.downlinkBytesPerSecond, "downlink")
        let latencies = draw(settings.latencySeconds, "latency")
        return (0..<scenario.clients).map { client in
            ClientLink(
                uplink: BytesPerSecond(uplinks[client]), downlink: BytesPerSecond(downlinks[client]),
                latency: .seconds(latencies[client]))
        }
    }

    /// The clients' devices, stragglers among them.
    ///
    /// - Throws: `SimulatorError` where the rule for stragglers is invalid.
    func devices() throws -> [ClientDevice] {
        let settings = scenario.devices
        let speeds = draw(settings.clientFLOPsPerSecond, "compute speed")
        let rule = try Stragglers(
            fraction: settings.stragglers.fraction, slowdown: settings.stragglers.slowdown)
        var stream = RandomStream(seed: seed, purpose: "stragglers")
        let slowdowns = rule.slowdowns(clients: scenario.clients, using: &stream)
        return zip(speeds, slowdowns).map { ClientDevice(flopsPerSecond: $0, slowdown: $1) }
    }

    /// The federation, its clients and label counts logged.
    func federation(recorder: RunRecorder, progress: RunProgress) throws -> Federation {
        let partition = try partition(), links = links(), devices = try devices()
        let simulation = Simulation()
        let server = scenario.network.server
        let network = StarNetwork(
            simulation: simulation,
            server: LinkCapacity(
                uplink: BytesPerSecond(server.uplinkBytesPerSecond),
                downlink: BytesPerSecond(server.downlinkBytesPerSecond)),
            clients: links)
        let context = RunContext(
            scenario: scenario, seed: seed, simulation: simulation, network: network, recorder: recorder,
            data: data,
            machinery: machinery, progress: progress)
        let coordinator = Server(
            device: ClientDevice(flopsPerSecond: scenario.devices.serverFLOPsPerSecond), context: context)
        let clients = (0..<scenario.clients).map { id in
            Client(
                id: id, images: partition.clients[id],
                domain: data.train.commonDomain(of: partition.clients[id]),
                device: devices[id], context: context, server: coordinator)
        }
        for (client, link) in zip(clients, links) { log(client, link, to: recorder) }
        logLabelCounts(of: partition, to: recorder)
        if data.skipped.count > 0 {
            recorder.event(
                at: simulation.now, kind: "images-skipped",
                detail: ["count": .integer(data.skipped.count), "first": .text("\(data.skipped)")])
        }
        return Federation(server: coordinator, clients: clients, context: context)
    }

    private func log(_ client: Client, _ link: ClientLink, to recorder: RunRecorder) {
        recorder.client(
            ClientRow(
                client: client.id, domain: client.domain, samples: client.images.count,
                uplinkBytesPerSecond: link.uplink.value, downlinkBytesPerSecond: link.downlink.value,
                latencySeconds: link.latency.seconds, flopsPerSecond: client.device.flopsPerSecond,
                slowdown: client.device.slowdown))
    }

    private func logLabelCounts(of partition: Partition, to recorder: RunRecorder) {
        let names = data.train.classNames
        let counts = partition.labelCounts(labels: data.train.labels, classes: names.count)
        for (client, labels) in counts.enumerated() {
            for (label, samples) in labels.enumerated() where samples > 0 {
                recorder.labelCount(client: client, label: label, className: names[label], samples: samples)
            }
        }
    }
}

extension ImageSet {
    /// The domain that all these images come from, where the set has several and they agree.
    func commonDomain(of images: [Int]) -> String? {
        guard domainNames.count > 1, let first = images.first else { return nil }
        let domain = domains[first]
        return images.allSatisfy { domains[$0] == domain } ? domainNames[Int(domain)] : nil
    }
}
