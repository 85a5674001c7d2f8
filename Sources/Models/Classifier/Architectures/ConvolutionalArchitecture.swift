/// The convolutional network of McMahan et al., "Communication-Efficient Learning of Deep Networks from
/// Decentralized Data", https://arxiv.org/abs/1602.05629, section 3: two 5 × 5 convolutions of 32 and 64
/// channels, 2 × 2 max pooling after each, 512 units, and a linear layer.
///
/// Convolutions are padded to keep the size, as in the paper's count of 1,663,370 parameters for 28 × 28 grey
/// pixels and 10 classes. It has no normalization. Its dense layer depends on the size of the images.
public struct ConvolutionalArchitecture: LayeredArchitecture, Hashable {
    public let classes: Int
    /// Height and width of the images, in pixels.
    public let side: Int
    /// Channels of the images; those of this package have three.
    public let channels: Int

    /// Pixels below which nothing is left after two poolings.
    public static let smallestSide = 4

    /// - Precondition: `classes` and `channels` are positive, `side` at least `smallestSide`.
    public init(classes: Int, side: Int, channels: Int = 3) {
        precondition(classes > 0, "a classifier of \(classes) classes")
        precondition(side >= Self.smallestSide && channels > 0, "images of \(channels) × \(side) × \(side)")
        self.classes = classes
        self.side = side
        self.channels = channels
    }

    init?(_ identity: ArchitectureIdentity) {
        guard identity.family == "cnn", let classes = identity.count("classes"),
            let side = identity.count("side"), side >= Self.smallestSide,
            let channels = identity.count("channels")
        else { return nil }
        self.init(classes: classes, side: side, channels: channels)
    }

    public var identity: String {
        ArchitectureIdentity(
            "cnn", version: 1, ["classes": "\(classes)", "side": "\(side)", "channels": "\(channels)"]
        ).text
    }

    public var hasBatchNorm: Bool { false }

    public var stateLayout: [Safetensors.Declaration] {
        var layout = StateLayout(norm: .batch)
        for (index, convolution) in convolutions.enumerated() {
            layout.addConvolution("conv\(index + 1)", convolution, hasBias: true)
        }
        layout.addLinear("fc1", inputs: flatCount, outputs: Self.units)
        layout.addLinear("fc2", inputs: Self.units, outputs: classes)
        return layout.declarations
    }

    /// - Precondition: `side` is that of the architecture.
    public func forwardOperations(side: Int) -> Int {
        precondition(side == self.side, "\(side) pixels for a network of \(self.side)")
        let convolutions = placed(side: side).reduce(0) { $0 + $1.multiplyAdds }
        return 2 * (convolutions + Self.units * (flatCount + classes))
    }

    public func featureElements(side: Int) -> Int { placed(side: side).reduce(0) { $0 + $1.elements } }

    /// Its convolutions for images of `side` pixels; each is followed by a pooling.
    private func placed(side: Int) -> [PlacedConvolution] {
        convolutions.enumerated().map { PlacedConvolution(shape: $1, side: side >> $0) }
    }

    public var plan: NetworkPlan {
        NetworkPlan(head: "fc2") { ConvolutionalBody($0, self) }
    }

    /// Width of the dense layer.
    static let units = 512

    /// Both convolutions, in order.
    var convolutions: [ConvolutionShape] {
        [
            ConvolutionShape(inputs: channels, outputs: 32, kernel: 5, stride: 1),
            ConvolutionShape(inputs: 32, outputs: 64, kernel: 5, stride: 1),
        ]
    }

    /// What the dense layer is given of an image.
    var flatCount: Int { 64 * (side / 2 / 2) * (side / 2 / 2) }
}

/// The network up to the dense layer's output.
private struct ConvolutionalBody: NetworkBody {
    private let convolutions: [BiasedConvolution]
    private let dense: (weight: ProductWeight, bias: ProductWeight)
    private let flatCount: Int

    init(_ root: ParameterPath, _ architecture: ConvolutionalArchitecture) {
        convolutions = architecture.convolutions.enumerated().map { index, shape in
            BiasedConvolution(root / "conv\(index + 1)", shape)
        }
        flatCount = architecture.flatCount
        let path = root / "fc1", units = ConvolutionalArchitecture.units
        dense = (
            ProductWeight(path.parameter("weight", [units, flatCount], .fanIn(flatCount))),
            ProductWeight(path.parameter("bias", [units], .fanIn(flatCount)))
        )
    }

    var featureCount: Int { ConvolutionalArchitecture.units }

    var weights: [ProductWeight] { convolutions.flatMap(\.weights) + [dense.weight, dense.bias] }

    func callAsFunction(_ images: Tensor, training: Bool, distance: BatchStatisticsDistance?) -> Tensor {
        var features = images
        for convolution in convolutions {
            features = convolution(features).reluInPlace().maxPool2d(kernel: 2, stride: 2, padding: 0)
        }
        return features.reshape([-1, flatCount]).linear(dense.weight.factor, bias: dense.bias.factor)
            .reluInPlace()
    }
}
