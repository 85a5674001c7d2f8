/// The shape of a `BlipForConditionalGeneration`: its `config.json`.
///
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip/configuration_blip.py
public struct BlipConfiguration: Hashable, Sendable {
    /// Images to states.
    public var vision: VisionTransformerConfiguration
    /// States of images to text.
    public var text: BlipTextConfiguration
    /// Which ids begin and end captions.
    public var generation: GenerationConfiguration

    /// Reads `config.json` through a reader of the folder.
    ///
    /// - Throws: `FoundationModelError` for a key whose value is refused; errors of a part name it behind the
    ///   file.
    static func read(_ files: CheckpointFiles) throws -> BlipConfiguration {
        let name = "config.json"
        let sections = ConfigurationSections(path: files.path(name), values: try files.object(name))
        var fields = sections.top
        try fields.require("model_type", .string("blip"))
        try fields.require("architectures", .array([.string("BlipForConditionalGeneration")]))
        var vision = try sections["vision_config"], text = try sections["text_config"]
        let decoder = try BlipTextConfiguration(&text.fields)
        // Captions end where BERT's sentences do, whatever the file calls the end.
        var values = text.values.filter { $0.value != .null }
        values["bos_token_id"] = values["bos_token_id"] ?? .number(30522)
        values["eos_token_id"] = values["sep_token_id"] ?? .number(102)
        values["pad_token_id"] = values["pad_token_id"] ?? .number(0)
        if values["max_new_tokens"] == nil {
            values["max_new_tokens"] = GenerationConfiguration.newTokens(values["max_length"])
        }
        let result = BlipConfiguration(
            vision: try VisionTransformerConfiguration(blip: &vision.fields), text: decoder,
            generation: try .init(
                values, file: text.fields.file, vocabularySize: decoder.vocabularySize))
        fields.ignore("vision_config", "text_config")
        // They belong to retrieval and to training.
        fields.ignore(
            "projection_dim", "logit_scale_init_value", "image_text_hidden_size", "label_smoothing",
            "initializer_factor", "tie_word_embeddings")
        try fields.refuseUnlessTransformersOwn()
        return result
    }

    /// The number of weights of a captioner of this shape.
    var parameterCount: Double { vision.parameterCount + text.parameterCount(imageWidth: vision.width) }
}

/// The shape of BLIP's text decoder: `text_config`.
public struct BlipTextConfiguration: Hashable, Sendable {
    /// The number of token ids.
    public var vocabularySize: Int
    /// Width of the states.
    public var width: Int
    /// Width of the hidden layer of the perceptrons.
    public var hiddenWidth: Int
    /// The number of transformer layers.
    public var layers: Int
    /// Number of attention heads; divides `width`.
    public var heads: Int
    /// Longest sequence that has position embeddings.
    public var maximumTokens: Int
    /// Between the two layers of the perceptrons.
    public var activation: Activation
    /// Added to the variance in every normalization.
    public var normEpsilon: Double
    /// Whether logits are products with the token embeddings rather than with a matrix of their own.
    public var tiesEmbeddings: Bool

    init(_ fields: inout ConfigurationFields) throws {
        try fields.require("model_type", .string("blip_text_model"))
        vocabularySize = try fields.size("vocab_size", default: 30524)
        width = try fields.size("hidden_size", default: 768)
        hiddenWidth = try fields.size("intermediate_size", default: 3072)
        layers = try fields.size("num_hidden_layers", default: 12, largest: ConfigurationFields.mostLayers)
        heads = try fields.size("num_attention_heads", default: 8)
        maximumTokens = try fields.size("max_position_embeddings", default: 512)
        activation = try fields.activation("hidden_act", default: .gelu, allowed: [.gelu, .quickGelu, .silu])
        normEpsilon = try fields.number("layer_norm_eps", default: 1e-12, in: 0...1)
        tiesEmbeddings = try fields.flag("tie_word_embeddings", default: true)
        try fields.requireHeads(heads, toDivide: width)
        try fields.require("is_decoder", .bool(true))
        // transformers overwrites this width with the vision transformer's.
        fields.ignore("encoder_hidden_size")
        // Dropout and smoothing act in training only.
        fields.ignore("attention_probs_dropout_prob", "hidden_dropout_prob", "label_smoothing")
        fields.ignore("projection_dim", "initializer_factor")
        try fields.refuseUnlessTransformersOwn()
    }

    /// The number of weights of a decoder of this shape.
    func parameterCount(imageWidth: Int) -> Double {
        let width = Double(width), hidden = Double(hiddenWidth), vocabulary = Double(vocabularySize)
        let attention = 2 * (width + 1) * width + 2 * width
        let layer =
            2 * attention + 2 * (width + 1) * width + 2 * (Double(imageWidth) + 1) * width
            + (width + 1) * hidden + (hidden + 1) * width + 2 * width
        let embeddings = (vocabulary * (tiesEmbeddings ? 1 : 2) + Double(maximumTokens)) * width + 2 * width
        return embeddings + Double(layers) * layer + (width + 1) * width + 2 * width + vocabulary
    }
}

extension VisionTransformerConfiguration {
    /// The keys of BLIP's own vision transformer, which has the names of BLIP-2's and other defaults.
    init(blip fields: inout ConfigurationFields) throws {
        try self.init(
            &fields, modelType: "blip_vision_model",
            defaults: VisionTransformerConfiguration(
                imageSide: 384, patchSide: 16, width: 768, hiddenWidth: 3072, layers: 12, heads: 12,
                normEpsilon: 1e-5))
    }
}
