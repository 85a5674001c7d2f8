/// The shape of a `CLIPTextModel`: `text_encoder/config.json`.
///
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/clip/configuration_clip.py
public struct TextEncoderConfiguration: Hashable, Sendable {
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

    /// Width of the projection of a text's end, which a model with projection has.
    public var projectionWidth: Int
    /// The token behind a text, as the file has it.
    var endToken: Int

    /// A text encoder of the built-in foundation model's kind; the defaults are its shape.
    public init(
        vocabularySize: Int, width: Int = 128, hiddenWidth: Int = 512, layers: Int = 2, heads: Int = 4,
        maximumTokens: Int = 16, activation: Activation = .gelu, normEpsilon: Double = 1e-5
    ) {
        self.vocabularySize = vocabularySize
        self.width = width
        self.hiddenWidth = hiddenWidth
        self.layers = layers
        self.heads = heads
        self.maximumTokens = maximumTokens
        self.activation = activation
        self.normEpsilon = normEpsilon
        projectionWidth = width
        endToken = 49407
    }

    /// Reads `config.json`.
    ///
    /// - Throws: `FoundationModelError` for a key that is missing, or whose value is refused.
    package static func read(_ path: String) throws -> TextEncoderConfiguration { try load(path: path) }
}

extension TextEncoderConfiguration: FoundationNetworkConfiguration {
    init(_ fields: inout ConfigurationFields) throws {
        // A whole CLIP's file, beside the text encoder that was taken from it: transformers reads its part.
        if let text = fields.section("text_config") { fields = text }
        try fields.require("model_type", .string("clip_text_model"))
        vocabularySize = try fields.size("vocab_size", default: 49408)
        width = try fields.size("hidden_size", default: 512)
        hiddenWidth = try fields.size("intermediate_size", default: 2048)
        layers = try fields.size("num_hidden_layers", default: 12, largest: ConfigurationFields.mostLayers)
        heads = try fields.size("num_attention_heads", default: 8)
        maximumTokens = try fields.size("max_position_embeddings", default: 77, largest: 1 << 17)
        activation = try fields.activation("hidden_act", default: .quickGelu, allowed: [.gelu, .quickGelu])
        normEpsilon = try fields.number("layer_norm_eps", default: 1e-5, in: 0...1)
        projectionWidth = try fields.size("projection_dim", default: 512)
        endToken = try fields.tokens("eos_token_id").first ?? 49407
        try fields.requireMultiples("hidden_size", [width], of: heads, named: "num_attention_heads")
        // Dropout acts in training only, and the trainer here uses none.
        fields.ignore("attention_dropout", "dropout")
        fields.ignore("bos_token_id", "pad_token_id", "initializer_factor", "tie_word_embeddings")
        // This network generates no text.
        fields.ignore(ConfigurationFields.generationKeys)
        try fields.ignoreTransformersOwn()
        try fields.refuseOthers()
    }

    var values: [String: ConfigurationValue] {
        [
            "architectures": .strings(["CLIPTextModel"]),
            "model_type": .string("clip_text_model"),
            "vocab_size": .number(Double(vocabularySize)),
            "hidden_size": .number(Double(width)),
            "intermediate_size": .number(Double(hiddenWidth)),
            "num_hidden_layers": .number(Double(layers)),
            "num_attention_heads": .number(Double(heads)),
            "max_position_embeddings": .number(Double(maximumTokens)),
            "hidden_act": .string(activation.rawValue),
            "layer_norm_eps": .number(normEpsilon),
            "attention_dropout": .number(0),
            "projection_dim": .number(Double(projectionWidth)),
        ].merging(endToken == 49407 ? [:] : ["eos_token_id": .number(Double(endToken))]) { own, _ in own }
    }
}
