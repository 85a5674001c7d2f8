import Foundation
import Scenarios
import Testing

/// A text that stands after the two lines of the minimal scenario, and the one sentence it is refused with.
struct BadText: Sendable, CustomTestStringConvertible {
    let yaml: String
    let sentence: String
    var testDescription: String { yaml }

    init(_ yaml: String, _ sentence: String) {
        self.yaml = yaml
        self.sentence = sentence
    }
}

private let bandwidths =
    "a bandwidth from 8bps to 8Pbps such as 20Mbps, in bps, kbps, Mbps, Gbps, Tbps, Pbps, "
    + "B/s, kB/s, MB/s, GB/s, KiB/s, MiB/s, GiB/s"
private let distributions =
    "; or a distribution such as { lognormal: { median: 20Mbps, sigma: 0.8 } }, "
    + "of the kinds uniform, lognormal, exponential, pareto, choice, or { trace: phones.csv }"
private let durations = "a duration from 0s to 24h such as 50ms, in ns, us, ms, s, min, h"
private let speeds =
    "a speed from 1FLOPS to 1000EFLOPS such as 0.5TFLOPS, in FLOPS, kFLOPS, MFLOPS, GFLOPS, TFLOPS, PFLOPS, "
    + "EFLOPS"

@Suite struct ScenarioErrorTests {
    @Test(
        "a bad number is refused with its line, key, value and what is allowed",
        arguments: [
            BadText(
                "clients: 0", "3:10: clients: 0 is not allowed; allowed: a whole number from 1 to 1000000"),
            BadText(
                "clients: 2.5", "3:10: clients: 2.5 is not allowed; allowed: a whole number from 1 to 1000000"
            ),
            BadText(
                "clients: \"5\"",
                "3:10: clients: \"5\" is not allowed; allowed: a whole number from 1 to 1000000"),
            BadText(
                "clients: [5]",
                "3:10: clients: a list is not allowed; allowed: a whole number from 1 to 1000000"),
            BadText("clients:", "3:9: clients: no value; allowed: a whole number from 1 to 1000000"),
            BadText("clients: ~", "3:10: clients: no value; allowed: a whole number from 1 to 1000000"),
            BadText(
                "seed: -1",
                "3:7: seed: -1 is not allowed; allowed: a whole number from 0 to 9223372036854775807"),
            BadText(
                "seed: 18446744073709551615",
                "3:7: seed: 18446744073709551615 is not allowed; "
                    + "allowed: a whole number from 0 to 9223372036854775807"
            ),
            BadText(
                "data: { partition: { beta: 0 } }",
                "3:28: data.partition.beta: 0 is not allowed; allowed: a number above 0, at most 10000"),
            BadText(
                "data: { partition: { beta: .nan } }",
                "3:28: data.partition.beta: .nan is not allowed; allowed: a number above 0, at most 10000"),
            BadText(
                "data: { partition: { beta: nan } }",
                "3:28: data.partition.beta: nan is not allowed; allowed: a number above 0, at most 10000"),
            BadText(
                "data: { partition: { beta: .inf } }",
                "3:28: data.partition.beta: .inf is not allowed; allowed: a number above 0, at most 10000"),
            BadText(
                "data: { side: 4 }",
                "3:15: data.side: 4 is not allowed; allowed: a whole number from 8 to 1024"),
            BadText(
                "training: { batch: 0 }",
                "3:20: training.batch: 0 is not allowed; allowed: a whole number from 2 to 65536"),
            BadText(
                "training: { local-epochs: -1 }",
                "3:27: training.local-epochs: -1 is not allowed; allowed: a whole number from 1 to 100000"),
            BadText(
                "training: { momentum: 1 }",
                "3:23: training.momentum: 1 is not allowed; allowed: a number from 0, below 1"),
            BadText(
                "training: { learning-rate: 0 }",
                "3:28: training.learning-rate: 0 is not allowed; allowed: a number above 0, at most 100"),
            BadText(
                "centralized: { weight-decay: -1e-4 }",
                "3:30: centralized.weight-decay: -1e-4 is not allowed; allowed: a number from 0 to 1"),
            BadText(
                "devices: { stragglers: { fraction: 1.5 } }",
                "3:36: devices.stragglers.fraction: 1.5 is not allowed; allowed: a number from 0 to 1"),
            BadText(
                "devices: { stragglers: { slowdown: 0.5 } }",
                "3:36: devices.stragglers.slowdown: 0.5 is not allowed; allowed: a number from 1 to 1000000"),
            BadText(
                "synthesis: { guidance: high }",
                "3:24: synthesis.guidance: high is not allowed; allowed: a number from 0 to 100"),
        ])
    func badNumber(_ bad: BadText) {
        #expect(scenarioSentences(minimalScenario + bad.yaml + "\n") == ["test.yaml:" + bad.sentence])
    }

