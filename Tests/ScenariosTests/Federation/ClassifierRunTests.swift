import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Small federations of the classifiers beside ResNet-18, with real training.
@Suite("Classifiers in federations", .serialized)
struct ClassifierRunTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("ModelsTests/Fixtures/classifiers")

    /// Four classes, as the modules in files have.
    private static let text = """
        name: small
        seed: 3
        clients: 2
        methods: [fedavg]
        data: { set: shapes, classes: [star, ring, cross, heart], side: 16, train-per-class: 4, \
          test-per-class: 2, partition: { kind: iid } }
        training: { rounds: 2, local-epochs: 1, batch: 4, learning-rate: 0.01 }
        dense: { local-epochs: 1, epochs: 2, generator-steps: 1, batch: 4, batch-norm-weight: 0 }
        """

    private static let methods =
        "methods=[fedavg, fedprox, fedavgm, scaffold, fednova, local, dense, centralized]"

    private func run(_ overrides: [String], jobs: Int = 2) throws -> String {
        try ExperimentTests.run(Self.text, overrides: overrides, jobs: jobs)
    }

    @Test(
        "Every weight-based method runs, the same for one worker and two, timed alike without training, and replays",
        arguments: [
            ["model.kind=tiny"], ["model.kind=tiny", "model.norm=group"], ["model.kind=cnn"],
            ["model.kind=torchscript", "model.path=module"],
            ["model.kind=torchscript", "model.path=dropout"],
        ])
    func play(_ model: [String]) throws {
        // The file is a copy, which is gone when the run is played again.
        var overrides = [Self.methods] + model
        var copy: String?
        if let name = model.last, name.hasPrefix("model.path=") {
            let path = TestFiles.path("net.pt")
            let source = Self.folder.appendingPathComponent("\(name.dropFirst(11)).pt").path
            try FileManager.default.copyItem(atPath: source, toPath: path)
            overrides[overrides.count - 1] = "model.path=\(path)"
            copy = path
        }
        let paths = try [1, 2].map { try run(overrides, jobs: $0) }
        let runs = try paths.map { try RunLogReader(path: $0).runs() }
        #expect(runs[0].count == 8)
        #expect(runs[0].allSatisfy { $0.status == .finished && $0.modelSHA256 != nil })
        #expect(runs[0].map(\.logSHA256) == runs[1].map(\.logSHA256))
        #expect(runs[0].map(\.modelSHA256) == runs[1].map(\.modelSHA256))
        let timed = try run(overrides + ["training.mode=none"])
        for run in runs[0] {
            #expect(
                try TimingOnlyTests.lines(timed, run: run.runID)
                    == TimingOnlyTests.lines(paths[0], run: run.runID), "\(run.method)")
        }
        if let copy { try FileManager.default.removeItem(atPath: copy) }
        for run in runs[0] {
            let replay = try Replay(path: paths[0], run: run.runID)
            #expect(try replay.verify(replay.runs[0]).isWhole, "\(run.method)")
        }
    }

    @Test("FedBN keeps a module's batch norm at home, and refuses a module without")
    func batchNormOfModules() throws {
        let file = Self.folder.appendingPathComponent("module.pt").path
        let path = try run(["methods=[fedbn]", "model.kind=torchscript", "model.path=\(file)"])
        let sizes = try RunTable.query(path, "SELECT DISTINCT bytes FROM transfer WHERE direction = 'up'")
        let whole = try run(["model.kind=torchscript", "model.path=\(file)"])
        let all = try RunTable.query(whole, "SELECT DISTINCT bytes FROM transfer WHERE direction = 'up'")
        #expect(sizes.count == 1 && all.count == 1)
        // Scale, shift, mean and variance of eight channels, and a count.
        let shared = try #require(Int(sizes[0][0])), complete = try #require(Int(all[0][0]))
        #expect((4 * 8 * 4 + 8..<1000).contains(complete - shared))
        let plain = Self.folder.appendingPathComponent("detached.pt").path
        #expect(throws: TorchScriptError.noGradient(path: plain)) {
            try run(["model.kind=torchscript", "model.path=\(plain)"])
        }
        let without = Self.folder.appendingPathComponent("plain.pt").path
        #expect(throws: FederationError.noBatchNorm(path: without, method: "fedbn")) {
            try run(["methods=[fedbn]", "model.kind=torchscript", "model.path=\(without)"])
        }
    }

    @Test("Given operations change the time that training takes, and nothing else")
    func givenOperations() throws {
        let file = Self.folder.appendingPathComponent("module.pt").path
        let model = ["model.kind=torchscript", "model.path=\(file)", "training.mode=none"]
        let spans = try [[], ["model.flops=1e9"]].map { extra in
            try RunTable.query(try run(model + extra), "SELECT flops FROM work WHERE kind = 'train'")
        }
        // 4 images of each of 4 classes for 2 clients: 8 images in 2 steps.
        #expect(Set(spans[1].map { $0[0] }) == ["24000000000.0"])
        #expect(spans[0].count == spans[1].count && Set(spans[0]) != Set(spans[1]))
    }
}
