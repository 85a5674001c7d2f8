import Models

/// FedNova: FedAvg in which a client that has made more steps does not count for more.
///
/// Wang et al., "Tackling the Objective Inconsistency Problem in Heterogeneous Federated Optimization",
/// https://arxiv.org/abs/2007.07481, equations 8 and 9: each change is divided by the reach of its client's
/// steps, η‖aᵢ‖₁, and their mean is multiplied by the mean reach. An upload is FedAvg's, with its number of
/// steps.
///
/// Not as in the paper: the shares pᵢ are uniform unless `training.averaging: samples` asks for its nᵢ / n;
/// its variants with a proximal term and with momentum at the server are not there; batch norm's statistics
/// are averaged by pᵢ.
public struct FedNova: FederatedMethod {
    public let name = "fednova"
    public let summary = "FedAvg with each client's change divided by how far its steps reach"
    public let noisePlaces: [Scenario.NoisePlace] = [.client]
    public let usesAggregation = false

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server, optimizer = federation.scenario.training.optimizer
        try await federation.playRounds(from: server.initialModel()) { client, global in
            try await client.obtain(global)
            try await client.upload(client.train(LocalTraining(notesSteps: true)))
        } aggregate: { updates, global in
            let shares = federation.shares(of: updates)
            let weights = Self.weights(
                shares: shares, reaches: updates.map { optimizer.reach(ofSteps: $0.steps ?? 0) })
            let terms = zip(updates, zip(weights, shares)).map { update, parts in
                MixtureTerm(update.state, weight: parts.0, statistics: parts.1)
            }
            let rest = MixtureTerm(global.bytes, weight: 1 - weights.reduce(0, +), statistics: 0)
            return try await server.mix(terms + [rest])
        }
    }

    /// What each client's model counts in the next global model, of which the last one is the rest:
    /// w ← w + (Σ pⱼ sⱼ) Σ pᵢ (wᵢ − w) / sᵢ, with shares p and reaches s.
    ///
    /// A client that has made no step has changed nothing and counts nothing.
    package static func weights(shares: [Double], reaches: [Double]) -> [Double] {
        let reach = zip(shares, reaches).reduce(0) { $0 + $1.0 * $1.1 }
        return zip(shares, reaches).map { share, own in own > 0 ? reach * share / own : 0 }
    }
}

extension Scenario.Optimizer {
    /// How far a client's steps reach: see `LocalSteps`.
    func reach(ofSteps steps: Int) -> Double {
        let options = TrainingOptions(
            epochs: 1, batch: max(2, batch), learningRate: learningRate,
            schedule: schedule == .cosine ? .cosine : .constant, momentum: momentum)
        return LocalSteps.reach(steps: steps, momentum: momentum) {
            options.learningRate(step: $0, of: steps)
        }
    }
}
