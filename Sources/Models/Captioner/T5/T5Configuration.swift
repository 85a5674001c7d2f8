/// The shape of a `T5ForConditionalGeneration`: `text_config` of a BLIP-2 with FLAN-T5.
///
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/t5/configuration_t5.py
public struct T5Configuration: Hashable, Sendable {
    /// The number of token ids.
    public var vocabularySize: Int
    /// Width of the states.
    public var width: Int
    /// Width of a head.
    public var headWidth: Int
    /// Width of the hidden layer of the perceptrons.
    public var hiddenWidth: Int
    /// Layers of the encoder.
    public var encoderLayers: Int
    /// Layers of the decoder.
    public var decoderLayers: Int
    /// Number of attention heads.
    public var heads: Int
    /// Kinds of distances between two tokens that are told apart.
    public var distanceBuckets: Int
    /// Distances from here on are alike.
    public var longestDistance: Int
    /// Added to the mean square in every normalization.
    public var normEpsilon: Double
    /// Whether perceptrons have a second layer that gates the first (T5 1.1 and FLAN), with GELU; else ReLU.
    public var isGated: Bool
    /// Whether states are divided by √width before the head.
    public var scalesOutputs: Bool

    init(_ fields: inout ConfigurationFields) throws {
        try fields.require("model_type", .string("t5"))
        vocabularySize = try fields.size("vocab_size", default: 32128)
        width = try fields.size("d_model", default: 512)
        headWidth = try fields.size("d_kv", default: 64, largest: 1 << 16)
        hiddenWidth = try fields.size("d_ff", default: 2048)
        encoderLayers = try fields.size("num_layers", default: 6, largest: ConfigurationFields.mostLayers)
        decoderLayers = try fields.size(
            "num_decoder_layers", default: encoderLayers, largest: ConfigurationFields.mostLayers)
        heads = try fields.size("num_heads", default: 8, largest: 1 << 12)
        distanceBuckets = try fields.size("relative_attention_num_buckets", default: 32, largest: 1 << 12)
        longestDistance = try fields.size("relative_attention_max_distance", default: 128)
        normEpsilon = try fields.number("layer_norm_epsilon", default: 1e-6, in: 0...1)
        try fields.require("feed_forward_proj", .string("gated-gelu"), .string("relu"))
        isGated = fields.isEqual("feed_forward_proj", .string("gated-gelu"))
        try fields.requireMultiples(
            "relative_attention_num_buckets", [distanceBuckets], of: 4, named: "directions and their halves,")
        guard longestDistance > distanceBuckets / 2 else {
            throw FoundationModelError.unsupportedValue(
                path: fields.file, key: "relative_attention_max_distance", value: "\(longestDistance)",
                allowed: "more than half of relative_attention_num_buckets \(distanceBuckets)")
        }
        // Original T5 scales; its later versions say so by not tying the head.
        let isTied = try fields.flag("tie_word_embeddings", default: true)
        scalesOutputs = try fields.flag("scale_decoder_outputs", default: isTied)
        try fields.require("is_encoder_decoder", .bool(true))
        // They follow from feed_forward_proj.
        fields.ignore("dense_act_fn", "is_gated_act")
        // Dropout acts in training only; there are no position embeddings.
        fields.ignore(
            "dropout_rate", "classifier_dropout", "initializer_factor", "n_positions", "output_past")
        try fields.refuseUnlessTransformersOwn()
    }

    /// Width of all heads together.
    var innerWidth: Int { heads * headWidth }

    /// The number of weights of an encoder and decoder of this shape, with a head of its own.
    var parameterCount: Double {
        let width = Double(width), inner = Double(innerWidth)
        let perceptron = Double(isGated ? 3 : 2) * width * Double(hiddenWidth)
        let layer = 4 * width * inner + perceptron + 2 * width
        let layers =
            Double(encoderLayers + decoderLayers) * layer
            + Double(decoderLayers) * (4 * width * inner + width)
        return 2 * Double(vocabularySize) * width + layers + 2 * Double(distanceBuckets * heads) + 2 * width
    }
}

/// The shape of a BLIP-2 whose language model is T5.
public struct Blip2T5Configuration: Hashable, Sendable {
    /// Images to states.
    public var vision: VisionTransformerConfiguration
    /// States of images to states of queries.
    public var qformer: QFormerConfiguration
    /// States of queries to text.
    public var text: T5Configuration
    /// The number of queries.
    public var queryTokens: Int
    /// Which ids begin and end captions.
    public var generation: GenerationConfiguration
    /// The id behind the queries where no prompt is given.
    public var emptyPrompt: [Int32]

    /// Reads `config.json` through a reader of the folder.
    ///
    /// - Throws: `FoundationModelError` for a key whose value is refused.
    static func read(_ files: CheckpointFiles) throws -> Blip2T5Configuration {
        let path = files.path("config.json")
        let sections = ConfigurationSections(path: path, values: try files.object("config.json"))
        var fields = sections.top
        try fields.require("model_type", .string("blip-2"))
        try fields.require("use_decoder_only_language_model", .bool(false))
        var vision = try sections["vision_config"], qformer = try sections["qformer_config"]
        var text = try sections["text_config"]
        let decoder = try T5Configuration(&text.fields)
        // Captions begin with the padding, unless the file says otherwise.
        var values = text.values.filter { $0.value != .null }
        let start = values["bos_token_id"]?.integer
        values["bos_token_id"] = values["decoder_start_token_id"] ?? values["pad_token_id"] ?? .number(0)
        values["eos_token_id"] = values["eos_token_id"] ?? .number(1)
        values["pad_token_id"] = values["pad_token_id"] ?? .number(0)
        if values["max_new_tokens"] == nil {
            values["max_new_tokens"] = GenerationConfiguration.newTokens(values["max_length"])
        }
        let result = Blip2T5Configuration(
            vision: try .init(&vision.fields), qformer: try .init(&qformer.fields), text: decoder,
            queryTokens: try fields.size("num_query_tokens", default: 32, largest: 1 << 12),
            generation: try .init(values, file: text.fields.file, vocabularySize: decoder.vocabularySize),
            emptyPrompt: start.flatMap { (0..<decoder.vocabularySize).contains($0) ? [Int32($0)] : nil } ?? []
        )
        fields.ignore("vision_config", "qformer_config", "text_config")
        fields.ignore("image_token_index", "image_token_id", "image_text_hidden_size")
        fields.ignore("tie_word_embeddings", "initializer_factor", "is_encoder_decoder")
        try fields.refuseUnlessTransformersOwn()
        return result
    }

    /// The number of weights of a captioner of this shape, with a head of its own.
    var parameterCount: Double {
        let bridge = (Double(qformer.width) + 1) * Double(text.width)
        return vision.parameterCount + Double(queryTokens * qformer.width)
            + qformer.parameterCount(imageWidth: vision.width) + bridge + text.parameterCount
    }
}
