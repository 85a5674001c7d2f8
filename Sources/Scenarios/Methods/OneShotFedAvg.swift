/// One-shot FedAvg: a single round, in which clients train for long, and whose average is the model.
///
/// Guha, Talwalkar and Smith, "One-Shot Federated Learning", https://arxiv.org/abs/1902.11175, with the plain
/// average that the one-shot methods after it compare with (DENSE, https://arxiv.org/abs/2112.12371). The
/// final model goes to the clients, as in one-shot Federated Generative Learning.
///
/// Not as in the first paper, which sends an ensemble of some clients' models (chosen by cross-validation, by
/// data or at random) or distils it with unlabelled data: `dense` is what is nearest to that here.
public struct OneShotFedAvg: FederatedMethod {
    public let name = "fedavg-one-shot"
    public let summary = "one round of FedAvg with many local epochs; the average goes to the clients"
    public let takesOutcomes = true

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func run(on federation: Federation) async throws {
        let training = LocalTraining(epochs: federation.scenario.oneShotFedAvg.epochs)
        try await federation.playSingleRound(training: training) { updates in
            try await federation.server.average(updates)
        }
    }
}
