import Scenarios
import TestSupport
import Testing

/// Keys of a file that are written as paths.
@Suite struct DottedKeyTests {
    @Test(
        "a path is the nesting that it stands for",
        arguments: [
            ("training.rounds: 7\n", "training: { rounds: 7 }\n"),
            ("data.partition.beta: 0.1\n", "data: { partition: { beta: 0.1 } }\n"),
            ("data: { partition.beta: 0.1, side: 64 }\n", "data: { partition: { beta: 0.1 }, side: 64 }\n"),
            ("training.rounds: 7\ntraining: { batch: 16 }\n", "training: { rounds: 7, batch: 16 }\n"),
            ("training: { batch: 16 }\ntraining.rounds: 7\n", "training: { rounds: 7, batch: 16 }\n"),
            ("training: none\ntraining.rounds: 7\n", "training: { mode: none, rounds: 7 }\n"),
            ("training:\ntraining.rounds: 7\n", "training: { rounds: 7 }\n"),
            ("network.client: { uplink: 5Mbps }\n", "network: { client: { uplink: 5Mbps } }\n"),
            (
                "network.client: { uplink: 5Mbps }\nnetwork.client.downlink: 6Mbps\n",
                "network: { client: { uplink: 5Mbps, downlink: 6Mbps } }\n"
            ),
            (
                "devices.client.lognormal: { median: 1TFLOPS, sigma: 1 }\n",
                "devices: { client: { lognormal: { median: 1TFLOPS, sigma: 1 } } }\n"
            ),
            ("sweep.training.rounds: [1, 2]\n", "sweep: { training.rounds: [1, 2] }\n"),
            (
                "sweep: { data: [ { partition.beta: 0.1 }, { side: 64 } ] }\n",
                "sweep: { data: [ { partition: { beta: 0.1 } }, { side: 64 } ] }\n"
            ),
            ("\"training.rounds\": 7\n", "training: { rounds: 7 }\n"),
        ])
    func nesting(dotted: String, nested: String) throws {
        let first = try parseScenario(minimalScenario + dotted),
            second = try parseScenario(minimalScenario + nested)
        #expect(first.variants().map(\.scenario) == second.variants().map(\.scenario))
    }

    @Test("an override takes the place of what the file says by a path")
    func overrides() throws {
        let text = minimalScenario + "training.rounds: 7\n"
        #expect(try parseScenario(text, set: ["training.rounds=9"]).training.rounds == 9)
        #expect(try parseScenario(text, set: ["training={ batch: 16 }"]).training.rounds == 200)
        #expect(try parseScenario(text, set: ["data={ partition.beta: 0.2 }"]).data.partition.beta == 0.2)
    }

    @Test("a section of 30,000 keys takes time in proportion to them")
    func many() {
        let keys = (0..<30_000).map { "k\($0):\n" }.joined()
        // The square of their number would be minutes.
        let time = ContinuousClock().measure {
            #expect(
                scenarioSentences(minimalScenario + keys).contains { $0.contains(":3:1: k0: unknown key") })
        }
        #expect(time.inSeconds < Patience.seconds(2))
    }

    @Test("a section of 10,000 keys that are paths takes time in proportion to them")
    func manyPaths() {
        let keys = (0..<10_000).map { "devices.client.k\($0): 1\n" }.joined()
        let time = ContinuousClock().measure {
            #expect(
                scenarioSentences(minimalScenario + keys).allSatisfy { $0.contains(": devices.client: ") })
        }
        #expect(time.inSeconds < Patience.seconds(2))
    }

    @Test("a key that is given twice is refused where it stands the second time")
    func twice() {
        let why = "duplicate key; allowed: once in its section"
        #expect(
            scenarioSentences(minimalScenario + "training: { rounds: 1 }\ntraining.rounds: 2\n")
                == ["test.yaml:4:1: training.rounds: \(why)"])
        #expect(
            scenarioSentences(minimalScenario + "training.rounds: 2\ntraining: { rounds: 1 }\n")
                == ["test.yaml:4:1: training: \(why)"])
        #expect(
            scenarioSentences(minimalScenario + "training: none\ntraining.mode: real\n")
                == ["test.yaml:4:1: training.mode: \(why)"])
        #expect(
            scenarioSentences(minimalScenario + "seed: 1\nseed.x: 2\n")
                == ["test.yaml:4:1: seed.x: unknown key; did you mean seed?"])
    }

    @Test("an unknown path is an unknown key, with the path that was meant; a domain may have dots")
    func unknown() throws {
        #expect(
            scenarioSentences(minimalScenario + "training.round: 1\n")
                == ["test.yaml:3:1: training.round: unknown key; did you mean training.rounds?"])
        #expect(scenarioSentences(minimalScenario + "training..rounds: 1\n").count == 1)
        #expect(scenarioSentences(minimalScenario + ".training: 1\n").count == 1)
        let templates = minimalScenario + "synthesis: { templates: { a.b: \"A {class}\" } }\n"
        #expect(try parseScenario(templates).synthesis.templates?.first?.domain == "a.b")
    }
}