    @Test(
        "a bad word or text is refused with its line, key, value and what is allowed",
        arguments: [
            BadText(
                "data: { set: shape }",
                "3:14: data.set: shape is not allowed; allowed: shapes, image-folder, cifar10, cifar100, "
                    + "idx, domains, leaf"
            ),
            BadText(
                "data: { augmentation: flip }",
                "3:23: data.augmentation: flip is not allowed; allowed: crop-flip, none"),
            BadText("data: { strict: yes }", "3:17: data.strict: yes is not allowed; allowed: true, false"),
            BadText(
                "data: { path: \"\" }",
                "3:15: data.path: \"\" is not allowed; allowed: the path of the images, "
                    + "relative to the scenario's file or to the working directory"),
            BadText(
                "model: { kind: resnet99 }",
                "3:16: model.kind: resnet99 is not allowed; allowed: resnet18, resnet34, resnet50, cnn, "
                    + "tiny, torchscript"
            ),
            BadText(
                "synthesis: { template: A photo of a cat }",
                "3:24: synthesis.template: A photo of a cat is not allowed; "
                    + "allowed: text that contains {class}, "
                    + "such as \"A photo of a {class}\""),
            BadText(
                "training: 5", "3:11: training: 5 is not allowed; allowed: a mapping of key: value pairs"),
            BadText(
                "model: [a]", "3:8: model: a list is not allowed; allowed: a mapping of key: value pairs"),
            BadText(
                "data: { set: image-folder }",
                "3:14: data.path: this key is missing; data.set: image-folder needs the path of the images"),
            BadText(
                "data: { partition: { kind: domains } }",
                "3:28: data.partition.kind: domains is not allowed with data.set: shapes; "
                    + "allowed: iid, dirichlet, or data.set: domains, or two data.styles"),
            BadText(
                "data: { styles: [real, oil] }",
                "3:24: data.styles[1]: oil is not allowed; "
                    + "allowed: clipart, infograph, painting, quickdraw, real, sketch"),
            BadText(
                "data: { styles: sketch }",
                "3:17: data.styles: sketch is not allowed; allowed: a list of at least one of "
                    + "clipart, infograph, painting, quickdraw, real, sketch"),
            BadText(
                "data: { styles: [real, real] }",
                "3:24: data.styles[1]: real is listed twice; allowed: once"),
            BadText(
                "data: { set: cifar10, path: x, styles: [real] }",
                "3:40: data.styles: [real] does not go with data.set: cifar10; "
                    + "allowed: no value: other sets have domains of their own"),
            BadText(
                "synthesis: { templates: { sketch: A sketch } }",
                "3:35: synthesis.templates.sketch: A sketch is not allowed; "
                    + "allowed: text that contains {class}, such as \"A sketch of a {class}\""),
            BadText(
                "synthesis: { templates: [sketch] }",
                "3:25: synthesis.templates: a list is not allowed; allowed: a mapping of domains to texts "
                    + "that contain "
                    + "{class}, such as { sketch: \"A sketch of a {class}\" }"),
            BadText(
                "evaluation: { membership: 1 }",
                "3:27: evaluation.membership: 1 is not allowed; allowed: true, false"),
            BadText(
                "evaluation: { near-copy: 1.5 }",
                "3:26: evaluation.near-copy: 1.5 is not allowed; allowed: a number above 0, at most 1"),
        ])
    func badWord(_ bad: BadText) {
        #expect(scenarioSentences(minimalScenario + bad.yaml + "\n") == ["test.yaml:" + bad.sentence])
    }

