import Foundation
import Models
import TestSupport
import Testing

/// DENSE's losses and its generator against PyTorch (`Fixtures/dense.py`).
@Suite("Data-free distillation against PyTorch", .serialized)
struct DenseReferenceTests {
    private static let architecture = ResNetArchitecture(depth: .eighteen, classes: 10)

    private func expected() throws -> SafetensorsFile {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try SafetensorsFile(path: tests.appendingPathComponent("Fixtures/dense.safetensors").path)
    }

    /// Overwrites a state by the script's formula.
    private static func fill(_ store: ParameterStore, phase: Int = 0) {
        Torch.withoutGradients {
            for (p, entry) in store.entries.enumerated() where !entry.name.hasSuffix("num_batches_tracked") {
                let shape = entry.tensor.shape, count = entry.tensor.count
                let values: [Float]
                if shape.count > 1 {
                    let scale = (6 * Double(shape[0]) / Double(count)).squareRoot()
                    values = murmurNumbers(count, stream: p + 1000 * phase, scale: scale)
                } else if entry.name.hasSuffix("running_mean") {
                    values = sines(count, phase: Double(p)).map { 0.05 * $0 }
                } else if entry.name.hasSuffix("running_var") || entry.name.hasSuffix("weight") {
                    values = sines(count, phase: Double(p)).map { 1 + 0.1 * $0 }
                } else {
                    values = sines(count, phase: Double(p)).map { 0.1 * $0 }
                }
                entry.tensor.copy(from: Tensor(values, shape: shape))
            }
        }
    }

    private static func network(_ phase: Int) -> LayeredNetwork {
        let network = LayeredNetwork(architecture)
        fill(network.store, phase: phase)
        return network
    }

    private static let images = murmurNumbers(6 * 3 * 16 * 16, stream: 4000)

    private func distillation(held: Int) throws -> (DataFreeDistillation, ClassifierEnsemble, LayeredNetwork)
    {
        let states = [0, 1].map { Self.network($0).store.encoded() }
        let ensemble = try ClassifierEnsemble(Self.architecture, count: 2, held: held) {
            try $1.load(SafetensorsFile(bytes: states[$0]))
        }
        let student = Self.network(2)
        let options = DataFreeDistillationOptions(batch: 6, statisticsWeight: 0.7, boundaryWeight: 0.5)
        return (
            DataFreeDistillation(ensemble, into: student, side: 16, options: options, seed: 1), ensemble,
            student
        )
    }

    @Test("The generator's loss and its gradient by the images: all terms at once, one classifier at a time")
    func loss() throws {
        Torch.prepareThread()
        let file = try expected()
        let known = try file.tensor(named: "gradient"), size = known.abs().max().item
        let targets = Tensor(indices: (0..<6).map { Int64(3 * $0 % 10) })
        var gradients: [[Float]] = []
        for held in [8, 1, 0] {
            let (distillation, _, _) = try distillation(held: held)
            let leaf = Tensor(Self.images, shape: [6, 3, 16, 16]).requiresGradient()
            let loss = try distillation.accumulateGradient(of: leaf, targets: targets)
            #expect(try abs(loss / file.tensor(named: "loss").item - 1) < 1e-5)
            let gradient = try #require(leaf.gradient)
            #expect((gradient - known).abs().max().item < 1e-4 * size)
            gradients.append(gradient.floats)
        }
        // Whether a classifier is held or read again at its turn changes no bit.
        #expect(gradients[0] == gradients[1] && gradients[0] == gradients[2])
    }

