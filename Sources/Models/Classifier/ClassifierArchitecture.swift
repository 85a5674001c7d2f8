/// Which network classifies images: what it computes, what its state looks like and what it costs.
///
/// A value. It says everything that a network depends on beside its weights, so equal identities mean equal
/// networks.
public protocol ClassifierArchitecture: Sendable {
    /// The number of logits.
    var classes: Int { get }
    /// The canonical text of the architecture, such as `resnet/1 depth=18 classes=10 norm=batch`. It is
    /// stored, and work is found again by it: the number after the family changes where equal words come to
    /// mean another network.
    var identity: String { get }
    /// Names, shapes and types of the state dict, in PyTorch's order, told without a tensor.
    var stateLayout: [Safetensors.Declaration] { get }
    /// Scalars that are averaged as weights: all but the statistics of batch norm.
    var parameterCount: Int { get }
    /// Whether a layer normalizes over the images of a batch, and so has running statistics.
    var hasBatchNorm: Bool { get }

    /// Floating-point operations of one forward pass of one image of `side` × `side` pixels: those of
    /// convolutions and matrix products, a multiply-add as two.
    func forwardOperations(side: Int) -> Int

    /// Numbers that the convolutions make of one image of `side` × `side` pixels, from which the memory of a
    /// training step is estimated; 0 where a file computes what nobody knows.
    func featureElements(side: Int) -> Int

    /// A network with initial weights drawn from `generator`; without one they are to be loaded.
    ///
    /// - Throws: `TorchScriptError` where it is read from a file.
    func makeNetwork(generator: TensorGenerator?) throws -> any ClassifierNetwork
}

extension ClassifierArchitecture {
    /// Unknown, as of a network from a file.
    public func featureElements(side: Int) -> Int { 0 }

    /// Scalars that are averaged as weights.
    public var parameterCount: Int { ModelVector.sizes(of: stateLayout).parameters }

    /// Floating-point operations of one training step, per image: the backward pass costs twice the forward
    /// one, as it makes the gradients of inputs and of weights.
    public func trainingOperations(side: Int) -> Int { 3 * forwardOperations(side: side) }

    /// Memory of a training step of `batch` images, in bytes, estimated: weights, gradients, momenta and the
    /// state that is handed on; of each convolution what it gives and its normalized form, which the way back
    /// reads again.
    public func trainingBytes(batch: Int, side: Int) -> Double {
        16 * Double(parameterCount) + 8 * Double(batch) * Double(featureElements(side: side))
    }

    /// The fewest images that training makes a step of: batch norm has no variance of a single value.
    public var smallestBatch: Int { hasBatchNorm ? 2 : 1 }
}

/// A network that classifies images, with its weights.
///
/// Not `Sendable`: a worker makes one, loads a state, and hands bytes on.
public protocol ClassifierNetwork: AnyObject {
    /// What it was made from.
    var architecture: any ClassifierArchitecture { get }
    /// The state dict: weights, and buffers such as batch norm's statistics.
    var store: ParameterStore { get }
    /// How many numbers `features(of:)` gives for an image.
    var featureCount: Int { get }

    /// Logits `[N, classes]`, float32, of scaled pixels `[N, 3, H, W]`.
    ///
    /// - Parameters:
    ///   - images: Scaled pixels, `[N, 3, H, W]`.
    ///   - training: Whether layers do what they do in training only: batch norm uses the batch's statistics
    ///     and updates the running ones.
    /// - Throws: `TorchScriptError` where a module from a file fails.
    func forward(_ images: Tensor, training: Bool) throws -> Tensor

    /// What the last layer is given of `images` `[N, 3, H, W]` in an evaluation, `[N, featureCount]`.
    ///
    /// - Precondition: it is no TorchScript module, whose last layer is not known.
    func features(of images: Tensor) -> Tensor

    /// Logits `[N, classes]` of images in training, and what the last layer is given, `[N, featureCount]`.
    ///
    /// - Precondition: it is no TorchScript module, whose last layer is not known.
    func forwardWithFeatures(_ images: Tensor) throws -> (logits: Tensor, features: Tensor)

    /// Logits `[N, classes]` of images, as in an evaluation, and how far their features are from those that
    /// batch norm has seen in training, as a tensor of one element; zero where there is no batch norm.
    ///
    /// - Parameter images: Scaled pixels, `[N, 3, H, W]`.
    /// - Throws: `TorchScriptError` where a module from a file fails; its distance is zero.
    func forwardWithDistance(_ images: Tensor) throws -> (logits: Tensor, distance: Tensor)

    /// Tells the network from what seed layers that draw in training, such as dropout, draw from now on.
    func seedLayers(_ seed: UInt64)

    /// Copies in bfloat16 of what products multiply by, for training in it: one for each trainable tensor of
    /// `store`, in its order, or nil for those of normalization, whose arithmetic stays float32.
    ///
    /// - Precondition: it is no TorchScript module.
    func makeBFloat16Copies() -> [Tensor?]

    /// Logits `[N, classes]`, float32, as `forward` in training gives them, with products and features in
    /// bfloat16.
    ///
    /// - Precondition: `makeBFloat16Copies` was called, and its copies are up to date.
    func forwardInBFloat16(_ images: Tensor) -> Tensor
}

/// How features are normalized between layers.
public enum ClassifierNorm: Sendable, Hashable {
    /// Over the images of a batch, channel by channel (arXiv 1502.03167).
    case batch
    /// Over groups of channels of one image (arXiv 1803.08494): no image depends on others, and no statistics
    /// are kept.
    case group(Int)

    /// Its word in identities.
    var identity: String {
        switch self {
        case .batch: "batch"
        case .group(let groups): "group-\(groups)"
        }
    }
}
