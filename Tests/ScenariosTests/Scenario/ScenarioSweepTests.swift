import Scenarios
import Testing

@Suite struct ScenarioSweepTests {
    @Test("a scenario without a sweep is its own only variant")
    func noSweep() throws {
        let scenario = try parseScenario(minimalScenario)
        let variants = scenario.variants()
        #expect(variants.map(\.label) == [""])
        #expect(variants.map(\.scenario) == [scenario])
    }

    @Test("label-skew.yaml has three partitions, with short labels")
    func labelSkew() throws {
        let scenario = try Scenario.load(
            path: scenarioPath("label-skew.yaml"), knownMethods: knownTestMethods)
        let variants = scenario.variants()
        #expect(variants.map(\.label) == ["beta=0.01", "beta=0.5", "iid"])
        #expect(variants.map(\.scenario.data.partition.kind) == [.dirichlet, .dirichlet, .iid])
        #expect(variants.map(\.scenario.data.partition.beta) == [0.01, 0.5, 0.5])
        #expect(variants.allSatisfy { $0.scenario.sweep.isEmpty && $0.scenario.methods.count == 5 })
        #expect(Set(variants.map(\.scenario.sha256)).count == 3)
    }

    @Test("several axes give their product in file order, the last fastest")
    func product() throws {
        let yaml =
            minimalScenario + """
                sweep:
                  training.batch: [16, 32]
                  network.client.latency: [1ms, { uniform: { from: 1ms, to: 2ms } }]
                  synthesis.batch: [64]
                """
        let variants = try parseScenario(yaml).variants()
        #expect(
            variants.map(\.label) == [
                "training.batch=16, latency=1ms, synthesis.batch=64",
                "training.batch=16, uniform={from: 1ms, to: 2ms}, synthesis.batch=64",
                "training.batch=32, latency=1ms, synthesis.batch=64",
                "training.batch=32, uniform={from: 1ms, to: 2ms}, synthesis.batch=64",
            ])
        #expect(variants.map(\.scenario.training.optimizer.batch) == [16, 16, 32, 32])
        #expect(
            variants.map(\.scenario.network.client.latencySeconds) == [
                .drawn(.constant(0.001)), .drawn(.uniform(from: 0.001, to: 0.002)),
                .drawn(.constant(0.001)), .drawn(.uniform(from: 0.001, to: 0.002)),
            ])
    }

    @Test("labels that would be equal are written out")
    func equalLabels() throws {
        let yaml =
            minimalScenario + "sweep: { data.partition: [{ beta: 1 }, { kind: dirichlet, beta: 1 }] }\n"
        #expect(
            try parseScenario(yaml).variants().map(\.label) == [
                "partition={beta: 1}", "partition={kind: dirichlet, beta: 1}",
            ])
    }

    @Test("a swept section replaces the whole section; the rest, changed afterwards or not, stays")
    func replacing() throws {
        let yaml =
            minimalScenario + """
                data: { partition: { kind: iid, minimum: 3 } }
                sweep: { data.partition: [{ beta: 2 }] }
                """
        var scenario = try parseScenario(yaml)
        scenario.seed = 9
        let variant = scenario.variants()[0].scenario
        #expect(variant.seed == 9)
        #expect(variant.data.partition.kind == .dirichlet)
        #expect(variant.data.partition.minimum == 10)
    }

    @Test("the numbers of images follow the swept set")
    func sweptSet() throws {
        let yaml = minimalScenario + "sweep: { data: [{ set: shapes }, { set: idx, path: mnist }] }\n"
        #expect(try parseScenario(yaml).variants().map(\.scenario.data.trainPerClass) == [130, nil])
    }

    @Test("bad sweeps are refused")
    func errors() {
        func refusal(_ sweep: String) -> [String] { scenarioSentences(minimalScenario + "sweep: \(sweep)\n") }
        #expect(
            refusal("{ training.round: [1] }")
                == ["test.yaml:3:10: sweep.training.round: unknown key; did you mean training.rounds?"])
        #expect(
            refusal("{ training.rounds: [1, 0] }") == [
                "test.yaml:3:31: sweep.training.rounds[1]: 0 is not allowed; "
                    + "allowed: a whole number from 1 to 100000"
            ])
        #expect(
            refusal("{ training.rounds: 5 }") == [
                "test.yaml:3:27: sweep.training.rounds: 5 is not allowed; "
                    + "allowed: a list of at least one value"
            ])
        // A value that is a mapping is swept as a whole.
        #expect(
            refusal("{ devices.client.lognormal.median: [1GFLOPS] }") == [
                "test.yaml:3:10: sweep.devices.client.lognormal.median: unknown key; "
                    + "did you mean devices.client?"
            ])
        #expect(
            refusal("{ training.rounds: [] }") == [
                "test.yaml:3:27: sweep.training.rounds: an empty list is not allowed; "
                    + "allowed: a list of at least one value"
            ])
        #expect(
            refusal("{ clients: [5, 5] }")
                == ["test.yaml:3:23: sweep.clients[1]: 5 is listed twice; allowed: once"])
        #expect(
            refusal("{ data.partition: [{ bta: 1 }] }")
                == ["test.yaml:3:29: sweep.data.partition[0].bta: unknown key; did you mean beta?"])
        #expect(
            refusal("{ seed: [1, 2] }") == [
                "test.yaml:3:10: sweep.seed: this key cannot be swept; "
                    + "allowed: every key but name, device and seed (for seeds: --seeds 1..3)"
            ])
        #expect(
            refusal("{ data.partition: [{ beta: 1 }], data.partition.beta: [2] }") == [
                "test.yaml:3:41: sweep.data.partition.beta: sweep.data.partition sets the same keys; "
                    + "allowed: axes that do not overlap"
            ])
        #expect(
            refusal("[1]") == [
                "test.yaml:3:8: sweep: a list is not allowed; "
                    + "allowed: a mapping of key paths to lists, such as { clients: [5, 50] }"
            ])
        #expect(
            refusal("{ data.set: [shapes, idx] }") == [
                "test.yaml:3:8: data.path: this key is missing; data.set: idx needs the path of the images"
            ])
        let many = "[\((1...40).map(String.init).joined(separator: ", "))]"
        #expect(
            refusal("{ clients: \(many), training.rounds: \(many) }")
                == ["test.yaml:3:8: sweep: the sweep has 1600 variants; allowed: at most 1000"])
    }

    @Test("an override of a swept key is refused: it would have no effect")
    func sweptOverride() {
        #expect(
            scenarioSentences(
                minimalScenario + "sweep: { data.partition: [{ kind: iid }] }\n",
                set: ["data.partition.beta=1"])
                == [
                    "--set data.partition.beta: sweep.data.partition sets this key in every variant; "
                        + "remove the sweep with --set sweep="
                ])
    }

    @Test("an override sets an axis")
    func overrideOfAxis() throws {
        let scenario = try parseScenario(minimalScenario, set: ["sweep.training.rounds=[1, 2]"])
        #expect(scenario.variants().map(\.label) == ["rounds=1", "rounds=2"])
    }
}
