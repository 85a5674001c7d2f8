import Foundation

/// An encoder and a decoder of text whose attention knows distances between tokens, not their positions.
///
/// Raffel et al., "T5", arXiv 1910.10683, section 2.1; `T5ForConditionalGeneration` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/t5/modeling_t5.py, with its
/// parameter names.
struct T5Model {
    let configuration: T5Configuration
    private let embedding: Embedding
    private let encoder: T5Stack
    private let decoder: T5Stack
    private let head: Tensor?

    /// - Parameter hasHead: whether logits are products with a matrix of their own rather than with the
    ///   embeddings.
    init(_ path: ParameterPath, configuration: T5Configuration, hasHead: Bool) {
        self.configuration = configuration
        embedding = Embedding(
            path / "shared", rows: configuration.vocabularySize, width: configuration.width, deviation: 1)
        encoder = T5Stack(
            path / "encoder", configuration, layers: configuration.encoderLayers, isDecoder: false)
        decoder = T5Stack(
            path / "decoder", configuration, layers: configuration.decoderLayers, isDecoder: true)
        head =
            hasHead
            ? (path / "lm_head").parameter(
                "weight", [configuration.vocabularySize, configuration.width], .fanIn(configuration.width))
            : nil
    }

    /// int64 `[*]` → `[*, width]`.
    func embed(_ tokens: Tensor) -> Tensor { embedding(tokens) }

    /// What the decoder attends to, of embedded text `[N, S, width]`.
    func encode(_ embeddings: Tensor) -> T5Context {
        var cache: DecoderCache?
        return decoder.context(encoder(embeddings, context: nil, cache: &cache))
    }

    /// Logits of the token after the last of `tokens`, int64 `[N, T]`, which follow those in `cache`; `[N,
    /// vocabulary]`.
    func logits(_ tokens: Tensor, context: T5Context, cache: inout DecoderCache?) -> Tensor {
        let states = decoder(embedding(tokens), context: context, cache: &cache)
        let last = states.narrow(1, from: states.shape[1] - 1, count: 1)
            .reshape([tokens.shape[0], configuration.width])
        let scaled = configuration.scalesOutputs ? last / Double(configuration.width).squareRoot() : last
        return scaled.linear(head ?? embedding.weight)
    }
}

/// Keys and values of the encoder's states in every layer of the decoder, computed once.
struct T5Context {
    let layers: [(keys: Tensor, values: Tensor)]

    /// Those of the rows, in that order.
    func selected(_ rows: [Int]) -> T5Context {
        let indices = Tensor(indices: rows.map(Int64.init))
        return T5Context(layers: layers.map { ($0.keys.select(indices), $0.values.select(indices)) })
    }
}

/// The layers of the encoder or of the decoder.
private struct T5Stack {
    private let layers: [T5Layer]
    private let distances: T5Distances
    private let finalNorm: RootMeanSquareNormalization

    init(_ path: ParameterPath, _ configuration: T5Configuration, layers count: Int, isDecoder: Bool) {
        layers = (0..<count).map { T5Layer(path / "block" / $0, configuration, isDecoder: isDecoder) }
        distances = T5Distances(
            path / "block" / 0 / "layer" / 0 / "SelfAttention" / "relative_attention_bias", configuration,
            isDecoder: isDecoder)
        finalNorm = RootMeanSquareNormalization(path / "final_layer_norm", configuration)
    }

    /// `[N, T, width]` → `[N, T, width]`; `cache` grows by the embeddings where there is one.
    func callAsFunction(_ embeddings: Tensor, context: T5Context?, cache: inout DecoderCache?) -> Tensor {
        let past = cache?.count ?? 0, shape = embeddings.shape
        let bias = distances(queries: shape[1], past: past, rows: shape[0])
        var hidden = embeddings
        for (index, layer) in layers.enumerated() {
            hidden = layer(hidden, bias: bias, context: context?.layers[index]) { keys, values in
                cache?.append(keys, values, layer: index) ?? (keys, values)
            }
        }
        return finalNorm(hidden)
    }

    func context(_ states: Tensor) -> T5Context { T5Context(layers: layers.map { $0.context(states) }) }
}

/// What the distance between two tokens adds to their score, head by head; the same in all layers of a stack.
private struct T5Distances {
    private let table: Embedding
    private let configuration: T5Configuration
    private let isDecoder: Bool

    init(_ path: ParameterPath, _ configuration: T5Configuration, isDecoder: Bool) {
        table = Embedding(
            path, rows: configuration.distanceBuckets, width: configuration.heads,
            deviation: 1 / Double(configuration.width).squareRoot())
        self.configuration = configuration
        self.isDecoder = isDecoder
    }

