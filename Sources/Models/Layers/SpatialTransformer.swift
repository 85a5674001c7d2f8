/// Self-attention, attention to a text, and a feed-forward layer, each after a layer normalization.
///
/// `BasicTransformerBlock` of
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/attention.py
public struct TransformerBlock {
    private let norms: [LayerNormalization]
    private let selfAttention: CrossAttention
    private let textAttention: CrossAttention
    private let feedForward: FeedForward

    /// Registers the three normalizations, both attentions and the feed-forward layer.
    public init(_ path: ParameterPath, width: Int, contextWidth: Int, heads: Int, upcastAttention: Bool) {
        norms = (1...3).map { LayerNormalization(path / "norm\($0)", width: width) }
        selfAttention = CrossAttention(
            path / "attn1", width: width, contextWidth: width, heads: heads, upcast: upcastAttention)
        textAttention = CrossAttention(
            path / "attn2", width: width, contextWidth: contextWidth, heads: heads, upcast: upcastAttention)
        feedForward = FeedForward(path / "ff", width: width)
    }

    /// `input` `[N, T, width]`, `context` of `[N, S, contextWidth]` → `[N, T, width]`.
    public func callAsFunction(_ input: Tensor, context: TextContext) -> Tensor {
        let normalized = norms[0](input)
        var hidden = input + selfAttention(normalized, context: normalized)
        hidden = hidden + textAttention(norms[1](hidden), context: context)
        return hidden + feedForward(norms[2](hidden))
    }
}

/// Transformer blocks over the pixels of a feature map, with a text as context.
///
/// `Transformer2DModel` of
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/transformers/transformer_2d.py
public struct SpatialTransformer {
    /// Sizes and choices of a `SpatialTransformer`.
    public struct Options {
        /// Number of attention heads; divides the channels.
        public var heads: Int
        /// Transformer blocks, one after the other.
        public var blocks: Int
        /// Width of the text states.
        public var contextWidth: Int
        /// Groups of the normalization at the entrance.
        public var groups: Int
        /// Whether the projections in and out are linear layers over tokens instead of 1 × 1 convolutions.
        public var usesLinearProjection: Bool
        /// Whether attention scores are computed in float32 under autocast.
        public var upcastsAttention: Bool
    }

    private enum Projections {
        case linear(Linear, Linear)
        case convolution(Convolution2D, Convolution2D)
    }

    private let norm: GroupNormalization
    private let projections: Projections
    private let blocks: [TransformerBlock]

    /// Registers a transformer over feature maps of `channels`.
    public init(_ path: ParameterPath, channels: Int, options: Options) {
        norm = GroupNormalization(path / "norm", channels: channels, groups: options.groups, epsilon: 1e-6)
        projections =
            options.usesLinearProjection
            ? .linear(
                Linear(path / "proj_in", from: channels, to: channels),
                Linear(path / "proj_out", from: channels, to: channels))
            : .convolution(
                Convolution2D(path / "proj_in", from: channels, to: channels, kernel: 1),
                Convolution2D(path / "proj_out", from: channels, to: channels, kernel: 1))
        blocks = (0..<options.blocks).map {
            TransformerBlock(
                path / "transformer_blocks" / $0, width: channels, contextWidth: options.contextWidth,
                heads: options.heads, upcastAttention: options.upcastsAttention)
        }
    }

    /// `input` `[N, C, H, W]`, `context` of `[N, S, contextWidth]` → `[N, C, H, W]`.
    public func callAsFunction(_ input: Tensor, context: TextContext) -> Tensor {
        let shape = input.shape
        let normalized = norm(input)
        switch projections {
        case .linear(let enter, let leave):
            let tokens = transform(enter(Self.tokens(normalized)), context)
            return input + Self.image(leave(tokens), shape)
        case .convolution(let enter, let leave):
            let tokens = transform(Self.tokens(enter(normalized)), context)
            return input + leave(Self.image(tokens, shape))
        }
    }

    private func transform(_ tokens: Tensor, _ context: TextContext) -> Tensor {
        blocks.reduce(tokens) { hidden, block in block(hidden, context: context) }
    }

    /// `[N, C, H, W]` → `[N, H · W, C]`.
    static func tokens(_ input: Tensor) -> Tensor {
        let shape = input.shape
        return input.reshape([shape[0], shape[1], shape[2] * shape[3]]).transpose(1, 2)
    }

    /// `[N, H · W, C]` → `[N, C, H, W]`.
    static func image(_ tokens: Tensor, _ shape: [Int]) -> Tensor {
        tokens.transpose(1, 2).reshape(shape)
    }
}
