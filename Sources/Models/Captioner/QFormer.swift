/// Learned queries that read an image: the bridge from a vision transformer to a language model.
///
/// Li et al., "BLIP-2", arXiv 2301.12597; `Blip2QFormerModel` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip_2/modeling_blip_2.py
struct QFormer {
    private let firstNorm: LayerNormalization
    private let layers: [QFormerLayer]

    /// - Parameter imageWidth: width of the states of images.
    init(_ path: ParameterPath, configuration: QFormerConfiguration, imageWidth: Int) {
        firstNorm = LayerNormalization(
            path / "layernorm", width: configuration.width, epsilon: configuration.normEpsilon)
        layers = (0..<configuration.layers).map {
            QFormerLayer(
                path / "encoder" / "layer" / $0, configuration: configuration,
                imageWidth: $0 % configuration.crossAttentionFrequency == 0 ? imageWidth : nil)
        }
    }

    /// `queries` `[1, Q, width]`, `images` `[N, T, imageWidth]` → `[N, Q, width]`.
    func callAsFunction(_ queries: Tensor, images: Tensor) -> Tensor {
        let shape = queries.shape
        let first = firstNorm(queries).expand([images.shape[0], shape[1], shape[2]])
        return layers.reduce(first) { hidden, layer in layer(hidden, images: images) }
    }
}

/// Self-attention, attention to the image where the layer has it, and a two-layer perceptron, each
/// followed by a normalization as in BERT. `Blip2QFormerLayer` of transformers, without its branch for
/// text.
private struct QFormerLayer {
    private let selfAttention: QFormerAttention
    private let imageAttention: QFormerAttention?
    private let expand: Linear
    private let contract: QFormerOutput
    private let activation: Activation

    init(_ path: ParameterPath, configuration: QFormerConfiguration, imageWidth: Int?) {
        let width = configuration.width
        selfAttention = QFormerAttention(
            path / "attention", configuration: configuration, contextWidth: width)
        imageAttention = imageWidth.map {
            QFormerAttention(path / "crossattention", configuration: configuration, contextWidth: $0)
        }
        expand = Linear(path / "intermediate_query" / "dense", from: width, to: configuration.hiddenWidth)
        contract = QFormerOutput(
            path / "output_query", from: configuration.hiddenWidth, configuration: configuration)
        activation = configuration.activation
    }

    /// `[N, Q, width]` → `[N, Q, width]`.
    func callAsFunction(_ input: Tensor, images: Tensor) -> Tensor {
        var hidden = selfAttention(input, context: input)
        if let imageAttention { hidden = imageAttention(hidden, context: images) }
        return contract(activation(expand(hidden)), skip: hidden)
    }
}

/// Attention with its skip connection and normalization. `Blip2QFormerAttention` of transformers.
private struct QFormerAttention {
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: QFormerOutput
    private let heads: Int

    init(_ path: ParameterPath, configuration: QFormerConfiguration, contextWidth: Int) {
        let attention = path / "attention", width = configuration.width
        query = Linear(attention / "query", from: width, to: width)
        key = Linear(attention / "key", from: contextWidth, to: width)
        value = Linear(attention / "value", from: contextWidth, to: width)
        output = QFormerOutput(path / "output", from: width, configuration: configuration)
        heads = configuration.heads
    }

    func callAsFunction(_ input: Tensor, context: Tensor) -> Tensor {
        let attended = Attention.attend(
            query: query(input), key: key(context), value: value(context), heads: heads)
        return output(attended, skip: input)
    }
}

/// A linear layer, the skip connection around it and what is before it, and a normalization.
private struct QFormerOutput {
    private let linear: Linear
    private let norm: LayerNormalization

    init(_ path: ParameterPath, from inputs: Int, configuration: QFormerConfiguration) {
        linear = Linear(path / "dense", from: inputs, to: configuration.width)
        norm = LayerNormalization(
            path / "LayerNorm", width: configuration.width, epsilon: configuration.normEpsilon)
    }

    func callAsFunction(_ input: Tensor, skip: Tensor) -> Tensor { norm(linear(input) + skip) }
}
