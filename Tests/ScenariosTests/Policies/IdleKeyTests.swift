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
    ])
    func warnings(section: String, sentences: [String]) throws {
        let text = minimalScenario + section + "\n"
        let scenario = try parseScenario(text)
        #expect(scenario.notices.map(\.description) == sentences.map { "warning: \($0)" })
        // A resolved scenario has every key, and says no more.
        #expect(try parseScenario(scenario.resolvedYAML).notices == scenario.notices)
    }
}
