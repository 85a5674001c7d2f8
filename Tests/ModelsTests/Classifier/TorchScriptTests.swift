import Foundation
import Models
import TestSupport
import Testing

@Suite(.serialized) struct TorchScriptTests {
    private func module(_ name: String, classes: Int = 4, side: Int = 16) throws -> ScriptedModule {
        try ScriptedModule(path: ClassifierFixture.path(name), classes: classes, side: side)
    }

    private func sentence(_ body: () throws -> ScriptedModule) -> String {
        do {
            _ = try body()
            return "no error"
        } catch {
            return "\(error)".replacingOccurrences(of: "\(ClassifierFixture.folder.path)/", with: "")
        }
    }

    @Test(
        "What is wrong with a file, in one sentence",
        arguments: [
            (
                "state-dict",
                "state-dict.pt: is not TorchScript but what torch.save wrote; allowed: a module that "
                    + "torch.jit.save wrote"
            ),
            (
                "frozen",
                "frozen.pt: the module has no parameters to be trained; allowed: one that is not frozen, "
                    + "with "
                    + "parameters that require gradients"
            ),
            ("buffer", "buffer.pt: tensor table of the module's state is int64; allowed: float32 for it"),
            (
                "float64",
                "float64.pt: tensor fc.weight of the module's state is float64; allowed: float32 for it"
            ),
            (
                "shape",
                "shape.pt: the module makes a tensor [1] of images [1, 3, 16, 16]; expected: logits [1, 4], "
                    + "float32"
            ),
            (
                "input",
                "input.pt: the module fails on images [1, 3, 16, 16]: mat1 and mat2 shapes cannot be "
                    + "multiplied "
                    + "(1x768 and 3x4)"
            ),
            (
                "detached",
                "detached.pt: no parameter has a gradient in what the module makes of images in training"
            ),
            ("pair", "pair.pt: the module fails on images [1, 3, 16, 16]: it makes a Tuple, not a tensor"),
        ])
    func badFiles(_ name: String, _ expected: String) throws {
        #expect(sentence { try module(name) } == expected)
    }

    @Test("Shared memory, a later version, other classes, other files")
    func otherBadFiles() throws {
        let shared = sentence { try module("shared") }
        #expect(shared.contains("are one tensor; allowed: parameters and buffers of their own memory"))
        #expect(shared.contains("fc.weight") && shared.contains("other.weight"))
        let later = sentence { try module("later-version") }
        #expect(later.hasPrefix("later-version.pt: libtorch \(Torch.version) cannot load this module: "))
        #expect(later.contains("version 99") && !later.contains("\n"))
        #expect(
            sentence { try module("module", classes: 5) }
                == "module.pt: the module makes a tensor [1, 4] of images [1, 3, 16, 16]; "
                + "expected: logits [1, 5], "
                + "float32")
        let path = TestFiles.path("net.pt")
        func file(_ bytes: [UInt8]) throws -> String {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return sentence { try ScriptedModule(path: path, classes: 4, side: 16) }
                .replacingOccurrences(of: path, with: "net.pt")
        }
        let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: ClassifierFixture.path("module"))))
        #expect(
            try file([])
                == "net.pt: is not TorchScript but an empty file; allowed: a module that torch.jit.save wrote"
        )
        #expect(try file(Array("hello".utf8)).contains("a file of another format"))
        #expect(try file(Array(whole.prefix(whole.count / 2))).contains("cannot load this module: "))
        #expect(try file(Array(whole.dropLast(10))).contains("cannot load this module: "))
        #expect(
            sentence { try ScriptedModule(path: "/nowhere/net.pt", classes: 4, side: 16) }
                == "/nowhere/net.pt: cannot be read: there is no such file")
        #expect(
            sentence { try ScriptedModule(path: TestFiles.folder.path, classes: 4, side: 16) }.hasSuffix(
                "it is a folder"))
        #expect(TorchScriptError.unreadableFile(path: "", reason: "").isFileAccess)
        #expect(!TorchScriptError.noParameters(path: "").isFileAccess)
    }

    @Test("It trains, and its state goes through averages into a copy, bit for bit")
    func training() throws {
        Torch.prepareThread()
        let architecture = ScriptedArchitecture(try module("module", classes: 4))
        let images = colourImages(count: 24)
        let options = TrainingOptions(epochs: 6, batch: 8, learningRate: 0.05, augmentation: .none)
        let classifier = try Classifier(of: architecture, seed: 1)
        let report = try classifier.train(on: images, options: options, seed: 2)
        #expect(report.meanLossPerEpoch[5] < 0.5 * report.meanLossPerEpoch[0])
        let state = classifier.encodedState()
        var averager = StateAverager()
        for _ in 0..<2 { try averager.add(state, weight: 1) }
        #expect(averager.encodedMean() == state)
        let other = try Classifier(architecture, state: state)
        #expect(other.encodedState() == state)
        #expect(try other.evaluate(on: images, isCancelled: { false }).accuracy > 0.9)
        // The same again, and never what another copy was trained to.
        let again = try Classifier(of: architecture, seed: 7)
        #expect(again.encodedState() != state)
        try again.train(on: images, options: options, seed: 2)
        #expect(again.encodedState() == state)
    }

    @Test("Dropout draws from the training's seed, whatever other threads draw")
    func dropout() async throws {
        let module = try module("dropout")
        let images = colourImages(count: 16)
        let options = TrainingOptions(epochs: 3, batch: 8, learningRate: 0.05, augmentation: .none)
        @Sendable func trained(_ seed: UInt64) throws -> [UInt8] {
            Torch.prepareThread()
            let classifier = try Classifier(of: ScriptedArchitecture(module), seed: 1)
            try classifier.train(on: images, options: options, seed: seed)
            return classifier.encodedState()
        }
        let alone = try trained(5)
        let together = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for seed in [5, 6, 5, 7] as [UInt64] { group.addTask { try trained(seed) } }
            var states: [[UInt8]] = []
            for try await state in group { states.append(state) }
            return states
        }
        #expect(together.count(where: { $0 == alone }) == 2)
        #expect(Set(together).count == 3)
    }

    @Test("Known facts need no file until a network is made, and then the same one")
    func facts() throws {
        let module = try module("module")
        let known = ScriptedModule(path: "/nowhere/net.pt", facts: module.facts)
        let architecture = ScriptedArchitecture(known)
        #expect(architecture.stateLayout == ScriptedArchitecture(module).stateLayout)
        #expect(architecture.identity == ScriptedArchitecture(module).identity && architecture.hasBatchNorm)
        #expect(ScriptedArchitecture(known, forwardOperations: 12).trainingOperations(side: 16) == 36)
        #expect(throws: TorchScriptError.self) { try architecture.makeNetwork(generator: nil) }
        let other = ScriptedModule(path: ClassifierFixture.path("dropout"), facts: module.facts)
        #expect(throws: TorchScriptError.changedFile(path: ClassifierFixture.path("dropout"))) {
            try ScriptedArchitecture(other).makeNetwork(generator: nil)
        }
        let same = ScriptedModule(path: ClassifierFixture.path("module"), facts: module.facts)
        _ = try ScriptedArchitecture(same).makeNetwork(generator: nil)
    }
}
