/// A residual network (arXiv 1512.03385) in torchvision's layout: same names, order and shapes in its state
/// dict.
///
/// The stem is ImageNet's (7 × 7, stride 2, then max pooling) at every image size.
public final class ResNet {
    public let architecture: ResNetArchitecture
    /// The state dict: weights and batch norm's buffers.
    public let store: ParameterStore
    private let stem: Convolution
    private let stemNorm: BatchNorm
    private let blocks: [ResidualBlock]
    private let headWeight: ProductWeight
    private let headBias: ProductWeight

    /// A network with torchvision's initial weights drawn from `generator`; without one they are zero, to be
    /// loaded.
    public init(_ architecture: ResNetArchitecture, generator: TensorGenerator? = nil) {
        self.architecture = architecture
        store = ParameterStore(initializedBy: generator)
        let root = store.root
        let width = ResNetArchitecture.widths[0], kernel = ResNetArchitecture.stemKernel
        stem = Convolution(root / "conv1", inputs: 3, outputs: width, kernel: kernel, stride: 2)
        stemNorm = BatchNorm(root / "bn1", channels: width)
        blocks = architecture.residualBlocks.map { block in
            ResidualBlock(root / "layer\(block.stage + 1)" / block.index, block)
        }
        let head = root / "fc", inputs = ResNetArchitecture.featureCount
        headWeight = ProductWeight(head.parameter("weight", [architecture.classes, inputs], .fanIn(inputs)))
        headBias = ProductWeight(head.parameter("bias", [architecture.classes], .fanIn(inputs)))
    }

    /// Logits `[N, classes]` of `images` `[N, 3, H, W]`, float32.
    ///
    /// - Parameters:
    ///   - images: Scaled pixels, `[N, 3, H, W]`.
    ///   - training: Whether batch norm uses the batch's statistics and updates the running ones; the batch
    ///     then needs more than one value per channel, which at 32 pixels and less means two images.
    public func forward(_ images: Tensor, training: Bool) -> Tensor {
        logits(of: images, training: training)
    }

    /// Logits `[N, classes]` of images, as in an evaluation, and how far their features are from those that batch norm
    /// has seen in training, as a tensor of one element.
    ///
    /// - Parameter images: Scaled pixels, `[N, 3, H, W]`.
    public func forwardWithDistance(_ images: Tensor) -> (logits: Tensor, distance: Tensor) {
        let distance = BatchStatisticsDistance()
        let logits = logits(of: images, training: false, distance: distance)
        return (logits, distance.sum)
    }

    /// How many numbers `features` gives for an image.
    public var featureCount: Int { ResNetArchitecture.featureCount }

    /// What the head sees of `images` `[N, 3, H, W]`: the channel means behind the last block,
    /// `[N, featureCount]`.
    func features(of images: Tensor, training: Bool, distance: BatchStatisticsDistance? = nil) -> Tensor {
        var features = stemNorm(stem(images), training: training, distance: distance).reluInPlace()
        features = features.maxPool2d(kernel: 3, stride: 2, padding: 1)
        for block in blocks { features = block(features, training: training, distance: distance) }
        return features.globalAveragePool2d().reshape([-1, featureCount])
    }

    /// Logits in the type of the images.
    private func logits(
        of images: Tensor, training: Bool, distance: BatchStatisticsDistance? = nil
    ) -> Tensor {
        features(of: images, training: training, distance: distance)
            .linear(headWeight.factor, bias: headBias.factor)
    }
}

// MARK: - bfloat16

extension ResNet {
    private var weights: [ProductWeight] {
        [stem.weight] + blocks.flatMap(\.weights) + [headWeight, headBias]
    }

    /// Copies in bfloat16 of what products multiply by, for training in it: one for each trainable tensor of
    /// `store`, in its order, or nil for those of batch norm, whose arithmetic stays float32.
    func makeBFloat16Copies() -> [Tensor?] {
        let copies = Dictionary(
            uniqueKeysWithValues: weights.map { (ObjectIdentifier($0.parameter), $0.makeCopy()) })
        return store.trainable.map { copies[ObjectIdentifier($0)] }
    }

    /// Logits `[N, classes]`, float32, as `forward` in training gives them, with products and features in
    /// bfloat16.
    ///
    /// - Precondition: `makeBFloat16Copies` was called, and its copies are up to date.
    func forwardInBFloat16(_ images: Tensor) -> Tensor {
        let weights = weights
        for weight in weights { weight.usesCopy = true }
        defer { for weight in weights { weight.usesCopy = false } }
        return logits(of: images.to(.bfloat16), training: true).to(.float32)
    }
}
