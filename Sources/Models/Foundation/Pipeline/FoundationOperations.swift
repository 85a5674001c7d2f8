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

    /// The projections of the UNet's attention, which adapters change; empty where they were not counted.
    public let attention: [AttentionLayer]

    /// Figures that were counted before.
    public init(
        unet: Double, decoder: Double, textEncoder: Double, encoder: Double, guidedPasses: Int = 2,
        attention: [AttentionLayer] = []
    ) {
        self.unet = unet
        self.decoder = decoder
        self.textEncoder = textEncoder
        self.encoder = encoder
        self.guidedPasses = guidedPasses
        self.attention = attention
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
        attention = Self.attention(of: unet, tokens: tokens)
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

    /// Of learning the states that stand for a prompt from `images` images: each that is seen and the
    /// prompt are encoded once; every step goes through the UNet for each image, forward and back.
    public func description(_ options: InversionOptions, images: Int) -> Double {
        Double(options.steps) * 2 * Double(options.batch) * unet + textEncoder
            + Double(options.seenImages(of: images)) * encoder
    }

    /// Of learning the vectors of a concept in `prompts` prompts from `images` images, and of encoding each
    /// of them for a mixture.
    public func concept(_ options: InversionOptions, images: Int, prompts: Int) -> Double {
        description(options, images: images) + Double(prompts - 1) * textEncoder + Double(images) * encoder
    }

    /// Of training a low-rank adapter on `images` images of `prompts` prompts: each image that is seen and
    /// each prompt is encoded once; every step goes through the UNet for each image, forward and back, and
    /// back to the weights of the projections. A projection's matrices are multiplied once a step, and
    /// twice on the way back.
    public func adaptation(_ options: AdapterOptions, images: Int, prompts: Int) -> Double {
        let weights = attention.reduce((image: 0.0, step: 0.0)) { sum, layer in
            let size = Double(layer.inputs) * Double(layer.outputs)
            return (
                sum.image + 2 * size * Double(layer.positions), sum.step + 6 * size * Double(options.rank)
            )
        }
        return Double(options.steps) * (Double(options.batch) * (2 * unet + weights.image) + weights.step)
            + Double(options.seenImages(of: images)) * encoder + Double(prompts) * textEncoder
    }

    /// The projections of a UNet's attention, in the order of its parameters.
    static func attention(of unet: UNet2DConditionModel, tokens: Int) -> [AttentionLayer] {
        let configuration = unet.configuration
        return unet.parameters.entries.compactMap { entry in
            guard let name = AttentionLayer.name(ofWeight: entry.name) else { return nil }
            let (queries, keys) = positions(
                of: entry.name, side: configuration.sampleSize, levels: configuration.blockChannels.count,
                tokens: tokens)
            let isOfKeys = ["to_k", "to_v"].contains { entry.name.contains($0) }
            return AttentionLayer(
                name: name, inputs: entry.tensor.shape[1], outputs: entry.tensor.shape[0],
                positions: isOfKeys ? keys : queries)
        }
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
