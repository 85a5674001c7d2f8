/// FedBuff: the server collects K updates, whenever they come, and adds the mean of their changes to its
/// model.
///
/// Nguyen et al., "Federated Learning with Buffered Asynchronous Aggregation",
/// https://arxiv.org/abs/2106.06639, algorithm 1: x ← x + η · (1/K) Σ s(τᵢ) (yᵢ - xᵢ), where client i made yᵢ
/// of xᵢ, the model it was sent. A mean and a variance of batch norm are no directions one can go along: the
/// new model has the weighted mean of those that the K clients have found.
///
/// Not as in the paper: local epochs for its fixed number of local steps, with the scenario's momentum and
/// schedule; no secure aggregator and no noise inside it (`privacy.at: client` alone).
public struct FedBuff: FederatedMethod {
    public let name = "fedbuff"
    public let summary = "no rounds: every K updates, the mean of their changes is added to the model"
    public let hasRounds = false
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = [.client]

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func clientsPerRound(in scenario: Scenario) -> Int { scenario.asynchronous.buffer }

    public func run(on federation: Federation) async throws {
        let server = federation.server, settings = federation.scenario.asynchronous
        let initial = try await server.initialModel()
        var buffer: [AsynchronousUpdate] = []
        try await federation.runAsynchronously(from: initial) { update, global in
            buffer.append(update)
            guard buffer.count >= settings.buffer else { return nil }
            defer { buffer = [] }
            let weights = buffer.map { settings.weight(staleness: $0.staleness) }
            let total = weights.reduce(0, +)
            let changes = zip(buffer, weights).flatMap { update, weight in
                let step = settings.serverRate * weight / Double(settings.buffer)
                return [
                    MixtureTerm(
                        update.local, weight: step,
                        statistics: total > 0 ? weight / total : 1 / Double(buffer.count)),
                    MixtureTerm(update.base.bytes, weight: -step, statistics: 0),
                ]
            }
            return try await server.mix([MixtureTerm(global.bytes, weight: 1, statistics: 0)] + changes)
        }
    }
}
