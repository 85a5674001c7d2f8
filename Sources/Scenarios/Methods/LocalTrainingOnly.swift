/// Every client by itself: the lower baseline of every federation, in which nothing is communicated.
///
/// As the baseline "Local" or "SingleSet" of FedBN, https://arxiv.org/abs/2102.07623. In every round a client
/// goes on with its own model for the scenario's local epochs. Accuracy is the mean over the clients that
/// have trained so far, each on all test images.
public struct LocalTrainingOnly: FederatedMethod {
    public let name = "local"
    public let summary = "every client trains by itself, nothing is communicated: the lower baseline"
    public let takesOutcomes = true

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let memories = federation.context.memories
        let seed = federation.context.workSeed("initial-weights")
        for round in 1...federation.scenario.training.rounds {
            federation.begin(round: round)
            try await federation.atParticipants(uploads: false) { client in
                let start = memories[client.id, "model"].map(ModelStart.state) ?? .initial(seed: seed)
                memories[client.id, "model"] = try await client.train(LocalTraining(start: start)).bytes
            }
            let models = memories.clients(with: "model").compactMap { client in
                memories[client, "model"].map { PersonalModel(client: client, weights: .state($0)) }
            }
            try federation.end(round: round, personal: models)
        }
    }
}
