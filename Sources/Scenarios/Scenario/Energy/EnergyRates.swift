/// What a run's energy is counted with: watts of each state, joules of each byte, grams of each joule.
public struct EnergyRates: Sendable, Hashable {
    /// A client or the server: watts in each state, all known.
    public struct Device: Sendable, Hashable {
        /// While it does nothing.
        public let idle: Double
        /// While it computes.
        public let compute: Double
        /// While it sends; for the server, while it sends or receives.
        public let transmit: Double
        /// While it receives.
        public let receive: Double
        /// Joules for each byte sent.
        public let uplinkPerByte: Double
        /// Joules for each byte received.
        public let downlinkPerByte: Double

        /// A state without watts of its own takes those of doing nothing.
        init(_ given: PowerDraw, _ profile: PowerDraw?, factor: Double = 1, radio: Radio? = nil) {
            let idle = given.idle ?? profile?.idle ?? 0
            func watts(_ state: KeyPath<PowerDraw, Double?>) -> Double {
                given[keyPath: state] ?? profile?[keyPath: state] ?? idle
            }
            self.idle = factor * idle
            compute = factor * watts(\.compute)
            transmit = factor * watts(\.transmit) + (radio?.watts ?? 0)
            receive = factor * watts(\.receive) + (radio?.watts ?? 0)
            uplinkPerByte = radio?.uplinkJoulesPerByte ?? 0
            downlinkPerByte = radio?.downlinkJoulesPerByte ?? 0
        }
    }

    /// A client; `nil` where the energy of clients is not counted.
    public let client: Device?
    /// The server, cooling and losses included; `nil` where its energy is not counted.
    public let server: Device?
    /// Joules for each byte in the network; `nil` where they are not counted.
    public let networkPerByte: Double?
    /// Grams of CO2 equivalent of a joule at clients and in the network; `nil` where carbon is not counted.
    public let gramsPerJoule: Double?
    /// The same at the server.
    public let serverGramsPerJoule: Double?

    /// The rates of a scenario; `nil` where it counts no energy.
    public init?(_ scenario: Scenario) {
        let energy = scenario.energy
        guard energy.countsSomething else { return nil }
        let epochs = scenario.training.localEpochs
        func draw(_ device: Scenario.Device, _ task: NS3FL.Task) -> PowerDraw? {
            device.profile?.draw(task: task, epochs: epochs)
        }
        client =
            energy.countsClients
            ? Device(
                energy.client.draw, draw(energy.client, energy.clientTask ?? .cifar10),
                radio: energy.clientRadio) : nil
        server =
            energy.countsServer
            ? Device(
                energy.server.draw, draw(energy.server, .cifar10),
                factor: energy.powerUsageEffectiveness ?? 1) : nil
        networkPerByte = energy.networkJoulesPerByte ?? energy.networkClass?.joulesPerByte
        let joulesPerKilowattHour = 3.6e6
        gramsPerJoule = energy.grid.intensity.map { $0 / joulesPerKilowattHour }
        serverGramsPerJoule = (energy.serverGrid.intensity ?? energy.grid.intensity).map {
            $0 / joulesPerKilowattHour
        }
    }
}

extension Scenario.Energy {
    /// Whether the energy of clients is counted.
    var countsClients: Bool { client != Scenario.Device() || clientRadio != nil }
    /// Whether the energy of the server is counted.
    var countsServer: Bool { server != Scenario.Device() }
    /// Whether the energy of the network is counted.
    var countsNetwork: Bool { networkClass != nil || networkJoulesPerByte != nil }
    /// Whether any energy is counted.
    var countsSomething: Bool { countsClients || countsServer || countsNetwork }

    /// A sentence about carbon that is counted for a part alone; `nil` where it is for all, or for none.
    var carbonNote: String? {
        guard countsClients || countsNetwork, serverGrid.intensity != nil, grid.intensity == nil
        else { return nil }
        return "carbon is counted for the server alone, and has no total: energy.region is not given"
    }

    /// A sentence about parts whose energy is not counted; `nil` where all is, or nothing.
    var note: String? {
        let missing = [("client", countsClients), ("server", countsServer), ("network", countsNetwork)]
            .filter { !$0.1 }.map { "energy.\($0.0)" }
        guard countsSomething, !missing.isEmpty else { return nil }
        return "the energy of parts without a section is not counted: \(missing.joined(separator: ", "))"
    }
}
