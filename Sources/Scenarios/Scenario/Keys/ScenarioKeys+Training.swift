extension ScenarioKeys {
    static let training =
        [
            ScenarioKey(
                "training.rounds", \.training.rounds, .integer(1...100_000),
                "Communication rounds of the weight-based methods (the paper: 200)."),
            ScenarioKey(
                "training.local-epochs", \.training.localEpochs, .integer(1...100_000),
                "Passes over its own images that a client makes in a round (the paper: 5)."),
        ] + optimizer("training", \.training.optimizer) + [
            ScenarioKey(
                "training.averaging", \.training.averaging, .choice,
                "Whether clients count the same (the paper) or by their number of images in the average."),
            ScenarioKey(
                "training.evaluate-every", \.training.evaluateEvery, .integer(1...1_000_000),
                "The global model is evaluated after every so many rounds or epochs, and after the last."),
            ScenarioKey(
                "training.precision", optional: \.training.precision, .choice,
                absent: "fp32",
                "The element type of convolutions and matrix products wherever the scenario trains a "
                    + "classifier: "
                    + "bf16 is faster and rounds to 8 bits; weights, batch norm, averages and evaluations "
                    + "stay "
                    + "fp32."),
            ScenarioKey(
                "training.mode", \.training.mode, .choice,
                "Whether models are really trained; none plays the same messages, bytes, faults and times "
                    + "without a tensor, and measures no accuracy. training: none says the same."),
        ]

    static let centralized =
        [
            ScenarioKey(
                "centralized.epochs", \.centralized.epochs, .integer(1...100_000),
                "Passes over all training images of the centralized baseline (the paper: 120).")
        ] + optimizer("centralized", \.centralized.optimizer)

    /// The keys of stochastic gradient descent in a section.
    static func optimizer(
        _ section: String, _ keyPath: WritableKeyPath<Scenario, Scenario.Optimizer> & Sendable
    ) -> [ScenarioKey] {
        func key<Value>(
            _ name: String, _ field: WritableKeyPath<Scenario.Optimizer, Value> & Sendable,
            _ format: ValueFormat<Value>, _ documentation: String
        ) -> ScenarioKey {
            ScenarioKey(
                "\(section).\(name)",
                get: { $0[keyPath: keyPath][keyPath: field] },
                set: { $0[keyPath: keyPath][keyPath: field] = $1 }, format, documentation)
        }
        return [
            key(
                "batch", \.batch, .integer(2...65_536),
                "Images per step (the paper: 128). Batch norm has no variance of one image, so a client with "
                    + "a "
                    + "single image makes no step."),
            key(
                "learning-rate", \.learningRate,
                .number(above: 0, atMost: 100),
                "The initial learning rate (the paper: 0.01)."),
            key(
                "momentum", \.momentum, .number(from: 0, below: 1),
                "The momentum (the paper: 0.9)."),
            key(
                "weight-decay", \.weightDecay, .number(from: 0, to: 1),
                "The weight decay (the paper: 1e-4, and 2e-4 for one-shot)."),
            key(
                "schedule", \.schedule, .choice,
                "How the learning rate changes in a training, at a client in each round anew: not at all, or "
                    + "by half a cosine down to zero."),
        ]
    }
}
