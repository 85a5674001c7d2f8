import Foundation

/// The files of a tokenizer folder: `tokenizer_config.json`, those of `BytePairFiles`, and where it is there,
/// as it was before transformers 5, `special_tokens_map.json`.
extension Tokenizer {
    /// Lengths beyond this are transformers' "no limit" (1e30), which has no fixed length to pad to.
    private static let longestLength = 100_000

    /// Reads a tokenizer folder as transformers' `CLIPTokenizer` writes it.
    ///
    /// - Throws: `FoundationModelError` where a file is missing, is not JSON, or contradicts another.
    public init(folder: URL) throws { try self.init(CheckpointFiles(folder: folder.path)) }

    /// As above, through the reader of a checkpoint.
    init(_ files: CheckpointFiles) throws {
        let name = "tokenizer_config.json", map = "special_tokens_map.json"
        let configuration = try files.object(name)
        var fields = ConfigurationFields(file: files.path(name), values: configuration)
        let length = try fields.size("model_max_length", largest: Self.longestLength)
        guard length >= 3 else {
            throw FoundationModelError.unsupportedValue(
                path: files.path(name), key: "model_max_length", value: "\(length)",
                allowed: "3 to \(Self.longestLength)")
        }
        try fields.require("do_lower_case", .bool(true))
        let older = files.exists(map) ? try files.object(map) : [:]
        func special(_ key: String, default standard: String) throws -> String {
            for (file, values) in [(map, older), (name, configuration)] {
                guard let value = values[key], value != .null else { continue }
                guard let text = value.tokenText else {
                    throw FoundationModelError.unsupportedValue(
                        path: files.path(file), key: key, value: value.excerpt,
                        allowed: "a text, or an object with its content")
                }
                // Older files of one tokenizer differ in the padding alone.
                if file == map, key != "pad_token", configuration[key]?.tokenText != nil { continue }
                return text
            }
            return standard
        }
        // The defaults are those of the class.
        let end = try special("eos_token", default: TokenizerBuilder.end)
        try self.init(
            BytePairFiles(files, configuration: configuration, ending: Self.endOfWord), maximumLength: length,
            start: try special("bos_token", default: TokenizerBuilder.start), end: end,
            padding: try special("pad_token", default: end))
    }

    private init(
        _ files: BytePairFiles, maximumLength: Int, start: String, end: String, padding: String
    ) throws {
        let vocabulary = files.vocabulary
        func token(_ symbol: String) throws -> Int32 {
            guard let token = vocabulary[symbol] else {
                throw FoundationModelError.missingSymbol(path: files.path, symbol: symbol)
            }
            return token
        }
        self.maximumLength = maximumLength
        vocabularySize = vocabulary.count
        highestToken = vocabulary.values.max() ?? 0
        startToken = try token(start)
        endToken = try token(end)
        paddingToken = try token(padding)
        byteTokens = try TokenizerBytes.characters.map { try token("\($0)") }
        finalByteTokens = try TokenizerBytes.characters.map { try token("\($0)\(Self.endOfWord)") }
        // transformers takes the padding token out of the text too, "!" in Stable Diffusion 2.
        let own: [(text: String, token: Int32)] = [
            (start, startToken), (end, endToken), (padding, paddingToken),
        ]
        // Of those that begin at one place the longest is taken.
        let others = files.added.filter { entry in !own.contains { $0.token == entry.token } }
            .sorted { ($1.text.utf8.count, $0.token) < ($0.text.utf8.count, $1.token) }
        special = SpecialTokens(
            entries: (own + others.filter { !$0.isNormalized }.map { ($0.text, $0.token) })
                .filter { !$0.text.isEmpty },
            words: Set(others.filter { $0.isWord && !$0.isNormalized }.map(\.text)))
        let cleaned = others.filter(\.isNormalized).map {
            (text: TokenizerText.cleaned($0.text), token: $0.token, isWord: $0.isWord)
        }
        .filter { !$0.text.isEmpty }
        added = SpecialTokens(
            entries: cleaned.map { ($0.text, $0.token) }, words: Set(cleaned.filter(\.isWord).map(\.text)))
        continued = Self.continued(Set(files.added.map(\.text)))
        merges = try files.merges()
        guard !merges.isEmpty else {
            throw FoundationModelError.malformedMerge(path: files.path, line: nil, text: "")
        }
    }

    /// The added texts that further ones continue, `<c>` by `<c>_1` and so on, and all of them in a row.
    private static func continued(_ texts: Set<String>) -> [(text: String, whole: String)] {
        texts.sorted().compactMap { text in
            var whole = text, number = 1
            while texts.contains("\(text)_\(number)") {
                whole += " \(text)_\(number)"
                number += 1
            }
            return number > 1 ? (text, whole) : nil
        }
    }

    /// What marks the last symbol of a word.
    static let endOfWord = "</w>"
}
