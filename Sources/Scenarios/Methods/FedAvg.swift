/// FedAvg: in every round the clients that take part train the global model on their own images and the
/// server averages the results.
///
/// McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data",
/// https://arxiv.org/abs/1602.05629, algorithm 1; who takes part, and until when, is the scenario's
/// `participation`.
///
/// Not as in the paper: clients count the same unless `training.averaging: samples` asks for its n_k / n (the
/// default is that of Federated Generative Learning, equation 4); local steps have the scenario's momentum,
/// weight decay and schedule, whose memory begins anew in each round; an epoch leaves out images that fill no
/// batch; batch norm's statistics are averaged like weights.
public struct FedAvg: FederatedMethod {
    public let name = "fedavg"
    public let summary = "weights up and down in every round, averaged at the server"
    public let takesOutcomes = true

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server
        var global = try await server.initialModel()
        for round in 1...federation.scenario.training.rounds {
            federation.begin(round: round)
            global = try await federation.updateAtClients(global)
            try federation.end(round: round, global: global)
        }
    }
}

extension Federation {
    /// The inner part of a FedAvg round: each client that takes part fetches the global model if it does not
    /// hold it, trains it and uploads the result; the server averages what has come when the round ends.
    ///
    /// - Returns: the averaged model, still at the server; the same model as before where too few updates
    ///   came.
    func updateAtClients(_ global: ModelState) async throws -> ModelState {
        try await update(global) { updates, _ in try await server.average(updates) }
    }
}
