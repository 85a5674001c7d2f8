import Models

/// DENSE: one round, in which clients upload what they have trained; the server trains a generator against
/// their ensemble and distils the ensemble into the global model with its images.
///
/// Zhang et al., "DENSE: Data-Free One-Shot Federated Learning", https://arxiv.org/abs/2112.12371, algorithm
/// 1. Local training begins with the server's initial model, as in the one-shot average that it is compared
/// with. The final model goes to the clients.
public struct Dense: FederatedMethod {
    public let name = Scenario.Dense.method
    public let summary = "one round: models up, their ensemble distilled through a generator, one model down"
    /// Uploads are not averaged, so noise for a mean has no place.
    public let noisePlaces: [Scenario.NoisePlace] = [.client]
    public let usesAggregation = false

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func workingSet(in scenario: Scenario) -> WorkingSet {
        WorkingSet(
            classifierBatch: scenario.training.optimizer.batch,
            otherBytes: ImageGenerator.trainingBytes(
                side: scenario.data.side, batch: scenario.dense.batch,
                noiseWidth: scenario.dense.noiseWidth, width: scenario.dense.generatorWidth))
    }

    public func run(on federation: Federation) async throws {
        let training = LocalTraining(epochs: federation.scenario.dense.localEpochs)
        try await federation.playSingleRound(training: training) { updates in
            let settings = federation.scenario.dense
            return try await federation.server.distill(
                updates, settings.options, rate: settings.rate, momentum: settings.momentum)
        }
    }
}

extension Server {
    /// Distils the ensemble of the updates into a fresh model.
    ///
    /// - Parameters:
    ///   - rate: the learning rate of that model, and `momentum` its momentum.
    ///   - boosting: what Co-Boosting adds.
    func distill(
        _ updates: [ReceivedUpdate], _ options: DataFreeDistillationOptions, rate: Double, momentum: Double,
        boosting: CoBoostingOptions? = nil
    ) async throws -> ModelState {
        let work = Distillation(
            context.classifier, of: updates.map(\.state), options: options, rate: rate, momentum: momentum,
            precision: context.scenario.training.precision ?? .float32, side: context.data.train.side,
            studentSeed: context.workSeed("initial-weights"), seed: context.workSeed("distillation"),
            evaluation: context.data.testSHA256, boosting: boosting)
        let start = context.simulation.now
        let trained = try await context.perform(work, on: device).output
        context.recordEpochs(of: trained, from: start, asRounds: false, by: Distillation.activity)
        return trained.state
    }
}

extension Scenario.Dense {
    /// As the distillation takes them.
    var options: DataFreeDistillationOptions {
        DataFreeDistillationOptions(
            epochs: epochs, generatorSteps: generatorSteps, batch: batch, generatorRate: generatorRate,
            statisticsWeight: statisticsWeight, boundaryWeight: boundaryWeight, noiseWidth: noiseWidth,
            generatorWidth: generatorWidth, temperature: temperature, pool: pool, start: generator)
    }
}
