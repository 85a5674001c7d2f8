/// `unet/config.json`: the keys that are read, and those that are refused.
extension UNetConfiguration: FoundationNetworkConfiguration {
    init(_ fields: inout ConfigurationFields) throws {
        try fields.require("_class_name", .string("UNet2DConditionModel"))
        try Self.refuseNulls(fields)
        blockChannels = try fields.sizes("block_out_channels", largest: Self.mostChannels)
        let levels = blockChannels.count
        sampleSize = try Self.sampleSize(&fields, levels: levels)
        inputChannels = try fields.size("in_channels", default: 4, largest: Self.mostChannels)
        outputChannels = try fields.size("out_channels", default: 4, largest: Self.mostChannels)
        downBlocks = try fields.names("down_block_types", of: DownBlock.self, count: levels)
        upBlocks = try fields.names("up_block_types", of: UpBlock.self, count: levels)
        layersPerBlock = try fields.sizes(
            "layers_per_block", count: levels, default: 2, largest: ConfigurationFields.mostLayers)
        transformerLayers = try fields.sizes(
            "transformer_layers_per_block", count: levels, default: 1, largest: ConfigurationFields.mostLayers
        )
        heads = try fields.sizes("attention_head_dim", count: levels, default: 8)
        contextWidth = try Self.contextWidth(&fields, levels: levels)
        usesLinearProjection = try fields.flag("use_linear_projection", default: false)
        upcastsAttention = try fields.flag("upcast_attention", default: false)
        normGroups = try fields.size("norm_num_groups", default: 32)
        normEpsilon = try fields.number("norm_eps", default: 1e-5, in: 0...1)
        downsamplePadding = try fields.wholeNumber("downsample_padding", default: 1, in: 0...1)
        centersInput = try fields.flag("center_input_sample", default: false)
        cosineFirst = try fields.flag("flip_sin_to_cos", default: true)
        frequencyShift = try fields.number("freq_shift", default: 0, in: 0...1)
        let width = try fields.size("time_embedding_dim", default: 4 * blockChannels[0])
        timeWidth = width == 4 * blockChannels[0] ? nil : width
        textPoolingHeads = try Self.poolingHeads(&fields, contextWidth)
        sizeEmbedding = try Self.sizeEmbedding(&fields)
        guidanceWidth =
            fields.isGiven("time_cond_proj_dim")
            ? try fields.size("time_cond_proj_dim", largest: Self.mostChannels) : nil
        fields.ignore("time_cond_proj_dim")
        inputKernel = try Self.kernel(&fields, "conv_in_kernel")
        outputKernel = try Self.kernel(&fields, "conv_out_kernel")
        // Null is a value of its own: no block.
        hasMiddleBlock = !fields.isEqual("mid_block_type", .null)
        try Self.requireImplemented(&fields)
        // Half of the first level's channels are sines of the time step, half cosines.
        try fields.requireMultiples(
            "block_out_channels", [blockChannels[0]], of: frequencyShift == 0 ? 2 : 4,
            named: "sines and cosines")
        try fields.requireMultiples(
            "block_out_channels", blockChannels, of: normGroups, named: "norm_num_groups")
        for (channels, heads) in zip(blockChannels, heads) {
            try fields.requireMultiples(
                "block_out_channels", [channels], of: heads, named: "attention_head_dim")
        }
        fields.ignore(ConfigurationFields.averagingKeys)
        try fields.refuseOthers()
    }

    /// Heads of `addition_embed_type: text`.
    private static func poolingHeads(_ fields: inout ConfigurationFields, _ contextWidth: Int) throws -> Int?
    {
        try fields.require("addition_embed_type", .string("text"), .string("text_time"))
        let heads = try fields.size("addition_embed_type_num_heads", default: 64)
        guard fields.isEqual("addition_embed_type", .string("text")) else { return nil }
        try fields.requireMultiples(
            "cross_attention_dim", [contextWidth], of: heads, named: "addition_embed_type_num_heads")
        return heads
    }

    /// The widths of `addition_embed_type: text_time`.
    private static func sizeEmbedding(_ fields: inout ConfigurationFields) throws -> SizeEmbedding? {
        guard fields.isEqual("addition_embed_type", .string("text_time")) else {
            fields.ignore("addition_time_embed_dim", "projection_class_embeddings_input_dim")
            return nil
        }
        let width = try fields.size("addition_time_embed_dim", largest: mostChannels)
        try fields.requireMultiples("addition_time_embed_dim", [width], of: 2, named: "sines and cosines")
        let inputs = try fields.size("projection_class_embeddings_input_dim", largest: mostChannels)
        guard inputs > SizeEmbedding.count * width else {
            throw FoundationModelError.unsupportedValue(
                path: fields.file, key: "projection_class_embeddings_input_dim", value: "\(inputs)",
                allowed: "more than six times the addition_time_embed_dim \(width)")
        }
        return SizeEmbedding(width: width, inputWidth: inputs)
    }

