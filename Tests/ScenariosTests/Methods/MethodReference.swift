import Foundation
import Models
import Testing

/// What PyTorch and the papers' algorithms make of two clients in three rounds: `Fixtures/methods.py`.
struct MethodReference: Decodable {
    struct Client: Decodable {
        let features: [[Double]]
        let labels: [Int64]
    }

    let epochs: Int, batch: Int
    let rate: Double, momentum: Double, decay: Double, mu: Double
    let serverRate: Double, serverMomentum: Double, beta1: Double, beta2: Double, tau: Double, alpha: Double
    let clients: [Client]
    let initial: [String: [Double]]
    let rounds: [String: [[String: [Double]]]]

    static let shared: MethodReference = {
        let file = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "Fixtures/methods.json")
        do {
            return try JSONDecoder().decode(MethodReference.self, from: Data(contentsOf: file))
        } catch {
            preconditionFailure("\(file.path()): \(error)")
        }
    }()

    /// The number of images of each client over that of all.
    var shares: [Double] {
        let counts = clients.map { Double($0.labels.count) }
        return counts.map { $0 / counts.reduce(0, +) }
    }

    /// Steps that a client makes in a round.
    func steps(of client: Int) -> Int { epochs * clients[client].labels.count / batch }
}

/// Batch norm and one linear layer, trained by this project's own layers and optimizer.
final class ReferenceModel {
    private let store = ParameterStore()
    private let norm: (weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, count: Tensor)
    private let weight: Tensor
    private let bias: Tensor

    init(_ state: [UInt8]) throws {
        let path = store.root / "norm"
        norm = (
            path.parameter("weight", [3], .ones), path.parameter("bias", [3], .zeros),
            path.buffer("running_mean", [3], .zeros), path.buffer("running_var", [3], .ones),
            path.buffer("num_batches_tracked", [], .counter)
        )
        weight = (store.root / "fc").parameter("weight", [2, 3], .zeros)
        bias = (store.root / "fc").parameter("bias", [2], .zeros)
        try store.load(SafetensorsFile(bytes: state))
    }

    /// The state that the reference begins with.
    static func initial(_ reference: MethodReference) -> [UInt8] {
        let shapes: [(String, [Int])] = [
            ("norm.weight", [3]), ("norm.bias", [3]), ("norm.running_mean", [3]), ("norm.running_var", [3]),
            ("fc.weight", [2, 3]), ("fc.bias", [2]),
        ]
        let tensors = shapes.map { name, shape in
            (name: name, tensor: Tensor(reference.initial[name]!.map(Float.init), shape: shape))
        }
        return Safetensors.encode(
            tensors + [("norm.num_batches_tracked", Tensor(indices: [0], shape: []))])
    }

    /// Trains as a client of the reference does, and returns the state.
    func train(
        _ reference: MethodReference, client: Int, momentum: Double? = nil,
        correction: GradientCorrection? = nil
    ) -> [UInt8] {
        let data = reference.clients[client]
        store.requiresGradient(true)
        let optimizer = CorrectedSGD(
            store.trainable, momentum: momentum ?? reference.momentum, weightDecay: reference.decay,
            correction: correction)
        for _ in 0..<reference.epochs {
            for start in stride(from: 0, to: data.labels.count, by: reference.batch) {
                let range = start..<start + reference.batch
                let features = Tensor(
                    data.features[range].flatMap { $0.map(Float.init) }, shape: [range.count, 3])
                let labels = Tensor(indices: Array(data.labels[range]))
                loss(features, labels).backward()
                optimizer.step(learningRate: reference.rate)
            }
        }
        return store.encoded()
    }

    private func loss(_ features: Tensor, _ labels: Tensor) -> Tensor {
        let normalized = features.batchNorm(
            weight: norm.weight, bias: norm.bias, runningMean: norm.mean, runningVariance: norm.variance,
            training: true, momentum: 0.1, epsilon: 1e-5)
        Torch.withoutGradients { norm.count.copy(from: norm.count + 1) }
        return normalized.linear(weight, bias: bias).crossEntropy(labels)
    }
}

/// Compares a state, or other vectors by name, with a round of the reference.
func expectReference(
    _ state: [UInt8], _ expected: [String: [Double]], prefix: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let file = try SafetensorsFile(bytes: state)
    for name in file.names {
        let values = try file.tensor(named: name).to(.float32).floats
        let reference = try #require(
            expected[prefix + name], "\(prefix + name)", sourceLocation: sourceLocation)
        #expect(values.count == reference.count, sourceLocation: sourceLocation)
        for (value, other) in zip(values, reference) {
            #expect(
                abs(Double(value) - other) <= 1e-5, "\(name): \(value), reference \(other)",
                sourceLocation: sourceLocation)
        }
    }
}
