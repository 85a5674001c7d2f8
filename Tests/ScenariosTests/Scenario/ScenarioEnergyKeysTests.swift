import Scenarios
import TestSupport
import Testing

@Suite("Keys of energy and carbon")
struct ScenarioEnergyKeysTests {
    @Test("A scenario without the section counts nothing and is stored without it")
    func absent() throws {
        let scenario = try parseScenario(minimalScenario)
        #expect(EnergyRates(scenario) == nil)
        #expect(!scenario.resolvedYAML.contains("energy"))
        #expect(scenario.energyNotices.isEmpty)
    }

    @Test("Keys that are given come back from the resolved text")
    func roundTrip() throws {
        let scenario = try parseScenario(
            minimalScenario + """
                energy:
                  client:
                    { profile: ns3-fl-raspberry-pi-4, task: mnist, idle: 2700mW, receive: 3W, radio: 4g }
                  server: { profile: nvidia-a100, idle: 0.06kW, transmit: 61W, pue: 1.58, region: norway }
                  network: { per-byte: 0.06kWh/GB }
                  carbon-intensity: 0.4kg/kWh

                """)
        #expect(try parseScenario(scenario.resolvedYAML) == scenario)
        #expect(scenario.energy.client.draw.idle == 2.7 && scenario.energy.server.draw.idle == 60)
        #expect(abs(scenario.energy.networkJoulesPerByte! / 2.16e-4 - 1) < 1e-12)
        #expect(scenario.energy.grid.gramsPerKilowattHour == 400)
        #expect(scenario.energyNotices.isEmpty)
    }

    @Test("What is given goes before the profile, and a state without watts takes those of doing nothing")
    func rates() throws {
        let scenario = try parseScenario(
            minimalScenario + """
                energy:
                  client: { profile: raspberry-pi-4, compute: 7W, radio: wifi }
                  server: { idle: 50W, compute: 400W, pue: 1.5 }
                  network: { class: fixed }
                  region: germany

                """)
        let rates = try #require(EnergyRates(scenario))
        let client = try #require(rates.client), server = try #require(rates.server)
        #expect(client.idle == 3 && client.compute == 7)
        #expect(abs(client.transmit - 3.13286) < 1e-12 && client.receive == client.transmit)
        // 283.17 mW per Mbit/s are 0.28317 W for 125,000 bytes a second.
        #expect(abs(client.uplinkPerByte * 125_000 - 0.28317) < 1e-12)
        #expect(abs(client.downlinkPerByte * 125_000 - 0.13701) < 1e-12)
        #expect(server.idle == 75 && server.compute == 600 && server.transmit == 75)
        #expect(abs(rates.networkPerByte! * 1e9 - 0.06 * 3.6e6) < 1e-6)
        #expect(abs(rates.gramsPerJoule! * 3.6e6 - 380.95) < 1e-9)
        #expect(rates.serverGramsPerJoule == rates.gramsPerJoule)
    }

