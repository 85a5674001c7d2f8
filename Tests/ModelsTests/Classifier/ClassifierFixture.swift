import Foundation
import Models

/// What PyTorch computes for a classifier whose weights follow a formula: an entry of `Fixtures/classifiers`.
struct ClassifierFixture: Decodable, CustomStringConvertible {
    let identity: String
    /// Learning rate of the steps.
    let rate: Double
    let side: Int
    let classes: Int
    /// Names and shapes, `conv1.weight [64, 3, 7, 7]`.
    let state: [String]
    let parameters: Int
    /// PyTorch's own count for one image.
    let operations: Int
    let logits: [Double]
    let losses: [Double]
    let gradients: [Double]

    var description: String { identity }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/classifiers")

    static let all: [ClassifierFixture] = {
        let file = folder.appendingPathComponent("classifiers.json")
        guard let data = try? Data(contentsOf: file) else { return [] }
        return (try? JSONDecoder().decode([ClassifierFixture].self, from: data)) ?? []
    }()

    /// Those of architectures that need no file.
    static let builtIn = all.filter { $0.identity != "torchscript" }
    static let scripted = all.filter { $0.identity == "torchscript" }

    /// A file of TorchScript.
    static func path(_ name: String) -> String { folder.appendingPathComponent("\(name).pt").path }

    /// Gives the tensors of a network the formula's values, changed by up to `disturbance` of their size.
    static func fill(_ store: ParameterStore, disturbance: Double = 0) throws {
        let generator = TensorGenerator(seed: 1)
        let tensors = store.entries.enumerated().map { index, entry in
            let shape = entry.tensor.shape, name = entry.name
            if name.hasSuffix("num_batches_tracked") { return (name: name, tensor: Tensor.zeros([], .int64)) }
            var values = uniform(shape.reduce(1, *), index)
            if shape.count > 1 {
                values = values * (2 / Double(shape.dropFirst().reduce(1, *)).squareRoot())
            } else if name.hasSuffix("running_mean") {
                values = values * 0.05
            } else {
                values = name.hasSuffix("bias") ? values * 0.1 : values * 0.1 + 1
            }
            let tensor = values.to(.float32).reshape(shape)
            guard disturbance > 0, entry.isTrainable else { return (name: name, tensor: tensor) }
            let noise = Tensor.randomUniform(shape, using: generator) * 2 - 1
            return (name: name, tensor: tensor + tensor * noise * disturbance)
        }
        try store.load(SafetensorsFile(bytes: Safetensors.encode(tensors)))
    }

    private static func uniform(_ count: Int, _ p: Int) -> Tensor {
        let index = Tensor.arange(0, Double(count), .float64)
        return ((index * 12.9898 + Double(p)).sin() * 43758.5453).sin()
    }

    /// Six images.
    var images: Tensor {
        let channels = identity.contains("channels=1") ? 1 : 3
        return Self.uniform(6 * channels * side * side, 1000).to(.float32)
            .reshape([6, channels, side, side])
    }

    var labels: Tensor { Tensor(indices: (0..<6).map { Int64(3 * $0 % classes) }) }
}
