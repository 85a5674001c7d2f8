/// A network for tests and for timing, where no accuracy is the point: two 3 × 3 convolutions with stride 2
/// to 16 and 32 channels, each with normalization and ReLU, then the channel means and a linear layer.
///
/// 5,466 parameters with 10 classes, for images of any size; initial weights as those of residual networks.
public struct TinyArchitecture: LayeredArchitecture, Hashable {
    public let classes: Int
    public let norm: ClassifierNorm

    /// - Precondition: `classes` is positive, and groups divide 16 channels.
    public init(classes: Int, norm: ClassifierNorm = .batch) {
        precondition(classes > 0, "a classifier of \(classes) classes")
        self.classes = classes
        self.norm = norm
    }

    init?(_ identity: ArchitectureIdentity) {
        guard identity.family == "tiny", let classes = identity.count("classes"), let norm = identity.norm
        else { return nil }
        self.init(classes: classes, norm: norm)
    }

    public var identity: String {
        ArchitectureIdentity("tiny", version: 1, ["classes": "\(classes)", "norm": norm.identity]).text
    }

    public var hasBatchNorm: Bool { norm == .batch }

    public var stateLayout: [Safetensors.Declaration] {
        var layout = StateLayout(norm: norm)
        for (index, convolution) in Self.convolutions.enumerated() {
            layout.addConvolution("conv\(index + 1)", convolution)
            layout.addNorm("bn\(index + 1)", channels: convolution.outputs)
        }
        layout.addLinear("fc", inputs: Self.featureCount, outputs: classes)
        return layout.declarations
    }

    public func forwardOperations(side: Int) -> Int {
        2 * (placed(side: side).reduce(0) { $0 + $1.multiplyAdds } + Self.featureCount * classes)
    }

    public func featureElements(side: Int) -> Int { placed(side: side).reduce(0) { $0 + $1.elements } }

    /// Its convolutions for images of `side` pixels.
    private func placed(side: Int) -> [PlacedConvolution] {
        var size = side
        return Self.convolutions.map { convolution in
            size = outputSize(size, kernel: convolution.kernel, stride: convolution.stride)
            return PlacedConvolution(shape: convolution, side: size)
        }
    }

    public var plan: NetworkPlan {
        NetworkPlan(head: "fc") { TinyBody($0, norm) }
    }

    /// Channels of the first convolution.
    static let firstWidth = 16
    /// What the last layer is given of an image.
    static let featureCount = 32

    static var convolutions: [ConvolutionShape] {
        [
            ConvolutionShape(inputs: 3, outputs: firstWidth, kernel: 3, stride: 2),
            ConvolutionShape(inputs: firstWidth, outputs: featureCount, kernel: 3, stride: 2),
        ]
    }
}

/// The network up to the channel means.
private struct TinyBody: NetworkBody {
    private let layers: [(convolution: Convolution, norm: NormLayer)]

    init(_ root: ParameterPath, _ norm: ClassifierNorm) {
        layers = TinyArchitecture.convolutions.enumerated().map { index, shape in
            (
                Convolution(root / "conv\(index + 1)", shape),
                NormLayer(root / "bn\(index + 1)", channels: shape.outputs, norm)
            )
        }
    }

    var featureCount: Int { TinyArchitecture.featureCount }

    var weights: [ProductWeight] { layers.map(\.convolution.weight) }

    func callAsFunction(_ images: Tensor, training: Bool, distance: BatchStatisticsDistance?) -> Tensor {
        var features = images
        for layer in layers {
            features = layer.norm(layer.convolution(features), training: training, distance: distance)
                .reluInPlace()
        }
        return features.globalAveragePool2d().reshape([-1, featureCount])
    }
}
