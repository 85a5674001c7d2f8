extension Scenario {
    /// A warning for each key of a policy that no variant's policy looks at.
    public var participationNotices: [Notice] {
        var idle: [String: String] = [:], used: Set<String> = []
        for (_, variant) in variants(resolvesPaths: false) {
            guard let policy = ParticipationPolicies.named(variant.participation.policy) else { return [] }
            for key in variant.participation.givenKeys {
                if policy.usedKeys.contains(key) { used.insert(key) } else { idle[key] = policy.name }
            }
        }
        return idle.filter { !used.contains($0.key) }.sorted { $0.key < $1.key }.map { key, policy in
            let others = ParticipationPolicies.all.filter { $0.usedKeys.contains(key) }.map(\.name)
            return .warning(
                "participation.\(key) changes nothing with participation.policy: \(policy); "
                    + "policies with it: " + others.joined(separator: ", "))
        }
    }

    /// What `run` and `validate` say of a valid scenario before anything else.
    public var notices: [Notice] { pathNotices + energyNotices + participationNotices + idleNotices }
}
