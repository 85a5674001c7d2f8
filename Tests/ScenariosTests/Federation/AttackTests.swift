import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Clients that lie, and servers that expect it.
@Suite("Attacks", .serialized)
struct AttackTests {
    static let text = """
        name: attacked
        seed: 2
        clients: 5
        methods: [fedavg]
        data: { set: shapes, classes: [mug, star, ring], side: 16, train-per-class: 10, test-per-class: 4, \
        partition: { kind: iid } }
        model: { kind: tiny }
        training: { rounds: 2, local-epochs: 1, batch: 3, learning-rate: 0.05 }
        synthesis: { foundation: builtin-small, per-class: 6, steps: 2, epochs: 1, batch: 6, rounds: 1, \
        fine-tune-epochs: 1 }
        """

    private static func run(_ overrides: [String], jobs: Int = 2) throws -> String {
        try ExperimentTests.run(text, overrides: overrides, jobs: jobs)
    }

    private static let kinds = Scenario.AttackKind.allCases.map(\.rawValue).filter { $0 != "none" }

    @Test(
        "Every attack is the same for any number of workers, without training, and replayed",
        arguments: kinds)
    func play(kind: String) throws {
        let isLie = ["wrong-label", "other-class", "text", "flood"].contains(kind)
        let overrides = [
            "methods=[\(isLie ? "fgl-one-shot" : "fedavg")]",
            "attack={kind: \(kind), fraction: 0.4, flood: 3}",
        ]
        let paths = try [1, 2].map { try Self.run(overrides, jobs: $0) }
        let runs = try paths.map { try RunLogReader(path: $0).runs()[0] }
        #expect(runs[0].status == .finished && runs[0].logSHA256 == runs[1].logSHA256)
        let honest = try RunLogReader(path: Self.run([overrides[0]])).runs()[0]
        #expect(honest.modelSHA256 != runs[0].modelSHA256)
        let timed = try Self.run(overrides + ["training.mode=none"])
        #expect(try TimingOnlyTests.lines(timed) == TimingOnlyTests.lines(paths[0]))
        let replay = try Replay(path: paths[0], run: 1)
        #expect(try replay.verify(replay.runs[0]).isWhole)
        let rows = try RunTable.query(
            paths[0], "SELECT count(*), min(value) >= 0, max(value) <= 1 FROM metric WHERE split = 'attack'")
        #expect(rows == [[isLie ? "1" : "2", "1", "1"]])
        let detail = try RunTable.query(paths[0], "SELECT detail FROM event WHERE kind = 'attack'")
        #expect(detail.count == 1 && detail[0][0].contains("\"attack\":\"\(kind)\","))
        #expect(detail[0][0].contains("\"count\":2"))
    }

    @Test("Attackers are drawn by the seed alone, or are those that are listed")
    func who() throws {
        func clients(_ overrides: [String]) throws -> String {
            let path = try Self.run(["training.mode=none", "clients=20"] + overrides)
            return try RunTable.query(path, "SELECT detail FROM event WHERE kind = 'attack'")[0][0]
        }
        let drawn = try clients(["attack={kind: scaled, fraction: 0.25}"])
        #expect(drawn.contains("\"count\":5"))
        #expect(try clients(["attack={kind: label-flip, fraction: 0.25}"]).hasSuffix(drawn.suffix(30)))
        #expect(try clients(["attack={kind: scaled, fraction: 0.25}", "seed=3"]) != drawn)
        #expect(
            try clients(["attack={kind: scaled, clients: [7, 3]}"])
                == #"{"attack":"scaled","clients":[3,7],"count":2}"#)
        #expect(try clients(["attack={kind: scaled, fraction: 0}"]).contains("\"count\":0"))
    }

    @Test("A sign flip and a multiple are those of the change; Multi-Krum leaves their senders out")
    func poisoned() throws {
        let base = ["attack={kind: sign-flip, clients: [1]}", "aggregation={rule: multi-krum}"]
        let path = try Self.run(base)
        let kept = try RunTable.query(path, "SELECT metrics FROM work WHERE kind = 'combine'")
        #expect(kept.count == 2 && kept.allSatisfy { $0[0].contains("\"kept\":[0,2,3,4]") })
        let works = try RunTable.query(path, "SELECT DISTINCT client_id FROM work WHERE kind = 'poison'")
        #expect(works == [["1"]])
        let start = ModelVector(layout: [.init(name: "w", shape: [2], type: .float32)], parameters: [1, 2])
        let end = ModelVector(layout: start.layout, parameters: [2, 0])
        let model = ClassifierReference(TinyArchitecture(classes: 2))
        let store = BlobStore(folder: TestFiles.path("poison"), durableForRun: 1)
        let local = try store.store(end.encoded()), sent = try store.store(start.encoded())
        let made = try Poisoning(model, local, base: sent, scale: -2).derive(
            from: [end.encoded(metadata: ["samples": "7"]), start.encoded()], TinyArchitecture(classes: 2)
        ).main
        #expect(try ModelVector(decoding: made).parameters == [-1, 6])
        #expect(try SafetensorsFile(bytes: made).metadata["samples"] == "7")
    }

