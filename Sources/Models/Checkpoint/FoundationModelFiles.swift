import Foundation

/// Writing the small files of a checkpoint, with errors that name them; `CheckpointFiles` reads them.
enum FoundationModelFiles {
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
}
