import Foundation
import Models
import RunLog
import Scenarios
import TestSupport
import Testing

/// The synthetic set of a scenario is that of its fgl-one-shot: with attackers, filters and deadlines, too.
@Suite("The synthetic set of a scenario", .serialized)
struct SynthesisRunTests {
    private func scenario(_ overrides: [String]) throws -> Scenario {
        try Scenario.parse(
            AttackTests.text, file: "test.yaml", overrides: ["methods=[fgl-one-shot]"] + overrides)
    }

    private func images(_ overrides: [String]) throws -> ImageSet {
        try SynthesisRun.images(of: scenario(overrides), jobs: 2, progress: SilentProgress()).images
    }

    @Test("A client whose prompts the filter leaves out has no image in it")
    func filter() throws {
        let overrides = AttackTests.filtered + ["attack={kind: wrong-label, clients: [2]}"]
        let set = try images(overrides)
        #expect(Set(zip(set.labels, set.captions).map { "\($0) \($1)" }).count == 2)
        // The set in a folder leads to the model of the run that makes it.
        let folder = TestFiles.path("filtered")
        try SyntheticSetFolder.write(set, seeds: Array(repeating: 0, count: set.count), to: folder)
        let models = try [[], ["synthesis.set=\(folder)"]].map { more in
            let path = try ExperimentTests.run(
                AttackTests.text, overrides: overrides + more)
            return try RunLogReader(path: path).run(1).modelSHA256
        }
        #expect(models[0] == models[1] && models[0] != nil)
    }

    @Test("A class of an attack that the data do not have, and too few updates, are refused as in a run")
    func refusals() throws {
        #expect(throws: FederationError.noSuchClass(key: "attack.target", value: 99, classes: 3)) {
            try images(["attack={kind: wrong-label, clients: [0], target: 99}"])
        }
        let late = ["participation={policy: deadline, deadline: 1ns}"]
        let error = #expect(throws: FederationError.self) { try images(late) }
        #expect("\(error!)".contains("round 1 ended with 0 updates"), "\(error!)")
    }

    @Test("A sweep is left out with a line that says so")
    func sweep() throws {
        #expect(try scenario([]).leavesSweepOut == nil)
        let notice = try scenario(["sweep={synthesis.per-class: [2, 3]}"]).leavesSweepOut
        #expect(
            notice?.description
                == "warning: the sweep of synthesis.per-class is left out: "
                + "the scenario's own values are taken")
    }
}
