/// The shape of an `AutoencoderKL`: `vae/config.json`.
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/autoencoders/autoencoder_kl.py
public struct AutoencoderConfiguration: Hashable, Sendable {
    /// Side of the images that the model was trained on, in pixels.
    public var sampleSize: Int
    /// Channels of the images that are encoded.
    public var inputChannels: Int
    /// Channels of the images that are decoded.
    public var outputChannels: Int
    /// Channels of the latents.
    public var latentChannels: Int
    /// Channels of each level, finest first; height and width halve between levels.
    public var blockChannels: [Int]
    /// Residual blocks of each level of the encoder; the decoder has one more.
    public var layersPerBlock: Int
    /// Groups of every group normalization; divides the channels of each level.
    public var normGroups: Int
    /// Whether the coarsest level has a self-attention.
    public var middleAttention: Bool
    /// Whether a 1 × 1 convolution follows the encoder.
    public var quantConvolution: Bool
    /// Whether a 1 × 1 convolution precedes the decoder.
    public var postQuantConvolution: Bool
    /// Latents are multiplied by this before they are diffused, and divided by it before they are decoded.
    public var scalingFactor: Double

    /// An autoencoder of the built-in foundation model's kind; the defaults are its shape.
    public init(
        sampleSize: Int = 32, inputChannels: Int = 3, outputChannels: Int = 3, latentChannels: Int = 4,
        blockChannels: [Int] = [32, 64], layersPerBlock: Int = 1, normGroups: Int = 8,
        middleAttention: Bool = false,
        quantConvolution: Bool = true, postQuantConvolution: Bool = true, scalingFactor: Double = 0.18215
    ) {
        self.sampleSize = sampleSize
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.latentChannels = latentChannels
        self.blockChannels = blockChannels
        self.layersPerBlock = layersPerBlock
        self.normGroups = normGroups
        self.middleAttention = middleAttention
        self.quantConvolution = quantConvolution
        self.postQuantConvolution = postQuantConvolution
        self.scalingFactor = scalingFactor
    }

    /// Pixels of an image per latent pixel, along one side.
    public var downsampling: Int { 1 << (blockChannels.count - 1) }

    /// Reads `config.json`.
    ///
    /// - Throws: `FoundationModelError` for a key that is missing, or whose value is refused.
    package static func read(_ path: String) throws -> AutoencoderConfiguration { try load(path: path) }
}

extension AutoencoderConfiguration: FoundationNetworkConfiguration {
    private enum DownBlock: String, CaseIterable { case encoder = "DownEncoderBlock2D" }
    private enum UpBlock: String, CaseIterable { case decoder = "UpDecoderBlock2D" }

    init(_ fields: inout ConfigurationFields) throws {
        try fields.require("_class_name", .string("AutoencoderKL"))
        try fields.refuseNull(
            "act_fn", "in_channels", "latent_channels", "layers_per_block", "mid_block_add_attention",
            "norm_num_groups", "out_channels", "scaling_factor", "use_post_quant_conv", "use_quant_conv")
        let mostChannels = 1 << 16
        blockChannels = try fields.sizes("block_out_channels", largest: mostChannels)
        sampleSize = try fields.side("sample_size", default: 32)
        inputChannels = try fields.size("in_channels", default: 3, largest: mostChannels)
        outputChannels = try fields.size("out_channels", default: 3, largest: mostChannels)
        latentChannels = try fields.size("latent_channels", default: 4, largest: mostChannels)
        layersPerBlock = try fields.size(
            "layers_per_block", default: 1, largest: ConfigurationFields.mostLayers)
        normGroups = try fields.size("norm_num_groups", default: 32)
        middleAttention = try fields.flag("mid_block_add_attention", default: true)
        quantConvolution = try fields.flag("use_quant_conv", default: true)
        postQuantConvolution = try fields.flag("use_post_quant_conv", default: true)
        scalingFactor = try fields.number("scaling_factor", default: 0.18215, in: 1e-6...1e6)
        _ = try fields.names("down_block_types", of: DownBlock.self, count: blockChannels.count)
        _ = try fields.names("up_block_types", of: UpBlock.self, count: blockChannels.count)
        try fields.require("act_fn", .string("silu"), .string("swish"))
        try fields.require("shift_factor", .number(0))
        try fields.requireMultiples(
            "block_out_channels", blockChannels, of: normGroups, named: "norm_num_groups")
        // Weights and activations are float32 here; the key keeps float16 pipelines from overflowing.
        fields.ignore("force_upcast")
        fields.ignore(ConfigurationFields.averagingKeys)
        try fields.refuseOthers()
    }

    var values: [String: ConfigurationValue] {
        let levels = blockChannels.count
        return [
            "_class_name": .string("AutoencoderKL"),
            "act_fn": .string("silu"),
            "block_out_channels": .integers(blockChannels),
            "down_block_types": .strings(Array(repeating: DownBlock.encoder.rawValue, count: levels)),
            "in_channels": .number(Double(inputChannels)),
            "latent_channels": .number(Double(latentChannels)),
            "layers_per_block": .number(Double(layersPerBlock)),
            "mid_block_add_attention": .bool(middleAttention),
            "norm_num_groups": .number(Double(normGroups)),
            "out_channels": .number(Double(outputChannels)),
            "sample_size": .number(Double(sampleSize)),
            "scaling_factor": .number(scalingFactor),
            "up_block_types": .strings(Array(repeating: UpBlock.decoder.rawValue, count: levels)),
            "use_post_quant_conv": .bool(postQuantConvolution),
            "use_quant_conv": .bool(quantConvolution),
        ]
    }
}