    /// No model of the kind has a tenth of this.
    private static let mostChannels = 1 << 16

    /// Refuses null where it stands for no normalization, no attention or no convolution.
    private static func refuseNulls(_ fields: ConfigurationFields) throws {
        try fields.refuseNull(
            "act_fn", "attention_head_dim", "conv_in_kernel", "conv_out_kernel", "cross_attention_dim",
            "downsample_padding", "flip_sin_to_cos", "freq_shift", "in_channels", "layers_per_block",
            "norm_eps", "norm_num_groups", "out_channels", "transformer_layers_per_block")
    }

    /// Height and width of the latents, which halve between levels.
    private static func sampleSize(_ fields: inout ConfigurationFields, levels: Int) throws -> Int {
        var size = try fields.side("sample_size", default: 64, largest: 512)
        if size < 64, fields.isWrittenBefore(minor: 9) {
            // Files of Stable Diffusion 1 said 32 and meant 64 then: so takes them `StableDiffusionPipeline`.
            size = 64
        }
        try fields.requireMultiples(
            "sample_size", [size], of: 1 << (levels - 1), named: "2 to the levels less one,")
        return size
    }

    /// The side of a kernel that keeps height and width.
    private static func kernel(_ fields: inout ConfigurationFields, _ key: String) throws -> Int {
        let side = try fields.size(key, default: 3, largest: 31)
        if side % 2 == 0 { try fields.refuse(key, allowed: "an odd number from 1 to 31") }
        return side
    }

    /// `cross_attention_dim`, which may be a list of equal widths: there is one text encoder.
    private static func contextWidth(_ fields: inout ConfigurationFields, levels: Int) throws -> Int {
        let widths = try fields.sizes(
            "cross_attention_dim", count: levels, default: 1280, largest: mostChannels)
        guard widths.allSatisfy({ $0 == widths[0] }) else {
            throw FoundationModelError.unsupportedValue(
                path: fields.file, key: "cross_attention_dim", value: "\(widths)",
                allowed: "one width for all levels")
        }
        return widths[0]
    }

    /// Refuses what other members of diffusers' family of UNets have; keys that are null or false need no
    /// line.
    private static func requireImplemented(_ fields: inout ConfigurationFields) throws {
        try fields.require("act_fn", .string("silu"), .string("swish"))
        try fields.require("attention_type", .string("default"))
        // It acts in training only, and no trainer here uses it.
        fields.ignore("dropout")
        try fields.require("mid_block_scale_factor", .number(1))
        try fields.require("mid_block_type", .string("UNetMidBlock2DCrossAttn"))
        try fields.require("resnet_out_scale_factor", .number(1))
        try fields.require("resnet_time_scale_shift", .string("default"))
        try fields.require("time_embedding_type", .string("positional"))
    }

    var values: [String: ConfigurationValue] {
        [
            "_class_name": .string("UNet2DConditionModel"),
            "act_fn": .string("silu"),
            "addition_embed_type": textPoolingHeads != nil
                ? .string("text") : sizeEmbedding != nil ? .string("text_time") : .null,
            "addition_time_embed_dim": sizeEmbedding.map { .number(Double($0.width)) } ?? .null,
            "projection_class_embeddings_input_dim":
                sizeEmbedding.map { .number(Double($0.inputWidth)) } ?? .null,
            "time_cond_proj_dim": guidanceWidth.map { .number(Double($0)) } ?? .null,
            "addition_embed_type_num_heads": .number(Double(textPoolingHeads ?? 64)),
            "attention_head_dim": .integers(heads),
            "block_out_channels": .integers(blockChannels),
            "center_input_sample": .bool(centersInput),
            "conv_in_kernel": .number(Double(inputKernel)),
            "conv_out_kernel": .number(Double(outputKernel)),
            "cross_attention_dim": .number(Double(contextWidth)),
            "down_block_types": .strings(downBlocks.map(\.rawValue)),
            "downsample_padding": .number(Double(downsamplePadding)),
            "flip_sin_to_cos": .bool(cosineFirst),
            "freq_shift": .number(frequencyShift),
            "in_channels": .number(Double(inputChannels)),
            "layers_per_block": .integers(layersPerBlock),
            "mid_block_type": hasMiddleBlock ? .string("UNetMidBlock2DCrossAttn") : .null,
            "norm_eps": .number(normEpsilon),
            "norm_num_groups": .number(Double(normGroups)),
            "out_channels": .number(Double(outputChannels)),
            "sample_size": .number(Double(sampleSize)),
            "time_embedding_dim": timeWidth.map { .number(Double($0)) } ?? .null,
            "transformer_layers_per_block": .integers(transformerLayers),
            "up_block_types": .strings(upBlocks.map(\.rawValue)),
            "upcast_attention": .bool(upcastsAttention),
            "use_linear_projection": .bool(usesLinearProjection),
        ]
    }
}
