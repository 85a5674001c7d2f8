import Models
import RunLog

/// The ensemble of the clients' models: one round, in which clients upload what they have trained; images are
/// classified by the mean of the models' logits. The upper reference of one-shot methods of weights.
///
/// The ensemble is that which DENSE distils: D(x) = 1/m Σ f(x; θₖ) (Zhang et al.,
/// https://arxiv.org/abs/2112.12371, equation 1). Ensembles in one-shot federated learning are those of Guha,
/// Talwalkar and Smith, https://arxiv.org/abs/1902.11175. It stays at the server: nothing goes down but the
/// initial model, since no single model stands for it.
///
/// Local training begins with the server's initial model, and takes the epochs of `ensemble.local-epochs`.
public struct LogitEnsemble: FederatedMethod {
    public let name = "ensemble"
    public let summary = "one round: models up, images are classified by the mean of their logits"
    public let takesOutcomes = true
    public let noisePlaces: [Scenario.NoisePlace] = [.client]
    public let usesAggregation = false

    /// The section `ensemble`.
    public struct Settings: MethodSettings {
        public static let section = "ensemble"
        /// Passes over its own images that a client makes in the only round.
        public var localEpochs = 200

        public init() {}
    }

    public let keys = [
        ScenarioKey(
            "local-epochs", of: "ensemble", at: \Settings.localEpochs, .integer(1...100_000),
            "Passes over its own images that a client of ensemble makes (DENSE: 200).")
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func run(on federation: Federation) async throws {
        let server = federation.server
        let training = LocalTraining(epochs: federation.scenario[Settings.self].localEpochs)
        federation.begin(round: 1)
        let initial = try await server.initialModel()
        try await federation.atParticipants { client in
            try await client.obtain(initial)
            try await client.upload(client.train(training))
        }
        let received = try await server.receivedUpdates()
        // Without enough of them the first model remains, as in the other methods of one round.
        guard federation.isEnough(updates: received.count) else {
            return try federation.end(round: 1, global: initial)
        }
        try federation.end(round: 1, ensemble: received)
    }
}

extension Federation {
    /// Ends a round whose outcome is several models that speak together.
    ///
    /// - Throws: `RunLogError` where the log cannot be written.
    fileprivate func end(round: Int, ensemble updates: [ReceivedUpdate]) throws {
        precondition(round == context.round, "round \(round) ends in round \(context.round)")
        context.log(.roundEnd)
        context.results.finalModel = nil
        context.results.finalPersonalModels = updates.map {
            PersonalModel(client: $0.client, weights: .state($0.state))
        }
        context.results.finalModelIsMeasured = true
        try context.measure(
            together: EnsembleEvaluation(
                context.classifier, of: updates.map(\.state), on: context.data.testSHA256))
    }
}

// MARK: - Work

/// Evaluates the mean of the logits of several models on test images. It observes the federation and takes no
/// virtual time.
package struct EnsembleEvaluation: Work {
    package typealias Output = Classifier.Evaluation
    package static let kind = "evaluate-ensemble"
    package static let activity = WorkKind.evaluate
    package static let nature = WorkNature.inference
    package static let isShared = true

    let model: ClassifierReference
    let states: [StoredBytes]
    /// The hash of the test images.
    let images: String

    private enum CodingKeys: String, CodingKey { case model, states, images }

    /// - Precondition: there is a state.
    package init(_ model: ClassifierReference, of states: [StoredBytes], on images: String) {
        precondition(!states.isEmpty, "an ensemble of no models")
        self.model = model
        self.states = states
        self.images = images
    }

    package var inputs: [StoredBytes] { states }
    package func cost(_ facts: WorkFacts) -> Double { 0 }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<Classifier.Evaluation> {
        try .observed {
            let architecture = try model.architecture(in: environment)
            let ensemble = try ClassifierEnsemble(architecture, count: states.count) { index, store in
                try environment.withTensors(of: states[index]) { try store.load($0) }
            }
            return try Classifier.evaluate(
                on: environment.images(images), isCancelled: environment.isCancelled, ensemble.logits(of:))
        }
    }
}
