extension ScenarioKeys {
    static let network = [
        ScenarioKey(
            "network.transport", optional: \.network.transport, .choice, absent: "ideal",
            "What transfers cost beside their bytes (docs/fidelity.md): nothing; TCP's round trips, "
                + "headers, slow start and windows; those and TLS's round trip; SimGrid's models."),
        ScenarioKey(
            "network.server.uplink", \.network.server.uplinkBytesPerSecond, .quantity(.bandwidth),
            "The server's capacity for what it sends, shared by all transfers."),
        ScenarioKey(
            "network.server.downlink", \.network.server.downlinkBytesPerSecond, .quantity(.bandwidth),
            "The server's capacity for what it receives, shared by all transfers."),
        ScenarioKey(
            "network.client.preset", optional: \.network.client.preset, .choice,
            absent: "the three quantities below",
            "Published links in their place (docs/fidelity.md): rates drawn for each client, and a latency."),
        ScenarioKey(
            "network.client.uplink", \.network.client.uplinkBytesPerSecond, .source(.bandwidth),
            "A client's capacity for what it sends."),
        ScenarioKey(
            "network.client.downlink", \.network.client.downlinkBytesPerSecond, .source(.bandwidth),
            "A client's capacity for what it receives."),
        ScenarioKey(
            "network.client.latency", \.network.client.latencySeconds, .source(.duration, in: .latency),
            "The one-way latency between a client and the server."),
        ScenarioKey(
            "network.client.loss", optional: \.network.client.loss, .number(from: 0, to: 0.5), absent: "0",
            "The fraction of packets lost on a client's link, which are sent again; every transport but "
                + "ideal also slows down for them."),
    ]

    static let devices = [
        ScenarioKey(
            "devices.client", \.devices.clientFLOPsPerSecond, .source(.speed),
            "The speed of a client's device."),
        ScenarioKey(
            "devices.profile", optional: \.devices.profile, .choice, absent: "devices.client",
            "The measured device that every client has, in place of devices.client (docs/fidelity.md)."),
        ScenarioKey(
            "devices.slowdown", \.devices.slowdown, .factorSource,
            "How many times longer a client computes, in all rounds; stragglers take their slowdown on top."),
        ScenarioKey(
            "devices.round-slowdown", \.devices.roundSlowdown, .factors,
            "How many times longer a client computes in a round, drawn anew for each client and round."),
        ScenarioKey(
            "devices.server", \.devices.serverFLOPsPerSecond, .quantity(.speed),
            "The speed of the server."),
        ScenarioKey(
            "devices.efficiency", optional: \.devices.efficiency, .number(above: 0, atMost: 1), absent: "1",
            "The part of devices.server that work reaches: peak speeds of data sheets are not reached."),
        ScenarioKey(
            "devices.stragglers.fraction", \.devices.stragglers.fraction,
            .number(from: 0, to: 1),
            "The fraction of the clients that are slow."),
        ScenarioKey(
            "devices.stragglers.slowdown", \.devices.stragglers.slowdown,
            .number(from: 1, to: 1_000_000),
            "How many times longer a slow client computes."),
    ]
}
