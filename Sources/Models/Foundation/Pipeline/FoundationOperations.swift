/// Floating-point operations of a text-to-image model, from which virtual synthesis time is modelled.
///
/// Counted from the names and shapes of the parameters, a multiply-add as two operations: every convolution
/// and linear layer over the positions it is applied to, and the two products of each attention.
/// Normalizations and activations are left out, as is usual.
public struct FoundationOperations: Sendable, Hashable {
    /// One evaluation of the UNet for one latent.
    public let unet: Double
    /// Decoding one latent.
    public let decoder: Double
    /// Encoding one prompt.
    public let textEncoder: Double
    /// Encoding one image.
    public let encoder: Double

    /// Evaluations of the UNet for a guided call: two, or one of a network that was distilled to know the
    /// weight of guidance.
    public let guidedPasses: Int

    /// Figures that were counted before.
    public init(
        unet: Double, decoder: Double, textEncoder: Double, encoder: Double, guidedPasses: Int = 2
    ) {
        self.unet = unet
        self.decoder = decoder
        self.textEncoder = textEncoder
        self.encoder = encoder
        self.guidedPasses = guidedPasses
    }

    /// Counts the operations of a pipeline's networks.
    public init(unet: UNet2DConditionModel, autoencoder: AutoencoderKL, textEncoder: CLIPTextModel) {
        self.init(unet: unet, autoencoder: autoencoder, textEncoder: textEncoder, second: nil)
    }

    /// As above, of a pipeline that may have two text encoders.
    init(
        unet: UNet2DConditionModel, autoencoder: AutoencoderKL, textEncoder: CLIPTextModel,
        second: CLIPTextModelWithProjection?
    ) {
        guidedPasses = unet.configuration.guidanceWidth == nil ? 2 : 1
        let tokens = textEncoder.configuration.maximumTokens
        let side = unet.configuration.sampleSize
        let levels = unet.configuration.blockChannels.count
        self.unet = Self.count(unet.parameters) { name in
            Self.positions(of: name, side: side, levels: levels, tokens: tokens)
        }
        decoder = Self.count(autoencoder.parameters) { name in
            name.hasPrefix("decoder.") || name.hasPrefix("post_quant_conv.")
                ? Self.decoderPositions(
                    of: name, side: side, levels: autoencoder.configuration.blockChannels.count) : nil
        }
        self.textEncoder = [textEncoder.parameters, second?.parameters].compactMap(\.self).reduce(0) {
            $0
                + Self.count($1) { name in
                    name.contains("embedding") || name.hasPrefix("text_projection") ? nil : (tokens, tokens)
                }
        }
        encoder = Self.count(autoencoder.parameters) { name in
            name.hasPrefix("encoder.") || name.hasPrefix("quant_conv.")
                ? Self.encoderPositions(
                    of: name, side: side, levels: autoencoder.configuration.blockChannels.count) : nil
        }
    }

    /// Of one image: decoding and `steps` calls of guided sampling.
    public func image(steps: Int, guided: Bool = true) -> Double {
        Double(steps) * Double(guided ? guidedPasses : 1) * unet + decoder
    }

    /// Of learning a word's vector from `images` images: each that is seen is encoded once; every step goes
    /// through the text encoder once and through the UNet for each image, forward and back. Of a frozen
    /// network the way back costs as much as the way forward, since its weights have no gradients.
    public func inversion(_ options: InversionOptions, images: Int) -> Double {
        Double(options.steps) * 2 * (textEncoder + Double(options.batch) * unet)
            + Double(options.seenImages(of: images)) * encoder
    }

    /// Sums over weights: 2 · elements · positions, and for a query projection the products with its keys.
    private static func count(
        _ parameters: ParameterStore, positions: (String) -> (queries: Int, keys: Int)?
    ) -> Double {
        var sum = 0.0
        for entry in parameters.entries where entry.name.hasSuffix("weight") {
            let shape = entry.tensor.shape
            guard shape.count >= 2, let (queries, keys) = positions(entry.name) else { continue }
            let isOfKeys = ["to_k", "to_v", "k_proj", "v_proj"].contains { entry.name.contains($0) }
            sum += 2 * Double(shape.reduce(1, *)) * Double(isOfKeys ? keys : queries)
            if entry.name.contains("to_q") || entry.name.contains("q_proj") {
                // Queries with keys, and weights with values: 2 · 2 · queries · keys · width.
                sum += 4 * Double(queries) * Double(keys) * Double(shape[0])
            }
        }
        return sum
    }

    /// Where in the UNet a weight is applied: the area of its level; the time embedding once.
    private static func positions(
        of name: String, side: Int, levels: Int, tokens: Int
    ) -> (queries: Int, keys: Int) {
        if name.contains("time_emb") { return (1, 1) }
        // One question to the text and its mean.
        if name.hasPrefix("add_embedding") { return (1, name.contains("pool") ? tokens + 1 : 1) }
        var scale = 0
        if let block = number(after: "down_blocks.", in: name) {
            scale = block + (name.contains("downsamplers") ? 1 : 0)
        } else if let block = number(after: "up_blocks.", in: name) {
            scale = levels - 1 - block - (name.contains("upsamplers") ? 1 : 0)
        } else if name.hasPrefix("mid_block") {
            scale = levels - 1
        }
        let edge = max(1, side >> max(0, scale))
        return (edge * edge, name.contains("attn2") ? tokens : edge * edge)
    }

    /// Where in the decoder a weight is applied.
    private static func decoderPositions(of name: String, side: Int, levels: Int) -> (queries: Int, keys: Int)
    {
        var scale = 0
        if let block = number(after: "up_blocks.", in: name) {
            scale = block + (name.contains("upsamplers") ? 1 : 0)
        } else if name.hasPrefix("decoder.conv_out") {
            scale = levels - 1
        }
        let edge = side << scale
        return (edge * edge, edge * edge)
    }

    /// Where in the encoder a weight is applied.
    private static func encoderPositions(of name: String, side: Int, levels: Int) -> (queries: Int, keys: Int)
    {
        // Its last level has the latents' size.
        var scale = levels - 1
        if let block = number(after: "down_blocks.", in: name) {
            scale = block + (name.contains("downsamplers") ? 1 : 0)
        } else if name.hasPrefix("encoder.conv_in") {
            scale = 0
        }
        let edge = side << max(0, levels - 1 - scale)
        return (edge * edge, edge * edge)
    }

    private static func number(after prefix: String, in name: String) -> Int? {
        guard let range = name.range(of: prefix) else { return nil }
        return Int(name[range.upperBound...].prefix { $0.isNumber })
    }
}

extension TextToImagePipeline {
    /// What its networks cost.
    public var operations: FoundationOperations {
        FoundationOperations(
            unet: unet, autoencoder: autoencoder, textEncoder: textEncoder,
            second: prompts.second?.textEncoder)
    }
}
