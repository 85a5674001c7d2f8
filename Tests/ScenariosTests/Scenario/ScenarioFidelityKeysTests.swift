import Models
import Scenarios
import Testing

@Suite("Keys of transport, changing links, devices and partitions")
struct ScenarioFidelityKeysTests {
    @Test("a scenario without these keys is stored without them")
    func absentKeys() throws {
        let text = try parseScenario(minimalScenario).resolvedYAML
        for key in ["transport", "loss", "changes", "profile", "efficiency", "shards", "classes-per"] {
            #expect(!text.contains(key), "\(key)")
        }
    }

    @Test("keys that are given come back from the resolved text")
    func roundTrip() throws {
        let scenario = try parseScenario(
            minimalScenario + """
                data: { partition: { kind: shards, shards: 3 } }
                network:
                  transport: tcp
                  client: { loss: 0.01 }
                  changes:
                    factors: [ { at: 0h, factor: 1 }, { at: 22h, factor: 2.5 } ]
                    period: 24h
                    fading: { sigma: 0.5, interval: 10s, correlation: 0.9 }
                devices: { profile: raspberry-pi-5, efficiency: 0.4 }

                """)
        #expect(scenario.network.transport == .tcp)
        #expect(scenario.network.client.loss == 0.01)
        #expect(scenario.network.changes.factors.map(\.atSeconds) == [0, 79_200])
        #expect(scenario.devices.profile == .raspberryPi5)
        #expect(try parseScenario(scenario.resolvedYAML) == scenario)
    }

    @Test(
        "keys that do not go together are refused",
        arguments: [
            "network: { changes: { period: 24h } }",
            "network: { changes: { factors: [ { at: 5s, factor: 1 } ], period: 5s } }",
            "network: { changes: { factors: [ { at: 5s, factor: 1 }, { at: 5s, factor: 2 } ] } }",
            "network: { changes: { factors: [ { at: 5s, factor: -1 } ] } }",
            "network: { changes: { fading: { interval: 1s } } }",
            "network: { changes: { fading: { correlation: 0.5 } } }",
            "network: { changes: { fading: { sigma: 0 } } }",
            "network: { transport: udp }", "network: { client: { loss: 0.6 } }",
            "devices: { profile: raspberry-pi-5, client: 1TFLOPS }", "devices: { profile: abacus }",
            "devices: { efficiency: 0 }", "devices: { efficiency: 1.1 }",
            "devices: { profile: raspberry-pi-5 }\nmodel: { kind: cnn }",
            "data: { partition: { kind: pathological, per-client: 5 } }",
            "data: { partition: { kind: shards, classes: 5 } }",
            "data: { partition: { kind: dirichlet, shards: 5 } }",
        ])
    func conflicts(text: String) {
        #expect(scenarioSentences(minimalScenario + text + "\n").count == 1)
    }

    @Test("the Raspberry Pi 5 takes the measured seconds; its ResNet-18 predicts ResNet-34 within 10 %")
    func raspberryPi() throws {
        let measured = [("resnet18", 116.85), ("resnet34", 219.80), ("resnet50", 322.26)]
        let images = 20.0 * 16
        let profile = DeviceProfile.raspberryPi5
        var speeds: [Double] = []
        for (kind, seconds) in measured {
            let model = try parseScenario(minimalScenario + "model: { kind: \(kind) }\n").model
            let speed = try #require(profile.flopsPerSecond(training: model))
            let architecture = try #require(model.builtInArchitecture(classes: 10, side: 224))
            let predicted = images * Double(architecture.trainingOperations(side: 224)) / speed
            #expect(abs(predicted / seconds - 1) < 1e-12)
            speeds.append(speed)
        }
        // Calibrated on ResNet-18, the time of ResNet-34 is that of the ratio of the speeds.
        #expect(abs(speeds[1] / speeds[0] - 1) < 0.1)
        #expect(abs(speeds[0] / 29.6e9 - 1) < 0.05)
    }
}