    @Test("Parts that are not counted while others are get a note")
    func notes() throws {
        let scenario = try parseScenario(minimalScenario + "energy: { client: { compute: 5W } }\n")
        #expect(
            scenario.energyNotices.map(\.description) == [
                "the energy of parts without a section is not counted: energy.server, energy.network"
            ])
    }

    @Test("Carbon of the server alone gets a note, since there is no total")
    func carbonOfServer() throws {
        let energy = "energy: { client: { compute: 5W }, server: { compute: 9W, region: norway }, "
        let partial = try parseScenario(minimalScenario + energy + "network: { class: fixed } }\n")
        #expect(
            partial.energyNotices.map(\.description) == [
                "carbon is counted for the server alone, and has no total: energy.region is not given"
            ])
        let whole = try parseScenario(
            minimalScenario + energy + "network: { class: fixed }, region: france }\n")
        #expect(whole.energyNotices.isEmpty)
    }

    @Test(
        "Values that are not allowed and keys that do not go together are refused, once",
        arguments: [
            "energy: on", "energy: { client: 5W }", "energy: { clients: { idle: 5W } }",
            "energy: { client: { idle: 5 } }", "energy: { client: { idle: -1W } }",
            "energy: { client: { idle: 2MW } }", "energy: { client: { compute: 1001kW } }",
            "energy: { client: { transmit: fast } }", "energy: { client: { receive: 5J } }",
            "energy: { client: { profile: abacus } }", "energy: { client: { radio: 6g } }",
            "energy: { client: { profile: raspberry-pi-4, task: mnist } }",
            "energy: { client: { idle: 1W, task: mnist } }",
            "energy: { client: { profile: ns3-fl-raspberry-pi-4, task: imagenet } }",
            "energy: { client: { profile: ns3-fl-raspberry-pi-4 } }\ntraining: { local-epochs: 100 }",
            "energy: { client: { pue: 1.2 } }",
            "energy: { server: { profile: ns3-fl-raspberry-pi-4 } }",
            "energy: { server: { pue: 0.9, idle: 1W } }",
            "energy: { server: { pue: 11, idle: 1W } }", "energy: { server: { pue: 1.2 } }",
            "energy: { server: { receive: 1W } }", "energy: { server: { region: norway } }",
            "energy: { server: { carbon-intensity: 30g/kWh } }",
            "energy: { server: { idle: 1W, region: norway, carbon-intensity: 30g/kWh } }",
            "energy: { network: { class: 6g } }", "energy: { network: { per-byte: 1 } }",
            "energy: { network: { per-byte: 2J/B } }", "energy: { network: { per-byte: -1nJ/B } }",
            "energy: { network: { class: fixed, per-byte: 1nJ/B } }",
            "energy: { region: germany }", "energy: { carbon-intensity: 300g/kWh }",
            "energy: { network: { class: fixed }, region: atlantis }",
            "energy: { network: { class: fixed }, region: germany, carbon-intensity: 300g/kWh }",
            "energy: { network: { class: fixed }, carbon-intensity: 11kg/kWh }",
            "energy: { network: { class: fixed }, carbon-intensity: 300 }",
        ])
    func refused(text: String) {
        #expect(scenarioSentences(minimalScenario + text + "\n").count == 1, "\(text)")
    }

    @Test("A unit as papers write it is answered with ours of the same size")
    func spellings() {
        for (kind, text, suggestion) in [
            (QuantityKind.carbonIntensity, "300gCO2e/kWh", "g/kWh"), (.carbonIntensity, "300g/KWh", "g/kWh"),
            (.energyPerByte, "1kwh/gb", "kWh/GB"), (.energyPerByte, "1J/byte", "J/B"),
            (.power, "5watts", "W"),
            (.power, "5MW", nil), (.power, "5mw", nil), (.energyPerByte, "5J", nil),
        ] as [(QuantityKind, String, String?)] {
            do throws(QuantityError) {
                _ = try kind.parse(text)
                Issue.record("\(text) is no unit")
            } catch {
                guard case .unknownUnit(_, let found) = error else {
                    Issue.record("\(text): \(error)")
                    continue
                }
                #expect(found == suggestion, "\(text)")
            }
        }
    }

    @Test("Profiles, networks and regions have positive figures; no state draws less than nothing")
    func tables() {
        for profile in PowerProfile.allCases {
            let draw = profile.draw(task: .cifar10, epochs: 5)
            #expect((draw.compute ?? 0) > (draw.idle ?? 0), "\(profile)")
            #expect([draw.transmit, draw.receive].allSatisfy { $0 ?? 1 > 0 }, "\(profile)")
        }
        #expect(NetworkClass.allCases.allSatisfy { $0.joulesPerByte > 0 })
        #expect(GridRegion.allCases.allSatisfy { (20...1000).contains($0.gramsPerKilowattHour) })
    }

    @Test("Devices with measured trainings have watts, too; a Raspberry Pi 5 those of its sources")
    func measuredDevices() {
        #expect(DeviceProfile.allCases.allSatisfy { PowerProfile(rawValue: $0.rawValue) != nil })
        let draw = PowerProfile.raspberryPi5.draw(task: .cifar10, epochs: 5)
        #expect(draw.idle == 0.65 * 5 && draw.compute == 11)
    }

    /// Seconds, watts, joules and joules of sending for 2.5 s: ns3-fl's expressions in C++, compiled with its
    /// constants.
    private static let reference: [(NS3FL.Board, NS3FL.Task, Int, [Double])] = [
        (.pi4, .mnist, 1, [17.31535688, 5.20665376, 90.155068004993865, 9.855500000000001]),
        (.pi4, .mnist, 5, [19.0961924, 4.9160848000000001, 93.878501195515526, 9.855500000000001]),
        (
            .pi400, .mnist, 1,
            [19.827810240000002, 4.9030404000000001, 97.216554650253698, 9.7240000000000002]
        ),
        (
            .pi400, .mnist, 5,
            [20.558635200000001, 4.5618420000000004, 93.785245518038408, 9.7240000000000002]
        ),
        (
            .pi4, .fashionMNIST, 1,
            [24.482298163199999, 5.1402231398400007, 125.84447553494299, 11.914999999999999]
        ),
        (
            .pi4, .fashionMNIST, 5,
            [27.444327936000004, 4.8549906431999998, 133.24195533819238, 11.914999999999999]
        ),
        (.pi400, .fashionMNIST, 1, [25.548063339520002, 4.8616186419200007, 124.20494099636339, 11.33]),
        (.pi400, .fashionMNIST, 5, [27.777813529599999, 4.5133058816, 125.36976918113173, 11.33]),
        (.pi4, .cifar10, 1, [23.765050240000004, 5.0260914623999993, 119.44531611477107, 10.9925]),
        (.pi4, .cifar10, 5, [30.148835200000001, 4.7648291519999999, 143.65404885980374, 10.9925]),
        (.pi400, .cifar10, 1, [25.432229216, 4.8349811679999997, 122.96434931961939, 10.5275]),
        (.pi400, .cifar10, 5, [30.438771679999999, 4.5010146399999993, 137.00535695529737, 10.5275]),
    ]

    @Test("The formula of ns3-fl comes to its own figures within 1e-9", arguments: reference.indices)
    func ns3fl(index: Int) {
        let (board, task, epochs, expected) = Self.reference[index]
        let model = NS3FL(board, task), seconds = model.seconds(epochs: epochs)
        let found = [
            seconds, model.watts(epochs: epochs), model.computeJoules(epochs: epochs, seconds: seconds),
            model.transmitJoules(seconds: 2.5),
        ]
        for (value, right) in zip(found, expected) { #expect(abs(value / right - 1) < 1e-9) }
    }
}
