import Models

extension Scenario {
    /// The section `fedprox`.
    public struct FedProx: Sendable, Equatable {
        /// The weight of the proximal term: µ.
        public var mu: Double = 0.01
    }

    /// The section `fedavgm`.
    public struct FedAvgM: Sendable, Equatable {
        /// The server's learning rate.
        public var rate: Double = 1
        /// The server's momentum: β.
        public var momentum: Double = 0.9
    }

    /// The section `fedopt`: the adaptive server optimizers.
    public struct FedOpt: Sendable, Equatable {
        /// The server's learning rate: η.
        public var rate: Double = 0.01
        /// How much the mean of the changes remembers.
        public var beta1: Double = 0.9
        /// How much the mean of their squares remembers.
        public var beta2: Double = 0.99
        /// How adaptive it is: τ.
        public var tau: Double = 1e-3
    }

    /// The section `scaffold`.
    public struct Scaffold: Sendable, Equatable {
        /// The server's learning rate: the global step size.
        public var rate: Double = 1
    }

    /// The section `fedavg-one-shot`.
    public struct OneShotFedAvg: Sendable, Equatable {
        /// Passes over its own images that a client makes in the only round.
        public var epochs: Int = 200
    }

    /// The section `compression`: how clients write what they upload.
    public struct Compression: Sendable, Equatable {
        /// The lossy form of a change of the weights.
        public var kind: CompressionKind = .none
        /// Whether what is uploaded goes through Zstandard.
        public var zstd = false
        /// How hard that tries.
        public var level: Int = 3
        /// The part of the changes that top-k sends.
        public var fraction: Double = 0.01
        /// Changes that share a scale in int8.
        public var bucket: Int = 512
    }

    /// The lossy forms of a change of the weights.
    public enum CompressionKind: String, Sendable, CaseIterable {
        /// The weights themselves, four bytes each.
        case none
        /// Two bytes a change.
        case fp16
        /// One byte a change, stochastically rounded.
        case int8
        /// The largest changes alone, with error feedback.
        case topK = "top-k"
    }

    /// The section `privacy`: differential privacy of uploaded weights.
    public struct Privacy: Sendable, Equatable {
        /// The largest norm of an upload's change; `nil` changes nothing.
        public var clip: Double?
        /// The deviation of the noise over that norm: z.
        public var noise: Double = 1
        /// Who adds the noise.
        public var place: NoisePlace = .server
        /// The δ for which ε is reported.
        public var delta: Double = 1e-5
    }

    /// Who adds the noise.
    public enum NoisePlace: String, Sendable, CaseIterable {
        /// The server, to the mean of clipped uploads: it is trusted.
        case server
        /// Every client, to its own upload.
        case client
    }
}

extension Scenario.Compression {
    /// The codec of uploads; `nil` where weights travel as they are.
    var codec: UpdateCodec? {
        switch kind {
        case .none: nil
        case .fp16: .float16
        case .int8: .int8(bucket: bucket)
        case .topK: .topK(fraction: fraction)
        }
    }
}

extension ScenarioKeys {
    static let methodSections = [
        ScenarioKey(
            "fedprox.mu", \.fedprox.mu, .number(from: 0, to: 1000),
            "The weight of FedProx's proximal term (its paper: 0.001 to 1, by data set)."),
        ScenarioKey(
            "fedavgm.rate", \.fedavgm.rate, .number(above: 0, atMost: 100),
            "The server's learning rate of fedavgm (its paper: 1)."),
        ScenarioKey(
            "fedavgm.momentum", \.fedavgm.momentum, .number(from: 0, below: 1),
            "The server's momentum of fedavgm (its paper: 0.9)."),
        ScenarioKey(
            "fedopt.rate", \.fedopt.rate, .number(above: 0, atMost: 100),
            "The server's learning rate of fedadagrad, fedadam and fedyogi (their paper: 0.001 to 1, by "
                + "task)."
        ),
        ScenarioKey(
            "fedopt.beta1", \.fedopt.beta1, .number(from: 0, below: 1),
            "How much of the mean change the server keeps in fedadagrad, fedadam and fedyogi (their paper: "
                + "0.9)."
        ),
        ScenarioKey(
            "fedopt.beta2", \.fedopt.beta2, .number(from: 0, below: 1),
            "How much of the mean squared change it keeps in fedadam and fedyogi (their paper: 0.99)."),
        ScenarioKey(
            "fedopt.tau", \.fedopt.tau, .number(above: 0, atMost: 100),
            "What is added to the root of the mean squared change: the larger, the less adaptive (their "
                + "paper: 0.001)."
        ),
        ScenarioKey(
            "scaffold.rate", \.scaffold.rate, .number(above: 0, atMost: 100),
            "The server's learning rate of scaffold (its paper: 1)."),
        ScenarioKey(
            "fedavg-one-shot.epochs", \.oneShotFedAvg.epochs, .integer(1...100_000),
            "Passes over its own images that a client of fedavg-one-shot makes (DENSE's comparison: 200)."),
    ]

