import Core
import Foundation

/// Files whose bytes are known by their hash.
enum HashedFile {
    /// Writes bytes, whole or not at all.
    ///
    /// - Returns: whether they are there.
    static func write(_ bytes: [UInt8], as name: String, in folder: String) -> Bool {
        let draft = "\(folder)/\(UUID().uuidString).part"
        defer { unlink(draft) }
        return FileManager.default.createFile(atPath: draft, contents: Data(bytes))
            && rename(draft, "\(folder)/\(name)") == 0
    }

    /// The bytes of a file; `nil` where it is not there or has others than the name says.
    static func read(_ path: String, as name: BlobName) -> CheckedBytes? {
        guard let (descriptor, status) = try? RegularFile.open(path) else { return nil }
        defer { close(descriptor) }
        guard Int(status.st_size) == name.bytes,
            let bytes = try? RegularFile.read(descriptor, count: name.bytes)
        else { return nil }
        return CheckedBytes(bytes, as: name)
    }

    /// Whether a text is a hash, and so can be the name of a file.
    static func isHash(_ text: String) -> Bool { text.utf8.count == 64 && text.allSatisfy(\.isHexDigit) }
}

extension CheckedBytes {
    /// Bytes that have arrived under a name; `nil` where they are not those it names.
    init?(_ bytes: [UInt8], as name: BlobName) {
        guard bytes.count == name.bytes else { return nil }
        self.init(bytes)
        guard sha256 == name.sha256 else { return nil }
    }
}
