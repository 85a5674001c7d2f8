/// Floating-point operations of a captioner, from which virtual captioning time is modelled.
///
/// A multiply-add counts as two operations: every convolution and linear layer over the positions it is
/// applied to, and the two products of each attention. Normalizations and activations are left out, as is
/// usual.
public struct CaptionOperations: Sendable, Hashable {
    /// Reading one image: vision transformer, Q-Former and projection.
    public let image: Double
    private let text: OPTConfiguration
    private let queryTokens: Int

    /// Counts the operations of a captioner of this shape.
    public init(_ configuration: Blip2Configuration) {
        text = configuration.text
        queryTokens = configuration.queryTokens
        image =
            Self.vision(configuration.vision)
            + Self.qformer(configuration.qformer, queries: queryTokens, image: configuration.vision)
            + 2 * Double(queryTokens * configuration.qformer.width * configuration.text.width)
    }

    /// A caption of `newTokens` tokens found by greedy search, its end token included, after
    /// `promptTokens` of prompt.
    public func caption(newTokens: Int, promptTokens: Int = 0) -> Double {
        precondition(newTokens > 0, "a caption of \(newTokens) tokens")
        let prefix = queryTokens + 1 + promptTokens
        // The last token is chosen, but not read.
        let read = prefix + newTokens - 1
        let perToken = Self.layer(width: text.width, hiddenWidth: text.hiddenWidth)
        // With keys and values kept, token t attends to t tokens; those of the prefix to all of them, masked.
        let attended = prefix * prefix + (prefix..<read).reduce(0) { $0 + $1 + 1 }
        let layers = Double(read) * perToken + Self.attention(pairs: attended, width: text.width)
        return image + Double(text.layers) * layers
            + 2 * Double(newTokens) * Double(text.width) * Double(text.vocabularySize)
    }

    /// The vision transformer over one image.
    static func vision(_ shape: VisionTransformerConfiguration) -> Double {
        let tokens = shape.tokens
        let patches = 2 * Double(tokens - 1) * Double(3 * shape.patchSide * shape.patchSide * shape.width)
        let layer =
            Double(tokens) * Self.layer(width: shape.width, hiddenWidth: shape.hiddenWidth)
            + attention(pairs: tokens * tokens, width: shape.width)
        return patches + Double(shape.layers) * layer
    }

    static func qformer(
        _ shape: QFormerConfiguration, queries: Int, image: VisionTransformerConfiguration
    ) -> Double {
        let width = Double(shape.width)
        let layer =
            Double(queries) * Self.layer(width: shape.width, hiddenWidth: shape.hiddenWidth)
            + attention(pairs: queries * queries, width: shape.width)
        // Query and output over the queries, key and value over the image.
        let cross =
            4 * Double(queries) * width * width + 4 * Double(image.tokens) * Double(image.width) * width
            + attention(pairs: queries * image.tokens, width: shape.width)
        let crossLayers = (shape.layers + shape.crossAttentionFrequency - 1) / shape.crossAttentionFrequency
        return Double(shape.layers) * layer + Double(crossLayers) * cross
    }

    /// The linear layers of one transformer layer, for one token: four of attention, two of the perceptron.
    static func layer(width: Int, hiddenWidth: Int) -> Double {
        2 * (4 * Double(width) * Double(width) + 2 * Double(width) * Double(hiddenWidth))
    }

    /// Queries with keys, and weights with values.
    static func attention(pairs: Int, width: Int) -> Double { 4 * Double(pairs) * Double(width) }
}
