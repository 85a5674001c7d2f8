import Foundation

/// The files of a tokenizer in a captioner's folder: those of `BytePairFiles`, and where they are there,
/// `tokenizer_config.json` and `special_tokens_map.json`.
extension ByteLevelTokenizer {
    /// Reads the files as transformers' `GPT2Tokenizer` writes them.
    ///
    /// - Throws: `FoundationModelError` where a file is missing, is not what its name promises, or
    ///   contradicts another.
    public init(folder: URL) throws { try self.init(CheckpointFiles(folder: folder.path)) }

    /// As above, through the reader of a checkpoint.
    init(_ files: CheckpointFiles) throws {
        let name = "tokenizer_config.json"
        let configuration = try Self.object(files, name)
        let map = try Self.object(files, "special_tokens_map.json")
        let pairs = try BytePairFiles(files, configuration: configuration, ending: "")
        var specials = Self.specials(in: map) + Self.specials(in: configuration)
        // transformers 5 adds a token that stands for an image, behind the ids that the language model knows;
        // here the image's place is the head of the sequence.
        let image = "<image>"
        specials += pairs.added.filter { $0.isSpecial && $0.text != image }.map { ($0.text, $0.token) }
        // In OPT's vocabulary; a folder without a map of them still has them.
        specials += ["<s>", "<pad>", "</s>", "<unk>"].map { ($0, nil) }

        let vocabulary = pairs.vocabulary.filter { $0.key != image }
        highestToken = vocabulary.values.max() ?? 0
        byteTokens = try TokenizerBytes.characters.map { character in
            guard let token = vocabulary["\(character)"] else {
                throw FoundationModelError.missingSymbol(path: pairs.path, symbol: "\(character)")
            }
            return token
        }
        merges = try pairs.merges()
        addsSpace = try Self.addsSpace(
            ConfigurationFields(file: files.path(name), values: configuration), pairs.preTokenizer)

        var known: Set<Int32> = []
        specialTokens = specials.compactMap { text, number in
            guard !text.isEmpty, let token = number ?? vocabulary[text], known.insert(token).inserted else {
                return nil
            }
            return (text, token)
        }.sorted { $0.token < $1.token }
        let highest = max(highestToken, specialTokens.last?.token ?? 0)
        var bytes = [[UInt8]](repeating: [], count: Int(highest) + 1)
        for (symbol, token) in vocabulary where !known.contains(token) {
            bytes[Int(token)] = Self.bytes(of: symbol)
        }
        self.bytes = bytes
    }

    private static func object(_ files: CheckpointFiles, _ name: String) throws -> [String:
        ConfigurationValue]
    {
        files.exists(name) ? try files.object(name) : [:]
    }

    /// The special tokens that a file names.
    private static func specials(in values: [String: ConfigurationValue]) -> [(text: String, token: Int32?)] {
        var result: [(String, Int32?)] = []
        for key in ["bos_token", "eos_token", "pad_token", "unk_token"] {
            if let text = values[key]?.tokenText { result.append((text, nil)) }
        }
        // transformers 5 has another name for the list.
        for key in ["additional_special_tokens", "extra_special_tokens"] {
            if case .array(let items)? = values[key] {
                result += items.compactMap { $0.tokenText.map { ($0, nil) } }
            }
        }
        return result
    }

    /// Whether a text is encoded as if a space stood before it, where the tokenizer is one that is computed
    /// here.
    private static func addsSpace(
        _ configuration: ConfigurationFields, _ preTokenizer: ConfigurationValue?
    ) throws -> Bool {
        var fields = configuration
        var classes = ["GPT2Tokenizer", "GPT2TokenizerFast"]
        var standard = false
        if case .object(let values)? = preTokenizer {
            // Files of no class of their own say in tokenizer.json what they do.
            classes += ["PreTrainedTokenizerFast", "TokenizersBackend"]
            var words = ConfigurationFields(file: "\(configuration.file), pre_tokenizer", values: values)
            try words.require("type", .string("ByteLevel"))
            try words.require("use_regex", .bool(true))
            standard = try words.flag("add_prefix_space", default: false)
        }
        try fields.require("tokenizer_class", anyOf: classes.map { .string($0) })
        try fields.require("errors", .string("replace"))
        try fields.require("do_lower_case", .bool(false))
        return try fields.flag("add_prefix_space", default: standard)
    }

    /// The bytes that a symbol of the vocabulary spells; a character that stands for no byte spells itself.
    private static func bytes(of symbol: String) -> [UInt8] {
        symbol.unicodeScalars.flatMap { scalar in
            TokenizerBytes.byte(of: scalar).map { [$0] } ?? Array(String(scalar).utf8)
        }
    }
}

extension TokenizerBytes {
    private static let bytesByScalar: [Unicode.Scalar: UInt8] = {
        // Every character of the table is one scalar.
        Dictionary(
            uniqueKeysWithValues: characters.enumerated().map { ($1.unicodeScalars.first!, UInt8($0)) })
    }()

    /// The byte that a character of the vocabulary stands for.
    static func byte(of scalar: Unicode.Scalar) -> UInt8? { bytesByScalar[scalar] }
}
