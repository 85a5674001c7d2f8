import Models
import Scenarios
import Simulator
import Testing

/// What a precondition further down demands is asked of the file.
@Suite struct ScenarioBoundTests {
    @Test(
        "a batch of one is refused: batch norm has no variance of one image",
        arguments: ["training.batch", "centralized.batch", "synthesis.batch", "dense.batch"],
        ["real", "none"])
    func batchOfOne(key: String, mode: String) throws {
        let text = minimalScenario + "training.mode: \(mode)\n\(key): 1\n"
        #expect(
            scenarioSentences(text)
                == [
                    "test.yaml:4:\(key.count + 3): \(key): 1 is not allowed; allowed: a whole number from 2 "
                        + "to 65536"
                ])
        _ = try parseScenario(minimalScenario + "\(key): 2\n")
    }

    @Test(
        "quantities of no real thing are refused with the bounds",
        arguments: [
            ("devices.client", "1e-300FLOPS", "a speed from 1FLOPS to 1000EFLOPS"),
            ("devices.server", "1001EFLOPS", "a speed from 1FLOPS to 1000EFLOPS"),
            ("network.client.uplink", "1e-300bps", "a bandwidth from 8bps to 8Pbps"),
            ("network.server.downlink", "7bps", "a bandwidth from 8bps to 8Pbps"),
            ("network.server.uplink", "9Pbps", "a bandwidth from 8bps to 8Pbps"),
            ("network.client.latency", "25h", "a duration from 0s to 24h"),
            ("participation.deadline", "0.1ns", "a duration from 1ns to 1000000h"),
            ("asynchronous.until", "1000001h", "a duration from 1ns to 1000000h"),
            ("faults.client-outages", "{ every: 1h, for: 0.5ms }", "a duration from 1ms to 1000000h"),
            ("faults.listed", "[ { at: 1s, server: down, for: 0.1ns } ]", "a duration from 1ns to 1000000h"),
            ("devices.slowdown", "1e-7", "a number from 1e-06 to 1000000"),
        ])
    func quantities(key: String, value: String, allowed: String) {
        let sentences = scenarioSentences(minimalScenario + "\(key): \(value)\n")
        #expect(sentences.count == 1 && sentences.first?.contains(allowed) == true, "\(sentences)")
    }

    @Test("the ends of the bounds are allowed")
    func ends() throws {
        for (key, values) in [
            ("devices.client", ["1FLOPS", "1000EFLOPS"]), ("network.client.uplink", ["8bps", "8Pbps"]),
            ("network.client.latency", ["0s", "24h"]), ("participation.deadline", ["1ns", "1000000h"]),
            ("devices.slowdown", ["1e-06", "1000000"]),
        ] {
            for value in values { _ = try parseScenario(minimalScenario + "\(key): \(value)\n") }
        }
    }

    @Test("weights whose sum is beyond all numbers are refused, and not left out")
    func weights() {
        let choice = "{ choice: [ { value: 1h, weight: 1e308 }, { value: 2h, weight: 1e308 } ] }"
        let sentences = scenarioSentences(
            minimalScenario + "faults.client-outages: { every: \(choice), for: 1min }\n")
        #expect(
            sentences.count == 2 && sentences.allSatisfy { $0.contains("at most 1000000000000") },
            "\(sentences)")
    }

    @Test("numbers that are too large together are refused with what is allowed")
    func together() {
        let size = "does not go with the size of one run; allowed: at most 10000000 client rounds"
        #expect(scenarioSentences(minimalScenario + "clients: 1000000\n").first?.contains(size) == true)
        #expect(
            scenarioSentences(
                "name: a\nmethods: [fedbuff]\nasynchronous.buffer: 1000000\n", methods: ["fedbuff"]
            ).first?
            .hasPrefix(
                "test.yaml:3:22: asynchronous.buffer: fedbuff of 200 rounds with 1000000 clients each \(size)"
            ) == true)
        #expect(
            scenarioSentences(minimalScenario + "data.train-per-class: 1000000\n")
                == [
                    "test.yaml:3:23: data.train-per-class: 1000000 does not go with 10 classes; allowed: at "
                        + "most 200000, "
                        + "which is 2000000 images"
                ])
        #expect(
            scenarioSentences(minimalScenario + "data.partition.per-client: 1000000\n")
                == [
                    "test.yaml:3:28: data.partition.per-client: 1000000 does not go with 1000 client rounds "
                        + "of fedavg; "
                        + "allowed: at most 500000, which is 500000000 images in all"
                ])
        let million = "clients: 1000000\nparticipation: { policy: fraction, fraction: 0.00001 }\n"
        #expect(scenarioSentences(minimalScenario + million) == [])
    }
}