    @Test(
        "a bad quantity or distribution is refused with its line, key, value and what is allowed",
        arguments: [
            BadText(
                "{ uplink: 20 }", "22: uplink: 20 has no unit; allowed: \(bandwidths)"),
            BadText(
                "{ uplink: -20Mbps }", "22: uplink: -20Mbps is not allowed; allowed: \(bandwidths)"),
            BadText("{ uplink: 0Mbps }", "22: uplink: 0Mbps is not allowed; allowed: \(bandwidths)"),
            BadText("{ uplink: fast }", "22: uplink: fast is not allowed; allowed: \(bandwidths)"),
            BadText(
                "{ uplink: 20mbps }",
                "22: uplink: 20mbps has the unknown unit mbps; did you mean Mbps (bits) or MB/s (bytes)? "
                    + "allowed: \(bandwidths)"
            ),
            BadText(
                "{ uplink: 20ms }", "22: uplink: 20ms has the unknown unit ms; allowed: \(bandwidths)"),
            BadText(
                "{ uplink: [1] }", "22: uplink: a list is not allowed; allowed: \(bandwidths)\(distributions)"
            ),
            BadText(
                "{ uplink: { trace: [] } }",
                "31: uplink.trace: an empty list is not allowed; "
                    + "allowed: the path of a trace file (docs/traces.md)"),
            BadText("{ latency: 5 }", "23: latency: 5 has no unit; allowed: \(durations)"),
            BadText("{ latency: -5ms }", "23: latency: -5ms is not allowed; allowed: \(durations)"),
            BadText(
                "{ uplink: { lognormel: { median: 1MB/s } } }",
                "24: uplink.lognormel: unknown key; did you mean lognormal?"),
            BadText(
                "{ uplink: { zipf: { mean: 1MB/s } } }",
                "24: uplink.zipf: unknown key; known here: uniform, lognormal, exponential, pareto, choice"),
            BadText(
                "{ uplink: { lognormal: { median: 1MB/s } } }",
                "35: uplink.lognormal.sigma: this key is missing; allowed: a number from 0 to 10"),
            BadText(
                "{ uplink: { lognormal: { median: 1MB/s, sigma: -1 } } }",
                "59: uplink.lognormal.sigma: -1 is not allowed; allowed: a number from 0 to 10"),
            BadText(
                "{ uplink: { lognormal: { median: 1MB/s, sigma: 1, mode: 2 } } }",
                "62: uplink.lognormal.mode: unknown key; known here: median, sigma"),
            BadText(
                "{ uplink: { uniform: { from: 3MB/s, to: 1MB/s } } }",
                "33: uplink.uniform: from 24Mbps to 8Mbps is not allowed; "
                    + "allowed: a from that is less than to"
            ),
            BadText(
                "{ uplink: { exponential: 3MB/s } }",
                "37: uplink.exponential: 3MB/s is not allowed; allowed: a mapping with the keys mean"),
            BadText(
                "{ uplink: { choice: [] } }",
                "32: uplink.choice: an empty list is not allowed; "
                    + "allowed: a list of values with weights such as "
                    + "[ { value: …, weight: 2 } ]"),
            BadText(
                "{ uplink: { choice: [ { value: 1MB/s, weight: 0 } ] } }",
                "58: uplink.choice[0].weight: 0 is not allowed; allowed: a number above 0, at most "
                    + "1000000000000"),
        ])
    func badQuantity(_ bad: BadText) {
        let found = scenarioSentences(minimalScenario + "network: { client: \(bad.yaml) }\n")
        let column = bad.sentence.prefix { $0 != ":" }
        let rest = bad.sentence.dropFirst(column.count + 2)
        // The texts stand 19 characters into the line; `badNumber` pins whole positions.
        let shifted = (Int(column) ?? 0) + 8
        #expect(found == ["test.yaml:3:\(shifted): network.client.\(rest)"])
    }

