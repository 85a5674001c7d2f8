/// A projection of a UNet's attention that a low-rank adapter changes: `to_q`, `to_k`, `to_v` or `to_out`
/// of an attention to the image itself or to the text.
public struct AttentionLayer: Sendable, Hashable, Codable {
    /// Its name among the network's parameters, without `.weight`:
    /// `down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q`.
    public let name: String
    /// Width of what goes in.
    public let inputs: Int
    /// Width of what comes out.
    public let outputs: Int
    /// At how many places of one image, or of its text, it is applied.
    public let positions: Int

    /// A layer of these sizes.
    public init(name: String, inputs: Int, outputs: Int, positions: Int) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.positions = positions
    }

    private enum CodingKeys: String, CodingKey { case name, inputs, outputs, positions }

    /// Names of the projections, as diffusers has them.
    private static let endings = ["to_q", "to_k", "to_v", "to_out.0"].map { ".\($0).weight" }

    /// The name of the layer of a weight; nil where it is no projection of an attention.
    static func name(ofWeight name: String) -> String? {
        endings.contains { name.hasSuffix($0) } ? String(name.dropLast(".weight".count)) : nil
    }
}

extension UNetConfiguration {
    /// The narrowest side of all projections of its attention: no adapter of them has a higher rank. Nil
    /// for a network without attention.
    public var narrowestAttention: Int? {
        var widths: [Int] = []
        for (channels, block) in zip(blockChannels, downBlocks) where block == .crossAttention {
            widths.append(channels)
        }
        for (channels, block) in zip(blockChannels.reversed(), upBlocks) where block == .crossAttention {
            widths.append(channels)
        }
        if hasMiddleBlock, let channels = blockChannels.last { widths.append(channels) }
        return widths.isEmpty ? nil : min(contextWidth, widths.min() ?? contextWidth)
    }
}
