/// One vector for a whole text, which is added to the time embedding: so the text reaches every residual
/// block, also on levels without cross-attention.
///
/// `TextTimeEmbedding` (`addition_embed_type: text`) of
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/embeddings.py
struct TextTimeEmbedding {
    private let stateNorm: LayerNormalization
    private let pool: AttentionPooling
    private let projection: Linear
    private let outputNorm: LayerNormalization

    /// - Parameters:
    ///   - contextWidth: of the text's states; a multiple of `heads`.
    ///   - timeWidth: of the time embedding.
    init(_ path: ParameterPath, contextWidth: Int, timeWidth: Int, heads: Int) {
        stateNorm = LayerNormalization(path / "norm1", width: contextWidth)
        pool = AttentionPooling(path / "pool", width: contextWidth, heads: heads)
        projection = Linear(path / "proj", from: contextWidth, to: timeWidth)
        outputNorm = LayerNormalization(path / "norm2", width: timeWidth)
    }

    /// `[N, S, contextWidth]` → `[N, timeWidth]`.
    func callAsFunction(_ context: Tensor) -> Tensor {
        outputNorm(projection(pool(stateNorm(context))))
    }
}

/// Attention from the mean of a sequence to the sequence.
///
/// `AttentionPooling` of diffusers' `embeddings.py`, after CLIP's image encoder (arXiv 2103.00020).
private struct AttentionPooling {
    private let position: Tensor
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let heads: Int

    init(_ path: ParameterPath, width: Int, heads: Int) {
        precondition(width % heads == 0, "\(width) channels do not split into \(heads) heads")
        position = path.parameter(
            "positional_embedding", [1, width], .normal(deviation: 1 / Double(width).squareRoot()))
        key = Linear(path / "k_proj", from: width, to: width)
        query = Linear(path / "q_proj", from: width, to: width)
        value = Linear(path / "v_proj", from: width, to: width)
        self.heads = heads
    }

    /// `[N, S, width]` → `[N, width]`.
    func callAsFunction(_ states: Tensor) -> Tensor {
        let shape = states.shape
        let mean = states.mean([1], keepAxes: true) + position
        let tokens = Tensor.concatenate([mean, states], axis: 1)
        return Attention.attend(query: query(mean), key: key(tokens), value: value(tokens), heads: heads)
            .reshape([shape[0], shape[2]])
    }
}
