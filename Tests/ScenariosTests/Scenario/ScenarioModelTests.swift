import Models
import Scenarios
import Testing

/// The section `model`: what it builds, and what it refuses.
struct ScenarioModelTests {
    private func parse(_ lines: String, methods: String = "[fedavg]") throws(ScenarioError) -> Scenario {
        try Scenario.parse(
            "name: a\nmethods: \(methods)\n\(lines)\n", file: "test.yaml",
            knownMethods: FederatedMethods.names)
    }

    private func problems(_ lines: String, methods: String = "[fedavg]") -> [String] {
        do throws(ScenarioError) {
            _ = try parse(lines, methods: methods)
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    @Test("Absent keys keep the resolved scenario as it was; given ones are read back")
    func resolved() throws {
        let plain = try parse("model: { kind: cnn }")
        #expect(plain.resolvedYAML.contains("model:\n  kind: cnn\n") && !plain.resolvedYAML.contains("norm:"))
        let given = try parse("model: { kind: resnet50, norm: group, groups: 32 }")
        #expect(given.model.norm == .group && given.model.groups == 32)
        let file = try parse("model: { kind: torchscript, path: ~/net.pt, flops: 1.5e6 }")
        #expect(file.model.path == "~/net.pt" && file.model.flops == 1.5e6)
        for scenario in [plain, given, file] {
            let again = try Scenario.parse(
                scenario.resolvedYAML, file: "again", knownMethods: FederatedMethods.names)
            #expect(again == scenario)
        }
    }

    @Test(
        "What cannot be built is refused where it stands",
        arguments: [
            ("model: { norm: layer }", "3:16: model.norm: layer is not allowed; allowed: batch, group"),
            (
                "model: { kind: cnn, norm: group }",
                "3:27: model.norm: group does not go with model.kind: cnn; allowed: no norm, or model.kind: "
                    + "resnet18, "
                    + "resnet34, resnet50, tiny"
            ),
            (
                "model: { groups: 2 }",
                "3:18: model.groups: 2 does not go with model.norm: batch; allowed: no groups, or "
                    + "model.norm: group"
            ),
            (
                "model: { norm: group, groups: 3 }",
                "3:31: model.groups: 3 does not go with model.kind: resnet18; allowed: 1, 2, 4, 8, 16, 32, 64"
            ),
            (
                "model: { kind: tiny, norm: group, groups: 32 }",
                "3:43: model.groups: 32 does not go with model.kind: tiny; allowed: 1, 2, 4, 8, 16"
            ),
            (
                "model: { norm: group, groups: 0 }",
                "3:31: model.groups: 0 is not allowed; allowed: a whole number from 1 to 64"
            ),
            (
                "model: { kind: torchscript }",
                "3:16: model.path: this key is missing; model.kind: torchscript needs it"
            ),
            (
                "model: { path: net.pt }",
                "3:16: model.path: net.pt does not go with model.kind: resnet18; allowed: no such key, or "
                    + "model.kind: "
                    + "torchscript"
            ),
            (
                "model: { flops: 5 }",
                "3:17: model.flops: 5 does not go with model.kind: resnet18; allowed: no such key, or "
                    + "model.kind: "
                    + "torchscript"
            ),
            (
                "model: { kind: torchscript, path: a.pt, flops: 0 }",
                "3:48: model.flops: 0 is not allowed; allowed: a number from 1 to 1000000000000000"
            ),
            (
                "model: { kind: torchscript, path: a.pt }\ntraining: { precision: bf16 }",
                "4:24: training.precision: bf16 does not go with model.kind: torchscript; allowed: fp32: the "
                    + "module's "
                    + "code says its types"
            ),
            (
                "model: { kind: torchscript, path: a.pt }\nevaluation: { retrieval: true }",
                "4:26: evaluation.retrieval: true does not go with model.kind: torchscript; allowed: false: "
                    + "the "
                    + "features behind a module's last layer are not known"
            ),
        ])
    func refusals(_ lines: String, _ expected: String) {
        #expect(problems(lines) == ["test.yaml:\(expected)"])
    }

    @Test("Methods that compute with batch norm refuse classifiers without it")
    func batchNorm() {
        let other =
            "methods that need no batch norm, or model.norm: batch with model.kind: resnet18, resnet34, "
            + "resnet50, tiny"
        #expect(
            problems("model: { norm: group }", methods: "[fedavg, fedbn]")
                == ["test.yaml:3:16: methods: fedbn does not go with model.norm: group; allowed: \(other)"])
        #expect(
            problems("model: { kind: cnn }", methods: "[fedbn]")
                == ["test.yaml:3:16: methods: fedbn does not go with model.kind: cnn; allowed: \(other)"])
        #expect(
            problems("model: { norm: group }", methods: "[dense]") == [
                "test.yaml:3:16: dense.batch-norm-weight: 1 does not go with model.norm: group; allowed: 0: "
                    + "there are "
                    + "no statistics of batch norm that the generator could come near"
            ])
        for model in ["{ norm: group }", "{ kind: cnn }", "{ kind: torchscript, path: a.pt }"] {
            #expect(problems("model: \(model)\ndense: { batch-norm-weight: 0 }", methods: "[dense]") == [])
        }
        // Whether a module has batch norm is seen when its file is opened.
        #expect(problems("model: { kind: torchscript, path: a.pt }", methods: "[fedbn]") == [])
        #expect(problems("model: { kind: tiny }", methods: "[fedbn, dense]") == [])
        #expect(
            problems("sweep: { model.norm: [batch, group] }", methods: "[fedbn]").first?
                .contains("methods: fedbn does not go with model.norm: group") == true)
    }
}
