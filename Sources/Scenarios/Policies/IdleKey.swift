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

    static let all = [
        IdleKey(
            path: "data.partition.beta", condition: "it counts with data.partition.kind: dirichlet, quantity",
            isUsed: { [.dirichlet, .quantity].contains($0.data.partition.kind) },
            isGiven: { $0.data.partition.beta != Scenario.Partition().beta }),
        IdleKey(
            path: "data.partition.minimum",
            condition: "it counts with data.partition.kind: dirichlet, quantity",
            isUsed: { [.dirichlet, .quantity].contains($0.data.partition.kind) },
            isGiven: { $0.data.partition.minimum != Scenario.Partition().minimum }),
        IdleKey(
            path: "devices.stragglers.slowdown", condition: "devices.stragglers.fraction is 0",
            isUsed: { $0.devices.stragglers.fraction > 0 },
            isGiven: { $0.devices.stragglers.slowdown != Scenario.Stragglers().slowdown }),
    ]
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
