extension Scenario {
    /// The section `energy`: what clients, server and network draw. Without it no energy is counted.
    public struct Energy: Sendable, Equatable {
        /// A client's device.
        public var client = Device()
        /// What a board of ns3-fl trains; `nil` is CIFAR-10's model.
        public var clientTask: NS3FL.Task?
        /// A client's radio, on top of its device.
        public var clientRadio: Radio?
        /// The server.
        public var server = Device()
        /// By what the server's energy is multiplied for cooling and losses; `nil` is 1.
        public var powerUsageEffectiveness: Double?
        /// Where the server's electricity comes from; `nil` is where all else comes from.
        public var serverGrid = Grid()
        /// The network between them.
        public var networkClass: NetworkClass?
        /// Joules for a byte in the network, in place of a class.
        public var networkJoulesPerByte: Double?
        /// Where the electricity comes from.
        public var grid = Grid()
    }

    /// What a device draws: a profile, and watts in its place.
    public struct Device: Sendable, Equatable {
        /// A known device.
        public var profile: PowerProfile?
        /// Watts that are given.
        public var draw = PowerDraw()
    }

    /// The carbon intensity of electricity, by region or in grams per kilowatt-hour.
    public struct Grid: Sendable, Equatable {
        /// A known region.
        public var region: GridRegion?
        /// Grams of CO2 equivalent per kilowatt-hour.
        public var gramsPerKilowattHour: Double?

        /// Grams of CO2 equivalent per kilowatt-hour; `nil` where nothing is given.
        public var intensity: Double? { gramsPerKilowattHour ?? region?.gramsPerKilowattHour }
    }
}

extension ScenarioKeys {
    static let energy =
        [
            ScenarioKey(
                "energy.client.profile", optional: \.energy.client.profile, .choice,
                absent: "the watts below",
                "A device with known watts, which every client has (docs/energy.md)."),
            ScenarioKey(
                "energy.client.task", optional: \.energy.clientTask, .choice, absent: "cifar-10",
                "What a client trains, for the profiles of ns3-fl, whose watts depend on it and on "
                    + "training.local-epochs."),
        ] + draw("client", \.energy.client.draw) + [
            ScenarioKey(
                "energy.client.radio", optional: \.energy.clientRadio, .choice, absent: "none",
                "A client's radio: watts while it transfers and joules for each byte, on top of its device."),
            ScenarioKey(
                "energy.server.profile", optional: \.energy.server.profile, .choice,
                absent: "the watts below",
                "A device with known watts, which the server has."),
        ] + draw("server", \.energy.server.draw) + [
            ScenarioKey(
                "energy.server.pue", optional: \.energy.powerUsageEffectiveness, .number(from: 1, to: 10),
                absent: "1",
                "Power usage effectiveness: by what the server's energy is multiplied for cooling and losses."
            ),
            ScenarioKey(
                "energy.server.region", optional: \.energy.serverGrid.region, .choice,
                absent: "energy.region",
                "Where the server's electricity comes from, where that is elsewhere."),
            ScenarioKey(
                "energy.server.carbon-intensity", optional: \.energy.serverGrid.gramsPerKilowattHour,
                .quantity(.carbonIntensity), absent: "energy.server.region",
                "CO2 equivalent of the server's electricity."),
            ScenarioKey(
                "energy.network.class", optional: \.energy.networkClass, .choice, absent: "not counted",
                "The network between clients and server, whose electricity is counted by the byte "
                    + "(docs/energy.md)."),
            ScenarioKey(
                "energy.network.per-byte", optional: \.energy.networkJoulesPerByte, .quantity(.energyPerByte),
                absent: "energy.network.class", "Electricity of the network for each byte that moved."),
            ScenarioKey(
                "energy.region", optional: \.energy.grid.region, .choice, absent: "carbon is not counted",
                "Where the electricity comes from: its CO2 equivalent (docs/energy.md)."),
            ScenarioKey(
                "energy.carbon-intensity", optional: \.energy.grid.gramsPerKilowattHour,
                .quantity(.carbonIntensity), absent: "energy.region", "CO2 equivalent of the electricity."),
        ]

    /// The watts of a device by state.
    private static func draw(
        _ owner: String, _ draw: WritableKeyPath<Scenario, PowerDraw> & Sendable
    ) -> [ScenarioKey] {
        func key(
            _ name: String, _ state: WritableKeyPath<PowerDraw, Double?> & Sendable, absent: String,
            _ documentation: String
        ) -> ScenarioKey {
            ScenarioKey(
                "energy.\(owner).\(name)", getPresent: { $0[keyPath: draw][keyPath: state] },
                set: { $0[keyPath: draw][keyPath: state] = $1 }, .quantity(.power), absent: absent,
                documentation)
        }
        let idle = "of the profile, else energy.\(owner).idle"
        let isClient = owner == "client"
        let sends =
            isClient ? "Watts while it sends." : "Watts while it sends or receives, once for all transfers."
        let watts = [
            key("idle", \.idle, absent: "of the profile, else 0W", "Watts while it does nothing."),
            key("compute", \.compute, absent: idle, "Watts while it computes."),
            key("transmit", \.transmit, absent: idle, sends),
        ]
        guard isClient else { return watts }
        return watts + [key("receive", \.receive, absent: idle, "Watts while it receives.")]
    }
}
