import Foundation
import Models
import Testing

/// MOON's loss and an ensemble's logits against PyTorch (`Fixtures/rivals.py`).
@Suite("MOON and ensembles against PyTorch")
struct RivalReferenceTests {
    private struct Reference: Decodable {
        let features: [[Double]], near: [[Double]], far: [[Double]], gradient: [[Double]]
        let temperature: Double, loss: Double
        let prototype_loss: Double, prototype_gradient: [[Double]]
        let pixels: [[Double]], weights: [[[Double]]], biases: [[Double]], labels: [Int64]
        let mean: [[Double]], cross_entropy: Double, accuracy: Double
    }

    private let reference: Reference

    init() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        reference = try JSONDecoder().decode(
            Reference.self, from: Data(contentsOf: tests.appendingPathComponent("Fixtures/rivals.json")))
    }

    private func tensor(_ rows: [[Double]]) -> Tensor {
        Tensor(rows.flatMap { $0.map(Float.init) }, shape: [rows.count, rows[0].count])
    }

    @Test("The contrastive loss and its gradient; without a direction there is neither not-a-number nor pull")
    func contrast() {
        let features = tensor(reference.features)
        features.requiresGradient(true)
        let loss = ModelContrast.loss(
            features, near: tensor(reference.near), far: tensor(reference.far),
            temperature: reference.temperature)
        loss.backward()
        #expect(abs(loss.item - reference.loss) < 1e-5)
        let gradient = features.gradient.map(\.floats) ?? []
        #expect(gradient.count == 20)
        for (value, other) in zip(gradient, reference.gradient.flatMap(\.self)) {
            #expect(abs(Double(value) - other) < 1e-5)
        }
        let nothing = Tensor.zeros([2, 5])
        let flat = ModelContrast.loss(nothing, near: nothing, far: nothing, temperature: 0.5).item
        #expect(abs(flat - log(2)) < 1e-6)
    }

    @Test("FedProto's loss and its gradient, and the mean of prototypes by numbers of images")
    func prototypes() {
        let features = tensor(reference.features)
        features.requiresGradient(true)
        let vectors = reference.near.prefix(2).map { $0.map(Float.init) }
        let prototypes = ClassPrototypes(labels: [0, 2], counts: [1, 3], vectors: vectors)
        let loss = PrototypeLoss(prototypes, classes: 3, weight: 2).loss(
            of: features, features, Tensor(indices: [0, 1, 2, 2]))
        loss.backward()
        #expect(abs(loss.item - reference.prototype_loss) < 1e-5)
        for (value, other) in zip(
            features.gradient?.floats ?? [], reference.prototype_gradient.flatMap(\.self))
        {
            #expect(abs(Double(value) - other) < 1e-5)
        }
        let other = ClassPrototypes(labels: [1, 2], counts: [5, 1], vectors: vectors)
        let mean = ClassPrototypes.mean(of: [prototypes, other])
        #expect(mean.labels == [0, 1, 2] && mean.counts == [1, 5, 4])
        #expect(mean.vectors[0] == vectors[0] && mean.vectors[1] == vectors[0])
        // Both are of the second vector.
        #expect(zip(mean.vectors[2], vectors[1]).allSatisfy { abs($0 - $1) < 1e-6 })
        let decoded = try? ClassPrototypes(decoding: mean.encoded())
        #expect(decoded == mean)
        #expect(mean.encoded().count == ClassPrototypes.encodedByteCount(classes: 3, width: 5))
        let none = ClassPrototypes(labels: [], counts: [], vectors: [])
        #expect(none.encoded().count == ClassPrototypes.encodedByteCount(classes: 0, width: 5))
        #expect(ClassPrototypes.mean(of: [none]) == none)
    }

    @Test("Accuracy and loss of the mean of three models' logits")
    func ensemble() throws {
        // Linear models of three numbers: images of one pixel, whose channels those are.
        let members = zip(reference.weights, reference.biases).map { weights, biases in
            (tensor(weights), Tensor(biases.map(Float.init), shape: [biases.count]))
        }
        let pixels = tensor(reference.pixels)
        let mean =
            members.reduce(Tensor.zeros([6, 4])) { $0 + pixels.linear($1.0, bias: $1.1) } / Double(3)
        for (value, other) in zip(mean.floats, reference.mean.flatMap(\.self)) {
            #expect(abs(Double(value) - other) < 1e-5)
        }
        let set = ImageSet(
            side: 1, pixels: Array(repeating: 0, count: 18), labels: reference.labels.map(Int32.init),
            classNames: ["a", "b", "c", "d"])
        var start = 0
        let found = try Classifier.evaluate(on: set, batch: 4, isCancelled: { false }) { images in
            defer { start += images.shape[0] }
            return mean.narrow(0, from: start, count: images.shape[0])
        }
        #expect(abs(found.loss - reference.cross_entropy) < 1e-5)
        #expect(abs(found.accuracy - reference.accuracy) < 1e-9)
    }

    @Test("An ensemble's logits are the mean of those of its classifiers")
    func members() throws {
        let architecture = TinyArchitecture(classes: 3)
        let states = [1, 2, 3].map { Classifier(architecture, seed: $0).encodedState() }
        let ensemble = try ClassifierEnsemble(architecture, count: 3, held: 1) { index, store in
            try store.load(SafetensorsFile(bytes: states[index]))
        }
        let images = Tensor((0..<2 * 192).map { Float($0 % 17) / 17 }, shape: [2, 3, 8, 8])
        let logits = try ensemble.logits(of: images).floats
        let single = try [1, 2, 3].map { seed in
            try Classifier(architecture, seed: UInt64(seed)).network.forward(images, training: false).floats
        }
        for index in logits.indices {
            let mean = single.reduce(0) { $0 + $1[index] } / 3
            #expect(abs(logits[index] - mean) < 1e-5)
        }
    }
}
