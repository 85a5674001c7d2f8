extension Scenario {
    /// A warning for each key of a policy that no variant's policy looks at.
    public var participationNotices: [Notice] {
        var idle: [String: String] = [:], used: Set<String> = []
        for (_, variant) in variants(resolvesPaths: false) {
            guard let policy = variant.catalogue.policy(variant.participation.policy) else { continue }
            for key in variant.participation.givenKeys {
                if policy.usedKeys.contains(key) { used.insert(key) } else { idle[key] = policy.name }
            }
        }
        return idle.filter { !used.contains($0.key) }.sorted { $0.key < $1.key }.map { key, policy in
            let others = catalogue.policies.filter { $0.usedKeys.contains(key) }.map(\.name)
            return .warning(
                "participation.\(key) changes nothing with participation.policy: \(policy); "
                    + "policies with it: " + others.joined(separator: ", "))
        }
    }

    /// A sentence for each part whose energy is not counted while that of others is.
    public var energyNotices: [Notice] {
        var notices: [Notice] = []
        for (_, variant) in variants() {
            for note in [variant.energy.note, variant.energy.carbonNote].compactMap(\.self).map(Notice.note)
            where !notices.contains(note) {
                notices.append(note)
            }
        }
        return notices
    }

    /// What `run` and `validate` say of a valid scenario before anything else.
    public var notices: [Notice] { pathNotices + energyNotices + participationNotices + idleNotices }
}
