import Foundation

/// Reading and writing the small files of a checkpoint, with errors that name them.
enum FoundationModelFiles {
    /// The bytes of a file.
    ///
    /// - Throws: `FoundationModelError.unreadableFile`.
    static func bytes(at url: URL) throws -> Data {
        do { return try Data(contentsOf: url) } catch {
            throw FoundationModelError.unreadableFile(path: url.path)
        }
    }

    /// The contents of a JSON file as a `Value`.
    ///
    /// - Throws: `FoundationModelError` where the file is missing or its JSON does not have the shape of
    ///   `Value`.
    static func json<Value: Decodable>(_ type: Value.Type, at url: URL) throws -> Value {
        let data = try bytes(at: url)
        do { return try JSONDecoder().decode(type, from: data) } catch let error as DecodingError {
            throw FoundationModelError.malformedJSON(path: url.path, detail: detail(of: error))
        }
    }

    /// Writes `value` as JSON with sorted keys, so that equal values are equal bytes.
    ///
    /// - Throws: `FoundationModelError.unwritableFile`.
    static func write(json value: some Encodable, to url: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try write(encoder.encode(value) + Data("\n".utf8), to: url)
    }

    /// Writes a file and the folder it lies in; the file appears whole or not at all.
    ///
    /// - Throws: `FoundationModelError.unwritableFile`.
    static func write(_ data: Data, to url: URL) throws {
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url, options: .atomic)
        } catch {
            throw FoundationModelError.unwritableFile(path: url.path, detail: error.localizedDescription)
        }
    }

    private static func detail(of error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty
                ? "the whole file" : context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, _): return "the key \(key.stringValue) is missing"
        case .typeMismatch(let type, let context): return "\(path(context)) is not of type \(type)"
        case .valueNotFound(let type, let context): return "\(path(context)) is null instead of \(type)"
        case .dataCorrupted(let context): return "\(path(context)) cannot be read"
        @unknown default: return "it cannot be decoded"
        }
    }
}
