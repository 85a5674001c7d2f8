import Foundation
import Scenarios

/// The methods that the scenario tests accept.
let knownTestMethods = ["fgl-one-shot", "fgl-5-round", "fgl-5-round-syn", "fedavg", "centralized"]

/// The shortest scenario there is.
let minimalScenario = "name: minimal\nmethods: [fedavg]\n"

/// The folder `scenarios/` of the repository.
let scenarioFolder: URL = {
    var folder = URL(filePath: #filePath).resolvingSymlinksInPath()
    while folder.path() != "/" {
        folder.deleteLastPathComponent()
        let candidate = folder.appending(path: "scenarios")
        if FileManager.default.fileExists(atPath: candidate.appending(path: "quickstart.yaml").path()) {
            return candidate
        }
    }
    preconditionFailure("no folder scenarios/ above \(#filePath)")
}()

/// The path of one of the repository's scenarios.
func scenarioPath(_ name: String) -> String {
    scenarioFolder.appending(path: name).path()
}

/// Parses a text as the file `test.yaml`.
func parseScenario(_ yaml: String, set overrides: [String] = []) throws(ScenarioError) -> Scenario {
    try Scenario.parse(yaml, file: "test.yaml", overrides: overrides, knownMethods: knownTestMethods)
}

/// The sentences a text is refused with, none when it is accepted.
func scenarioSentences(
    _ yaml: String, set overrides: [String] = [], methods: [String] = knownTestMethods
) -> [String] {
    do throws(ScenarioError) {
        _ = try Scenario.parse(yaml, file: "test.yaml", overrides: overrides, knownMethods: methods)
        return []
    } catch {
        return error.description.components(separatedBy: "\n")
    }
}
