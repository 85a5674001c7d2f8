/// FedProx: FedAvg whose clients are held back from going far from the global model.
///
/// Li et al., "Federated Optimization in Heterogeneous Networks", https://arxiv.org/abs/1812.06127, algorithm
/// 2: client k minimizes F_k(w) + µ/2 · ‖w − wᵗ‖², here by the scenario's stochastic gradient descent for the
/// same local epochs as FedAvg; µ = 0 is FedAvg.
///
/// Not as in the paper: no partial work. Its stragglers send what they have after fewer epochs; here every
/// client makes all of them, and `participation` says whether one that is late is waited for, dropped or
/// counted late. Its clients are chosen with chances p_k and averaged uniformly; here both are as for FedAvg
/// (`participation.selection: data-size` comes near).
public struct FedProx: FederatedMethod {
    public let name = "fedprox"
    public let summary = "FedAvg with a proximal term that keeps clients near the global model"
    public let takesOutcomes = true

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server
        let training = LocalTraining(correction: .proximal(mu: federation.scenario.fedprox.mu))
        try await federation.playRounds(from: server.initialModel()) { client, global in
            try await client.obtain(global)
            try await client.upload(client.train(training))
        } aggregate: { updates, _ in
            try await server.average(updates)
        }
    }
}
