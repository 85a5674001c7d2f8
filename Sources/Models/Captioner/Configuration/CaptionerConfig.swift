import Foundation

/// The shape of a `Blip2ForConditionalGeneration`: a captioner's `config.json`.
///
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip_2/configuration_blip_2.py
public struct Blip2Configuration: Hashable, Sendable {
    /// Images to states.
    public var vision: VisionTransformerConfiguration
    /// States of images to states of queries.
    public var qformer: QFormerConfiguration
    /// States of queries to text.
    public var text: OPTConfiguration
    /// The number of queries, which are as many positions of the language model.
    public var queryTokens: Int
    /// Which ids begin and end captions.
    public var generation: GenerationConfiguration

    /// Parts that fit together.
    public init(
        vision: VisionTransformerConfiguration, qformer: QFormerConfiguration, text: OPTConfiguration,
        queryTokens: Int = 8, generation: GenerationConfiguration = GenerationConfiguration()
    ) {
        self.vision = vision
        self.qformer = qformer
        self.text = text
        self.queryTokens = queryTokens
        self.generation = generation
    }

    /// Positions of the language model that are left for prompt and caption, the start token not counted.
    public var tokensForText: Int { text.maximumTokens - queryTokens - 1 }

    /// Reads `config.json`.
    ///
    /// - Throws: `FoundationModelError` for a key whose value is refused; errors of a part name it behind the
    ///   file: `config.json, text_config`.
    package static func read(_ path: String) throws -> Blip2Configuration {
        let url = URL(fileURLWithPath: path)
        return try read(CheckpointFiles(folder: url.deletingLastPathComponent().path), url.lastPathComponent)
    }

    /// As above, through a reader of the folder.
    static func read(_ files: CheckpointFiles, _ name: String = "config.json") throws -> Blip2Configuration {
        let path = files.path(name),
            sections = ConfigurationSections(path: path, values: try files.object(name))
        var fields = sections.top
        try fields.require("model_type", .string("blip-2"))
        try fields.require("use_decoder_only_language_model", .bool(true))
        var vision = try sections["vision_config"], qformer = try sections["qformer_config"]
        var text = try sections["text_config"]
        let decoder = try OPTConfiguration(&text.fields)
        let result = Blip2Configuration(
            vision: try .init(&vision.fields), qformer: try .init(&qformer.fields), text: decoder,
            queryTokens: try fields.size("num_query_tokens", default: 32),
            generation: try .init(
                text.values, file: text.fields.file, vocabularySize: decoder.vocabularySize))
        guard result.queryTokens + 2 <= result.text.maximumTokens else {
            throw FoundationModelError.unsupportedValue(
                path: path, key: "num_query_tokens", value: "\(result.queryTokens)",
                allowed: "at most text_config's max_position_embeddings \(result.text.maximumTokens) less 2")
        }
        fields.ignore("vision_config", "qformer_config", "text_config")
        // The place of the queries is the head of the sequence, whichever id stands for them there; the
        // text width belongs to retrieval.
        fields.ignore("image_token_index", "image_token_id", "image_text_hidden_size")
        // The language model's own key decides.
        fields.ignore("tie_word_embeddings", "initializer_factor")
        try fields.refuseUnlessTransformersOwn()
        return result
    }
}

extension Blip2Configuration: Encodable {
    /// Encodes as `config.json`.
    public func encode(to encoder: any Encoder) throws {
        let tokens: [String: ConfigurationValue] = [
            "bos_token_id": .number(Double(generation.startToken)),
            "eos_token_id": generation.endTokens.count == 1
                ? .number(Double(generation.endTokens[0])) : .integers(generation.endTokens.map(Int.init)),
            "pad_token_id": .number(Double(generation.paddingToken)),
            "max_new_tokens": .number(Double(generation.options.maximumNewTokens)),
        ]
        let values: [String: ConfigurationValue] = [
            "architectures": .strings(["Blip2ForConditionalGeneration"]),
            "model_type": .string("blip-2"),
            "num_query_tokens": .number(Double(queryTokens)),
            "use_decoder_only_language_model": .bool(true),
            "vision_config": .object(vision.values),
            "qformer_config": .object(qformer.values),
            "text_config": .object(text.values.merging(tokens) { own, _ in own }),
        ]
        try values.encode(to: encoder)
    }
}

/// A configuration file whose parts have configurations of their own.
struct ConfigurationSections {
    /// The keys of the file itself.
    let top: ConfigurationFields
    private let path: String
    private let values: [String: ConfigurationValue]

    /// The members of the file at `path`.
    init(path: String, values: [String: ConfigurationValue]) {
        self.path = path
        self.values = values
        top = ConfigurationFields(file: path, values: values)
    }

    /// The value of `key` in the file itself; nil where it is absent or null.
    func value(_ key: String) -> ConfigurationValue? { values[key].flatMap { $0 == .null ? nil : $0 } }

    /// The part under `key`; empty, which means all defaults, where it is absent.
    ///
    /// - Throws: `FoundationModelError` where it is no object.
    subscript(key: String) -> (fields: ConfigurationFields, values: [String: ConfigurationValue]) {
        get throws {
            let file = "\(path), \(key)"
            switch value(key) {
            case nil: return (ConfigurationFields(file: file, values: [:]), [:])
            case .object(let inner)?: return (ConfigurationFields(file: file, values: inner), inner)
            case let other?:
                throw FoundationModelError.unsupportedValue(
                    path: path, key: key, value: other.excerpt, allowed: "an object")
            }
        }
    }
}
