import Core
import Foundation
import Models
import RunLog
import Scenarios
import TestSupport
import Testing

/// The weight-based methods as runs play them, from the scenario's file to the model that is kept, against
/// PyTorch and the papers' algorithms in float64: `Fixtures/runs.py`.
///
/// Two clients of one class each, all images of a client the same, so that its batches are the same in any
/// order; a TorchScript module of batch norm and a linear layer; three rounds, to 1e-5.
@Suite("Runs against references", .serialized)
struct RunReferenceTests {
    private static let fixtures = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "Fixtures")

    private static let expected: [String: [String: [Double]]] = {
        let file = fixtures.appending(path: "runs.json")
        do {
            return try JSONDecoder().decode(
                [String: [String: [Double]]].self, from: Data(contentsOf: file))
        } catch {
            preconditionFailure("\(file.path()): \(error)")
        }
    }()

    /// Copies of the two images, as a folder of classes.
    private static func images() throws -> String {
        let root = TestFiles.path("images"), files = FileManager.default
        for (set, name, count) in [("train", "a", 6), ("train", "b", 15), ("test", "a", 2), ("test", "b", 2)]
        {
            let folder = "\(root)/\(set)/\(name)"
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for number in 0..<count {
                try files.copyItem(
                    atPath: fixtures.appending(path: "runs-\(name).png").path(),
                    toPath: "\(folder)/\(number).png")
            }
        }
        return root
    }

    /// Plays a method and returns the models that the run has ended with, by file name, and its hash.
    private static func play(_ method: String) throws -> (models: [String: [UInt8]], sha256: String?) {
        let reference = MethodReference.shared
        // The steps of SCAFFOLD and FedDyn are plain ones in their papers, and clients count the same.
        let isPlain = ["scaffold", "feddyn"].contains(method)
        let averaging = isPlain ? "uniform" : "samples", momentum = isPlain ? 0 : reference.momentum
        let text = """
            name: reference
            seed: 3
            clients: 2
            methods: [\(method)]
            data: { set: image-folder, path: \(try images()), side: 8, augmentation: none, \
              partition: { kind: pathological, classes: 1 } }
            model: { kind: torchscript, path: \(fixtures.appending(path: "runs.pt").path()) }
            training: { rounds: 3, local-epochs: \(reference.epochs), batch: \(reference.batch), \
              learning-rate: \(reference.rate), momentum: \(momentum), \
              weight-decay: \(reference.decay), averaging: \(averaging) }
            fedprox: { mu: \(reference.mu) }
            fedavgm: { rate: \(reference.serverRate), momentum: \(reference.serverMomentum) }
            fedopt: { rate: \(reference.serverRate), beta1: \(reference.beta1), beta2: \(reference.beta2), \
              tau: \(reference.tau) }
            scaffold: { rate: \(reference.serverRate) }
            feddyn: { alpha: \(reference.alpha) }
            """
        let scenario = try Scenario.parse(text, file: "test.yaml", knownMethods: FederatedMethods.names)
        let path = TestFiles.path("reference.sqlite"), folder = TestFiles.path("models")
        let keeping = ModelKeeping(folder: URL(filePath: folder))
        try Experiment(scenario, output: path, jobs: 2, build: "test", models: keeping).run { _, _ in
            SilentProgress()
        }
        var models: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            models[name] = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
        }
        return (models, try RunLogReader(path: path).runs()[0].modelSHA256)
    }

    @Test(
        "After three rounds the global model is that of the paper's algorithm, and has the hash of the log",
        arguments: [
            "fedavg", "fedprox", "fedavgm", "fedadagrad", "fedadam", "fedyogi", "fednova", "scaffold",
            "feddyn",
        ])
    func globalModel(method: String) throws {
        let (models, sha256) = try Self.play(method)
        #expect(models.keys.sorted() == ["run-1-\(method).safetensors"])
        let model = try #require(models.values.first)
        try expectReference(model, try #require(Self.expected[method]))
        #expect(SHA256.hash(data: model).hexadecimal == sha256)
    }

    @Test("FedBN's clients each end with their own batch norm and the shared rest")
    func personalModels() throws {
        let (models, _) = try Self.play("fedbn")
        #expect(models.keys.sorted() == (0...1).map { "run-1-fedbn-client-\($0).safetensors" })
        let expected = try #require(Self.expected["fedbn"])
        for model in models.values {
            let file = try SafetensorsFile(bytes: model)
            #expect(file.names.count == 7)
            // Which client drew which class: the one with fifteen images makes five steps of three.
            let steps = try file.tensor(named: "norm.num_batches_tracked").to(.float32).floats[0]
            let client = try #require([12: 0, 30: 1][steps])
            for part in [true, false] {
                let tensors = try file.names.filter { $0.hasPrefix("norm.") == part }
                    .map { (name: $0, tensor: try file.tensor(named: $0)) }
                try expectReference(
                    Safetensors.encode(tensors), expected, prefix: part ? "client\(client)." : "")
            }
        }
    }
}
