/// Scaled dot-product attention, written out.
///
/// softmax(q kᵀ / √d + mask) v (arXiv 1706.03762). libtorch's fused kernel is not used on processors: its
/// backward pass took half of a training step at the sizes of small models.
enum Attention {
    /// - Parameters:
    ///   - query: `[B, T, heads · d]`.
    ///   - key: `[B, S, heads · d]`.
    ///   - value: `[B, S, heads · d]`.
    ///   - mask: added to the scores, `[T, S]`.
    ///   - upcast: computes the scores in float32 whatever autocast says.
    /// - Returns: `[B, T, heads · d]`.
    static func attend(
        query: Tensor, key: Tensor, value: Tensor, heads: Int, mask: Tensor? = nil, upcast: Bool = false
    ) -> Tensor {
        attend(
            query: query, splitKey: splitKey(key, heads: heads), splitValue: split(value, heads: heads),
            heads: heads, mask: mask, upcast: upcast)
    }

    /// As above, of keys and values that are cut into heads already.
    ///
    /// - Parameters:
    ///   - splitKey: as `splitKey(_:heads:)` gives it.
    ///   - splitValue: as `split(_:heads:)` gives it.
    static func attend(
        query: Tensor, splitKey: Tensor, splitValue: Tensor, heads: Int, mask: Tensor? = nil,
        upcast: Bool = false
    ) -> Tensor {
        let shape = query.shape
        let (batch, tokens, width) = (shape[0], shape[1], shape[2])
        if !upcast, mask.map({ $0.shape.count == 2 }) ?? true, Torch.hasFusedAttention {
            return fused(query, splitKey, splitValue, heads: heads, mask: mask)
        }
        let scale = 1 / (Double(width / heads)).squareRoot()
        // The scale goes to the query, the smallest operand. libtorch 1.13's baddbmm takes one for free, but
        // at small sizes and a beta of 0 it was seen to give NaN, as if it read uninitialized memory.
        let q = split(query * scale, heads: heads)
        let keys = splitKey.shape[2]
        let attended =
            mask == nil && tokens * keys >= leastSlicedScores
            ? inSlices(q, splitKey, splitValue, upcast: upcast)
            : weighted(q, splitKey, splitValue, mask: mask, upcast: upcast)
        if heads == 1 { return attended }
        return attended.reshape([batch, heads, tokens, width / heads]).transpose(1, 2)
            .reshape([batch, tokens, width])
    }

    /// Scores of one head from which on they are computed in slices: those of a thousand tokens to each
    /// other, as images of 256 pixels and more have. Smaller models keep their rounding.
    static let leastSlicedScores = 1 << 20

    /// Scores of a slice: 4 MiB stay in a processor's cache.
    private static let slicedScores = 1 << 20

    /// As `weighted`, a part of the tokens of one head after the other.
    ///
    /// 4,096 tokens have 671 MB of scores in ten heads, which are written, read and written again: half of
    /// the time of the attention, and a gigabyte of memory.
    private static func inSlices(_ query: Tensor, _ key: Tensor, _ value: Tensor, upcast: Bool) -> Tensor {
        let heads = query.shape[0], tokens = query.shape[1]
        let rows = min(tokens, max(1, slicedScores / key.shape[2]))
        return .concatenate(
            (0..<heads).map { head in
                let ownKey = key.narrow(0, from: head, count: 1)
                let ownValue = value.narrow(0, from: head, count: 1)
                let own = query.narrow(0, from: head, count: 1)
                return .concatenate(
                    stride(from: 0, to: tokens, by: rows).map { start in
                        weighted(
                            own.narrow(1, from: start, count: min(rows, tokens - start)), ownKey, ownValue,
                            mask: nil, upcast: upcast)
                    }, axis: 1)
            })
    }

    /// softmax(q k + mask) v of `[N, T, d]`, `[N, d, S]` and `[N, S, d]`: `[N, T, d]`.
    private static func weighted(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, mask: Tensor?, upcast: Bool
    ) -> Tensor {
        let scores =
            upcast
            ? Torch.withoutAutocast { query.to(.float32).matmul(key.to(.float32)) } : query.matmul(key)
        return (mask.map { scores + $0 } ?? scores).softmax().matmul(value)
    }

    /// The same in one kernel, as GPUs have it: scores of 4,096 tokens by as many need no memory.
    private static func fused(
        _ query: Tensor, _ splitKey: Tensor, _ splitValue: Tensor, heads: Int, mask: Tensor?
    ) -> Tensor {
        let (batch, tokens, width) = (query.shape[0], query.shape[1], query.shape[2])
        func byHead(_ input: Tensor) -> Tensor {
            input.reshape([batch, heads, input.shape[1], width / heads])
        }
        return byHead(split(query, heads: heads))
            .attention(key: byHead(splitKey.transpose(1, 2)), value: byHead(splitValue), mask: mask)
            .transpose(1, 2).reshape([batch, tokens, width])
    }

    /// `[B, S, heads · d]` → `[B · heads, d, S]`.
    static func splitKey(_ input: Tensor, heads: Int) -> Tensor {
        split(input, heads: heads).transpose(1, 2)
    }

    /// `[B, T, heads · d]` → `[B · heads, T, d]`.
    static func split(_ input: Tensor, heads: Int) -> Tensor {
        if heads == 1 { return input }
        let shape = input.shape
        return input.reshape([shape[0], shape[1], heads, shape[2] / heads]).transpose(1, 2)
            .reshape([shape[0] * heads, shape[1], shape[2] / heads])
    }
}

/// Attention from one sequence to another or to itself.
///
/// `Attention` of
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/attention_processor.py
public struct CrossAttention {
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear
    private let heads: Int
    private let upcast: Bool
    private let name: String

    /// - Parameters:
    ///   - path: where its parameters stand among the names of the store.
    ///   - width: of the tokens that ask and of the result; a multiple of `heads`.
    ///   - contextWidth: of the tokens that are asked; `width` for self-attention.
    ///   - heads: how many attention heads share the width.
    ///   - bias: whether the projections of query, key and value have one.
    ///   - upcast: whether the products of queries and keys are computed in float32.
    public init(
        _ path: ParameterPath, width: Int, contextWidth: Int, heads: Int, bias: Bool = false,
        upcast: Bool = false
    ) {
        precondition(width % heads == 0, "\(width) channels do not split into \(heads) heads")
        query = Linear(path / "to_q", from: width, to: width, bias: bias)
        key = Linear(path / "to_k", from: contextWidth, to: width, bias: bias)
        value = Linear(path / "to_v", from: contextWidth, to: width, bias: bias)
        output = Linear(path / "to_out" / 0, from: width, to: width)
        self.heads = heads
        self.upcast = upcast
        name = path.prefix
    }

    /// `input` `[B, T, width]`, `context` `[B, S, contextWidth]` → `[B, T, width]`.
    public func callAsFunction(_ input: Tensor, context: Tensor) -> Tensor {
        output(
            Attention.attend(
                query: query(input), key: key(context), value: value(context), heads: heads, upcast: upcast))
    }

    /// `input` `[B, T, width]`, a text's `[B, S, contextWidth]` → `[B, T, width]`; keys and values are
    /// computed once for a text.
    func callAsFunction(_ input: Tensor, context: TextContext) -> Tensor {
        let splitKey = context.remembered("\(name).to_k") { Attention.splitKey(key($0), heads: heads) }
        let splitValue = context.remembered("\(name).to_v") { Attention.split(value($0), heads: heads) }
        return output(
            Attention.attend(
                query: query(input), splitKey: splitKey, splitValue: splitValue, heads: heads, upcast: upcast)
        )
    }
}
