import Foundation
import Models
import RunLog
import Scenarios
import TestSupport
import Testing

/// The ensemble, MOON and FedProto in small federations.
@Suite("Ensemble, MOON and FedProto", .serialized)
struct RivalMethodTests {
    static let methods = ["ensemble", "moon", "fedproto"]

    private static let text = """
        name: rivals
        seed: 4
        clients: 3
        methods: [ensemble, moon, fedproto, fedavg]
        data: { set: shapes, side: 16, train-per-class: 6, test-per-class: 2, partition: { kind: iid } }
        model: { kind: tiny }
        training: { rounds: 3, local-epochs: 1, batch: 4, learning-rate: 0.05 }
        ensemble: { local-epochs: 2 }
        moon: { mu: 5 }
        """

    @Test("They run, the same for one worker and two, are timed alike without training, and replay")
    func play() throws {
        let paths = try [1, 2].map { try ExperimentTests.run(Self.text, jobs: $0) }
        let runs = try paths.map { try RunLogReader(path: $0).runs() }
        #expect(runs[0].allSatisfy { $0.status == .finished && $0.modelSHA256 != nil })
        #expect(runs[0].map(\.logSHA256) == runs[1].map(\.logSHA256))
        #expect(Set(runs[0].map(\.modelSHA256)).count == 4)
        let timed = try ExperimentTests.run(Self.text, overrides: ["training.mode=none"])
        for run in 1...3 {
            let id = Int64(run)
            #expect(try TimingOnlyTests.lines(timed, run: id) == TimingOnlyTests.lines(paths[0], run: id))
            let replay = try Replay(path: paths[0], run: id)
            #expect(try replay.verify(replay.runs[0]).isWhole)
        }
        let accuracies = try RunTable.query(
            paths[0], "SELECT run_id, count(*) FROM accuracy GROUP BY 1 ORDER BY 1")
        #expect(accuracies == [["1", "1"], ["2", "3"], ["3", "3"], ["4", "3"]])
        // The ensemble sends each model up and the first one down, and nothing else.
        let sent = try RunTable.query(
            paths[0], "SELECT direction, payload, count(*) FROM transfer WHERE run_id = 1 GROUP BY 1, 2")
        #expect(sent == [["down", "weights", "3"], ["up", "weights", "3"]])
        // Ten means of 32 features, their labels and numbers of images, and the header of the file.
        let prototypes = try RunTable.query(
            paths[0],
            """
            SELECT direction, payload, count(*), min(bytes), max(bytes) FROM transfer WHERE run_id = 3 \
            GROUP BY 1, 2
            """)
        let bytes = ClassPrototypes.encodedByteCount(classes: 10, width: 32)
        #expect(bytes > 10 * (32 + 2) * 4 && bytes < 10 * (32 + 2) * 4 + 300)
        let counts = prototypes.map { Array($0.prefix(3)) }
        #expect(counts == [["down", "prototypes", "6"], ["up", "prototypes", "9"]])
        #expect(prototypes[0][4] == "\(bytes)" && Int(prototypes[1][4])! <= bytes)
    }

    @Test("Without its term, and in its first round, MOON is FedAvg to the bit")
    func limits() throws {
        let none = try ExperimentTests.run(Self.text, overrides: ["training.rounds=1"])
        let models = try RunLogReader(path: none).runs().map(\.modelSHA256)
        #expect(models[1] == models[3] && models[0] != models[3])
        // µ = 0 adds zeros to the gradient, which may round differently: the loss of each round is near.
        let zero = try ExperimentTests.run(Self.text, overrides: ["moon.mu=0", "methods=[moon, fedavg]"])
        let losses = try RunTable.query(
            zero, "SELECT max(value) - min(value) < 1e-3 FROM metric WHERE name = 'loss' AND split = 'test' "
                + "GROUP BY round")
        #expect(losses == [["1"], ["1"], ["1"]])
    }

    @Test("Interrupted, they are resumed to the same end", arguments: methods)
    func resume(method: String) throws {
        try ResumeTests.expectSameEnd(Self.text, ["methods=[\(method)]"])
    }

    @Test("They end under every policy", arguments: PolicyTests.policies.keys.sorted())
    func policies(policy: String) throws {
        let path = try PolicyTests.run(
            PolicyTests.policies[policy]!, ["methods=[\(Self.methods.joined(separator: ", "))]"])
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.map(\.method) == Self.methods && runs.allSatisfy { $0.status == .finished })
    }

    @Test("Their keys, and what does not go with them")
    func keys() {
        func sentences(_ text: String) -> [String] {
            scenarioSentences(
                "name: a\nmethods: [moon, ensemble]\n\(text)\n", methods: FederatedMethods.names)
        }
        #expect(
            sentences("moon: { mu: -1 }") == [
                "test.yaml:3:13: moon.mu: -1 is not allowed; allowed: a number from 0 to 1000"
            ])
        #expect(
            sentences("moon: { temperature: 0 }") == [
                "test.yaml:3:22: moon.temperature: 0 is not allowed; allowed: a number above 0, at most 1000"
            ])
        #expect(
            sentences("fedproto: { lambda: -1 }") == [
                "test.yaml:3:21: fedproto.lambda: -1 is not allowed; allowed: a number from 0 to 1000"
            ])
        #expect(
            sentences("ensemble: { local-epochs: 0 }") == [
                "test.yaml:3:27: ensemble.local-epochs: 0 is not allowed; "
                    + "allowed: a whole number from 1 to 100000"
            ])
        #expect(
            sentences("training: { precision: bf16 }") == [
                "test.yaml:3:24: training.precision: bf16 does not go with methods: moon; "
                    + "allowed: fp32: the method compares features"
            ])
        #expect(
            sentences("model: { kind: torchscript, path: a.pt }") == [
                "test.yaml:3:16: model.kind: torchscript does not go with methods: moon; "
                    + "allowed: another kind: the features behind a module's last layer are not known"
            ])
    }
}
