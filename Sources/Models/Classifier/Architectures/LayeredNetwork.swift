/// A network made of this package's layers: a body that makes features of images, and a linear layer that
/// makes logits of them.
public final class LayeredNetwork: ClassifierNetwork {
    public let architecture: any ClassifierArchitecture
    public let store: ParameterStore
    private let body: any NetworkBody
    private let headWeight: ProductWeight
    private let headBias: ProductWeight

    /// A network with PyTorch's initial weights drawn from `generator`; without one they are zero, to be
    /// loaded.
    public convenience init(_ architecture: some LayeredArchitecture, generator: TensorGenerator? = nil) {
        self.init(architecture, plan: architecture.plan, generator: generator)
    }

    private init(
        _ architecture: some ClassifierArchitecture, plan: NetworkPlan, generator: TensorGenerator?
    ) {
        self.architecture = architecture
        store = ParameterStore(initializedBy: generator)
        body = plan.makeBody(store.root)
        let head = store.root / plan.head, inputs = body.featureCount
        headWeight = ProductWeight(head.parameter("weight", [architecture.classes, inputs], .fanIn(inputs)))
        headBias = ProductWeight(head.parameter("bias", [architecture.classes], .fanIn(inputs)))
    }

    public var featureCount: Int { body.featureCount }

    public func forward(_ images: Tensor, training: Bool) -> Tensor {
        logits(of: images, training: training)
    }

    public func forwardWithDistance(_ images: Tensor) -> (logits: Tensor, distance: Tensor) {
        let distance = BatchStatisticsDistance()
        let logits = logits(of: images, training: false, distance: distance)
        return (logits, distance.sum)
    }

    public func forwardWithFeatures(_ images: Tensor) -> (logits: Tensor, features: Tensor) {
        let features = body(images, training: true, distance: nil)
        return (features.linear(headWeight.factor, bias: headBias.factor), features)
    }

    public func features(of images: Tensor) -> Tensor { body(images, training: false, distance: nil) }

    /// No layer draws.
    public func seedLayers(_ seed: UInt64) {}

    /// Logits in the type of the images.
    private func logits(
        of images: Tensor, training: Bool, distance: BatchStatisticsDistance? = nil
    ) -> Tensor {
        body(images, training: training, distance: distance)
            .linear(headWeight.factor, bias: headBias.factor)
    }
}

// MARK: - bfloat16

extension LayeredNetwork {
    private var weights: [ProductWeight] { body.weights + [headWeight, headBias] }

    public func makeBFloat16Copies() -> [Tensor?] {
        let copies = Dictionary(
            uniqueKeysWithValues: weights.map { (ObjectIdentifier($0.parameter), $0.makeCopy()) })
        return store.trainable.map { copies[ObjectIdentifier($0)] }
    }

    public func forwardInBFloat16(_ images: Tensor) -> Tensor {
        let weights = weights
        for weight in weights { weight.usesCopy = true }
        defer { for weight in weights { weight.usesCopy = false } }
        return logits(of: images.to(.bfloat16), training: true).to(.float32)
    }
}

/// An architecture whose networks are made of this package's layers, from no file.
public protocol LayeredArchitecture: ClassifierArchitecture {
    /// How its networks are built.
    var plan: NetworkPlan { get }
}

extension LayeredArchitecture {
    public func makeNetwork(generator: TensorGenerator?) -> any ClassifierNetwork {
        LayeredNetwork(self, generator: generator)
    }
}

/// How a layered network is built.
public struct NetworkPlan {
    /// The name of its last layer in the state dict.
    let head: String
    /// Registers all other layers.
    let makeBody: (ParameterPath) -> any NetworkBody
}

/// Everything of a network but its last layer.
protocol NetworkBody {
    /// How many features an image has.
    var featureCount: Int { get }
    /// What its products multiply by.
    var weights: [ProductWeight] { get }
    /// Features `[N, featureCount]` of images `[N, 3, H, W]`, in the type of the images.
    func callAsFunction(_ images: Tensor, training: Bool, distance: BatchStatisticsDistance?) -> Tensor
}
