/// A language model that attends to an image: BERT's layers with a second attention (arXiv 2201.12086,
/// section 3.1).
///
/// `BlipTextLMHeadModel` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip/modeling_blip_text.py
struct BlipDecoder {
    private let configuration: BlipTextConfiguration
    private let tokenEmbedding: Embedding
    private let positionEmbedding: Embedding
    private let firstNorm: LayerNormalization
    private let layers: [BlipDecoderLayer]
    private let transform: Linear
    private let transformNorm: LayerNormalization
    private let head: Tensor?
    private let headBias: Tensor

    init(_ path: ParameterPath, configuration: BlipTextConfiguration, imageWidth: Int) {
        self.configuration = configuration
        let embeddings = path / "bert" / "embeddings", width = configuration.width
        tokenEmbedding = Embedding(
            embeddings / "word_embeddings", rows: configuration.vocabularySize, width: width, deviation: 0.02)
        positionEmbedding = Embedding(
            embeddings / "position_embeddings", rows: configuration.maximumTokens, width: width,
            deviation: 0.02)
        firstNorm = LayerNormalization(
            embeddings / "LayerNorm", width: width, epsilon: configuration.normEpsilon)
        layers = (0..<configuration.layers).map {
            BlipDecoderLayer(
                path / "bert" / "encoder" / "layer" / $0, configuration: configuration, imageWidth: imageWidth
            )
        }
        let predictions = path / "cls" / "predictions"
        transform = Linear(predictions / "transform" / "dense", from: width, to: width)
        transformNorm = LayerNormalization(
            predictions / "transform" / "LayerNorm", width: width, epsilon: configuration.normEpsilon)
        head =
            configuration.tiesEmbeddings
            ? nil
            : (predictions / "decoder").parameter(
                "weight", [configuration.vocabularySize, width], .fanIn(width))
        headBias = predictions.parameter("bias", [configuration.vocabularySize], .zeros)
    }

    /// Logits of the token after the last of `tokens`, which follow those in `cache`.
    ///
    /// - Parameters:
    ///   - tokens: int64 `[N, T]`.
    ///   - images: what the layers make of the images' states.
    ///   - cache: grows by the tokens.
    /// - Returns: `[N, vocabulary]`.
    func callAsFunction(_ tokens: Tensor, images: BlipImages, cache: inout DecoderCache?) -> Tensor {
        let past = cache?.count ?? 0, count = tokens.shape[1]
        precondition(
            past + count <= configuration.maximumTokens,
            "\(past + count) tokens, but \(configuration.maximumTokens) positions")
        // A single token sees all before it.
        let mask =
            count == 1
            ? nil : Tensor.full([count, past + count], -.infinity).upperTriangle(diagonal: past + 1)
        let positions = positionEmbedding.weight.narrow(0, from: past, count: count)
        var hidden = firstNorm(tokenEmbedding(tokens) + positions)
        for (index, layer) in layers.enumerated() {
            hidden = layer(hidden, mask: mask, image: images.layers[index]) { keys, values in
                cache?.append(keys, values, layer: index) ?? (keys, values)
            }
        }
        let last = hidden.narrow(1, from: count - 1, count: 1).reshape([tokens.shape[0], configuration.width])
        let states = transformNorm(configuration.activation(transform(last)))
        return states.linear(head ?? tokenEmbedding.weight) + headBias
    }

    /// Keys and values of images' states, `[N, T, imageWidth]`, computed once for all tokens.
    func images(_ states: Tensor) -> BlipImages { BlipImages(layers: layers.map { $0.image(states) }) }
}

/// Keys and values of images in every layer, `[N, T, width]`.
struct BlipImages {
    let layers: [(keys: Tensor, values: Tensor)]

    /// Those of the rows, in that order.
    func selected(_ rows: [Int]) -> BlipImages {
        let indices = Tensor(indices: rows.map(Int64.init))
        return BlipImages(layers: layers.map { ($0.keys.select(indices), $0.values.select(indices)) })
    }
}

/// Self-attention, attention to the image and a perceptron, each followed by a normalization. `BlipTextLayer`
/// of transformers.
private struct BlipDecoderLayer {
    private let selfAttention: BlipAttention
    private let imageAttention: BlipAttention
    private let expand: Linear
    private let contract: Linear
    private let norm: LayerNormalization
    private let activation: Activation

    init(_ path: ParameterPath, configuration: BlipTextConfiguration, imageWidth: Int) {
        let width = configuration.width
        selfAttention = BlipAttention(path / "attention", configuration: configuration, contextWidth: width)
        imageAttention = BlipAttention(
            path / "crossattention", configuration: configuration, contextWidth: imageWidth)
        expand = Linear(path / "intermediate" / "dense", from: width, to: configuration.hiddenWidth)
        contract = Linear(path / "output" / "dense", from: configuration.hiddenWidth, to: width)
        norm = LayerNormalization(
            path / "output" / "LayerNorm", width: width, epsilon: configuration.normEpsilon)
        activation = configuration.activation
    }

    /// `[N, T, width]` → `[N, T, width]`; `remember` takes the keys and values of the input and gives those
    /// of the whole sequence so far.
    func callAsFunction(
        _ input: Tensor, mask: Tensor?, image: (keys: Tensor, values: Tensor),
        remember: (Tensor, Tensor) -> (Tensor, Tensor)
    ) -> Tensor {
        let own = selfAttention.keysAndValues(input)
        let (keys, values) = remember(own.keys, own.values)
        var hidden = selfAttention(input, keys: keys, values: values, mask: mask)
        hidden = imageAttention(hidden, keys: image.keys, values: image.values, mask: nil)
        return norm(contract(activation(expand(hidden))) + hidden)
    }

    func image(_ states: Tensor) -> (keys: Tensor, values: Tensor) { imageAttention.keysAndValues(states) }
}

/// Attention with its skip connection and normalization. `BlipTextAttention` of transformers.
private struct BlipAttention {
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear
    private let norm: LayerNormalization
    private let heads: Int

    init(_ path: ParameterPath, configuration: BlipTextConfiguration, contextWidth: Int) {
        let width = configuration.width, own = path / "self"
        query = Linear(own / "query", from: width, to: width)
        key = Linear(own / "key", from: contextWidth, to: width)
        value = Linear(own / "value", from: contextWidth, to: width)
        output = Linear(path / "output" / "dense", from: width, to: width)
        norm = LayerNormalization(
            path / "output" / "LayerNorm", width: width, epsilon: configuration.normEpsilon)
        heads = configuration.heads
    }

    func keysAndValues(_ context: Tensor) -> (keys: Tensor, values: Tensor) { (key(context), value(context)) }

    func callAsFunction(_ input: Tensor, keys: Tensor, values: Tensor, mask: Tensor?) -> Tensor {
        let attended = Attention.attend(
            query: query(input), key: keys, value: values, heads: heads, mask: mask)
        return norm(output(attended) + input)
    }
}
