/// The text half of CLIP: tokens to states that a diffusion model attends to.
///
/// `CLIPTextModel` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/clip/modeling_clip.py
/// (arXiv 2103.00020), with its parameter names. The text projection that some checkpoints carry is part of
/// `CLIPTextModelWithProjection`.
public final class CLIPTextModel {
    /// What the network was built from.
    public let configuration: TextEncoderConfiguration
    /// Weights under the checkpoint's names.
    public let parameters: ParameterStore
    let tokenEmbedding: Embedding
    private let positionEmbedding: Embedding
    private let layers: [CLIPTextLayer]
    private let finalNorm: LayerNormalization

    /// - Parameters:
    ///   - configuration: the sizes, as in the folder's `config.json`.
    ///   - generator: draws the initial weights; without one they are zero, to be loaded.
    public convenience init(
        _ configuration: TextEncoderConfiguration, initializedBy generator: TensorGenerator? = nil
    ) {
        self.init(configuration, in: ParameterStore(initializedBy: generator))
    }

    /// A text encoder whose weights stand among those of a larger model.
    init(_ configuration: TextEncoderConfiguration, in store: ParameterStore) {
        self.configuration = configuration
        parameters = store
        let path = parameters.root
        let width = configuration.width
        // transformers' initializer_range.
        tokenEmbedding = Embedding(
            path / "embeddings" / "token_embedding", rows: configuration.vocabularySize, width: width,
            deviation: 0.02)
        positionEmbedding = Embedding(
            path / "embeddings" / "position_embedding", rows: configuration.maximumTokens, width: width,
            deviation: 0.02)
        layers = (0..<configuration.layers).map {
            CLIPTextLayer(path / "encoder" / "layers" / $0, configuration: configuration)
        }
        finalNorm = LayerNormalization(
            path / "final_layer_norm", width: width, epsilon: configuration.normEpsilon)
    }

    /// - Parameter tokens: int64 `[B, T]`, T at most `configuration.maximumTokens`.
    /// - Returns: the last hidden state after the final layer normalization, `[B, T, width]`.
    public func callAsFunction(_ tokens: Tensor) -> Tensor { states(of: tokenEmbedding(tokens)) }

    /// As above, with a vector of its own in some places instead of the table's.
    ///
    /// - Parameters:
    ///   - tokens: int64 `[B, T]`; those at `places` do not count.
    ///   - vector: `[width]`; gradients reach it where it asks for them.
    ///   - places: positions below T.
    public func callAsFunction(_ tokens: Tensor, vector: Tensor, at places: [Int]) -> Tensor {
        let count = tokens.shape[1]
        let isPlace = (0..<count).map { places.contains($0) ? Float(1) : 0 }
        let mask = Tensor(isPlace, shape: [1, count, 1])
        return states(of: tokenEmbedding(tokens) * (-mask + 1) + mask * vector)
    }

    /// The states before the last layer, which Stable Diffusion XL attends to, and those after it and the
    /// final normalization.
    ///
    /// - Parameter tokens: int64 `[B, T]`.
    /// - Precondition: there is a layer.
    func penultimateAndLast(_ tokens: Tensor) -> (penultimate: Tensor, last: Tensor) {
        let (input, mask) = input(of: tokenEmbedding(tokens))
        let penultimate = layers.dropLast().reduce(input) { hidden, layer in layer(hidden, mask: mask) }
        return (penultimate, finalNorm(layers[layers.count - 1](penultimate, mask: mask)))
    }

    /// The layers above the tokens' vectors, `[B, T, width]`.
    private func states(of vectors: Tensor) -> Tensor {
        let (input, mask) = input(of: vectors)
        return finalNorm(layers.reduce(input) { hidden, layer in layer(hidden, mask: mask) })
    }

    /// What the first layer takes, and what hides the tokens to come.
    private func input(of vectors: Tensor) -> (Tensor, mask: Tensor) {
        let count = vectors.shape[1]
        precondition(
            count <= configuration.maximumTokens,
            "\(count) tokens, but \(configuration.maximumTokens) positions")
        let positions = positionEmbedding.weight.narrow(0, from: 0, count: count)
        let mask = Tensor.full([count, count], -.infinity).upperTriangle(diagonal: 1)
        return (vectors + positions, mask)
    }
}

/// A layer of the text encoder: causal self-attention and a two-layer perceptron, each after a normalization.
///
/// `CLIPEncoderLayer` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/clip/modeling_clip.py
struct CLIPTextLayer {
    private let firstNorm: LayerNormalization
    private let secondNorm: LayerNormalization
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear
    private let expand: Linear
    private let contract: Linear
    private let heads: Int
    private let activation: Activation

    init(_ path: ParameterPath, configuration: TextEncoderConfiguration) {
        let width = configuration.width
        let attention = path / "self_attn"
        key = Linear(attention / "k_proj", from: width, to: width)
        value = Linear(attention / "v_proj", from: width, to: width)
        query = Linear(attention / "q_proj", from: width, to: width)
        output = Linear(attention / "out_proj", from: width, to: width)
        firstNorm = LayerNormalization(path / "layer_norm1", width: width, epsilon: configuration.normEpsilon)
        expand = Linear(path / "mlp" / "fc1", from: width, to: configuration.hiddenWidth)
        contract = Linear(path / "mlp" / "fc2", from: configuration.hiddenWidth, to: width)
        secondNorm = LayerNormalization(
            path / "layer_norm2", width: width, epsilon: configuration.normEpsilon)
        heads = configuration.heads
        activation = configuration.activation
    }

    /// `[B, T, width]` → `[B, T, width]`; `mask` `[T, T]` is added to the scores.
    func callAsFunction(_ input: Tensor, mask: Tensor) -> Tensor {
        let normalized = firstNorm(input)
        let attended = Attention.attend(
            query: query(normalized), key: key(normalized), value: value(normalized), heads: heads, mask: mask
        )
        let hidden = input + output(attended)
        return hidden + contract(activation(expand(secondNorm(hidden))))
    }
}
