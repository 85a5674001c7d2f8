import Scenarios
import Simulator
import Testing

@Suite struct ScenarioParsingTests {
    @Test("a scenario with only a name and methods has the paper's values")
    func defaults() throws {
        let scenario = try parseScenario(minimalScenario)
        #expect(scenario.name == "minimal")
        #expect(scenario.methods == ["fedavg"])
        #expect(scenario.seed == 1)
        #expect(scenario.clients == 5)
        #expect(scenario.training.rounds == 200)
        #expect(scenario.training.localEpochs == 5)
        #expect(scenario.training.averaging == .uniform)
        #expect(scenario.centralized.epochs == 120)
        #expect(scenario.synthesis.epochs == 120)
        #expect(scenario.synthesis.fineTuneEpochs == 5)
        #expect(scenario.synthesis.rounds == 4)
        #expect(scenario.synthesis.steps == 50)
        #expect(scenario.synthesis.guidance == 2)
        #expect(scenario.synthesis.template == "A photo of a {class}")
        for optimizer in [scenario.training.optimizer, scenario.centralized.optimizer] {
            #expect(optimizer.batch == 128)
            #expect(optimizer.learningRate == 0.01)
            #expect(optimizer.momentum == 0.9)
            #expect(optimizer.weightDecay == 1e-4)
            #expect(optimizer.schedule == .constant)
        }
        #expect(scenario.synthesis.optimizer.weightDecay == 2e-4)
        #expect(scenario.data.trainPerClass == 130)
        #expect(scenario.data.testPerClass == 200)
    }

    @Test("quickstart.yaml gives every value that stands in it, in base units")
    func quickstart() throws {
        let scenario = try Scenario.load(
            path: scenarioPath("quickstart.yaml"), knownMethods: knownTestMethods)
        #expect(scenario.methods == ["fgl-one-shot", "fgl-5-round", "fedavg", "centralized"])
        #expect(scenario.data.set == .shapes)
        #expect(scenario.data.augmentation == .cropFlip)
        #expect(scenario.data.partition.kind == .dirichlet)
        #expect(scenario.data.partition.beta == 0.5)
        #expect(scenario.model.kind == .cnn)
        #expect(scenario.training.rounds == 10)
        #expect(scenario.training.optimizer.batch == 32)
        #expect(scenario.training.averaging == .samples)
        #expect(scenario.centralized.optimizer.schedule == .cosine)
        #expect(scenario.synthesis.foundation == .builtin)
        #expect(scenario.synthesis.perClass == 200)
        #expect(scenario.synthesis.optimizer.learningRate == 0.04)
        #expect(scenario.network.server.uplinkBytesPerSecond == 125e6)
        #expect(scenario.network.client.uplinkBytesPerSecond == .drawn(.constant(2.5e6)))
        #expect(scenario.network.client.downlinkBytesPerSecond == .drawn(.constant(12.5e6)))
        #expect(scenario.network.client.latencySeconds == .drawn(.constant(0.05)))
        #expect(scenario.devices.clientFLOPsPerSecond == .drawn(.constant(0.5e12)))
        #expect(scenario.devices.serverFLOPsPerSecond == 100e12)
        #expect(scenario.devices.stragglers.fraction == 0.2)
        #expect(scenario.devices.stragglers.slowdown == 5)
        #expect(scenario.sweep.isEmpty)
    }

    @Test("every scenario of the repository is valid, and so is each of its variants")
    func repositoryScenarios() throws {
        for name in ["quickstart", "comparison", "label-skew", "hundred-clients", "cifar10-folder"] {
            let scenario = try Scenario.load(
                path: scenarioPath("\(name).yaml"), knownMethods: knownTestMethods)
            #expect(scenario.name == name)
            #expect(!scenario.variants().isEmpty)
        }
    }

    @Test("cifar10-folder.yaml has the settings its figures were measured with, and takes another folder")
    func cifar10() throws {
        let scenario = try Scenario.load(
            path: scenarioPath("cifar10-folder.yaml"), overrides: ["data.path=/data/cifar"],
            knownMethods: knownTestMethods)
        #expect(scenario.data.path == "/data/cifar")
        #expect(scenario.data.trainPerClass == nil)
        #expect(scenario.data.augmentation == .none)
        #expect(scenario.training.rounds == 8)
        #expect(scenario.training.localEpochs == 1)
        #expect(scenario.centralized.epochs == 10)
        #expect(scenario.centralized.optimizer.batch == 64)
        #expect(scenario.centralized.optimizer.schedule == .constant)
    }