    @Test("Labels and the trigger: what is trained on, and what success is measured on")
    func images() {
        let set = ImageSet(
            side: 4, pixels: [UInt8](repeating: 9, count: 4 * 48), labels: [0, 1, 2, 2],
            classNames: ["a", "b", "c"])
        let all = ImagePoison(source: nil, target: nil)
        #expect(all.poisoned(set, at: nil).labels == [1, 2, 0, 0])
        #expect(all.poisoned(set, at: [3, 0]).labels == [0, 1])
        let one = ImagePoison(source: 2, target: 0)
        #expect(one.poisoned(set, at: nil).labels == [0, 1, 0, 0])
        #expect(one.goals(in: set).labels == [0, 0] && one.goals(in: set).pixels.allSatisfy { $0 == 9 })
        let backdoor = ImagePoison(
            source: nil, target: 1, trigger: ImagePoison.Trigger(size: 2, share: 0.5, seed: 3))
        let trained = backdoor.poisoned(set, at: nil)
        #expect(trained.pixels.filter { $0 == 255 }.count == 2 * 3 * 4)
        let changed = (0..<4).filter { trained.image(at: $0).contains(255) }
        #expect(changed.count == 2 && changed.allSatisfy { trained.labels[$0] == 1 })
        let goals = backdoor.goals(in: set)
        #expect(goals.labels == [1, 1, 1] && goals.count == 3)
        // The lower right corner of each channel.
        let image = Array(goals.image(at: 0))
        let corner = [10, 11, 14, 15].flatMap { [$0, $0 + 16, $0 + 32] }.sorted()
        #expect((0..<48).filter { image[$0] == 255 } == corner)
    }

    @Test("Clients that lie upload false prompts; the others upload true ones")
    func prompts() throws {
        func texts(_ attack: String, _ prompts: String = "class") throws -> [[String]] {
            let path = try Self.run([
                "methods=[fgl-one-shot]", "training.mode=none", "attack=\(attack)", "clients=2",
                "synthesis.prompts=\(prompts)",
            ])
            return try RunTable.query(
                path, "SELECT client_id, label, text FROM prompt ORDER BY client_id, label, text")
        }
        let names = ["mug", "star", "ring"]
        let honest = names.enumerated().map { ["0", "\($0)", "A photo of a \($1)"] }
        for prompts in ["class", "embeddings"] {
            let wrong = try texts("{ kind: wrong-label, clients: [1] }", prompts)
            #expect(Array(wrong.prefix(3)) == honest)
            #expect(wrong.dropFirst(3).map { $0[2] } == ["ring", "mug", "star"].map { "A photo of a \($0)" })
        }
        let other = try texts("{ kind: other-class, source: 2, target: 0, clients: [1] }")
        #expect(other.dropFirst(3).map { $0[2] } == ["ring", "star", "ring"].map { "A photo of a \($0)" })
        let rude = try texts("{ kind: text, text: rude, clients: [1] }")
        #expect(rude.dropFirst(3).map { $0[2] } == ["rude", "rude", "rude"])
        #expect(try texts("{ kind: text, clients: [1] }").dropFirst(3).map { $0[2] } == ["", "", ""])
        let flood = try texts("{ kind: flood, flood: 40, clients: [1] }")
        #expect(flood.count == 3 + 3 * 40 && flood[3][2] == "A photo of a ring 1")
    }

    /// A federation with a filter, which leaves out client 2 where it lies, and nobody else.
    static let filtered = [
        "methods=[fgl-one-shot]", "data.classes=[mug, star]", "clients=4", "synthesis.batch=8",
        "synthesis.steps=6", "synthesis.learning-rate=0.05", "prompt-filter={rule: agreement, images: 16}",
    ]

    @Test("The filter by agreement leaves out the liar alone, and nobody where all are honest")
    func filter() throws {
        let rejected = "SELECT client_id FROM event WHERE kind = 'prompts-rejected'"
        for kind in ["wrong-label", "none"] {
            let path = try Self.run(Self.filtered + ["attack={kind: \(kind), clients: [2]}"])
            #expect(try RunTable.query(path, rejected) == (kind == "none" ? [] : [["2"]]), "\(kind)")
            let found = try RunTable.query(
                path, "SELECT count(*) FROM metric WHERE name = 'prompt_agreement'")
            #expect(found == [["4"]])
            let replay = try Replay(path: path, run: 1)
            #expect(try replay.verify(replay.runs[0]).isWhole)
        }
    }

    @Test("Keys that are not used leave a scenario's text and hash alone; words stand for sections")
    func keys() throws {
        let plain = try parseScenario(minimalScenario)
        for section in ["attack", "aggregation", "prompt-filter"] {
            #expect(!plain.resolvedYAML.contains(section))
        }
        let used = try parseScenario(minimalScenario + "attack: sign-flip\naggregation: median\n")
        #expect(used.attack.kind == .signFlip && used.aggregation.rule == .median)
        #expect(try parseScenario(used.resolvedYAML) == used && used.sha256 != plain.sha256)
        let listed = try parseScenario(
            minimalScenario + "attack: { kind: text, text: \"\", clients: [4, 0] }\n")
        #expect(listed.attack.clients == [0, 4] && listed.attack.text == "")
        #expect(try parseScenario(listed.resolvedYAML) == listed)
    }

