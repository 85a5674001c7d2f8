import Foundation

/// The reader of a checkpoint's folder, through which all its files are read.
///
/// It records each file that was read, so that the identity of a model (`LoadedFiles.sha256`) covers what was
/// loaded and nothing else. Links to files and to folders are followed.
final class CheckpointFiles {
    /// The longest vocabulary, list of merges or index that is read, in bytes.
    static let longestText = 64 << 20
    /// The longest other JSON or text file, in bytes: its values take many times its length in memory.
    static let longestConfiguration = 1 << 20

    /// The most bytes that the file called `name` may have.
    private static func limit(of name: String) -> Int {
        let isLong =
            ["vocab.json", "merges.txt", "tokenizer.json", "added_tokens.json"].contains(name)
            || name.contains(".safetensors.index.")
        return isLong ? longestText : longestConfiguration
    }

    /// Where the files are.
    let folder: String
    /// The path from the checkpoint's own folder to this one.
    private let inside: String
    private let record: Record

    /// What all readers of one checkpoint share.
    private final class Record {
        let root: String
        var names: Set<String> = []

        init(root: String) {
            self.root = root
        }
    }

    /// The reader of a checkpoint's folder.
    init(folder: String) {
        self.folder = folder
        inside = ""
        record = Record(root: folder)
    }

    private init(folder: String, inside: String, record: Record) {
        self.folder = folder
        self.inside = inside
        self.record = record
    }

    /// The reader of a folder in this one; its files count as files of the same checkpoint.
    func inner(_ name: String) -> CheckpointFiles {
        CheckpointFiles(folder: "\(folder)/\(name)", inside: "\(inside)\(name)/", record: record)
    }

    /// Throws `FoundationModelError.hubCache` for `models--owner--name`, whose `snapshots` hold the model.
    static func refuseHubCache(_ path: String) throws {
        let files = CheckpointFiles(folder: path)
        guard !files.exists("model_index.json"), !files.exists("config.json"),
            let names = try? FileManager.default.contentsOfDirectory(atPath: path + "/snapshots")
        else { return }
        let snapshots = names.filter { !$0.hasPrefix(".") }.sorted()
        if !snapshots.isEmpty {
            throw FoundationModelError.hubCache(path: path, snapshots: Array(snapshots.prefix(3)))
        }
    }

    /// The files that were read so far.
    var loaded: LoadedFiles { LoadedFiles(folder: record.root, names: record.names.sorted()) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Whether there is a file, or a link to nothing, which is an error when it is read.
    func exists(_ name: String) -> Bool {
        var status = stat()
        return lstat(path(name), &status) == 0
    }

    /// The bytes of a small file.
    ///
    /// - Throws: `FoundationModelError.unreadableFile`, `.foreignContent`.
    func bytes(_ name: String) throws -> [UInt8] {
        let bytes = try unrecordedBytes(name)
        record.names.insert(inside + name)
        return bytes
    }

    private func unrecordedBytes(_ name: String) throws -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try CheckpointFile.bytes(path(name), limit: Self.limit(of: name)) } catch {
            switch error {
            case .unreadable(let reason):
                throw FoundationModelError.unreadableFile(path: path(name), reason: reason)
            case .foreign(let content):
                throw FoundationModelError.foreignContent(path: path(name), content: content)
            }
        }
        if let content = CheckpointContent.foreign(bytes) {
            throw FoundationModelError.foreignContent(path: path(name), content: content)
        }
        return bytes
    }

    /// The value that a JSON file holds.
    ///
    /// - Throws: `FoundationModelError.unreadableFile`, `.foreignContent`, `.brokenJSON`.
    func json(_ name: String) throws -> ConfigurationValue { try json(name, try bytes(name)) }

    private func json(_ name: String, _ bytes: [UInt8]) throws -> ConfigurationValue {
        do { return try JSONReader.value(of: bytes) } catch {
            throw FoundationModelError.brokenJSON(
                path: path(name), line: error.line, column: error.column, detail: error.detail)
        }
    }

    /// The members of the object that a JSON file holds.
    ///
    /// - Throws: as `json`; `FoundationModelError.malformedJSON` where it is no object.
    func object(_ name: String) throws -> [String: ConfigurationValue] {
        try object(name, try json(name))
    }

    /// As above, of a file that says what a folder is but changes nothing of what is computed: it is no part
    /// of the model's identity.
    func unrecordedObject(_ name: String) throws -> [String: ConfigurationValue] {
        try object(name, try json(name, try unrecordedBytes(name)))
    }

    private func object(_ name: String, _ value: ConfigurationValue) throws -> [String: ConfigurationValue] {
        guard case .object(let values) = value else {
            throw FoundationModelError.malformedJSON(
                path: path(name), detail: "\(value.excerpt) is no object")
        }
        return values
    }

    /// The keys of a configuration file.
    ///
    /// - Throws: as `object`.
    func fields(_ name: String) throws -> ConfigurationFields {
        ConfigurationFields(file: path(name), values: try object(name))
    }

    /// A configuration file.
    ///
    /// - Throws: as `object`; `FoundationModelError` for a key that is missing, or whose value is refused.
    func configuration<File: ConfigurationFile>(_ name: String) throws -> File {
        var fields = try fields(name)
        return try File(&fields)
    }

    /// A file with tensors, mapped.
    ///
    /// - Throws: `SafetensorsError`.
    func tensors(_ name: String) throws(SafetensorsError) -> SafetensorsFile {
        let file = try SafetensorsFile(path: path(name))
        record.names.insert(inside + name)
        return file
    }
}

extension CheckpointFiles {
    /// Files of a folder that hold a whole model in the original layout.
    static func wholeModels(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in [".safetensors", ".ckpt"].contains { name.hasSuffix($0) } }.sorted()
    }
}
