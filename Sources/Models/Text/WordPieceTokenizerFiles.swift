import Foundation

/// The files of a WordPiece tokenizer: `tokenizer.json`, as transformers 5 writes it alone, or `vocab.txt`;
/// and `tokenizer_config.json` where it is there.
extension WordPieceTokenizer {
    /// Reads the files as transformers' `BertTokenizer` writes them.
    ///
    /// - Throws: `FoundationModelError` where a file is missing, or is not what its name promises.
    init(_ files: CheckpointFiles) throws {
        let name = "tokenizer_config.json"
        let configuration = files.exists(name) ? try files.object(name) : [:]
        var fields = ConfigurationFields(file: files.path(name), values: configuration)
        let lowercases = try fields.flag("do_lower_case", default: true)
        let stripsAccents = try fields.flag("strip_accents", default: lowercases)
        try fields.require("tokenize_chinese_chars", .bool(true))
        func special(_ key: String, default standard: String) -> String {
            configuration[key]?.tokenText ?? standard
        }
        let unknown = special("unk_token", default: "[UNK]")
        let own = [
            unknown, special("pad_token", default: "[PAD]"), special("cls_token", default: "[CLS]"),
            special("sep_token", default: "[SEP]"), special("mask_token", default: "[MASK]"),
        ]
        let json = "tokenizer.json", text = "vocab.txt"
        let isNew = files.exists(json) && !files.exists(text)
        let (vocabulary, added) =
            isNew ? try Self.vocabulary(files, json: json) : (try Self.vocabulary(files, text: text), [])
        guard let unknownToken = vocabulary[unknown] else {
            throw FoundationModelError.missingSymbol(
                path: files.path(isNew ? json : text), symbol: unknown)
        }
        self.init(
            vocabulary: vocabulary, unknown: unknownToken, special: own + added, lowercases: lowercases,
            stripsAccents: stripsAccents)
    }

    /// A piece a line, in the order of the ids.
    private static func vocabulary(_ files: CheckpointFiles, text name: String) throws -> [String: Int32] {
        // By bytes: a carriage return and the line feed behind it are one Character.
        let lines = try files.bytes(name).split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var vocabulary: [String: Int32] = [:]
        for (number, line) in lines.enumerated() where !(line.isEmpty && number == lines.count - 1) {
            let piece = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            vocabulary[String(decoding: piece, as: UTF8.self)] = Int32(number)
        }
        return vocabulary
    }

    /// `model.vocab` with the added tokens, and which of those are special.
    private static func vocabulary(
        _ files: CheckpointFiles, json name: String
    ) throws -> ([String: Int32], special: [String]) {
        let values = try files.object(name), path = files.path(name)
        guard case .object(let model)? = values["model"], case .object(let entries)? = model["vocab"] else {
            throw FoundationModelError.missingKey(path: path, key: "model.vocab")
        }
        if let type = model["type"], type != .string("WordPiece") {
            throw FoundationModelError.unsupportedValue(
                path: path, key: "model.type", value: type.excerpt, allowed: "\"WordPiece\"")
        }
        var vocabulary: [String: Int32] = [:], special: [String] = []
        for (piece, value) in entries {
            guard let id = value.integer, (0..<(1 << 24)).contains(id) else {
                throw FoundationModelError.unsupportedValue(
                    path: path, key: "model.vocab", value: value.excerpt, allowed: "ids from 0 to 16777215")
            }
            vocabulary[piece] = Int32(id)
        }
        guard case .array(let added)? = values["added_tokens"] else { return (vocabulary, []) }
        for case .object(let token) in added {
            guard case .string(let content)? = token["content"], let id = token["id"]?.integer,
                (0..<(1 << 24)).contains(id)
            else { continue }
            vocabulary[content] = Int32(id)
            if token["special"] == .bool(true) { special.append(content) }
        }
        return (vocabulary, special)
    }
}
