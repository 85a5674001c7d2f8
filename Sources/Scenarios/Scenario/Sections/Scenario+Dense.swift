import Models

extension Scenario {
    /// The section `dense`.
    public struct Dense: Sendable, Equatable {
        /// The name of the method in scenario files.
        static let method = "dense"
        /// Passes over its own images that a client makes in the only round.
        public var localEpochs: Int = 200
        /// Batches of images that are generated, with a stage of distillation after each: T.
        public var epochs: Int = 200
        /// Steps of the generator for each: T_G.
        public var generatorSteps: Int = 30
        /// Images of a batch, of generation and of distillation.
        public var batch: Int = 128
        /// Where each batch's generator comes from.
        public var generator: DataFreeDistillationOptions.GeneratorStart = .continued
        /// Adam's learning rate for the generator.
        public var generatorRate: Double = 0.001
        /// Channels of the generator's last hidden layer.
        public var generatorWidth: Int = 64
        /// Width of its noise.
        public var noiseWidth: Int = 256
        /// λ₁.
        public var statisticsWeight: Double = 1
        /// λ₂.
        public var boundaryWeight: Double = 0.5
        /// The learning rate of the global model.
        public var rate: Double = 0.01
        /// Its momentum.
        public var momentum: Double = 0.9
        /// What logits are divided by in distillation.
        public var temperature: Double = 1
        /// Batches, the latest ones, that each stage of distillation passes over; `nil` takes all.
        public var pool: Int?
    }
}

extension ScenarioKeys {
    static let dense = [
        ScenarioKey(
            "dense.local-epochs", \.dense.localEpochs, .integer(1...100_000),
            "Passes over its own images that a client of dense makes (its paper: 200)."),
        ScenarioKey(
            "dense.epochs", \.dense.epochs, .integer(1...100_000),
            "Batches of images that the server of dense generates, with a stage of distillation after each "
                + "(its paper: 200)."),
        ScenarioKey(
            "dense.generator-steps", \.dense.generatorSteps, .integer(1...100_000),
            "Steps of the generator for each batch (its paper: 30)."),
        ScenarioKey(
            "dense.batch", \.dense.batch, .integer(2...65_536),
            "Images of a batch, of generation and of distillation (its paper: 128)."),
        ScenarioKey(
            "dense.generator", \.dense.generator, .choice,
            "Whether one generator goes on from batch to batch (continued: the paper's algorithm) or a fresh "
                + "one "
                + "is trained for each, together with its noise (restarted: the authors' code)."),
        ScenarioKey(
            "dense.generator-learning-rate", \.dense.generatorRate, .number(above: 0, atMost: 100),
            "Adam's learning rate for the generator (its paper: 0.001)."),
        ScenarioKey(
            "dense.generator-width", \.dense.generatorWidth, .integer(1...1024),
            "Channels of the generator's last hidden layer (the authors' code: 64)."),
        ScenarioKey(
            "dense.noise-width", \.dense.noiseWidth, .integer(1...65_536),
            "Width of the generator's noise (the authors' code: 256)."),
        ScenarioKey(
            "dense.batch-norm-weight", \.dense.statisticsWeight, .number(from: 0, to: 1000),
            "The weight of the distance to the clients' batch norm statistics in the generator's loss (its "
                + "paper: 1)."),
        ScenarioKey(
            "dense.boundary-weight", \.dense.boundaryWeight, .number(from: 0, to: 1000),
            "The weight of the divergence of ensemble and global model where they disagree (its paper: "
                + "0.5)."),
        ScenarioKey(
            "dense.learning-rate", \.dense.rate, .number(above: 0, atMost: 100),
            "The learning rate of the global model (its paper: 0.01)."),
        ScenarioKey(
            "dense.momentum", \.dense.momentum,
            .number(from: 0, below: 1),
            "The momentum of the global model (its paper: 0.9)."),
        ScenarioKey(
            "dense.temperature", \.dense.temperature,
            .number(above: 0, atMost: 1000),
            "What logits are divided by in distillation (its paper: 1; an example of its authors: 20)."),
        ScenarioKey(
            "dense.pool", optional: \.dense.pool, .integer(1...100_000), absent: "all batches",
            "Batches, the latest ones, that each stage of distillation passes over (the authors' code: "
                + "all)."),
    ]

}