    static let compression = [
        ScenarioKey(
            "compression.kind", \.compression.kind, .choice,
            "How clients write the weights they upload: as they are, or as a change of the weights they were "
                + "sent, "
                + "in half precision, in stochastically rounded bytes (QSGD), or the largest changes alone "
                + "with "
                + "error feedback. compression: int8 says the same as compression: { kind: int8 }."),
        ScenarioKey(
            "compression.fraction", \.compression.fraction,
            .number(above: 0, atMost: 1),
            "The part of the changes that top-k sends."),
        ScenarioKey(
            "compression.bucket", \.compression.bucket, .integer(1...1_000_000_000),
            "How many changes share a scale in int8 (QSGD: 512)."),
        ScenarioKey(
            "compression.zstd", \.compression.zstd, .flag,
            "Whether uploaded weights go through Zstandard, whatever their form."),
        ScenarioKey(
            "compression.level", \.compression.level, .integer(Zstandard.levels),
            "How hard Zstandard tries."),
    ]

    static let privacy = [
        ScenarioKey(
            "privacy.clip", optional: \.privacy.clip,
            .number(above: 0, atMost: 1_000_000),
            absent: "uploads are neither clipped nor noised",
            "The largest Euclidean norm of the change that a client uploads; longer ones are shortened to it."
        ),
        ScenarioKey(
            "privacy.noise", \.privacy.noise, .number(from: 0, to: 1000),
            "The standard deviation of the noise over privacy.clip."),
        ScenarioKey(
            "privacy.at", \.privacy.place, .choice,
            "Who adds the noise: the server to the sum of the clipped changes, or each client to its own."),
        ScenarioKey(
            "privacy.delta", \.privacy.delta, .number("a number above 0, below 1") { $0 > 0 && $0 < 1 },
            "The delta for which the metric epsilon is reported."),
    ]
}

extension ScenarioReader {
    /// Reports compression and privacy that do not go with the rest.
    mutating func checkUploads(of scenario: Scenario) {
        func conflict(_ key: String, _ value: String, with other: String, _ allowed: String) {
            reportConflict(
                value, with: other, allowed: allowed, at: key,
                causedBy: lastGiven(among: ["methods", "privacy.clip", key]))
        }
        if scenario.compression.zstd, scenario.training.mode == .none {
            conflict(
                "compression.zstd", "true", with: "training.mode: none",
                "false: the length of a Zstandard frame depends on the weights")
        }
        guard scenario.privacy.clip != nil else { return }
        if scenario.training.averaging == .samples {
            conflict(
                "training.averaging", "samples", with: "privacy.clip",
                "uniform: the noise fits a mean in which clients count the same")
        }
        for name in scenario.methods {
            guard let places = catalogue.method(name)?.noisePlaces,
                !places.contains(scenario.privacy.place)
            else { continue }
            conflict(
                "privacy.at", scenario.privacy.place.rawValue, with: "methods: \(name)",
                places.isEmpty ? "other methods" : places.map(\.rawValue).joined(separator: ", "))
        }
    }
}
