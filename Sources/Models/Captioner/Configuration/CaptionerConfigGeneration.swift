import Foundation

/// Which tokens begin and end a caption, and how a checkpoint wants its tokens chosen: keys of `text_config`.
///
/// What would change the choice and is not implemented (sampling, penalties for repetition, …) is refused by
/// name. A `generation_config.json` beside `config.json` is not read: transformers generates captions with
/// the language model's own configuration.
///
/// https://huggingface.co/docs/transformers/main_classes/text_generation
public struct GenerationConfiguration: Hashable, Sendable {
    /// The id before every caption and every prompt.
    public var startToken: Int32
    /// The ids that end a caption.
    public var endTokens: [Int32]
    /// The id that fills up shorter captions of a batch.
    public var paddingToken: Int32
    /// How captions are searched for where the caller does not say.
    public var options: CaptionOptions

    /// Ids and choices; the defaults are OPT's.
    public init(
        startToken: Int32 = 2, endTokens: [Int32] = [2], paddingToken: Int32 = 1,
        options: CaptionOptions = CaptionOptions()
    ) {
        self.startToken = startToken
        self.endTokens = endTokens
        self.paddingToken = paddingToken
        self.options = options
    }

    /// Keys under which the implemented choice is right with this value, null or absence only.
    private static let neutral: [(key: String, allowed: ConfigurationValue)] = [
        ("do_sample", .bool(false)), ("num_beam_groups", .number(1)), ("num_return_sequences", .number(1)),
        ("diversity_penalty", .number(0)), ("repetition_penalty", .number(1)),
        ("encoder_repetition_penalty", .number(1)), ("no_repeat_ngram_size", .number(0)),
        ("encoder_no_repeat_ngram_size", .number(0)), ("min_length", .number(0)),
        ("min_new_tokens", .number(0)), ("guidance_scale", .number(1)), ("bad_words_ids", .null),
        ("force_words_ids", .null), ("forced_bos_token_id", .null), ("forced_eos_token_id", .null),
        ("suppress_tokens", .null), ("begin_suppress_tokens", .null), ("sequence_bias", .null),
        ("penalty_alpha", .null), ("exponential_decay_length_penalty", .null), ("constraints", .null),
    ]

    /// Keys that sampling alone reads, or that say which results a call hands out. `max_length` counts the
    /// image too in some versions of transformers and not in others: `max_new_tokens` says what is meant.
    private static let ignored = [
        "temperature", "top_k", "top_p", "typical_p", "min_p", "epsilon_cutoff", "eta_cutoff",
        "output_attentions", "output_hidden_states", "output_scores", "output_logits",
        "return_dict_in_generate", "remove_invalid_values", "renormalize_logits", "sep_token_id",
        "decoder_start_token_id", "max_length",
    ]

    private static let read = [
        "bos_token_id", "eos_token_id", "pad_token_id", "num_beams", "length_penalty", "early_stopping",
        "max_new_tokens",
    ]

    /// `max_new_tokens` of a `max_length`, of which the start token is one. 20 is transformers' default,
    /// given or not, and means 20 new tokens.
    static func newTokens(_ longest: ConfigurationValue?) -> ConfigurationValue {
        let longest = longest?.integer ?? 20
        return .number(Double(longest == 20 ? 20 : max(1, longest - 1)))
    }

    /// Every key that is read.
    static let keys = read + ignored + neutral.map(\.key)

    /// Reads those keys.
    ///
    /// - Parameters:
    ///   - file: shown in errors.
    ///   - vocabularySize: ids are below it.
    /// - Throws: `FoundationModelError` for a value that is refused.
    init(_ values: [String: ConfigurationValue], file: String, vocabularySize: Int) throws {
        var fields = ConfigurationFields(file: file, values: values)
        for (key, allowed) in Self.neutral { try fields.require(key, allowed) }
        func tokens(_ key: String, default standard: Int32) throws -> [Int32] {
            guard let value = values[key], value != .null else { return [standard] }
            let items = if case .array(let items) = value { items } else { [value] }
            return try items.map { item in
                guard let token = item.integer, (0..<vocabularySize).contains(token) else {
                    throw FoundationModelError.unsupportedValue(
                        path: file, key: key, value: value.excerpt,
                        allowed: "a token id from 0 to \(vocabularySize - 1)")
                }
                return Int32(token)
            }
        }
        self.init()
        startToken = try tokens("bos_token_id", default: startToken).first ?? startToken
        endTokens = try tokens("eos_token_id", default: 2)
        paddingToken = try tokens("pad_token_id", default: paddingToken).first ?? paddingToken
        options.beams = try fields.size("num_beams", default: options.beams, largest: 1000)
        options.maximumNewTokens = try fields.size("max_new_tokens", default: options.maximumNewTokens)
        options.lengthPenalty = try fields.number(
            "length_penalty", default: options.lengthPenalty, in: -10...10)
        options.stopping = try BeamStopping(values["early_stopping"], file: file) ?? options.stopping
    }
}

extension BeamStopping {
    /// The meaning of transformers' `early_stopping`; nil where the key is absent.
    ///
    /// - Throws: `FoundationModelError` for another value.
    fileprivate init?(_ value: ConfigurationValue?, file: String) throws {
        switch value {
        case nil, .null?: return nil
        case .bool(false)?: self = .heuristic
        case .bool(true)?: self = .immediate
        case .string("never")?: self = .exact
        case let other?:
            throw FoundationModelError.unsupportedValue(
                path: file, key: "early_stopping", value: other.excerpt,
                allowed: "true, false or \"never\"")
        }
    }
}
