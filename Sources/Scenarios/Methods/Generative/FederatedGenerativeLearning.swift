import RunLog

/// Federated Generative Learning: clients upload prompts, the server synthesizes their images and trains on
/// them.
///
/// Zhang et al., "Federated Generative Learning with Foundation Models", https://arxiv.org/abs/2306.16064,
/// algorithm 1. The one-shot model is the first round; the multi-round variants go on with FedAvg rounds
/// from there,
/// with or without a few epochs on the synthetic images at the server after each aggregation.
public struct FederatedGenerativeLearning: FederatedMethod {
    public let name: String
    public let summary: String
    public var needsFoundation: Bool { true }
    public var trainsAtClients: Bool { continuesWithAveraging }
    /// Whether FedAvg rounds follow the first one.
    let continuesWithAveraging: Bool
    /// Whether the server fine-tunes each average on the synthetic images before it sends it.
    let fineTunesOnSynthetic: Bool

    /// Prompts up, one model down.
    public static let oneShot = FederatedGenerativeLearning(
        name: "fgl-one-shot",
        summary: "prompts up, training on synthetic images at the server, one model down",
        continuesWithAveraging: false, fineTunesOnSynthetic: false)

    /// One shot, then FedAvg rounds from its model.
    public static let fiveRound = FederatedGenerativeLearning(
        name: "fgl-5-round", summary: "one-shot, then four rounds of FedAvg from its model",
        continuesWithAveraging: true, fineTunesOnSynthetic: false)

    /// One shot, then FedAvg rounds, each followed by fine-tuning on the synthetic images.
    public static let fiveRoundSynthetic = FederatedGenerativeLearning(
        name: "fgl-5-round-syn", summary: "as fgl-5-round, with synthetic fine-tuning after each aggregation",
        continuesWithAveraging: true, fineTunesOnSynthetic: true)

    public func plannedRounds(in scenario: Scenario) -> Int? {
        1 + (continuesWithAveraging ? scenario.synthesis.rounds : 0)
    }

    public func run(on federation: Federation) async throws {
        let server = federation.server

        // Round 1. Clients: describe the private images by prompts or their embeddings and upload those.
        federation.begin(round: 1)
        try await federation.collectDescriptions { client in
            try await client.upload(.description(client.describeImages()))
        }
        // Server: synthesize a training set from all prompts or embeddings, train the global model on it,
        // send it to the clients.
        let synthetic = try await server.synthesize(from: server.acceptedDescriptions())
        var global = try await server.train(on: synthetic)
        try await federation.deliver(global, isFinal: !continuesWithAveraging)
        try federation.end(round: 1, global: global)
        guard continuesWithAveraging else { return }

        // Later rounds. Clients: train the model they hold. Server: average, fine-tune, send.
        let last = 1 + federation.scenario.synthesis.rounds
        for round in 2...last {
            federation.begin(round: round)
            global = try await federation.updateAtClients(global)
            if fineTunesOnSynthetic {
                try federation.measure(global, name: .accuracyBeforeFineTuning)
                global = try await server.fineTune(global, on: synthetic)
            }
            try await federation.deliver(global, isFinal: round == last)
            try federation.end(round: round, global: global)
        }
    }
}

extension MetricName {
    /// What fine-tuning starts from.
    static let accuracyBeforeFineTuning = MetricName(
        "accuracy_before_fine_tuning", unit: "fraction",
        meaning: "FGL: test accuracy of the aggregated model before synthetic fine-tuning.")
}
