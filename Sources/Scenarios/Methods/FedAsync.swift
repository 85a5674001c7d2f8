/// FedAsync: every update is mixed into the global model as it arrives, the less the staler it is.
///
/// Xie, Koyejo and Gupta, "Asynchronous Federated Optimization", https://arxiv.org/abs/1903.03934, algorithm
/// 1: x ← (1 - α s(τ)) x + α s(τ) x_new, with s constant, polynomial or a hinge (section 5.2).
///
/// Its clients minimize F(x) + ρ/2 · ‖x − xₜ‖² from the model xₜ that they were sent where
/// `asynchronous.proximal` gives ρ, as its option II; without it they make plain steps, as option I. The
/// paper draws staleness from a range and the number of local steps too; here staleness is what comes of
/// links and devices, and local epochs are the scenario's. There is no bound on staleness.
public struct FedAsync: FederatedMethod {
    public let name = "fedasync"
    public let summary = "no rounds: each update is mixed into the model as it comes, by its staleness"
    public let hasRounds = false
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = [.client]

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server, settings = federation.scenario.asynchronous
        let initial = try await server.initialModel()
        let training = LocalTraining(correction: settings.proximal.map { .proximal(mu: $0) })
        try await federation.runAsynchronously(from: initial, training: training) { update, global in
            let share = settings.mixing * settings.weight(staleness: update.staleness)
            return try await server.mix([
                MixtureTerm(global.bytes, weight: 1 - share),
                MixtureTerm(update.local, weight: share),
            ])
        }
    }
}
