import Scenarios

/// FedAvg whose first rounds have more local epochs than the others.
struct WarmUp: FederatedMethod {
    let name = "warm-up"
    let summary = "FedAvg with more local epochs in its first rounds"

    /// The section `warm-up` of scenario files.
    struct Settings: MethodSettings {
        static let section = "warm-up"
        /// How many rounds are the first ones.
        var rounds = 1
        /// Passes over its own images that a client makes in them.
        var epochs = 3
    }

    let keys = [
        ScenarioKey(
            "rounds", of: "warm-up", at: \Settings.rounds, .integer(1...100_000),
            "How many rounds have more local epochs."),
        ScenarioKey(
            "epochs", of: "warm-up", at: \Settings.epochs, .integer(1...100_000),
            "The local epochs of these rounds."),
    ]

    func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    func run(on federation: Federation) async throws {
        let settings = federation.scenario[Settings.self], server = federation.server
        var round = 0
        try await federation.playRounds(from: server.initialModel()) { client, global in
            let isFirst = round < settings.rounds
            try await client.obtain(global)
            try await client.upload(client.train(LocalTraining(epochs: isFirst ? settings.epochs : nil)))
        } aggregate: { updates, _ in
            round += 1
            return try await server.average(updates)
        }
    }
}
