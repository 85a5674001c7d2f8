import Models
import Scenarios
import Testing

/// The keys of data sets that come from disk.
@Suite struct ScenarioDataKeysTests {
    @Test("names of classes are a mapping or the path of a file, and read back")
    func classNames() throws {
        let table = try parseScenario(
            minimalScenario
                + "data: { set: image-folder, path: x, class-names: { n02086240: Shih-Tzu, \"0\": a b, 7: "
                + "seven } }"
        )
        #expect(
            table.data.classNames
                == .table([
                    .init(id: "n02086240", name: "Shih-Tzu"), .init(id: "0", name: "a b"),
                    .init(id: "7", name: "seven"),
                ]))
        let file = try parseScenario(
            minimalScenario + "data: { set: idx, path: x, class-names: ~/names.txt }")
        #expect(file.data.classNames == .file("~/names.txt"))
        for scenario in [table, file] {
            #expect(try parseScenario(scenario.resolvedYAML) == scenario, "\(scenario.resolvedYAML)")
        }
        #expect(file.resolvedYAML.contains("~/names.txt"))
        let set = try parseScenario(
            minimalScenario + "data: { set: cifar100, path: x, labels: coarse }",
            set: ["data.class-names={ apple: fruit }"])
        #expect(
            set.data.labels == .coarse && set.data.classNames == .table([.init(id: "apple", name: "fruit")]))
        #expect(try parseScenario(set.resolvedYAML) == set)
    }

    static let listing =
        "allowed: a mapping of class folders or labels to names, such as { n02086240: Shih-Tzu }, or the "
            + "path of a file "
        + "with a line 'id name' for each"

    @Test(
        "values that do not fit are refused with what is allowed",
        arguments: [
            ("class-names: []", "3:41: data.class-names: an empty list is not allowed; \(listing)"),
            ("class-names: {}", "3:41: data.class-names: an empty mapping is not allowed; \(listing)"),
            ("class-names: [a]", "3:41: data.class-names: a list is not allowed; \(listing)"),
            (
                "class-names: { a: [b] }",
                "3:46: data.class-names.a: a list is not allowed; allowed: a name on one line of at "
                    + "most 200 characters"
            ),
            (
                "class-names: { a: \"\" }",
                "3:46: data.class-names.a: \"\" is not allowed; allowed: a name on one line of at most "
                    + "200 characters"
            ),
            (
                "class-names: { a: \"b\\e\" }",
                "3:46: data.class-names.a: \"b\\u{1B}\" is not allowed; allowed: a name on one line "
                    + "of at most 200 characters"
            ),
            (
                "class-names: ~lea/x",
                "3:41: data.class-names: ~lea/x is not allowed; allowed: the path of a file of names; ~/ is "
                    + "the home folder, and no other ~ is one"
            ),
            (
                "test-fraction: 0",
                "3:43: data.test-fraction: 0 is not allowed; allowed: a number above 0, below 1"
            ),
            (
                "test-fraction: 1",
                "3:43: data.test-fraction: 1 is not allowed; allowed: a number above 0, below 1"
            ),
            (
                "test-fraction: nan",
                "3:43: data.test-fraction: nan is not allowed; allowed: a number above 0, below 1"
            ),
            (
                "labels: fine",
                "3:36: data.labels: fine does not go with data.set: idx; allowed: no value, or data.set: "
                    + "cifar100"
            ),
            (
                "test-fraction: 0.1",
                "3:43: data.test-fraction: 0.1 does not go with data.set: idx; allowed: no value, or "
                    + "data.set: image-folder, domains, leaf: other sets have a test set"
            ),
        ])
    func refused(text: String, sentence: String) {
        #expect(
            scenarioSentences(minimalScenario + "data: { set: idx, path: x, \(text) }") == [
                "test.yaml:" + sentence
            ])
    }

    @Test("natural clients and a file of owners read back; paths are checked; columns have defaults")
    func owners() throws {
        let file = try parseScenario(
            minimalScenario
                + "data: { set: image-folder, path: x, owners: { file: ~/owners.csv, client-column: user }, "
                + "partition: { kind: natural, min-images: 5, owners: largest } }")
        #expect(file.data.owners.file == "~/owners.csv" && file.data.owners.clientColumn == "user")
        #expect(file.data.partition.minImages == 5 && file.data.partition.owners == .largest)
        let leaf = try parseScenario(
            minimalScenario
                + "data: { set: leaf, path: x, test-fraction: 0.1, partition: { kind: natural } }")
        for scenario in [file, leaf] {
            #expect(try parseScenario(scenario.resolvedYAML) == scenario, "\(scenario.resolvedYAML)")
        }
        #expect(!(try parseScenario(minimalScenario).resolvedYAML.contains("owners")))
        let error = #expect(throws: ScenarioError.self) { try file.checkPaths(file: "none.yaml") }
        let sentence = error.map { "\($0)" } ?? ""
        #expect(sentence.contains("data.owners.file: ~/owners.csv: there is no such file"), "\(sentence)")
    }

    @Test(
        "owners that do not go with the set are refused with what is allowed",
        arguments: [
            (
                "partition: { kind: natural }",
                "3:28: data.partition.kind: natural is not allowed with data.set: shapes without owners; "
                    + "allowed: data.set: leaf, or data.owners.file with data.set: image-folder, domains"
            ),
            (
                "set: idx, path: x, partition: { kind: natural }",
                "3:47: data.partition.kind: natural is not allowed with data.set: idx without owners; "
                    + "allowed: data.set: leaf, or data.owners.file with data.set: image-folder, domains"
            ),
            (
                "set: leaf, path: x, owners: { file: o.csv }",
                "3:45: data.owners.file: o.csv does not go with data.set: leaf; allowed: no value, or "
                    + "data.set: image-folder, domains: leaf has owners of its own"
            ),
            (
                "set: cifar10, path: x, owners: { file: o.csv }",
                "3:48: data.owners.file: o.csv does not go with data.set: cifar10; allowed: no value, or "
                    + "data.set: image-folder, domains"
            ),
            (
                "set: image-folder, path: x, owners: { path-column: a }",
                "3:60: data.owners.file: this key is missing; data.owners.path-column needs it"
            ),
            (
                "set: image-folder, path: x, owners: { file: o.csv, client-column: \"\" }",
                "3:75: data.owners.client-column: \"\" is not allowed; allowed: the name of a column on one "
                    + "line of at most 200 characters"
            ),
            (
                "set: leaf, path: x, classes: [a, b]",
                "3:38: data.classes: a, b does not go with data.set: leaf; allowed: no value: all its "
                    + "classes are taken"
            ),
            (
                "partition: { kind: iid, min-images: 5 }",
                "3:45: data.partition.min-images: 5 does not go with data.partition.kind: iid; allowed: no "
                    + "value, or data.partition.kind: natural"
            ),
            (
                "partition: { kind: dirichlet, owners: largest }",
                "3:47: data.partition.owners: largest does not go with data.partition.kind: dirichlet; "
                    + "allowed: no value, or data.partition.kind: natural"
            ),
            (
                "set: leaf, path: x, partition: { kind: natural, per-client: 5 }",
                "3:69: data.partition.per-client: 5 does not go with data.partition.kind: natural; allowed: "
                    + "no value, or data.partition.kind: iid, dirichlet, domains"
            ),
            (
                "set: leaf, path: x, partition: { kind: natural, owners: smallest }",
                "3:65: data.partition.owners: smallest is not allowed; allowed: random, largest"
            ),
            (
                "set: leaf, path: x, partition: { kind: natural, min-images: 0 }",
                "3:69: data.partition.min-images: 0 is not allowed; allowed: a whole number from 1 to 1000000"
            ),
        ])
    func ownersRefused(text: String, sentence: String) {
        #expect(scenarioSentences(minimalScenario + "data: { \(text) }") == ["test.yaml:" + sentence])
    }

    @Test("the built-in world takes no names")
    func shapes() {
        #expect(
            scenarioSentences(minimalScenario + "data: { class-names: { star: sun } }") == [
                "test.yaml:3:22: data.class-names: star does not go with data.set: shapes; allowed: no "
                    + "value: its objects "
                    + "have names"
            ])
    }

    @Test(
        "no path begins with the home of somebody else",
        arguments: [
            "data.path", "synthesis.foundation", "synthesis.captioner", "synthesis.set",
            "faults.availability.trace",
            "network.client.uplink.trace", "devices.slowdown.trace",
        ])
    func otherHomes(key: String) throws {
        let sentences = scenarioSentences(minimalScenario, set: ["\(key)=~lea/x"])
        #expect(sentences.count == 1 && sentences[0].contains("~lea/x is not allowed; "), "\(sentences)")
        #expect(sentences.first?.hasSuffix("; ~/ is the home folder, and no other ~ is one") == true)
        #expect(scenarioSentences(minimalScenario, set: ["\(key)=~/x"]).isEmpty)
    }
}
