import Foundation
import Scenarios
import Testing

@Suite struct ScenarioResolvedTests {
    @Test("the resolved text of every repository scenario and variant parses back to an equal scenario")
    func roundTrip() throws {
        for name in ["quickstart", "comparison", "label-skew", "hundred-clients", "cifar10-folder"] {
            let scenario = try Scenario.load(
                path: scenarioPath("\(name).yaml"), knownMethods: knownTestMethods)
            for resolved in [scenario] + scenario.variants().map(\.scenario) {
                let again = try parseScenario(resolved.resolvedYAML)
                #expect(again == resolved)
                #expect(again.resolvedYAML == resolved.resolvedYAML)
                #expect(again.sha256 == resolved.sha256)
            }
        }
    }

    @Test("awkward values survive the resolved text")
    func awkwardValues() throws {
        for path in [
            "true", "5", "a: b", "#x", "it's", "\"q\"", "&a", "*a", "ä ö", "~", "null", " x ", "- a",
            "a\tb",
            "|",
        ] {
            var scenario = try parseScenario(minimalScenario)
            scenario.data.path = path
            scenario.synthesis.foundation = .folder(path)
            scenario.synthesis.template = "\(path) {class}"
            #expect(try parseScenario(scenario.resolvedYAML) == scenario, "\(path)")
        }
        var scenario = try parseScenario("name: \"5\"\nmethods: [fedavg]\n")
        scenario.training.optimizer.learningRate = 1.0 / 3
        scenario.network.client.uplinkBytesPerSecond = .drawn(
            .choice(values: [4.0 / 3, 1e7], weights: [1, 0.1]))
        scenario.network.client.downlinkBytesPerSecond = .drawn(.pareto(minimum: 12_345.678, shape: 1.2))
        scenario.network.client.latencySeconds = .drawn(.exponential(mean: 1e-7))
        #expect(try parseScenario(scenario.resolvedYAML) == scenario)
    }

    @Test("the resolved text of the minimal scenario is fixed, key by key")
    func fixedText() throws {
        let text = try parseScenario(minimalScenario).resolvedYAML
        #expect(
            text.hasPrefix(
                """
                name: minimal
                seed: 1
                clients: 5
                methods: [fedavg]
                device: cpu
                data:
                  set: shapes
                  side: 32
                  train-per-class: 130
                  test-per-class: 200
                  augmentation: crop-flip
                  partition:
                    kind: dirichlet
                    beta: 0.5
                    minimum: 10
                  strict: false
                model:
                  kind: resnet18
                training:
                  rounds: 200

                """))
        #expect(
            text.hasSuffix(
                """
                network:
                  server:
                    uplink: 1Gbps
                    downlink: 1Gbps
                  client:
                    uplink: 20Mbps
                    downlink: 100Mbps
                    latency: 50ms
                devices:
                  client: 500GFLOPS
                  slowdown: 1
                  round-slowdown: 1
                  server: 100TFLOPS
                  stragglers:
                    fraction: 0
                    slowdown: 5

                """))
    }

    @Test("the hash is that of the text, and changes with any value")
    func hash() throws {
        let scenario = try parseScenario(minimalScenario)
        var other = scenario
        other.seed = 2
        #expect(scenario.sha256.count == 64)
        #expect(scenario.sha256 != other.sha256)
        #expect(
            try parseScenario("methods: [fedavg]\n# a comment\nname: minimal\nseed: 1\n").sha256
                == scenario.sha256)
    }

    @Test("2,000 random mutations of quickstart.yaml give a scenario or sentences, never a crash")
    func mutations() throws {
        let original = Array(
            try String(contentsOfFile: scenarioPath("quickstart.yaml"), encoding: .utf8).unicodeScalars)
        let fragments = [
            "&a", "*a", "{", "}", "[", "]", ":", ": ", "- ", "\n", "\t", "#", "'", "\"", "|", "0", "-", "nan",
            "1e999", "~", "? ", "!!str ", "<<: ", "\u{0}", "\u{1F600}", "%", "@", "sweep: {data: [{}]}\n",
        ]
        .map { Array($0.unicodeScalars) }
        var generator = ScenarioTestGenerator(seed: 1)
        var accepted = 0
        for index in 0..<2000 {
            var text = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<text.count, using: &generator)
                let length = min(Int.random(in: 1...12, using: &generator), text.count - place)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: text.removeSubrange(place..<place + length)
                case 1: text.insert(contentsOf: fragments.randomElement(using: &generator)!, at: place)
                case 2:
                    text.insert(
                        contentsOf: text[place..<place + length],
                        at: text.indices.randomElement(using: &generator)!)
                default: text[place] = text.randomElement(using: &generator)!
                }
            }
            let mutated = String(String.UnicodeScalarView(text))
            do throws(ScenarioError) {
                let scenario = try parseScenario(mutated)
                #expect(try parseScenario(scenario.resolvedYAML) == scenario, "mutation \(index)")
                accepted += 1
            } catch {
                #expect(
                    error.problems.allSatisfy { !$0.sentence(file: "f").contains("\n") }, "mutation \(index)")
            }
        }
        // Most mutations in comments and many in numbers are harmless.
        #expect((100...1900).contains(accepted), "\(accepted) accepted")
    }
}
