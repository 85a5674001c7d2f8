/// A key whose value changes nothing unless another key has the right one.
///
/// Those with a default cannot be refused beside it, since a resolved scenario has all of them.
struct IdleKey {
    /// The full path.
    let path: String
    /// What must be so for it to count, as the end of a sentence.
    let condition: String
    let isUsed: @Sendable (Scenario) -> Bool
    /// Whether it has another value than the default.
    let isGiven: @Sendable (Scenario) -> Bool

    /// A key of a section, given where it has another value than in the section's default.
    private init<Section: Sendable, Value: Equatable & Sendable>(
        _ path: String, _ section: KeyPath<Scenario, Section> & Sendable, _ unused: Section,
        _ key: KeyPath<Section, Value> & Sendable, _ condition: String,
        isUsed: @escaping @Sendable (Section) -> Bool
    ) {
        self.path = path
        self.condition = condition
        self.isUsed = { isUsed($0[keyPath: section]) }
        isGiven = { $0[keyPath: section][keyPath: key] != unused[keyPath: key] }
    }

    static let all = partition + stragglers + compression + privacy + aggregation + promptFilter + attack

    private static let partition = [
        partition("beta", \.beta, of: [.dirichlet, .quantity]),
        partition("minimum", \.minimum, of: [.dirichlet, .quantity]),
    ]

    private static func partition<Value: Equatable & Sendable>(
        _ name: String, _ key: KeyPath<Scenario.Partition, Value> & Sendable,
        of kinds: [Scenario.PartitionKind]
    ) -> IdleKey {
        IdleKey(
            "data.partition.\(name)", \.data.partition, Scenario.Partition(), key,
            counts("data.partition.kind", kinds)
        ) { kinds.contains($0.kind) }
    }

    private static let stragglers = [
        IdleKey(
            "devices.stragglers.slowdown", \.devices.stragglers, Scenario.Stragglers(), \.slowdown,
            "devices.stragglers.fraction is 0"
        ) { $0.fraction > 0 }
    ]

    private static let compression = [
        compression("fraction", \.fraction, of: .topK), compression("bucket", \.bucket, of: .int8),
        IdleKey(
            "compression.level", \.compression, Scenario.Compression(), \.level,
            "it counts with compression.zstd: true"
        ) { $0.zstd },
    ]

    private static func compression<Value: Equatable & Sendable>(
        _ name: String, _ key: KeyPath<Scenario.Compression, Value> & Sendable,
        of kind: Scenario.CompressionKind
    ) -> IdleKey {
        IdleKey(
            "compression.\(name)", \.compression, Scenario.Compression(), key,
            counts("compression.kind", [kind])
        ) { $0.kind == kind }
    }

    private static let privacy = [
        IdleKey(
            "privacy.noise", \.privacy, Scenario.Privacy(), \.noise,
            "no noise is added without privacy.clip"
        ) { $0.clip != nil },
        IdleKey(
            "privacy.at", \.privacy, Scenario.Privacy(), \.place, "no noise is added without privacy.clip"
        ) { $0.clip != nil },
    ]

    private static let aggregation = [
        aggregation("attackers", \.attackers, of: [.trimmedMean, .krum, .multiKrum]),
        aggregation("deviations", \.deviations, of: [.outlierFilter]),
    ]

    private static func aggregation<Value: Equatable & Sendable>(
        _ name: String, _ key: KeyPath<Scenario.Aggregation, Value> & Sendable,
        of rules: [Scenario.AggregationRule]
    ) -> IdleKey {
        IdleKey(
            "aggregation.\(name)", \.aggregation, Scenario.Aggregation(), key,
            counts("aggregation.rule", rules)
        ) { rules.contains($0.rule) }
    }

    private static let promptFilter = [
        promptFilter("agreement", \.agreement), promptFilter("images", \.images),
        promptFilter("epochs", \.epochs),
    ]

    private static func promptFilter<Value: Equatable & Sendable>(
        _ name: String, _ key: KeyPath<Scenario.PromptFilter, Value> & Sendable
    ) -> IdleKey {
        IdleKey(
            "prompt-filter.\(name)", \.promptFilter, Scenario.PromptFilter(), key,
            counts("prompt-filter.rule", [Scenario.PromptFilterRule.agreement])
        ) { $0.rule == .agreement }
    }

    private static let attack: [IdleKey] = [
        IdleKey(
            "attack.fraction", \.attack, Scenario.Attack(), \.fraction,
            "it counts with an attack.kind, where attack.clients lists none"
        ) { $0.kind != .none && $0.clients == nil },
        attack("clients", \.clients, of: Scenario.AttackKind.allCases.filter { $0 != .none }),
        attack("source", \.source, of: Scenario.AttackKind.allCases.filter(\.hasGoal)),
        attack("target", \.target, of: Scenario.AttackKind.allCases.filter(\.hasGoal)),
        attack("scale", \.scale, of: [.signFlip, .scaled, .backdoor]),
        attack("trigger", \.trigger, of: [.backdoor]), attack("poisoned", \.poisoned, of: [.backdoor]),
        attack("flood", \.flood, of: [.flood]), attack("text", \.text, of: [.text]),
    ]

    private static func attack<Value: Equatable & Sendable>(
        _ name: String, _ key: KeyPath<Scenario.Attack, Value> & Sendable, of kinds: [Scenario.AttackKind]
    ) -> IdleKey {
        IdleKey(
            "attack.\(name)", \.attack, Scenario.Attack(), key, counts("attack.kind", kinds)
        ) { kinds.contains($0.kind) }
    }

    /// The condition that a key has one of these words.
    private static func counts(_ key: String, _ words: [some RawRepresentable<String>]) -> String {
        "it counts with \(key): " + words.map(\.rawValue).joined(separator: ", ")
    }
}

extension Scenario {
    /// A warning for each key that some variant gives a value and none looks at.
    var idleNotices: [Notice] {
        let variants = variants(resolvesPaths: false).map(\.1)
        return IdleKey.all.filter { key in
            variants.contains(where: key.isGiven) && !variants.contains(where: key.isUsed)
        }.map { .warning("\($0.path) changes nothing: \($0.condition)") }
    }
}
