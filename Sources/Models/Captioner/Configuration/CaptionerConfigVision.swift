/// The shape of a `Blip2VisionModel`: `vision_config` in a captioner's `config.json`.
///
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip_2/configuration_blip_2.py
public struct VisionTransformerConfiguration: Hashable, Sendable {
    /// Width and height of the images, in pixels.
    public var imageSide: Int
    /// Width and height of a patch, in pixels.
    public var patchSide: Int
    /// Width of the states.
    public var width: Int
    /// Width of the hidden layer of the perceptrons.
    public var hiddenWidth: Int
    /// The number of transformer layers.
    public var layers: Int
    /// Number of attention heads; divides `width`.
    public var heads: Int
    /// Between the two layers of the perceptrons.
    public var activation: Activation
    /// Added to the variance in every normalization.
    public var normEpsilon: Double
    /// Whether the projection to queries, keys and values has a bias.
    public var hasProjectionBias: Bool

    /// A vision transformer; the defaults suit the images of the built-in world.
    public init(
        imageSide: Int = 32, patchSide: Int = 4, width: Int = 128, hiddenWidth: Int = 512, layers: Int = 4,
        heads: Int = 4, activation: Activation = .gelu, normEpsilon: Double = 1e-6,
        hasProjectionBias: Bool = true
    ) {
        self.imageSide = imageSide
        self.patchSide = patchSide
        self.width = width
        self.hiddenWidth = hiddenWidth
        self.layers = layers
        self.heads = heads
        self.activation = activation
        self.normEpsilon = normEpsilon
        self.hasProjectionBias = hasProjectionBias
    }

    /// Patches along one side; pixels right of and below the last whole patch are not seen.
    public var patchesPerSide: Int { imageSide / patchSide }

    /// The number of states of an image: one per patch, and one before them.
    public var tokens: Int { patchesPerSide * patchesPerSide + 1 }
}

extension VisionTransformerConfiguration: ConfigurationFile {
    private static let largestImageSide = 4096
    private static let mostPatchesPerSide = 128

    init(_ fields: inout ConfigurationFields) throws {
        try self.init(
            &fields, modelType: "blip_2_vision_model",
            defaults: VisionTransformerConfiguration(
                imageSide: 224, patchSide: 14, width: 1408, hiddenWidth: 6144, layers: 39, heads: 16))
    }

    /// The keys of a vision transformer.
    ///
    /// - Parameters:
    ///   - fields: of its part of the file.
    ///   - modelType: what the part calls itself.
    ///   - defaults: what missing keys mean.
    init(
        _ fields: inout ConfigurationFields, modelType: String, defaults: VisionTransformerConfiguration
    ) throws {
        try fields.require("model_type", .string(modelType))
        imageSide = try fields.size("image_size", default: defaults.imageSide)
        patchSide = try fields.size("patch_size", default: defaults.patchSide)
        width = try fields.size("hidden_size", default: defaults.width)
        hiddenWidth = try fields.size("intermediate_size", default: defaults.hiddenWidth)
        layers = try fields.size(
            "num_hidden_layers", default: defaults.layers, largest: ConfigurationFields.mostLayers)
        heads = try fields.size("num_attention_heads", default: defaults.heads)
        activation = try fields.activation("hidden_act", default: .gelu, allowed: [.gelu, .quickGelu, .silu])
        normEpsilon = try fields.number("layer_norm_eps", default: defaults.normEpsilon, in: 0...1)
        hasProjectionBias = try fields.flag("qkv_bias", default: true)
        try fields.require("num_channels", .number(3))
        try fields.requireHeads(heads, toDivide: width)
        // They bound the memory for an image and for the scores of its patches.
        guard imageSide <= Self.largestImageSide else {
            throw FoundationModelError.unsupportedValue(
                path: fields.file, key: "image_size", value: "\(imageSide)",
                allowed: "1 to \(Self.largestImageSide)")
        }
        guard (1...Self.mostPatchesPerSide).contains(patchesPerSide) else {
            throw FoundationModelError.unsupportedValue(
                path: fields.file, key: "patch_size", value: "\(patchSide)",
                allowed: "image_size \(imageSide) or less, down to its \(Self.mostPatchesPerSide)th part")
        }
        // Dropout acts in training only.
        fields.ignore("attention_dropout", "dropout", "projection_dim", "initializer_factor")
        try fields.refuseUnlessTransformersOwn()
    }

    var values: [String: ConfigurationValue] {
        [
            "model_type": .string("blip_2_vision_model"),
            "image_size": .number(Double(imageSide)),
            "patch_size": .number(Double(patchSide)),
            "hidden_size": .number(Double(width)),
            "intermediate_size": .number(Double(hiddenWidth)),
            "num_hidden_layers": .number(Double(layers)),
            "num_attention_heads": .number(Double(heads)),
            "hidden_act": .string(activation.rawValue),
            "layer_norm_eps": .number(normEpsilon),
            "qkv_bias": .bool(hasProjectionBias),
        ]
    }
}
