/// FedAvg: in every round the clients train the global model on their own images and the server averages the
/// results.
///
/// McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data",
/// https://arxiv.org/abs/1602.05629, algorithm 1, with all clients in every round.
public struct FederatedAveraging: FederatedMethod {
    public let name = "fedavg"
    public let summary = "weights up and down in every round, averaged at the server"

    public func run(on federation: Federation) async throws {
        let server = federation.server
        var global = try await server.initialModel()
        for round in 1...federation.scenario.training.rounds {
            federation.begin(round: round)
            try await server.broadcast(global)
            global = try await federation.updateAtClients()
            try federation.end(round: round, global: global)
        }
    }
}

extension Federation {
    /// The inner part of a FedAvg round: every client trains the model it holds and uploads it; the server
    /// averages
    /// the uploads once the last has arrived.
    ///
    /// - Returns: the averaged model, still at the server.
    func updateAtClients() async throws -> ModelState {
        try await forEachClient { client in
            let local = try await client.train()
            try await client.upload(.weights(local.bytes))
        }
        return try await server.average(server.receivedWeights())
    }
}
