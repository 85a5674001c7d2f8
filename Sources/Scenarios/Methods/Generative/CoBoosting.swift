import Models

/// Co-Boosting: DENSE whose server makes the generated images hard, and with them adjusts how much each
/// client's model counts in the ensemble.
///
/// Dai et al., "Enhancing One-Shot Federated Learning Through Data and Ensemble Co-Boosting",
/// https://arxiv.org/abs/2402.15070, algorithm 1 (`CoBoostedDistillation`). Clients do what DENSE's do, and
/// send the same bytes.
///
/// Not as in the paper: local training begins with the server's initial model, as in the other one-shot
/// methods here; the student has a constant learning rate and no weight decay, as DENSE's; gradients are not
/// clipped; images are moved by ε of a pixel's range (the authors' code: of its deviation).
public struct CoBoosting: FederatedMethod {
    public let name = "co-boosting"
    public let summary = "as dense, with images hard for the ensemble, which adjust the weight of each model"
    /// Uploads are not averaged, so noise for a mean has no place.
    public let noisePlaces: [Scenario.NoisePlace] = [.client]
    public let usesAggregation = false

    /// The section `co-boosting`.
    public struct Settings: MethodSettings {
        public static let section = "co-boosting"
        /// Passes over its own images that a client makes in the only round.
        public var localEpochs = 200
        /// Batches of images that are generated, with a stage of distillation after each.
        public var epochs = 200
        /// Steps of the generator for each.
        public var generatorSteps = 30
        /// Images of a batch, of generation and of distillation.
        public var batch = 128
        /// Where each batch's generator comes from.
        public var generator = DataFreeDistillationOptions.GeneratorStart.restarted
        public var generatorRate = 0.001
        public var generatorWidth = 64
        public var noiseWidth = 256
        /// The learning rate and the momentum of the global model.
        public var rate = 0.01
        public var momentum = 0.9
        /// What logits are divided by in distillation.
        public var temperature = 4.0
        public var hardness = 1.0
        /// β.
        public var adversarialWeight = 1.0
        /// ε.
        public var perturbation = 0.0314
        /// n µ.
        public var weightStep = 0.1
        /// Batches, the latest ones, that each stage of distillation passes over; 0 takes all.
        public var pool = 0

        public init() {}
    }

    public var keys: [ScenarioKey] { Self.generation + Self.boosting }

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func workingSet(in scenario: Scenario) -> WorkingSet {
        let settings = scenario[Settings.self]
        return WorkingSet(
            classifierBatch: scenario.training.optimizer.batch,
            otherBytes: ImageGenerator.trainingBytes(
                side: scenario.data.side, batch: settings.batch, noiseWidth: settings.noiseWidth,
                width: settings.generatorWidth))
    }

    public func run(on federation: Federation) async throws {
        let settings = federation.scenario[Settings.self]
        let training = LocalTraining(epochs: settings.localEpochs)
        try await federation.playSingleRound(training: training) { updates in
            try await federation.server.distill(
                updates, settings.options, rate: settings.rate, momentum: settings.momentum,
                boosting: settings.boosting)
        }
    }
}

extension CoBoosting {
    private static let generation = [
        ScenarioKey(
            "local-epochs", of: "co-boosting", at: \Settings.localEpochs, .integer(1...100_000),
            "Passes over its own images that a client of co-boosting makes (DENSE: 200)."),
        ScenarioKey(
            "epochs", of: "co-boosting", at: \Settings.epochs, .integer(1...100_000),
            "Batches of images that the server of co-boosting generates, with a stage of distillation after "
                + "each (the authors' code: 200)."),
        ScenarioKey(
            "generator-steps", of: "co-boosting", at: \Settings.generatorSteps, .integer(1...100_000),
            "Steps of the generator for each batch (the authors' code: 30)."),
        ScenarioKey(
            "batch", of: "co-boosting", at: \Settings.batch, .integer(2...65_536),
            "Images of a batch, of generation and of distillation (the authors' code: 128)."),
        ScenarioKey(
            "generator", of: "co-boosting", at: \Settings.generator, .choice,
            "Whether one generator goes on from batch to batch (continued), or a fresh one is trained for "
                + "each, together with its noise (restarted: the authors' code)."),
        ScenarioKey(
            "generator-learning-rate", of: "co-boosting", at: \Settings.generatorRate,
            .number(above: 0, atMost: 100),
            "Adam's learning rate for the generator (the authors' code: 0.001)."),
        ScenarioKey(
            "generator-width", of: "co-boosting", at: \Settings.generatorWidth, .integer(1...1024),
            "Channels of the generator's last hidden layer (the authors' code: 64)."),
        ScenarioKey(
            "noise-width", of: "co-boosting", at: \Settings.noiseWidth, .integer(1...65_536),
            "Width of the generator's noise (the authors' code: 256)."),
    ]

    private static let boosting = [
        ScenarioKey(
            "learning-rate", of: "co-boosting", at: \Settings.rate, .number(above: 0, atMost: 100),
            "The learning rate of the global model (the authors' example: 0.01)."),
        ScenarioKey(
            "momentum", of: "co-boosting", at: \Settings.momentum, .number(from: 0, below: 1),
            "The momentum of the global model (the authors' code: 0.9)."),
        ScenarioKey(
            "temperature", of: "co-boosting", at: \Settings.temperature, .number(above: 0, atMost: 1000),
            "What logits are divided by in distillation (the authors' code: 4)."),
        ScenarioKey(
            "hardness", of: "co-boosting", at: \Settings.hardness, .number(from: 0, to: 100),
            "The exponent of a sample's difficulty in the generator's loss (its paper: 1; 0: plain "
                + "cross-entropy)."),
        ScenarioKey(
            "adversarial-weight", of: "co-boosting", at: \Settings.adversarialWeight,
            .number(from: 0, to: 1000),
            "The weight of the divergence between ensemble and global model in the generator's loss (its "
                + "paper: 1)."),
        ScenarioKey(
            "perturbation", of: "co-boosting", at: \Settings.perturbation, .number(from: 0, to: 1),
            "How far pixels, of a range of 1, are moved before each step of distillation (its paper: 8/255; "
                + "0: not at all)."),
        ScenarioKey(
            "weight-step", of: "co-boosting", at: \Settings.weightStep, .number(from: 0, to: 1000),
            "A step of the ensemble's weights times the number of its models (its paper: 0.1; 0: equal "
                + "weights)."),
        ScenarioKey(
            "pool", of: "co-boosting", at: \Settings.pool, .integer(0...100_000),
            "Batches, the latest ones, that each stage of distillation passes over (0, the authors' code: "
                + "all)."),
    ]
}

extension CoBoosting.Settings {
    /// As the distillation takes them; DENSE's own terms have no weight.
    fileprivate var options: DataFreeDistillationOptions {
        DataFreeDistillationOptions(
            epochs: epochs, generatorSteps: generatorSteps, batch: batch, generatorRate: generatorRate,
            statisticsWeight: 0, boundaryWeight: 0, noiseWidth: noiseWidth, generatorWidth: generatorWidth,
            temperature: temperature, pool: pool == 0 ? nil : pool, start: generator)
    }

    fileprivate var boosting: CoBoostingOptions {
        CoBoostingOptions(
            hardness: hardness, adversarialWeight: adversarialWeight, perturbation: perturbation,
            weightStep: weightStep)
    }
}
