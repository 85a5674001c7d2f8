import Core
import Foundation

/// The files of a checkpoint that a pipeline has read: the identity of the model.
public struct LoadedFiles: Sendable, Hashable {
    /// The checkpoint's folder.
    public let folder: String
    /// Paths below it, sorted.
    public let names: [String]

    /// The low-rank adapter that was merged into the weights.
    public private(set) var adapter: LoadedAdapter?

    /// A rule by which the files were read and that earlier versions did not have; empty for most models, so
    /// that their identities stay.
    var note = ""

    init(folder: String, names: [String]) {
        self.folder = folder
        self.names = names
    }

    /// The same files with an adapter merged into their weights.
    func with(_ adapter: LoadedAdapter?) -> LoadedFiles {
        var result = self
        result.adapter = adapter
        return result
    }

    /// Tells the files, and what was merged into their weights, from those that take their places later;
    /// cheaper than `sha256()`, and good on this machine alone.
    ///
    /// - Throws: `SafetensorsError.fileAccess`.
    func stamp() throws -> String {
        var lines = try names.map { "\(folder)/\($0) \(try MappedFile(path: "\(folder)/\($0)").stamp)" }
        if let adapter {
            let stamp = try MappedFile(path: adapter.path).stamp
            lines.append("\(adapter.path) \(stamp) \(adapter.scale.bitPattern) [\(adapter.settings)]")
        }
        return lines.joined(separator: "\n")
    }

    /// The version of this identity; another rule gets another number.
    private static let heading = "fgl-sim model 2"

    /// SHA-256, hexadecimal, over a text: a heading, and for each file a line with its path, its size and the
    /// SHA-256 of its bytes; where an adapter was merged, another line with its scale, settings, size and
    /// SHA-256; last, `note`. It depends neither on where the files are nor on what else lies beside them.
    ///
    /// - Throws: `SafetensorsError.fileAccess`.
    /// - Complexity: O(bytes of the files).
    public func sha256() throws -> String {
        var text = "\(Self.heading)\n"
        for name in names {
            let file = try MappedFile(path: "\(folder)/\(name)")
            text += "\(name) \(file.bytes.count) \(Self.sha256(of: file))\n"
        }
        if let adapter {
            let file = try MappedFile(path: adapter.path)
            text +=
                "adapter \(String(adapter.scale.bitPattern, radix: 16)) [\(adapter.settings)] "
                + "\(file.bytes.count) \(Self.sha256(of: file))\n"
        }
        if !note.isEmpty { text += "\(note)\n" }
        return SHA256.hash(data: Array(text.utf8)).hexadecimal
    }

    private static func sha256(of file: MappedFile) -> String {
        var hash = SHA256()
        let bytes = UnsafeRawBufferPointer(file.bytes)
        // In pieces, so that a large file need not be in memory as a whole.
        let piece = 64 << 20
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let range = start..<min(start + piece, bytes.count)
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[range]))
            file.discardPages(of: range)
        }
        return hash.finalize().hexadecimal
    }
}

/// An adapter that was merged into a model's weights.
public struct LoadedAdapter: Sendable, Hashable {
    /// Of its file.
    public let path: String
    /// What its changes were multiplied by.
    public let scale: Double
    /// What its writer says of it outside its tensors and what changes the result; empty for most.
    public let settings: String
}