    @Test("Co-Boosting's loss and its gradient by the images, and where it moves them")
    func coBoosting() throws {
        Torch.prepareThread()
        let file = try expected()
        let (_, ensemble, student) = try distillation(held: 1)
        let boosted = CoBoostedDistillation(
            ensemble, into: student, side: 16,
            options: DataFreeDistillationOptions(batch: 6, statisticsWeight: 0, boundaryWeight: 0),
            boosting: CoBoostingOptions(hardness: 2, adversarialWeight: 0.5, perturbation: 0.01), seed: 1)
        #expect(ensemble.weights == [0.5, 0.5])
        ensemble.weights = [0.3, 0.7]
        let leaf = Tensor(Self.images, shape: [6, 3, 16, 16]).requiresGradient()
        let labels = (0..<6).map { Int64(3 * $0 % 10) }
        let loss = try boosted.accumulateGradient(of: leaf, labels: labels)
        #expect(try abs(loss / file.tensor(named: "boost_loss").item - 1) < 1e-4)
        let known = try file.tensor(named: "boost_gradient"), gradient = try #require(leaf.gradient)
        #expect((gradient - known).abs().max().item < 1e-4 * known.abs().max().item)
        let directions = Tensor(sines(60, step: 0.7, phase: 0.2), shape: [6, 10])
        let images = Tensor(Self.images, shape: [6, 3, 16, 16])
        let moved = try boosted.moved(images, along: directions).floats
        let slope = try file.tensor(named: "moving_gradient").floats
        let size = slope.reduce(0) { max($0, abs($1)) }
        var compared = 0
        for (place, value) in slope.enumerated() where abs(value) > 1e-3 * size {
            compared += 1
            #expect(abs(moved[place] - Self.images[place] - (value > 0 ? 0.02 : -0.02)) < 1e-5)
        }
        #expect(compared > 4000)
    }

    @Test("Mean logits, distance of statistics, and both divergences")
    func terms() throws {
        Torch.prepareThread()
        let file = try expected(), images = Tensor(Self.images, shape: [6, 3, 16, 16])
        func item(_ name: String) throws -> Double { try file.tensor(named: name).item }
        let (_, ensemble, student) = try distillation(held: 8)
        let logits = try ensemble.logits(of: images)
        let answers = Torch.withoutGradients { student.forward(images, training: false) }
        #expect(try (logits - file.tensor(named: "logits")).abs().max().item < 1e-4)
        #expect(try (answers - file.tensor(named: "student")).abs().max().item < 1e-4)
        let distance = Torch.withoutGradients {
            [0, 1].map { Self.network($0).forwardWithDistance(images).distance.item }.reduce(0, +) / 2
        }
        #expect(try abs(distance / item("distance") - 1) < 1e-5)
        // Two of the six images are classified differently, and they alone count here.
        let boundary = DistillationLosses.boundaryDivergence(teacher: logits, student: answers).item
        #expect(try item("differing") == 2)
        #expect(try abs(boundary - item("boundary")) < 1e-5)
        for (name, temperature) in [("divergence", 1.0), ("divergence_20", 20)] {
            let found = DistillationLosses.divergence(
                teacher: logits, student: answers, temperature: temperature)
            #expect(try abs(found.item / item(name) - 1) < 1e-4)
        }
    }

    @Test("The generator's images and its gradients, a side that four does not divide")
    func generator() throws {
        Torch.prepareThread()
        let file = try expected()
        let generator = ImageGenerator(side: 10, noiseWidth: 6, width: 4)
        Self.fill(generator.store)
        generator.store.requiresGradient(true)
        let noise = Tensor(sines(18, step: 0.3, phase: 1), shape: [3, 6]).requiresGradient()
        let images = generator(noise)
        #expect(images.shape == [3, 3, 10, 10])
        #expect(try (images - file.tensor(named: "generated")).abs().max().item < 1e-5)
        (images * Tensor(sines(900, step: 0.2, phase: 0), shape: [3, 3, 10, 10])).sum().backward()
        let known = try file.tensor(named: "noise_gradient")
        let gradient = try #require(noise.gradient)
        let size = known.abs().max().item
        #expect((gradient - known).abs().max().item < 1e-4 * size)
        let norms = try file.tensor(named: "generator_gradients").floats
        #expect(generator.store.trainable.count == norms.count)
        for (entry, norm) in zip(generator.store.trainable, norms) {
            let found = try #require(entry.gradient).squared().sum().item.squareRoot()
            // A shift before batch norm has no gradient but rounding's.
            #expect(abs(found - Double(norm)) < 1e-3 * Double(norm) + 1e-4)
        }
    }
}