    /// `[rows · heads, queries, past + queries]`; the decoder sees nothing to come.
    func callAsFunction(queries: Int, past: Int, rows: Int) -> Tensor {
        let keys = past + queries
        let buckets = (0..<queries).flatMap { query in
            (0..<keys).map { key in Int64(bucket(key - (past + query))) }
        }
        var bias = table(Tensor(indices: buckets, shape: [queries, keys])).permute([2, 0, 1])
        if isDecoder, queries > 1 {
            bias = bias + Tensor.full([queries, keys], -.infinity).upperTriangle(diagonal: past + 1)
        }
        return bias.reshape([1, configuration.heads, queries, keys])
            .expand([rows, configuration.heads, queries, keys])
            .reshape([rows * configuration.heads, queries, keys])
    }

    /// Small distances have buckets of their own, larger ones share them by their logarithm.
    private func bucket(_ distance: Int) -> Int {
        var buckets = configuration.distanceBuckets, first = 0, length: Int
        if isDecoder {
            length = max(0, -distance)
        } else {
            buckets /= 2
            first = distance > 0 ? buckets : 0
            length = abs(distance)
        }
        let exact = buckets / 2
        guard length >= exact else { return first + length }
        let share =
            logf(Float(length) / Float(exact))
            / Float(log(Double(configuration.longestDistance) / Double(exact)))
        return first + min(buckets - 1, exact + Int(share * Float(buckets - exact)))
    }
}

/// Attention to itself, to the text where it is the decoder's, and a perceptron, each behind a normalization.
private struct T5Layer {
    private let selfAttention: T5Attention
    private let textAttention: T5Attention?
    private let norm: RootMeanSquareNormalization
    private let enter: [Linear]
    private let leave: Linear

    init(_ path: ParameterPath, _ configuration: T5Configuration, isDecoder: Bool) {
        selfAttention = T5Attention(path / "layer" / 0, "SelfAttention", configuration)
        textAttention = isDecoder ? T5Attention(path / "layer" / 1, "EncDecAttention", configuration) : nil
        let last = path / "layer" / (isDecoder ? 2 : 1), dense = last / "DenseReluDense"
        enter = (configuration.isGated ? ["wi_0", "wi_1"] : ["wi"]).map {
            Linear(dense / $0, from: configuration.width, to: configuration.hiddenWidth, bias: false)
        }
        leave = Linear(dense / "wo", from: configuration.hiddenWidth, to: configuration.width, bias: false)
        norm = RootMeanSquareNormalization(last / "layer_norm", configuration)
    }

    func callAsFunction(
        _ input: Tensor, bias: Tensor, context: (keys: Tensor, values: Tensor)?,
        remember: (Tensor, Tensor) -> (Tensor, Tensor)
    ) -> Tensor {
        let normalized = selfAttention.norm(input)
        let own = selfAttention.keysAndValues(normalized)
        let (keys, values) = remember(own.keys, own.values)
        var hidden = input + selfAttention(normalized, keys: keys, values: values, bias: bias)
        if let textAttention, let context {
            hidden =
                hidden
                + textAttention(
                    textAttention.norm(hidden), keys: context.keys, values: context.values, bias: nil)
        }
        let between = norm(hidden)
        let inner =
            enter.count == 2
            ? enter[0](between).gelu(tanhApproximation: true) * enter[1](between) : enter[0](between).relu()
        return hidden + leave(inner)
    }

    /// Keys and values of the encoder's states.
    func context(_ states: Tensor) -> (keys: Tensor, values: Tensor) {
        guard let textAttention else { preconditionFailure("an encoder's layer attends to no text") }
        return textAttention.keysAndValues(states)
    }
}

/// Attention whose scores are not scaled, with the normalization before it.
private struct T5Attention {
    let norm: RootMeanSquareNormalization
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear
    private let configuration: T5Configuration

    init(_ path: ParameterPath, _ name: String, _ configuration: T5Configuration) {
        let width = configuration.width, inner = configuration.innerWidth, own = path / name
        query = Linear(own / "q", from: width, to: inner, bias: false)
        key = Linear(own / "k", from: width, to: inner, bias: false)
        value = Linear(own / "v", from: width, to: inner, bias: false)
        output = Linear(own / "o", from: inner, to: width, bias: false)
        norm = RootMeanSquareNormalization(path / "layer_norm", configuration)
        self.configuration = configuration
    }

    func keysAndValues(_ states: Tensor) -> (keys: Tensor, values: Tensor) { (key(states), value(states)) }

    func callAsFunction(_ input: Tensor, keys: Tensor, values: Tensor, bias: Tensor?) -> Tensor {
        // `Attention` divides by the root of a head's width.
        let scaled = query(input) * Double(configuration.headWidth).squareRoot()
        return output(
            Attention.attend(query: scaled, key: keys, value: values, heads: configuration.heads, mask: bias))
    }
}

/// Division by the root of the mean square (arXiv 1910.07467): no mean is taken off and nothing added.
private struct RootMeanSquareNormalization {
    private let weight: Tensor
    private let epsilon: Double

    init(_ path: ParameterPath, _ configuration: T5Configuration) {
        weight = path.parameter("weight", [configuration.width], .ones)
        epsilon = configuration.normEpsilon
    }

    func callAsFunction(_ input: Tensor) -> Tensor {
        input / (input.squared().mean([-1], keepAxes: true) + epsilon).sqrt() * weight
    }
}
