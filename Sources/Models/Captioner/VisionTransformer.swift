/// An image as a sequence of states, one per patch and one before them (arXiv 2010.11929).
///
/// `Blip2VisionModel` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip_2/modeling_blip_2.py
struct VisionTransformer {
    private let classEmbedding: Tensor
    private let positionEmbedding: Tensor
    private let patches: Convolution2D
    private let layers: [VisionTransformerLayer]
    private let finalNorm: LayerNormalization
    private let configuration: VisionTransformerConfiguration

    init(_ path: ParameterPath, configuration: VisionTransformerConfiguration) {
        let width = configuration.width
        let embeddings = path / "embeddings"
        // As in the original vision transformer; transformers' 1e-10 is meant for weights that are loaded.
        classEmbedding = embeddings.parameter("class_embedding", [1, 1, width], .normal(deviation: 0.02))
        positionEmbedding = embeddings.parameter(
            "position_embedding", [1, configuration.tokens, width], .normal(deviation: 0.02))
        patches = Convolution2D(
            embeddings / "patch_embedding", from: 3, to: width, kernel: configuration.patchSide,
            stride: configuration.patchSide, padding: 0)
        layers = (0..<configuration.layers).map {
            VisionTransformerLayer(path / "encoder" / "layers" / $0, configuration: configuration)
        }
        finalNorm = LayerNormalization(
            path / "post_layernorm", width: width, epsilon: configuration.normEpsilon)
        self.configuration = configuration
    }

    /// Normalized images `[N, 3, side, side]` → states after the last normalization, `[N, tokens, width]`.
    func callAsFunction(_ images: Tensor) -> Tensor {
        let shape = images.shape, side = configuration.imageSide
        precondition(
            shape.count == 4 && Array(shape[1...]) == [3, side, side],
            "images of shape \(shape), but the model takes [N, 3, \(side), \(side)]")
        let features = SpatialTransformer.tokens(patches(images))
        let first = classEmbedding.expand([shape[0], 1, configuration.width])
        let embedded = Tensor.concatenate([first, features], axis: 1) + positionEmbedding
        return finalNorm(layers.reduce(embedded) { hidden, layer in layer(hidden) })
    }

    /// Means over those states, `[N, width]`, row by row.
    func features(of images: Tensor) -> [Float] {
        Torch.withoutGradients { self(images).mean([1]) }.floats
    }
}

/// Self-attention and a two-layer perceptron, each after a normalization. `Blip2EncoderLayer` of
/// transformers.
private struct VisionTransformerLayer {
    private let norms: [LayerNormalization]
    private let projection: Linear
    private let output: Linear
    private let expand: Linear
    private let contract: Linear
    private let heads: Int
    private let activation: Activation

    init(_ path: ParameterPath, configuration: VisionTransformerConfiguration) {
        let width = configuration.width
        projection = Linear(
            path / "self_attn" / "qkv", from: width, to: 3 * width, bias: configuration.hasProjectionBias)
        output = Linear(path / "self_attn" / "projection", from: width, to: width)
        expand = Linear(path / "mlp" / "fc1", from: width, to: configuration.hiddenWidth)
        contract = Linear(path / "mlp" / "fc2", from: configuration.hiddenWidth, to: width)
        norms = (1...2).map {
            LayerNormalization(path / "layer_norm\($0)", width: width, epsilon: configuration.normEpsilon)
        }
        heads = configuration.heads
        activation = configuration.activation
    }

    /// `[N, T, width]` → `[N, T, width]`.
    func callAsFunction(_ input: Tensor) -> Tensor {
        let projected = projection(norms[0](input)).chunks(3, axis: 2)
        let attended = Attention.attend(
            query: projected[0], key: projected[1], value: projected[2], heads: heads)
        let hidden = input + output(attended)
        return hidden + contract(activation(expand(norms[1](hidden))))
    }
}
