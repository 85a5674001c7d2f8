/// A small network from noise to images, as data-free distillation trains it.
///
/// A linear layer to a quarter of the side, then twice as large by repetition and a convolution, twice: the
/// generator of DENSE's authors (https://github.com/zj-jayzhang/DENSE, `Generator`), with their initial
/// weights and an output of −1…1 instead of 0…1. Images whose side is not divisible by four are cut out of
/// larger ones.
public final class ImageGenerator {
    /// Weights and batch norm's buffers, with PyTorch's kinds of names.
    public let store: ParameterStore
    /// Width and height of the images, in pixels.
    public let side: Int
    /// Width of the noise.
    public let noiseWidth: Int
    private let width: Int
    private let entrance: Linear
    private let entranceNorm: BatchNorm
    private let convolutions: [(weight: Tensor, norm: BatchNorm)]
    private let exit: (weight: Tensor, bias: Tensor)

    /// - Parameters:
    ///   - side: width and height of the images, in pixels.
    ///   - noiseWidth: width of the noise.
    ///   - width: channels of the last hidden layer; those before have twice as many.
    ///   - generator: draws the initial weights; without one they are zero, to be loaded.
    public init(side: Int, noiseWidth: Int, width: Int, generator: TensorGenerator? = nil) {
        precondition(side > 0 && noiseWidth > 0 && width > 0, "\(side) pixels from \(noiseWidth) by \(width)")
        self.side = side
        self.noiseWidth = noiseWidth
        self.width = width
        store = ParameterStore(initializedBy: generator)
        let path = store.root, edge = Self.edge(of: side)
        entrance = Linear(path / "entrance", from: noiseWidth, to: 2 * width * edge * edge)
        entranceNorm = BatchNorm(path / "entrance_norm", channels: 2 * width)
        convolutions = [2 * width, width].enumerated().map { index, outputs in
            let layer = path / "convolutions" / index
            return (
                layer.parameter("weight", [outputs, 2 * width, 3, 3], .normal(deviation: Self.deviation)),
                BatchNorm(layer / "norm", channels: outputs)
            )
        }
        let last = path / "exit"
        exit = (
            last.parameter("weight", [3, width, 3, 3], .normal(deviation: Self.deviation)),
            last.parameter("bias", [3], .zeros)
        )
        guard let generator else { return }
        Torch.withoutGradients {
            entrance.weight.copy(
                from: .randomNormal(entrance.weight.shape, using: generator) * Self.deviation)
            entrance.bias?.copy(from: .zeros([2 * width * edge * edge]))
        }
    }

    private static let deviation = 0.02

    /// Memory of a step of its training, in bytes, estimated: hundred bytes for each number of its last
    /// hidden layer, twenty for each weight of its first. Measured at 32 pixels, widths of 16 to 128: 93 to
    /// 99, and 19.
    public static func trainingBytes(side: Int, batch: Int, noiseWidth: Int, width: Int) -> Double {
        let pixels = Double(side * side), entrance = Double(edge(of: side) * edge(of: side))
        return 100 * Double(batch) * Double(width) * pixels
            + 20 * Double(noiseWidth) * Double(2 * width) * entrance
    }

    /// The side of the smallest features.
    private static func edge(of side: Int) -> Int { (side + 3) / 4 }

    /// Images `[N, 3, side, side]` of noise `[N, noiseWidth]`; batch norm takes the batch's statistics.
    ///
    /// - Precondition: N is at least 2.
    public func callAsFunction(_ noise: Tensor) -> Tensor {
        let edge = Self.edge(of: side)
        var features = entranceNorm(entrance(noise).reshape([-1, 2 * width, edge, edge]), training: true)
        for (weight, norm) in convolutions {
            features = norm(features.upsampleNearest2d().conv2d(weight, padding: 1), training: true)
            // Leaky ReLU with slope 0.2 below zero.
            features = features.relu() - (-features).relu() * 0.2
        }
        let images = features.conv2d(exit.weight, bias: exit.bias, padding: 1).sigmoid() * 2 - 1
        guard 4 * edge != side else { return images }
        return images.narrow(2, from: 0, count: side).narrow(3, from: 0, count: side)
    }

    /// Floating-point operations of one image, a multiply-add as two: the linear layer and the convolutions.
    public static func forwardOperations(side: Int, noiseWidth: Int, width: Int) -> Int {
        let edge = edge(of: side), area = edge * edge
        let multiplyAdds =
            noiseWidth * 2 * width * area + 9 * 2 * width * 2 * width * 4 * area + 9 * 2 * width * width * 16
            * area
            + 9 * width * 3 * 16 * area
        return 2 * multiplyAdds
    }
}
