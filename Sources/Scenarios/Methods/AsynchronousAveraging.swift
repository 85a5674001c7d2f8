/// FedAsync: every update is mixed into the global model as it arrives, the less the staler it is.
///
/// Xie, Koyejo and Gupta, "Asynchronous Federated Optimization", https://arxiv.org/abs/1903.03934, algorithm 1:
/// x ← (1 - α s(τ)) x + α s(τ) x_new. The proximal term of its clients is left out (their ρ = 0).
public struct AsynchronousAveraging: FederatedMethod {
    public let name = "fedasync"
    public let summary = "no rounds: each update is mixed into the model as it comes, by its staleness"
    public let hasRounds = false
    public let noisePlaces: [Scenario.NoisePlace] = [.client]

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server, settings = federation.scenario.asynchronous
        let initial = try await server.initialModel()
        try await federation.runAsynchronously(from: initial) { update, global in
            let share = settings.mixing * settings.weight(staleness: update.staleness)
            return try await server.mix([
                MixtureTerm(global.bytes, weight: 1 - share),
                MixtureTerm(update.local, weight: share),
            ])
        }
    }
}