    @Test("server quantities are checked as those of the clients, but take no distribution")
    func serverQuantities() {
        #expect(
            scenarioSentences(
                minimalScenario + "devices: { server: { lognormal: { median: 1TFLOPS, sigma: 1 } } }\n")
                == ["test.yaml:3:20: devices.server: a mapping is not allowed; allowed: \(speeds)"])
    }

    @Test(
        "an unknown key is refused with the nearest known key, or the known ones",
        arguments: [
            BadText("trainig: {}", "3:1: trainig: unknown key; did you mean training?"),
            BadText("rounds: 20", "3:1: rounds: unknown key; did you mean training.rounds?"),
            BadText(
                "training: { learning_rate: 0.1 }",
                "3:13: training.learning_rate: unknown key; did you mean learning-rate?"),
            BadText("network: { sever: {} }", "3:12: network.sever: unknown key; did you mean server?"),
            BadText(
                "banana: 1",
                "3:1: banana: unknown key; known here: name, seed, clients, methods, device, data, model, "
                    + "training, "
                    + "centralized, synthesis, participation, asynchronous, fedprox, "
                    + "fedavgm, fedopt, scaffold, fedavg-one-shot, dense, ensemble, co-boosting, fedcgs, "
                    + "fedpft, private-evolution, fgl-lora, feddeo, fedbip, feddyn, moon, fedproto, "
                    + "aggregation, prompt-filter, compression, privacy, attack, "
                    + "evaluation, faults, network, devices, energy, sweep"
            ),
            BadText(
                "? [a]\n: 1",
                "3:3: a list: unknown key; known here: name, seed, clients, methods, device, data, "
                    + "model, training, centralized, synthesis, participation, asynchronous, fedprox, "
                    + "fedavgm, fedopt, scaffold, fedavg-one-shot, dense, ensemble, co-boosting, fedcgs, "
                    + "fedpft, private-evolution, fgl-lora, feddeo, fedbip, feddyn, moon, fedproto, "
                    + "aggregation, prompt-filter, compression, privacy, attack, "
                    + "evaluation, faults, network, devices, energy, sweep"
            ),
        ])
    func unknownKey(_ bad: BadText) {
        #expect(scenarioSentences(minimalScenario + bad.yaml + "\n") == ["test.yaml:" + bad.sentence])
    }

    @Test("bad lists of methods are refused")
    func methods() {
        func refusal(_ methods: String) -> [String] {
            scenarioSentences("name: minimal\nmethods: \(methods)\n")
        }
        let allowed = "a list of at least one method, such as [fgl-one-shot, fedavg]"
        #expect(
            refusal("[]") == ["test.yaml:2:10: methods: an empty list is not allowed; allowed: \(allowed)"])
        #expect(refusal("fedavg") == ["test.yaml:2:10: methods: fedavg is not allowed; allowed: \(allowed)"])
        #expect(
            refusal("[fedavg, fedavg]") == [
                "test.yaml:2:19: methods[1]: fedavg is listed twice; allowed: once"
            ])
        #expect(
            refusal("[fedavgg]")
                == [
                    "test.yaml:2:11: methods[0]: fedavgg is not a known method; did you mean fedavg? "
                        + "allowed: fgl-one-shot, fgl-5-round, fgl-5-round-syn, fedavg, centralized"
                ])
        #expect(
            refusal("[scaffold]") == [
                "test.yaml:2:11: methods[0]: scaffold is not a known method; "
                    + "allowed: fgl-one-shot, fgl-5-round, fgl-5-round-syn, fedavg, centralized"
            ])
    }

    @Test("name and methods are required, and a name must be fit for a file")
    func required() {
        let names = "letters, digits, '-', '_' and '.', at most 100, the first a letter or digit"
        #expect(
            scenarioSentences("seed: 1\n") == [
                "test.yaml: name: this key is missing; allowed: \(names)",
                "test.yaml: methods: this key is missing; "
                    + "allowed: a list of at least one method, such as [fgl-one-shot, fedavg]",
            ])
        for name in ["a b", "../x", "-x", ".x", "a/b", "ä", String(repeating: "a", count: 101)] {
            let found = scenarioSentences("name: \"\(name)\"\nmethods: [fedavg]\n")
            #expect(found.count == 1 && found[0].hasSuffix("is not allowed; allowed: \(names)"), "\(name)")
        }
    }

    @Test("every problem is reported, in the order of the file")
    func allAtOnce() {
        let yaml = """
            clients: 0
            name: minimal
            methods: [fedavg]
            bogus: 1
            training: { batch: 0, rounds: x }
            """
        #expect(
            scenarioSentences(yaml).map { $0.prefix(14) } == [
                "test.yaml:1:10", "test.yaml:4:1:", "test.yaml:5:20", "test.yaml:5:31",
            ])
    }

    @Test("a long or unprintable value is shortened to one line")
    func longValues() {
        let found = scenarioSentences(
            minimalScenario + "model: { kind: \"\(String(repeating: "a", count: 200))\\n\" }\n")
        #expect(
            found == [
                "test.yaml:3:16: model.kind: \"\(String(repeating: "a", count: 60))…\" is not allowed; "
                    + "allowed: resnet18, resnet34, resnet50, cnn, tiny, torchscript"
            ])
        #expect(
            scenarioSentences(minimalScenario + "model: { kind: \"a\\nb\" }\n")
                == [
                    "test.yaml:3:16: model.kind: \"a\\nb\" is not allowed; allowed: resnet18, resnet34, "
                        + "resnet50, cnn, tiny, torchscript"
                ])
    }

    @Test("the exit code is that of bad input")
    func exitCode() {
        #expect(throws: ScenarioError.self) { try parseScenario("") }
        let problem = ScenarioProblem(place: .file, keyPath: nil, reason: .empty)
        #expect(ScenarioError(file: "x", problems: [problem]).exitCode == 65)
    }
}
