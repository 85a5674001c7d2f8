extension ResNetArchitecture {
    /// A residual network in torchvision's layout: same names, order and shapes in its state dict.
    ///
    /// The stem is ImageNet's (7 × 7, stride 2, then max pooling) at every image size.
    public var plan: NetworkPlan {
        NetworkPlan(head: "fc") { ResNetBody($0, self) }
    }
}

/// A residual network up to the channel means behind its last block.
private struct ResNetBody: NetworkBody {
    let featureCount: Int
    private let stem: Convolution
    private let stemNorm: NormLayer
    private let blocks: [ResidualBlock]

    init(_ root: ParameterPath, _ architecture: ResNetArchitecture) {
        let width = ResNetArchitecture.widths[0], kernel = ResNetArchitecture.stemKernel
        let norm = architecture.norm
        stem = Convolution(root / "conv1", .init(inputs: 3, outputs: width, kernel: kernel, stride: 2))
        stemNorm = NormLayer(root / "bn1", channels: width, norm)
        blocks = architecture.residualBlocks.map { block in
            ResidualBlock(root / "layer\(block.stage + 1)" / block.index, block, norm)
        }
        featureCount = architecture.featureCount
    }

    var weights: [ProductWeight] { [stem.weight] + blocks.flatMap(\.weights) }

    func callAsFunction(_ images: Tensor, training: Bool, distance: BatchStatisticsDistance?) -> Tensor {
        var features = stemNorm(stem(images), training: training, distance: distance).reluInPlace()
        features = features.maxPool2d(kernel: 3, stride: 2, padding: 1)
        for block in blocks { features = block(features, training: training, distance: distance) }
        return features.globalAveragePool2d().reshape([-1, featureCount])
    }
}

/// Two or three convolutions whose result is added to their input.
private struct ResidualBlock {
    private let layers: [(convolution: Convolution, norm: NormLayer)]
    /// Brings the input to the size and width of the output, where they differ.
    private let projection: (convolution: Convolution, norm: NormLayer)?

    init(_ path: ParameterPath, _ block: ResNetArchitecture.Block, _ norm: ClassifierNorm) {
        layers = block.convolutions.enumerated().map { index, shape in
            (
                Convolution(path / "conv\(index + 1)", shape),
                NormLayer(path / "bn\(index + 1)", channels: shape.outputs, norm)
            )
        }
        guard block.isProjected else {
            projection = nil
            return
        }
        let shortcut = path / "downsample"
        projection = (
            Convolution(shortcut / 0, block.projection), NormLayer(shortcut / 1, channels: block.outputs, norm)
        )
    }

    /// What its products multiply by.
    var weights: [ProductWeight] {
        layers.map(\.convolution.weight) + (projection.map { [$0.convolution.weight] } ?? [])
    }

    func callAsFunction(_ input: Tensor, training: Bool, distance: BatchStatisticsDistance?) -> Tensor {
        var output = input
        for (index, layer) in layers.enumerated() {
            output = layer.norm(layer.convolution(output), training: training, distance: distance)
            if index + 1 < layers.count { output = output.reluInPlace() }
        }
        let shortcut =
            projection.map { $0.norm($0.convolution(input), training: training, distance: distance) } ?? input
        // The gradients of normalization need its input, not its output: adding in place saves a pass and a buffer.
        return output.addInPlace(shortcut).reluInPlace()
    }
}