    @Test("each kind of distribution is read in base units")
    func distributions() throws {
        func uplink(_ text: String) throws -> Distribution? {
            let source = try parseScenario(minimalScenario + "network: { client: { uplink: \(text) } }\n")
                .network.client.uplinkBytesPerSecond
            guard case .drawn(let distribution) = source else { return nil }
            return distribution
        }
        #expect(try uplink("8kbps") == .constant(1000))
        #expect(
            try uplink("{ lognormal: { median: 20Mbps, sigma: 0.8 } }")
                == .lognormal(median: 2.5e6, sigma: 0.8))
        #expect(try uplink("{ uniform: { from: 1MB/s, to: 3MB/s } }") == .uniform(from: 1e6, to: 3e6))
        #expect(try uplink("{ exponential: { mean: 1MB/s } }") == .exponential(mean: 1e6))
        #expect(try uplink("{ pareto: { shape: 1.5, minimum: 1MB/s } }") == .pareto(minimum: 1e6, shape: 1.5))
        #expect(
            try uplink("{ choice: [ { value: 1MB/s, weight: 3 }, { value: 2MB/s, weight: 1 } ] }")
                == .choice(values: [1e6, 2e6], weights: [3, 1]))
    }

    @Test("a client quantity can come from a trace; a slowdown is a factor or a distribution of factors")
    func traces() throws {
        let scenario = try parseScenario(
            minimalScenario
                + """
                network: { client: { latency: { trace: traces/phones.csv } } }
                devices: { slowdown: { trace: "a b.csv" }, round-slowdown: { uniform: { from: 1, to: 1.5 } } }
                """)
        #expect(scenario.network.client.latencySeconds == .trace(path: "traces/phones.csv"))
        #expect(scenario.devices.slowdown == .trace(path: "a b.csv"))
        #expect(scenario.devices.roundSlowdown == .uniform(from: 1, to: 1.5))
        #expect(try parseScenario(scenario.resolvedYAML) == scenario)
    }

    @Test("a foundation folder and an empty section are read")
    func foundationFolder() throws {
        let scenario = try parseScenario(
            minimalScenario + "network:\nsynthesis: { foundation: /models/sd-2-1-base }\n")
        #expect(scenario.synthesis.foundation == .folder("/models/sd-2-1-base"))
        #expect(scenario.network == Scenario(name: "x", methods: []).network)
    }

    @Test("words in quotes are words, so that a scenario may be JSON")
    func json() throws {
        let json = """
            {"name": "x", "methods": ["fedavg"], "clients": 4, "model": {"kind": "cnn"}, "device": "cpu",
             "data": {"set": "shapes", "styles": ["real"], "partition": {"kind": "iid"}},
             "network": {"server": {"uplink": "10Mbps"}}, "training": "none",
             "synthesis": {"prompts": "tailored"}}
            """
        let yaml = """
            { name: x, methods: [fedavg], clients: 4, model: { kind: cnn }, device: cpu, data: \
            { set: shapes, styles: [real], partition: { kind: iid } }, training: none, \
            network: { server: { uplink: 10Mbps } }, synthesis: { prompts: tailored } }
            """
        #expect(try parseScenario(json) == parseScenario(yaml))
        // What is a number is none in quotes.
        #expect(throws: ScenarioError.self) { try parseScenario(#"{"name": "x", "clients": "4"}"#) }
    }

    @Test("ampersands and stars in quotes, comments and the middle of words are text")
    func harmlessStars() throws {
        let yaml = """
            # *not* an alias & not an anchor: &x
            name: minimal
            methods: [fedavg]   # &y
            synthesis: { template: "A *photo* of a {class} & more", foundation: 'it''s *here*' }
            data: { path: rock & roll }
            """
        let scenario = try parseScenario(yaml)
        #expect(scenario.synthesis.template == "A *photo* of a {class} & more")
        #expect(scenario.synthesis.foundation == .folder("it's *here*"))
        #expect(scenario.data.path == "rock & roll")
    }
}

@Suite struct ScenarioKeysTests {
    @Test("every key has one documentation sentence and a path in kebab case, and none stands twice")
    func declarations() {
        var seen: [String] = []
        for key in ScenarioKeys.all {
            #expect(key.documentation.hasSuffix("."), "\(key.path)")
            #expect(!key.allowed.isEmpty)
            #expect(
                key.path.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" || $0 == "." }, "\(key.path)"
            )
            #expect(!seen.contains(key.path), "\(key.path)")
            #expect(key.isRequired || key.defaultValue != nil || key.defaultNote != nil, "\(key.path)")
            seen.append(key.path)
        }
        #expect(ScenarioKeys.all.filter(\.isRequired).map(\.path) == ["name", "methods"])
    }

    @Test("writing every default out changes nothing")
    func defaultsWrittenOut() throws {
        let minimal = try parseScenario(minimalScenario)
        for key in ScenarioKeys.all {
            guard let value = key.defaultValue else { continue }
            #expect(
                try parseScenario(minimalScenario, set: ["\(key.path)=\(value)"]) == minimal,
                "\(key.path): \(value)")
        }
    }
}
