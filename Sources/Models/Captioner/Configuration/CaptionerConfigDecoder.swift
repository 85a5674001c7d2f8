/// The shape of an `OPTForCausalLM`: `text_config` in a captioner's `config.json`.
///
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/opt/configuration_opt.py
public struct OPTConfiguration: Hashable, Sendable {
    /// Between the two layers of the perceptrons.
    public enum Activation: String, Sendable, Hashable, CaseIterable {
        /// max(0, x).
        case relu
        /// x · Φ(x), Φ the normal distribution function (arXiv 1606.08415).
        case gelu
    }

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
    /// Whether a layer normalizes what enters its parts (all sizes but OPT-350m) or what leaves them.
    public var normalizesFirst: Bool
    /// Whether the last state is normalized; only where layers normalize first.
    public var hasFinalNorm: Bool
    /// Whether linear layers have a bias.
    public var hasBias: Bool
    /// Whether logits are products with the token embeddings rather than with a matrix of their own.
    public var tiesEmbeddings: Bool

    /// A decoder; the defaults suit the captions of the built-in world.
    public init(
        vocabularySize: Int, width: Int = 128, hiddenWidth: Int = 512, layers: Int = 2, heads: Int = 4,
        maximumTokens: Int = 48, activation: Activation = .relu, normalizesFirst: Bool = true,
        hasFinalNorm: Bool = true, hasBias: Bool = true, tiesEmbeddings: Bool = true
    ) {
        self.vocabularySize = vocabularySize
        self.width = width
        self.hiddenWidth = hiddenWidth
        self.layers = layers
        self.heads = heads
        self.maximumTokens = maximumTokens
        self.activation = activation
        self.normalizesFirst = normalizesFirst
        self.hasFinalNorm = hasFinalNorm && normalizesFirst
        self.hasBias = hasBias
        self.tiesEmbeddings = tiesEmbeddings
    }
}

extension OPTConfiguration: ConfigurationFile {
    init(_ fields: inout ConfigurationFields) throws {
        try fields.require("model_type", .string("opt"))
        vocabularySize = try fields.size("vocab_size", default: 50272)
        width = try fields.size("hidden_size", default: 768)
        hiddenWidth = try fields.size("ffn_dim", default: 3072)
        layers = try fields.size("num_hidden_layers", default: 12, largest: ConfigurationFields.mostLayers)
        heads = try fields.size("num_attention_heads", default: 12)
        maximumTokens = try fields.size("max_position_embeddings", default: 2048)
        activation = try fields.name("activation_function", default: .relu, allowed: Activation.allCases)
        normalizesFirst = try fields.flag("do_layer_norm_before", default: true)
        hasFinalNorm = try fields.flag("_remove_final_layer_norm", default: false) ? false : normalizesFirst
        hasBias = try fields.flag("enable_bias", default: true)
        tiesEmbeddings = try fields.flag("tie_word_embeddings", default: true)
        try fields.requireHeads(heads, toDivide: width)
        // The states of an image stand beside those of tokens, so both have the same width.
        try fields.require("word_embed_proj_dim", .number(Double(width)))
        try fields.require("layer_norm_elementwise_affine", .bool(true))
        // Dropout acts in training only.
        fields.ignore("activation_dropout", "attention_dropout", "dropout", "layerdrop", "init_std")
        try fields.refuseUnlessTransformersOwn()
    }

    var values: [String: ConfigurationValue] {
        [
            "model_type": .string("opt"),
            "vocab_size": .number(Double(vocabularySize)),
            "hidden_size": .number(Double(width)),
            "word_embed_proj_dim": .number(Double(width)),
            "ffn_dim": .number(Double(hiddenWidth)),
            "num_hidden_layers": .number(Double(layers)),
            "num_attention_heads": .number(Double(heads)),
            "max_position_embeddings": .number(Double(maximumTokens)),
            "activation_function": .string(activation.rawValue),
            "do_layer_norm_before": .bool(normalizesFirst),
            "_remove_final_layer_norm": .bool(normalizesFirst && !hasFinalNorm),
            "enable_bias": .bool(hasBias),
            "tie_word_embeddings": .bool(tiesEmbeddings),
        ]
    }
}

extension OPTConfiguration.Activation {
    /// The function of every element.
    func callAsFunction(_ input: Tensor) -> Tensor {
        switch self {
        case .relu: input.relu()
        case .gelu: input.gelu()
        }
    }
}
