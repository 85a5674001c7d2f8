import Foundation
import Models
import TestSupport

/// What PyTorch computes for a network whose weights follow a formula: one file of `fixtures/resnet`.
struct ResNetFixture: Decodable {
    let depth: Int
    let classes: Int
    /// Height and width of the images, in pixels.
    let side: Int
    let phase: Double
    /// Shapes by name; the order of a state dict is not kept by JSON decoding, see `names(in:)`.
    let stateDict: [String: [Int]]
    let stateDictBytes: Int
    let evalLogits: [[Double]]
    let trainLoss: [Double]
    let gradL2: [String: Double]
    let runningMeanL2After: [String: Double]

    enum CodingKeys: String, CodingKey {
        case depth, classes, side, phase
        case stateDict = "state_dict", stateDictBytes = "state_dict_bytes", evalLogits = "eval_logits"
        case trainLoss = "train_loss", gradL2 = "grad_l2", runningMeanL2After = "running_mean_l2_after"
    }

    /// All fixtures, by file name.
    static func all() throws -> [(name: String, fixture: ResNetFixture, text: String)] {
        let folder = fixtures("resnet")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .filter { $0.hasSuffix(".json") }
            .map { name in
                let data = try Data(contentsOf: folder.appendingPathComponent(name))
                let fixture = try JSONDecoder().decode(ResNetFixture.self, from: data)
                return (name, fixture, String(decoding: data, as: UTF8.self))
            }
    }

    var architecture: ResNetArchitecture {
        ResNetArchitecture(depth: .init(rawValue: depth)!, classes: classes)
    }

    /// A network with the formula's weights: tensor p, element i; each is
    /// changed by up to `disturbance` of its size where one is given.
    func network(disturbedBy disturbance: Double = 0, seed: UInt64 = 0) throws -> LayeredNetwork {
        let network = LayeredNetwork(architecture)
        let generator = TensorGenerator(seed: seed)
        let tensors = network.store.entries.enumerated().map { index, entry in
            let tensor = self.tensor(index, entry.name, entry.tensor.shape)
            guard disturbance > 0, entry.isTrainable else { return (name: entry.name, tensor: tensor) }
            let noise = Tensor.randomUniform(entry.tensor.shape, using: generator) * 2 - 1
            return (name: entry.name, tensor: tensor + tensor * noise * disturbance)
        }
        try network.store.load(SafetensorsFile(bytes: Safetensors.encode(tensors)))
        return network
    }

    private func tensor(_ index: Int, _ name: String, _ shape: [Int]) -> Tensor {
        if name.hasSuffix("num_batches_tracked") { return .zeros([], .int64) }
        let p = Double(index)
        let count = shape.reduce(1, *)
        let values: [Float]
        if name.hasSuffix("running_mean") {
            values = Array(repeating: 0, count: count)
        } else if name.hasSuffix("running_var") {
            values = Array(repeating: 1, count: count)
        } else if shape.count > 1 {
            let scale = (2 / Double(count / shape[0])).squareRoot()
            values = sines(count, step: 0.7, phase: p + phase, scale: scale)
        } else if name.hasSuffix("bias") {
            values = sines(count, phase: p, scale: 0.1)
        } else {
            values = sines(count, phase: p, scale: 0.1, offset: 1)
        }
        return Tensor(values, shape: shape)
    }

    /// Eight images `[8, 3, side, side]`, element i of image n: sin(0.05 i + n).
    var images: Tensor {
        let size = 3 * side * side
        let values = (0..<8).flatMap { image in
            (0..<size).map { Float(sin(0.05 * Double($0) + Double(image))) }
        }
        return Tensor(values, shape: [8, 3, side, side])
    }

    /// Label of image n: 3 n mod classes.
    var labels: Tensor { Tensor(indices: (0..<8).map { Int64(3 * $0 % classes) }) }
}
