import Scenarios
import Testing

@Suite("Keys that change nothing")
struct IdleKeyTests {
    private static let partition = "it counts with data.partition.kind: dirichlet, quantity"

    @Test("A value that another key makes idle in all variants gets a warning", arguments: [
        ("data: { partition: { kind: iid, beta: 0.01, minimum: 3 } }",
            ["data.partition.beta changes nothing: \(partition)",
                "data.partition.minimum changes nothing: \(partition)"]),
        ("data: { partition: { kind: quantity, beta: 0.01, minimum: 3 } }", []),
        ("data: { partition: { kind: iid } }", []),
        ("data: { partition: { beta: 0.01 } }\nsweep: { data.partition.kind: [iid, dirichlet] }", []),
        ("data: { partition: { kind: iid } }\nsweep: { data.partition.beta: [0.01, 0.5] }",
            ["data.partition.beta changes nothing: \(partition)"]),
        ("devices: { stragglers: { slowdown: 3 } }",
            ["devices.stragglers.slowdown changes nothing: devices.stragglers.fraction is 0"]),
        ("devices: { stragglers: { slowdown: 3, fraction: 0.2 } }", []),
        ("devices: { stragglers: { slowdown: 3 } }\nsweep: { devices.stragglers.fraction: [0, 0.2] }", []),
        ("privacy: { noise: 2, at: client }",
            ["privacy.noise changes nothing: no noise is added without privacy.clip",
                "privacy.at changes nothing: no noise is added without privacy.clip"]),
        ("privacy: { clip: 1, noise: 2, at: client }", []),
        ("privacy: { noise: 2 }\nsweep: { privacy: [ { clip: 1, noise: 2 }, { noise: 2 } ] }", []),
        ("compression: { kind: int8, fraction: 0.1 }",
            ["compression.fraction changes nothing: it counts with compression.kind: top-k"]),
        ("compression: { kind: top-k, bucket: 64, level: 9 }",
            ["compression.bucket changes nothing: it counts with compression.kind: int8",
                "compression.level changes nothing: it counts with compression.zstd: true"]),
        ("compression: { kind: top-k, fraction: 0.1, zstd: true, level: 9 }", []),
        ("aggregation: { rule: median, attackers: 0.1, deviations: 2 }",
            ["aggregation.attackers changes nothing: it counts with aggregation.rule: trimmed-mean, krum, "
                + "multi-krum",
                "aggregation.deviations changes nothing: it counts with aggregation.rule: outlier-filter"]),
        ("prompt-filter: { images: 5 }",
            ["prompt-filter.images changes nothing: it counts with prompt-filter.rule: agreement"]),
        ("prompt-filter: { rule: agreement, images: 5, epochs: 2, agreement: 0.1 }", []),
        ("attack: { clients: [0] }",
            ["attack.clients changes nothing: it counts with attack.kind: label-flip, sign-flip, scaled, "
                + "backdoor, wrong-label, other-class, text, flood"]),
        ("attack: { kind: sign-flip, fraction: 0.5, clients: [0], scale: 2, trigger: 4, text: x }",
            ["attack.fraction changes nothing: it counts with an attack.kind, where attack.clients lists "
                + "none",
                "attack.trigger changes nothing: it counts with attack.kind: backdoor",
                "attack.text changes nothing: it counts with attack.kind: text"]),
        ("attack: { kind: backdoor, target: 1, trigger: 2, poisoned: 0.1, scale: 3 }", []),
    ])
    func warnings(section: String, sentences: [String]) throws {
        let text = minimalScenario + section + "\n"
        let scenario = try parseScenario(text)
        #expect(scenario.notices.map(\.description) == sentences.map { "warning: \($0)" })
        // A resolved scenario has every key, and says no more.
        #expect(try parseScenario(scenario.resolvedYAML).notices == scenario.notices)
    }
}
