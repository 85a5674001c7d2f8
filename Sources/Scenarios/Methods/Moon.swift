import Models
import RunLog

/// MOON: FedAvg whose clients keep the features of their model near to those of the global model and away
/// from those of their own model of the round before.
///
/// Li, He and Song, "Model-Contrastive Federated Learning", https://arxiv.org/abs/2103.16257, algorithm 1:
/// a client minimizes the cross-entropy plus µ times the contrastive loss of equation 3 (`ModelContrast`).
/// An upload is FedAvg's; the previous model stays at the client.
///
/// Not as in the paper: the features are those before the last layer, without a projection head; a client
/// that has no previous model yet trains without the term; momentum, weight decay and averaging are the
/// scenario's.
public struct Moon: FederatedMethod {
    public let name = "moon"
    public let summary = "FedAvg with a contrastive term: near the global model, away from the previous one"
    public let takesOutcomes = true
    public let needsFeatures = true

    /// The section `moon`.
    public struct Settings: MethodSettings {
        public static let section = "moon"
        /// The weight of the contrastive loss.
        public var mu = 1.0
        /// Its temperature.
        public var temperature = 0.5

        public init() {}
    }

    public let keys = [
        ScenarioKey(
            "mu", of: "moon", at: \Settings.mu, .number(from: 0, to: 1000),
            "The weight of MOON's contrastive loss (its paper: 0.1, 1, 5, 10, by task)."),
        ScenarioKey(
            "temperature", of: "moon", at: \Settings.temperature, .number(above: 0, atMost: 1000),
            "The temperature of MOON's contrastive loss (its paper: 0.5)."),
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server, memories = federation.context.memories
        let settings = federation.scenario[Settings.self]
        try await federation.playRounds(from: server.initialModel()) { client, global in
            try await client.obtain(global)
            let contrast = memories[client.id, "model"].map {
                LocalContrast(previous: $0, mu: settings.mu, temperature: settings.temperature)
            }
            let local = try await client.train(LocalTraining(contrast: contrast))
            try await client.upload(local)
            memories[client.id, "model"] = local.bytes
        } aggregate: { updates, _ in
            try await server.average(updates)
        }
    }
}
