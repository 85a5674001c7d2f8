import Scenarios
import Simulator
import Testing

@Suite struct ScenarioOverrideTests {
    @Test("an override sets a key, adds a section, or replaces one, in the order given")
    func setting() throws {
        let scenario = try parseScenario(
            minimalScenario + "data: { side: 64, partition: { kind: dirichlet, beta: 0.1 } }\n",
            set: [
                "training.rounds=20", "data.partition.beta=0.2", "methods=[fedavg, centralized]",
                "network.client.uplink={ lognormal: { median: 8kbps, sigma: 0.5 } }", "training.rounds=30",
            ])
        #expect(scenario.training.rounds == 30)
        #expect(scenario.data.side == 64)
        #expect(scenario.data.partition.beta == 0.2)
        #expect(scenario.methods == ["fedavg", "centralized"])
        #expect(scenario.network.client.uplinkBytesPerSecond == .drawn(.lognormal(median: 1000, sigma: 0.5)))
        #expect(
            try parseScenario(minimalScenario, set: ["data={ side: 8 }", "data.strict=true"]).data.strict)
    }

    @Test("an empty override removes the key, and with it a section or the sweep")
    func removing() throws {
        let yaml = minimalScenario + "training: { rounds: 3, batch: 4 }\nsweep: { clients: [5, 50] }\n"
        #expect(try parseScenario(yaml, set: ["training.rounds="]).training.rounds == 200)
        #expect(try parseScenario(yaml, set: ["training.rounds= "]).training.optimizer.batch == 4)
        #expect(
            try parseScenario(yaml, set: ["training=~"]).training == Scenario(name: "x", methods: []).training
        )
        #expect(try parseScenario(yaml, set: ["sweep="]).sweep.isEmpty)
        #expect(try parseScenario(yaml, set: ["data.path="]).data.path == nil)
        #expect(
            scenarioSentences(yaml, set: ["methods="]) == [
                "--set methods: this key is missing; "
                    + "allowed: a list of at least one method, such as [fgl-one-shot, fedavg]"
            ])
    }

    @Test("values may hold commas, brackets and equals signs")
    func punctuation() throws {
        #expect(try parseScenario(minimalScenario, set: ["data.path=/a=b, [c]"]).data.path == "/a=b, [c]")
        #expect(
            try parseScenario(minimalScenario, set: ["synthesis.template=a {class}, [x]"]).synthesis.template
                == "a {class}, [x]")
        #expect(try parseScenario(minimalScenario, set: ["data.path=\"a: b\""]).data.path == "a: b")
    }

    @Test("one parameter of a distribution can be set; a constant gives way to a distribution")
    func distributionParameters() throws {
        let yaml = minimalScenario + "devices: { client: { lognormal: { median: 1TFLOPS, sigma: 1 } } }\n"
        #expect(
            try parseScenario(yaml, set: ["devices.client.lognormal.sigma=2"]).devices.clientFLOPsPerSecond
                == .drawn(.lognormal(median: 1e12, sigma: 2)))
        let constant = minimalScenario + "devices: { client: 1TFLOPS }\n"
        #expect(
            try parseScenario(constant, set: ["devices.client.exponential.mean=2TFLOPS"]).devices
                .clientFLOPsPerSecond
                == .drawn(.exponential(mean: 2e12)))
    }

    @Test("what is wrong with an override is said of the override")
    func errors() {
        func refusal(_ text: String) -> [String] { scenarioSentences(minimalScenario, set: [text]) }
        #expect(
            refusal("training.batch=0")
                == ["--set training.batch: 0 is not allowed; allowed: a whole number from 2 to 65536"])
        #expect(
            refusal("data={ side: 4 }")
                == ["--set data: data.side: 4 is not allowed; allowed: a whole number from 8 to 1024"])
        #expect(
            refusal("trainig.batch=3") == ["--set trainig.batch: unknown key; did you mean training.batch?"])
        #expect(refusal("rounds=3") == ["--set rounds: unknown key; did you mean training.rounds?"])
        #expect(refusal("name.x=3").first?.hasPrefix("--set name.x: unknown key") == true)
        #expect(
            refusal("banana=") == [
                "--set banana: unknown key; known here: name, seed, clients, methods, device, data, model, "
                    + "training, "
                    + "centralized, synthesis, participation, asynchronous, fedprox, "
                    + "fedavgm, fedopt, scaffold, fedavg-one-shot, dense, ensemble, co-boosting, fedcgs, "
                    + "fedpft, private-evolution, fgl-lora, feddeo, fedbip, feddyn, moon, fedproto, "
                    + "aggregation, prompt-filter, compression, privacy, attack, "
                    + "evaluation, faults, "
                    + "network, devices, energy, sweep"
            ])
        #expect(
            refusal("banana")
                == [
                    "--set banana: banana is not an override; "
                        + "allowed: key.path=value, such as training.rounds=20"
                ])
        #expect(refusal("=5").count == 1)
        #expect(
            refusal("methods=[fedavg")
                == ["--set methods: this is not YAML: did not find expected ',' or ']'"])
        #expect(
            refusal("name=*x") == [
                "--set name: *x begins an anchor, an alias or block text; "
                    + "allowed: values written out on one line"
            ])
        #expect(
            refusal("data.set=idx")
                == [
                    "--set data.set: data.path: this key is missing; "
                        + "data.set: idx needs the path of the images"
                ])
    }

    @Test("an override of a valid key does not hide what is wrong with its section in the file")
    func fileErrorsStay() {
        #expect(
            scenarioSentences(minimalScenario + "data: 5\n", set: ["data.side=32"])
                == ["test.yaml:3:7: data: 5 is not allowed; allowed: a mapping of key: value pairs"])
        #expect(
            scenarioSentences(minimalScenario + "clients: 0\n", set: ["training.batch=0"]) == [
                "test.yaml:3:10: clients: 0 is not allowed; allowed: a whole number from 1 to 1000000",
                "--set training.batch: 0 is not allowed; allowed: a whole number from 2 to 65536",
            ])
    }
}
