import Models
import Scenarios
import Testing

@Suite("The key synthesis.lora")
struct AdapterFormatTests {
    @Test("an adapter is a path, alone or with its scale, and comes back as it was written")
    func accepted() throws {
        for (text, path, scale) in [
            ("a.safetensors", "a.safetensors", 1.0), ("{ path: a.safetensors }", "a.safetensors", 1),
            ("{ path: ~/b.safetensors, scale: 0.5 }", "~/b.safetensors", 0.5),
            ("{ scale: -1, path: c }", "c", -1), ("{ path: c, scale: 0 }", "c", 0),
        ] {
            let scenario = try parseScenario(minimalScenario + "synthesis: { lora: \(text) }\n")
            #expect(scenario.synthesis.lora == LoRAReference(path: path, scale: scale), "\(text)")
            #expect(try parseScenario(scenario.resolvedYAML).synthesis.lora == scenario.synthesis.lora)
        }
        #expect(try parseScenario(minimalScenario).synthesis.lora == nil)
    }

    @Test(
        "what is no adapter is refused with the key and what is allowed",
        arguments: [
            ("[a, b]", "synthesis.lora"), ("{ scale: 1 }", "synthesis.lora"), ("\"\"", "synthesis.lora"),
            ("{ path: a, scale: 11 }", "synthesis.lora.scale"), ("{ path: a, weight: 1 }", "synthesis.lora"),
            ("{ path: a, scale: much }", "synthesis.lora.scale"), ("{ path: [a] }", "synthesis.lora.path"),
            ("{ path: a, scale: .nan }", "synthesis.lora.scale"),
        ])
    func refused(text: String, key: String) {
        let error = #expect(throws: ScenarioError.self) {
            try parseScenario(minimalScenario + "synthesis: { lora: \(text) }\n")
        }
        #expect(error.map { "\($0)".contains("\(key):") } == true, "\(String(describing: error))")
    }
}