    @Test("Attacks and rules that cannot be are refused with key, value and what is allowed")
    func refused() throws {
        let cases = [
            (
                "attack: { clients: [0, 5] }",
                "3:20: attack.clients: 5 does not go with clients: 5; allowed: client numbers from 0 to 4"
            ),
            ("attack: { clients: [1, 1] }", "3:24: attack.clients[1]: 1 is listed twice; allowed: once"),
            (
                "attack: { clients: 7 }",
                "3:20: attack.clients: 7 is not allowed; allowed: a list of client numbers such as [0, 3]"
            ),
            (
                "attack: { clients: [-1] }",
                "3:21: attack.clients[0]: -1 is not allowed; allowed: a whole number from 0 to 999999"
            ),
            (
                "attack: { fraction: 1.2 }",
                "3:21: attack.fraction: 1.2 is not allowed; allowed: a number from 0 to 1"
            ),
            (
                "attack: { scale: 0 }",
                "3:18: attack.scale: 0 is not allowed; allowed: a number above 0, at most 1000000"
            ),
            (
                "attack: { source: 2, target: 2 }",
                "3:30: attack.target: 2 does not go with attack.source: 2; allowed: another class"
            ),
            (
                "attack: { kind: backdoor, trigger: 40 }",
                "3:36: attack.trigger: 40 does not go with data.side: 32; allowed: at most the width of "
                    + "an image"
            ),
            (
                "attack: { poisoned: 0 }",
                "3:21: attack.poisoned: 0 is not allowed; allowed: a number above 0, at most 1"
            ),
            (
                "attack: { flood: 0 }",
                "3:18: attack.flood: 0 is not allowed; allowed: a whole number from 1 to 10000"
            ),
            (
                "attack: flood\nsynthesis: { prompts: tailored }",
                "3:9: attack.kind: flood does not go with synthesis.prompts: tailored; allowed: "
                    + "wrong-label: learnt words are no text"
            ),
            (
                "aggregation: { attackers: 0.5 }",
                "3:27: aggregation.attackers: 0.5 is not allowed; allowed: a number from 0, below 0.5"
            ),
            (
                "aggregation: { keep: 2 }",
                "3:22: aggregation.keep: 2 does not go with aggregation.rule: mean; allowed: no value, "
                    + "or aggregation.rule: multi-krum"
            ),
            (
                "aggregation: { rule: median, clip: 2 }",
                "3:36: aggregation.clip: 2 does not go with aggregation.rule: median; allowed: no "
                    + "value, or aggregation.rule: norm-clipping"
            ),
            (
                "aggregation: median\nprivacy: { clip: 1 }",
                "3:14: aggregation.rule: median does not go with privacy.at: server; allowed: mean: the "
                    + "noise fits a mean, or privacy.at: client"
            ),
            (
                "prompt-filter: { images: 0 }",
                "3:26: prompt-filter.images: 0 is not allowed; allowed: a whole number from 1 to 10000"
            ),
            (
                "prompt-filter: { agreement: 2 }",
                "3:29: prompt-filter.agreement: 2 is not allowed; allowed: a number from 0 to 1"
            ),
        ]
        for (text, sentence) in cases {
            #expect(scenarioSentences(minimalScenario + text + "\n") == ["test.yaml:\(sentence)"])
        }
        for method in ["scaffold", "fednova", "fedasync", "fedbuff", "dense"] {
            #expect(
                scenarioSentences(
                    "name: a\naggregation: krum\nmethods: [\(method)]\n",
                    methods: FederatedMethods.names) == [
                        "test.yaml:3:10: aggregation.rule: krum does not go with methods: \(method); "
                            + "allowed: mean: it does not average models"
                    ])
        }
        #expect(throws: FederationError.noSuchClass(key: "attack.target", value: 3, classes: 3)) {
            try Self.run(["training.mode=none", "attack={kind: backdoor, target: 3}"])
        }
        #expect(
            "\(FederationError.noSuchClass(key: "attack.target", value: 3, classes: 3))"
                == "attack.target: 3 is no class of the data; allowed: a whole number from 0 to 2")
    }

    @Test(
        "Every method that averages goes with every rule under every policy",
        arguments: PolicyTests.policies.keys.sorted())
    func policies(policy: String) throws {
        let methods = FederatedMethods.all.filter { $0.usesAggregation && !$0.needsFoundation }.map(\.name)
        for rule in ["median", "multi-krum"] {
            let path = try PolicyTests.run(
                PolicyTests.policies[policy]!,
                ["methods=[\(methods.joined(separator: ", "))]", "aggregation=\(rule)", "attack=sign-flip"])
            let runs = try RunLogReader(path: path).runs()
            #expect(runs.map(\.method) == methods && runs.allSatisfy { $0.status == .finished })
        }
    }
}
