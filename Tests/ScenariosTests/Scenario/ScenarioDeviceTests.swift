import Foundation
import Models
import Scenarios
import Testing

@Suite("Device and precision in a scenario")
struct ScenarioDeviceTests {
    private func scenario(_ lines: String) throws(ScenarioError) -> Scenario {
        try Scenario.parse(
            "name: test\nmethods: [fgl-one-shot]\n\(lines)\n", file: "test.yaml",
            knownMethods: FederatedMethods.names)
    }

    private func problems(_ lines: String) -> [String] {
        do throws(ScenarioError) {
            _ = try scenario(lines)
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    @Test("every device has one text, in the scenario and in its resolved form")
    func devices() throws {
        #expect(try scenario("seed: 2").device == .cpu)
        for (text, device) in [
            ("cpu", Torch.Device.cpu), ("cuda", .cuda), ("cuda:0", .cuda(index: 0)),
            ("cuda:12", .cuda(index: 12)),
        ] {
            let found = try scenario("device: \(text)")
            #expect(found.device == device)
            let again = try Scenario.parse(
                found.resolvedYAML, file: "again", knownMethods: FederatedMethods.names)
            #expect(again.device == device)
        }
    }

    @Test(
        "another device is refused with those that are allowed",
        arguments: ["gpu", "cuda:x", "cuda:-1", "cuda:128", "cuda:01", "CUDA", "cpu:0", "[cuda]", "1"])
    func foreign(text: String) {
        let found = problems("device: \(text)")
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("test.yaml:3:9: device: ") == true, "\(found)")
        #expect(
            found.first?.hasSuffix(" is not allowed; allowed: cpu, cuda, cuda:N with N from 0 to 127")
                == true,
            "\(found)")
    }

    @Test("a precision of synthesis is taken where the device computes in it")
    func precision() throws {
        #expect(try scenario("seed: 2").synthesis.precision == nil)
        #expect(try scenario("synthesis: { precision: bf16 }").synthesis.precision == .bfloat16)
        #expect(
            try scenario("device: cuda:1\nsynthesis: { precision: fp16 }").synthesis.precision == .float16)
        #expect(
            problems("synthesis: { precision: fp16 }") == [
                "test.yaml:3:25: synthesis.precision: fp16 does not go with device: cpu; allowed: fp32, bf16"
                    + ": processors compute in these two"
            ])
        #expect(
            problems("synthesis: { precision: int8 }") == [
                "test.yaml:3:25: synthesis.precision: int8 is not allowed; allowed: fp32, bf16, fp16"
            ])
    }
}
