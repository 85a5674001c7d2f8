/// Vocabulary and merges of a byte-pair encoding on disk, as transformers writes them: `vocab.json` and
/// `merges.txt`, or both in `tokenizer.json`, which is read where the two are not there.
struct BytePairFiles {
    /// A text that is one token as it stands.
    struct Added: Hashable {
        let text: String
        let token: Int32
        /// Whether decoding leaves it out.
        let isSpecial: Bool
        /// Whether it is looked for in the cleaned text, in lower case for one.
        var isNormalized = false
        /// Whether it is taken only where it stands as a word.
        var isWord = false

        /// An entry of `added_tokens` or `added_tokens_decoder`; nil where it is none.
        init?(_ item: ConfigurationValue, token: Int?) {
            guard case .object(let fields) = item, let text = item.tokenText, let token,
                (0...Int(BytePairFiles.largestToken)).contains(token)
            else { return nil }
            self.text = text
            self.token = Int32(token)
            isSpecial = fields["special"] == .bool(true)
            // A missing key means what it means to the library's class.
            isNormalized = fields["normalized"].map { $0 == .bool(true) } ?? !isSpecial
            isWord = fields["single_word"] == .bool(true)
        }

        /// An entry of `added_tokens.json`.
        init(text: String, token: Int32) {
            (self.text, self.token, isSpecial, isNormalized) = (text, token, false, true)
        }
    }

    /// Ids by symbol, those of added tokens included.
    let vocabulary: [String: Int32]
    /// The file that has the vocabulary; errors name it.
    let path: String
    /// The merges, not yet looked up in the vocabulary.
    private let pairs: [(symbols: [String], place: BytePairMerges.Place)]
    /// What `tokenizer.json` and `tokenizer_config.json` add to the vocabulary, by id.
    let added: [Added]
    /// How `tokenizer.json` cuts a text into words; nil where it was not read.
    let preTokenizer: ConfigurationValue?

    /// Ids beyond this would only ask for memory.
    static let largestToken: Int32 = 1 << 20

    private static let whole = "tokenizer.json"

    /// Reads the files of a folder.
    ///
    /// - Parameters:
    ///   - files: the folder.
    ///   - configuration: the members of `tokenizer_config.json`.
    ///   - ending: what marks the last symbol of a word; empty where nothing does.
    /// - Throws: `FoundationModelError` where a file is missing, is not what its name promises, or
    ///   contradicts another.
    init(_ files: CheckpointFiles, configuration: [String: ConfigurationValue], ending: String) throws {
        let isSplit = files.exists("vocab.json") && files.exists("merges.txt") || !files.exists(Self.whole)
        let name = isSplit ? "vocab.json" : Self.whole
        path = files.path(name)
        var added = Self.added(decoder: configuration["added_tokens_decoder"])
        let vocabulary: [String: Int32]
        var pairs: [(symbols: [String], place: BytePairMerges.Place)] = []
        if isSplit {
            vocabulary = try Self.vocabulary(.object(try files.object(name)), path)
            pairs = BytePairMerges.pairs(
                ofLines: try files.bytes("merges.txt"), path: files.path("merges.txt"))
            preTokenizer = nil
            if files.exists("added_tokens.json") {
                let extra = try Self.vocabulary(
                    .object(try files.object("added_tokens.json")), files.path("added_tokens.json"))
                added += extra.map { Added(text: $0.key, token: $0.value) }
            }
        } else {
            let values = try files.object(name)
            let model = try Self.model(values, path: path, ending: ending)
            vocabulary = try Self.vocabulary(model["vocab"] ?? .null, path)
            pairs = try Self.pairs(model["merges"] ?? .null, path)
            preTokenizer = values["pre_tokenizer"] ?? .null
            added += Self.added(list: values["added_tokens"])
        }
        var known: Set<Int32> = []
        self.added = added.sorted {
            ($0.token, $0.isSpecial ? 0 : 1, $0.text) < ($1.token, $1.isSpecial ? 0 : 1, $1.text)
        }
        .filter { !$0.text.isEmpty && known.insert($0.token).inserted }
        self.pairs = pairs
        self.vocabulary = vocabulary.merging(self.added.map { ($0.text, $0.token) }) { own, _ in own }
    }

    /// The merges.
    ///
    /// - Throws: `FoundationModelError.malformedMerge`.
    func merges() throws -> BytePairMerges { try BytePairMerges(pairs, vocabulary: vocabulary) }

    /// The part of `tokenizer.json` that has the encoding, where it is one that is computed here.
    private static func model(
        _ values: [String: ConfigurationValue], path: String, ending: String
    ) throws -> [String: ConfigurationValue] {
        guard case .object(let model)? = values["model"] else {
            throw FoundationModelError.missingKey(path: path, key: "model")
        }
        var fields = ConfigurationFields(file: "\(path), model", values: model)
        try fields.require("type", .string("BPE"))
        try fields.require("dropout", .number(0))
        try fields.require("continuing_subword_prefix", .string(""))
        try fields.require("end_of_word_suffix", .string(ending))
        try fields.require("byte_fallback", .bool(false))
        try fields.require("ignore_merges", .bool(false))
        return model
    }

    private static func vocabulary(_ value: ConfigurationValue, _ path: String) throws -> [String: Int32] {
        guard case .object(let members) = value else {
            throw FoundationModelError.malformedJSON(
                path: path, detail: "the vocabulary is \(value.excerpt), not an object")
        }
        return try members.mapValues { value in
            guard let id = value.integer, (0...Int(largestToken)).contains(id) else {
                throw FoundationModelError.unsupportedValue(
                    path: path, key: "an id", value: value.excerpt,
                    allowed: "an integer from 0 to \(largestToken)")
            }
            return Int32(id)
        }
    }

    /// Merges as `tokenizer.json` has them: "a b", or since version 0.20 of the library ["a", "b"].
    private static func pairs(
        _ value: ConfigurationValue, _ path: String
    ) throws -> [(symbols: [String], place: BytePairMerges.Place)] {
        guard case .array(let items) = value else {
            throw FoundationModelError.malformedJSON(
                path: path, detail: "the merges are \(value.excerpt), not a list")
        }
        return try items.map { item in
            switch item {
            case .string(let text):
                return (
                    text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
                        String(decoding: $0, as: UTF8.self)
                    }, BytePairMerges.Place(path: path, line: nil)
                )
            case .array(let symbols):
                return (
                    symbols.compactMap { if case .string(let text) = $0 { text } else { nil } },
                    BytePairMerges.Place(path: path, line: nil)
                )
            default: throw FoundationModelError.malformedMerge(path: path, line: nil, text: item.excerpt)
            }
        }
    }

    /// `added_tokens` of `tokenizer.json`.
    private static func added(list: ConfigurationValue?) -> [Added] {
        guard case .array(let items)? = list else { return [] }
        return items.compactMap { item in
            guard case .object(let fields) = item else { return nil }
            return Added(item, token: fields["id"]?.integer)
        }
    }

    /// `added_tokens_decoder` of `tokenizer_config.json`, by id.
    private static func added(decoder: ConfigurationValue?) -> [Added] {
        guard case .object(let items)? = decoder else { return [] }
        return items.compactMap { key, item in Added(item, token: Int(key)) }
    }
}

extension ConfigurationValue {
    /// The text of a special token, which stands in these files as a string or as an object with its
    /// `content`.
    var tokenText: String? {
        switch self {
        case .string(let text): text
        case .object(let fields): if case .string(let text)? = fields["content"] { text } else { nil }
        default: nil
        }
    }
}
