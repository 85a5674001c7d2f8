import Models

extension Scenario {
    /// The section `aggregation`: how the server combines the models of a round.
    public struct Aggregation: Sendable, Equatable {
        /// What takes the place of the mean.
        public var rule: AggregationRule = .mean
        /// The part of a round's updates that the rule expects to be false.
        public var attackers: Double = 0.2
        /// Updates that Multi-Krum takes the mean of; `nil` for those that are not expected to be false.
        public var keep: Int?
        /// The longest change; `nil` for the median of a round's.
        public var clip: Double?
        /// How far from the median an update may be.
        public var deviations: Double = 3
    }

    /// How models are combined.
    public enum AggregationRule: String, Sendable, CaseIterable {
        /// The mean that `training.averaging` says.
        case mean
        case median
        case trimmedMean = "trimmed-mean"
        case krum
        case multiKrum = "multi-krum"
        case normClipping = "norm-clipping"
        case outlierFilter = "outlier-filter"
    }

    /// The section `prompt-filter`: whose prompts the server takes.
    public struct PromptFilter: Sendable, Equatable {
        /// By what it is decided.
        public var rule: PromptFilterRule = .none
        /// Images that are synthesized for each client and class to decide.
        public var images: Int = 20
        /// Passes over them in the training of the classifier that decides.
        public var epochs: Int = 10
        /// The agreement that a client needs, as a part of the clients' median.
        public var agreement: Double = 0.5
    }

    /// By what prompts are taken.
    public enum PromptFilterRule: String, Sendable, CaseIterable {
        /// All are.
        case none
        /// A classifier of images of the other clients' prompts gives images of a client's the same labels.
        case agreement
    }
}

extension Scenario.Aggregation {
    /// The rule for so many updates; `nil` for the mean.
    func robustRule(updates: Int) -> RobustRule? {
        // Rounding must not lose an attacker of 0.29 · 100.
        let expected = Int((attackers * Double(updates) + 1e-9).rounded(.down))
        switch rule {
        case .mean: return nil
        case .median: return .median
        case .trimmedMean: return .trimmedMean(trim: expected)
        case .krum: return .krum(attackers: expected, keep: 1)
        case .multiKrum: return .krum(attackers: expected, keep: keep ?? updates - expected)
        case .normClipping: return .normClipping(limit: clip)
        case .outlierFilter: return .outlierFilter(deviations: deviations)
        }
    }
}

extension ScenarioKeys {
    private static func aggregation<Value: Sendable>(
        _ name: String, _ keyPath: WritableKeyPath<Scenario.Aggregation, Value> & Sendable,
        _ format: ValueFormat<Value>, _ documentation: String
    ) -> ScenarioKey {
        ScenarioKey(
            "aggregation.\(name)", in: \.aggregation, unlike: Scenario.Aggregation(), keyPath, format,
            documentation)
    }

    private static func filter<Value: Sendable>(
        _ name: String, _ keyPath: WritableKeyPath<Scenario.PromptFilter, Value> & Sendable,
        _ format: ValueFormat<Value>, _ documentation: String
    ) -> ScenarioKey {
        ScenarioKey(
            "prompt-filter.\(name)", in: \.promptFilter, unlike: Scenario.PromptFilter(), keyPath, format,
            documentation)
    }

    static let aggregation = [
        aggregation(
            "rule", \.rule, .choice,
            "How the server combines the models of a round where a method averages them (docs/attacks.md). "
                + "aggregation: median says the same as aggregation: { rule: median }."),
        aggregation(
            "attackers", \.attackers, .number(from: 0, below: 0.5),
            "The part of a round's updates that trimmed-mean cuts at each end, and that krum and multi-krum "
                + "expect to be false."),
        ScenarioKey(
            "aggregation.keep", optional: \.aggregation.keep, .integer(1...1_000_000),
            absent: "all but those that are expected to be false",
            "How many updates multi-krum takes the mean of, all where there are fewer."),
        ScenarioKey(
            "aggregation.clip", optional: \.aggregation.clip, .number(above: 0, atMost: 1_000_000),
            absent: "the median of the round's changes",
            "The largest Euclidean norm of a change for norm-clipping."),
        aggregation(
            "deviations", \.deviations, .number(above: 0, atMost: 1000),
            "How many deviations beyond the median distance outlier-filter allows."),
        filter(
            "rule", \.rule, .choice,
            "Whether the server leaves out clients whose prompts disagree with images of the others' "
                + "(docs/attacks.md)."),
        filter(
            "images", \.images, .integer(1...10_000),
            "Images that the filter synthesizes for each client and class."),
        filter(
            "epochs", \.epochs, .integer(1...10_000),
            "Passes over these images in the training of the filter's classifiers."),
        filter(
            "agreement", \.agreement, .number(from: 0, to: 1),
            "The agreement that a client needs, as a part of the median of all clients."),
    ]
}

extension ScenarioReader {
    /// Reports rules that do not go with a method or with noise.
    mutating func checkAggregation(of scenario: Scenario) {
        let settings = scenario.aggregation
        func conflict(_ key: String, _ value: String, with other: String, _ allowed: String) {
            reportConflict(
                value, with: other, allowed: allowed, at: key,
                causedBy: lastGiven(among: ["methods", key]))
        }
        if settings.rule != .mean {
            let value = settings.rule.rawValue
            for name in scenario.methods where catalogue.method(name)?.usesAggregation == false {
                conflict(
                    "aggregation.rule", value, with: "methods: \(name)", "mean: it does not average models")
            }
            if scenario.privacy.clip != nil, scenario.privacy.place == .server {
                conflict(
                    "aggregation.rule", value, with: "privacy.at: server",
                    "mean: the noise fits a mean, or privacy.at: client")
            }
        }
        if settings.keep != nil, settings.rule != .multiKrum {
            conflict(
                "aggregation.keep", "\(settings.keep!)", with: "aggregation.rule: \(settings.rule.rawValue)",
                "no value, or aggregation.rule: multi-krum")
        }
        if let clip = settings.clip, settings.rule != .normClipping {
            conflict(
                "aggregation.clip", formatDecimal(clip),
                with: "aggregation.rule: \(settings.rule.rawValue)",
                "no value, or aggregation.rule: norm-clipping")
        }
    }
}
