/// The shape of a `Blip2QFormerModel`: `qformer_config` in a captioner's `config.json`.
///
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip_2/configuration_blip_2.py
public struct QFormerConfiguration: Hashable, Sendable {
    /// Width of the states.
    public var width: Int
    /// Width of the hidden layer of the perceptrons.
    public var hiddenWidth: Int
    /// The number of transformer layers.
    public var layers: Int
    /// Number of attention heads; divides `width`.
    public var heads: Int
    /// Every so many layers, from the first on, the queries attend to the image.
    public var crossAttentionFrequency: Int
    /// Between the two layers of the perceptrons.
    public var activation: Activation
    /// Added to the variance in every normalization.
    public var normEpsilon: Double

    /// A Q-Former; the defaults suit the images of the built-in world.
    public init(
        width: Int = 128, hiddenWidth: Int = 512, layers: Int = 2, heads: Int = 4,
        crossAttentionFrequency: Int = 1, activation: Activation = .gelu, normEpsilon: Double = 1e-12
    ) {
        self.width = width
        self.hiddenWidth = hiddenWidth
        self.layers = layers
        self.heads = heads
        self.crossAttentionFrequency = crossAttentionFrequency
        self.activation = activation
        self.normEpsilon = normEpsilon
    }
}

extension QFormerConfiguration: ConfigurationFile {
    init(_ fields: inout ConfigurationFields) throws {
        try fields.require("model_type", .string("blip_2_qformer"))
        width = try fields.size("hidden_size", default: 768)
        hiddenWidth = try fields.size("intermediate_size", default: 3072)
        layers = try fields.size("num_hidden_layers", default: 12, largest: ConfigurationFields.mostLayers)
        heads = try fields.size("num_attention_heads", default: 12)
        crossAttentionFrequency = try fields.size("cross_attention_frequency", default: 2)
        activation = try fields.activation("hidden_act", default: .gelu, allowed: [.gelu, .quickGelu, .silu])
        normEpsilon = try fields.number("layer_norm_eps", default: 1e-12, in: 0...1)
        try fields.requireHeads(heads, toDivide: width)
        // Captioning gives the Q-Former no text, so it has neither embeddings nor their perceptrons.
        try fields.require("use_qformer_text_input", .bool(false))
        try fields.require("position_embedding_type", .string("absolute"))
        fields.ignore("vocab_size", "max_position_embeddings")
        // transformers overwrites this width with the vision transformer's.
        fields.ignore("encoder_hidden_size")
        // Dropout acts in training only.
        fields.ignore("attention_probs_dropout_prob", "hidden_dropout_prob", "classifier_dropout")
        try fields.refuseUnlessTransformersOwn()
    }

    var values: [String: ConfigurationValue] {
        [
            "model_type": .string("blip_2_qformer"),
            "hidden_size": .number(Double(width)),
            "intermediate_size": .number(Double(hiddenWidth)),
            "num_hidden_layers": .number(Double(layers)),
            "num_attention_heads": .number(Double(heads)),
            "cross_attention_frequency": .number(Double(crossAttentionFrequency)),
            "hidden_act": .string(activation.rawValue),
            "layer_norm_eps": .number(normEpsilon),
        ]
    }
}
