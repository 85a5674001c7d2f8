/// A language model: states of a sequence, each from the ones up to it, and logits of what comes next.
///
/// Zhang et al., "OPT", arXiv 2205.01068; `OPTForCausalLM` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/opt/modeling_opt.py
struct OPTDecoder {
    /// Rows at the head of OPT's table of positions that belong to no position.
    private static let positionOffset = 2

    private let configuration: OPTConfiguration
    private let tokenEmbedding: Embedding
    private let positionEmbedding: Embedding
    private let layers: [OPTLayer]
    private let finalNorm: LayerNormalization?
    private let head: Linear?

    init(_ path: ParameterPath, configuration: OPTConfiguration) {
        self.configuration = configuration
        let decoder = path / "model" / "decoder", width = configuration.width
        // transformers' init_std.
        tokenEmbedding = Embedding(
            decoder / "embed_tokens", rows: configuration.vocabularySize, width: width, deviation: 0.02)
        positionEmbedding = Embedding(
            decoder / "embed_positions", rows: configuration.maximumTokens + Self.positionOffset,
            width: width, deviation: 0.02)
        layers = (0..<configuration.layers).map {
            OPTLayer(decoder / "layers" / $0, configuration: configuration)
        }
        finalNorm =
            configuration.hasFinalNorm
            ? LayerNormalization(decoder / "final_layer_norm", width: width) : nil
        head =
            configuration.tiesEmbeddings
            ? nil : Linear(path / "lm_head", from: width, to: configuration.vocabularySize, bias: false)
    }

    /// int64 `[*]` → `[*, width]`.
    func embed(_ tokens: Tensor) -> Tensor { tokenEmbedding(tokens) }

    /// States of the embeddings that follow those in `cache`, which grows by them.
    ///
    /// - Parameters:
    ///   - embeddings: `[N, T, width]`.
    ///   - cache: nil where the sequence will not be continued.
    /// - Returns: `[N, T, width]`.
    func callAsFunction(_ embeddings: Tensor, cache: inout DecoderCache?) -> Tensor {
        let past = cache?.count ?? 0, count = embeddings.shape[1]
        precondition(
            past + count <= configuration.maximumTokens,
            "\(past + count) tokens, but \(configuration.maximumTokens) positions")
        let positions = positionEmbedding.weight.narrow(0, from: past + Self.positionOffset, count: count)
        // A single token sees all before it.
        let mask =
            count == 1
            ? nil : Tensor.full([count, past + count], -.infinity).upperTriangle(diagonal: past + 1)
        var hidden = embeddings + positions
        for (index, layer) in layers.enumerated() {
            hidden = layer(hidden, mask: mask) { keys, values in
                cache?.append(keys, values, layer: index) ?? (keys, values)
            }
        }
        return finalNorm?(hidden) ?? hidden
    }

    /// States `[*, width]` → logits of the next token, `[*, vocabulary]`.
    func logits(_ states: Tensor) -> Tensor { head?(states) ?? states.linear(tokenEmbedding.weight) }
}

/// Keys and values of the tokens that a decoder has read, so that each is computed once.
struct DecoderCache {
    private var layers: [(keys: Tensor, values: Tensor)] = []

    /// The number of tokens read.
    var count: Int { layers.first?.keys.shape[1] ?? 0 }

    /// Adds `[N, T, width]` to what `layer` has; returns all of it, `[N, count, width]`.
    mutating func append(_ keys: Tensor, _ values: Tensor, layer: Int) -> (Tensor, Tensor) {
        guard layer < layers.count else {
            layers.append((keys, values))
            return (keys, values)
        }
        layers[layer] = (
            .concatenate([layers[layer].keys, keys], axis: 1),
            .concatenate([layers[layer].values, values], axis: 1)
        )
        return layers[layer]
    }

    /// Keeps the sequences `rows` of the batch, in that order; a row may be taken more than once.
    mutating func select(_ rows: [Int]) {
        let indices = Tensor(indices: rows.map(Int64.init))
        layers = layers.map { ($0.keys.select(indices), $0.values.select(indices)) }
    }
}

/// Causal self-attention and a two-layer perceptron, each with a normalization before or after it.
/// `OPTDecoderLayer` of transformers.
private struct OPTLayer {
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear
    private let attentionNorm: LayerNormalization
    private let expand: Linear
    private let contract: Linear
    private let finalNorm: LayerNormalization
    private let configuration: OPTConfiguration

    init(_ path: ParameterPath, configuration: OPTConfiguration) {
        let width = configuration.width, bias = configuration.hasBias
        let attention = path / "self_attn"
        key = Linear(attention / "k_proj", from: width, to: width, bias: bias)
        value = Linear(attention / "v_proj", from: width, to: width, bias: bias)
        query = Linear(attention / "q_proj", from: width, to: width, bias: bias)
        output = Linear(attention / "out_proj", from: width, to: width, bias: bias)
        attentionNorm = LayerNormalization(path / "self_attn_layer_norm", width: width)
        expand = Linear(path / "fc1", from: width, to: configuration.hiddenWidth, bias: bias)
        contract = Linear(path / "fc2", from: configuration.hiddenWidth, to: width, bias: bias)
        finalNorm = LayerNormalization(path / "final_layer_norm", width: width)
        self.configuration = configuration
    }

    /// `[N, T, width]` → `[N, T, width]`.
    ///
    /// - Parameters:
    ///   - mask: added to the scores, `[T, S]`.
    ///   - remember: takes the keys and values of `input` and gives those of the whole sequence so far.
    func callAsFunction(
        _ input: Tensor, mask: Tensor?, remember: (Tensor, Tensor) -> (Tensor, Tensor)
    ) -> Tensor {
        let first = configuration.normalizesFirst
        let normalized = first ? attentionNorm(input) : input
        let (keys, values) = remember(key(normalized), value(normalized))
        let attended = Attention.attend(
            query: query(normalized), key: keys, value: values, heads: configuration.heads, mask: mask)
        var hidden = input + output(attended)
        if !first { hidden = attentionNorm(hidden) }
        let result = hidden + contract(configuration.activation(expand(first ? finalNorm(hidden) : hidden)))
        return first ? result : finalNorm(result)
    }
}
