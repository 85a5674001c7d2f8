import Foundation
import Models
import Scenarios
import Testing

/// The key `data.classes`.
@Suite struct ScenarioClassesTests {
    private static let listing =
        "allowed: a name or a list of different names: for shapes, sets (basics, harvest, yellow, birds, "
            + "hundred, "
        + "unseen) and objects (`fgl-sim world` lists them); for image-folder and domains, class folders"
    private static let allowed =
        "allowed: sets (basics, harvest, yellow, birds, hundred, unseen) and single objects (`fgl-sim world` "
            + "lists "
        + "them), at least two objects, each once"

    @Test(
        "names a set, an object or several, and reads back",
        arguments: [
            ("birds", ["birds"], "birds"), ("[birds]", ["birds"], "birds"), ("\"birds\"", ["birds"], "birds"),
            ("[birds, fir tree]", ["birds", "fir tree"], "[birds, \"fir tree\"]"),
            ("[star, ring, mug]", ["star", "ring", "mug"], "[star, ring, mug]"),
        ] as [(String, [String], String)])
    func reading(value: String, classes: [String], written: String) throws {
        let scenario = try parseScenario(minimalScenario + "data: { classes: \(value) }")
        #expect(scenario.data.classes == classes)
        #expect(scenario.resolvedYAML.contains("classes: \(written)"), "\(scenario.resolvedYAML)")
        #expect(try parseScenario(scenario.resolvedYAML) == scenario)
        #expect(try parseScenario(minimalScenario, set: ["data.classes=\(value)"]) == scenario)
    }

    @Test("is not written where it is absent, and an empty override removes it")
    func absent() throws {
        let scenario = try parseScenario(minimalScenario)
        #expect(scenario.data.classes.isEmpty && !scenario.resolvedYAML.contains("classes:"))
        #expect(
            try parseScenario(minimalScenario + "data: { classes: birds }", set: ["data.classes="])
                == scenario)
    }

    @Test("may be swept, each value a list or a name")
    func sweep() throws {
        let scenario = try parseScenario(
            minimalScenario + "sweep: { data.classes: [basics, birds, [star, owl]] }")
        #expect(
            scenario.variants().map(\.scenario.data.classes) == [["basics"], ["birds"], ["star", "owl"]])
        #expect(
            scenarioSentences(minimalScenario + "sweep: { data.classes: [basics, brids] }")
                == [
                    "test.yaml:3:8: data.classes: brids is neither a set nor an object of the image world; "
                        + "did you mean birds? \(Self.allowed)"
                ])
    }

    @Test(
        "is refused with its line, key, value and what is allowed",
        arguments: [
            BadText("data: { classes: [] }", "3:18: data.classes: an empty list is not allowed; \(listing)"),
            BadText("data: { classes: }", "3:18: data.classes: no value; \(listing)"),
            BadText(
                "data: { classes: { a: b } }", "3:18: data.classes: a mapping is not allowed; \(listing)"),
            BadText(
                "data: { classes: [star, [ring]] }",
                "3:25: data.classes[1]: a list is not allowed; \(listing)"),
            BadText(
                "data: { classes: [star, a/b] }", "3:25: data.classes[1]: a/b is not allowed; \(listing)"),
            BadText("data: { classes: [star, ..] }", "3:25: data.classes[1]: .. is not allowed; \(listing)"),
            BadText(
                "data: { classes: [star, ring, star] }",
                "3:31: data.classes[2]: star is listed twice; allowed: once"),
            BadText(
                "data: { classes: [star, basics] }",
                "3:18: data.classes[1]: star is listed twice; allowed: once"),
            BadText(
                "data: { classes: [birds, hundred] }",
                "3:18: data.classes[1]: duck is listed twice; allowed: once"),
            BadText("data: { classes: star }", "3:18: data.classes: star is not allowed; \(allowed)"),
            BadText(
                "data: { classes: bird }",
                "3:18: data.classes: bird is neither a set nor an object of the image world; did you mean "
                    + "birds? "
                    + allowed),
            BadText(
                "data: { classes: [star, zeppelin] }",
                "3:18: data.classes[1]: zeppelin is neither a set nor an object of the image world; "
                    + "\(allowed)"
            ),
            BadText(
                "data: { classes: [Star, ring] }",
                "3:18: data.classes[0]: Star is neither a set nor an object of the image world; did you mean "
                    + "star? "
                    + allowed),
            BadText(
                "data: { set: cifar10, path: x, classes: birds }",
                "3:41: data.classes: birds does not go with data.set: cifar10; allowed: no value: all its "
                    + "classes are "
                    + "taken"),
        ])
    func refused(text: BadText) {
        #expect(scenarioSentences(minimalScenario + text.yaml) == ["test.yaml:\(text.sentence)"])
    }

    @Test("of folders are theirs to judge")
    func folders() throws {
        let scenario = try parseScenario(
            minimalScenario + "data: { set: image-folder, path: x, classes: [n01440764, n02102040] }")
        #expect(scenario.data.classes == ["n01440764", "n02102040"])
    }
}
