import Core
import Scenarios
import Simulator
import TestSupport
import Testing

@Suite("Published links and devices")
struct LinkPresetTests {
    @Test(
        "Drawn rates have the published mean within their standard error and the deviation within 5 %",
        arguments: [
            (LinkPreset.lte, 52.649, 84.108), (.nr, 305.727, 196.99), (.wifi, 218.147, 229.927),
        ])
    func moments(preset: LinkPreset, mean: Double, deviation: Double) throws {
        var stream = RandomStream(seed: 3, purpose: "preset"), sum = 0.0, squares = 0.0
        let count = 20_000
        for _ in 0..<count {
            let rate = preset.downlink.sample(using: &stream) / 125_000
            sum += rate
            squares += rate * rate
        }
        let found = sum / Double(count)
        #expect(abs(found - mean) < 4 * deviation / Double(count).squareRoot())
        #expect(abs((squares / Double(count) - found * found).squareRoot() / deviation - 1) < 0.06)
        #expect(abs(preset.downlink.mean / 125_000 / mean - 1) < 1e-4)
        try preset.uplink.validate(field: "uplink")
        #expect(preset.uplink.mean < preset.downlink.mean)
    }

    @Test("Clients of a run have rates of the preset, each of its own, the same for every method of a seed")
    func runs() throws {
        let path = try ExperimentTests.run(
            ExperimentTests.resNet,
            overrides: [
                "training=none", "network=", "network.client.preset=4g", "clients=40",
                "data.train-per-class=40", "methods=[fedavg, fgl-one-shot]", "synthesis.per-class=1",
            ])
        func rates(_ run: Int) throws -> [[String]] {
            try RunTable.query(
                path, "SELECT uplink_Bps, downlink_Bps, latency_s FROM client WHERE run_id = \(run)")
        }
        let rows = try rates(1), others = try rates(2)
        #expect(rows.count == 40 && rows == others)
        #expect(Set(rows.map { $0[0] }).count > 10 && Set(rows.map { $0[1] }).count > 10)
        #expect(rows.allSatisfy { Double($0[2]) == 0.014 })
        // Uplinks are not a multiple of downlinks: they are drawn apart.
        let ratios = rows.map { Double($0[0])! / Double($0[1])! }
        #expect(ratios.max()! > 1.5 * ratios.min()!)
    }

    @Test(
        "A preset that is unknown or stands beside what it replaces is refused, once",
        arguments: [
            "network: { client: { preset: 6g } }", "network: { client: { preset: [4g] } }",
            "network: { client: { preset: true } }", "network: { client: { preset: 4g, uplink: 1Mbps } }",
            "network: { client: { preset: 5g, downlink: 1Mbps } }",
            "network: { client: { preset: wifi, latency: 1ms } }", "network: { server: { preset: 5g } }",
            "network: { preset: 5g }", "evaluation: { clients: 4 }", "evaluation: { clients: yes }",
        ])
    func refused(text: String) {
        #expect(scenarioSentences(minimalScenario + text + "\n").count == 1, "\(text)")
    }

    @Test("The Raspberry Pi 4 takes the measured seconds")
    func raspberryPi4() throws {
        for (kind, seconds) in [("resnet18", 218.366), ("resnet34", 407.243), ("resnet50", 652.536)] {
            let model = try parseScenario(minimalScenario + "model: { kind: \(kind) }\n").model
            let speed = try #require(DeviceProfile.raspberryPi4.flopsPerSecond(training: model))
            let architecture = try #require(model.builtInArchitecture(classes: 10, side: 224))
            let predicted = 320 * Double(architecture.trainingOperations(side: 224)) / speed
            #expect(abs(predicted / seconds - 1) < 1e-12)
        }
    }
}
