import Core
import Foundation

/// The files of a checkpoint that a pipeline has read: the identity of the model.
public struct LoadedFiles: Sendable, Hashable {
    /// The checkpoint's folder.
    public let folder: String
    /// Paths below it, sorted.
    public let names: [String]

    /// The version of this identity; another rule gets another number.
    private static let heading = "fgl-sim model 2"

    /// SHA-256, hexadecimal, over a text: a heading, and for each file a line with its path, its size and the SHA-256
    /// of its bytes. It depends neither on where the folder is nor on what else lies in it.
    ///
    /// - Throws: `SafetensorsError.fileAccess`.
    /// - Complexity: O(bytes of the files).
    public func sha256() throws -> String {
        var text = "\(Self.heading)\n"
        for name in names {
            let file = try MappedFile(path: "\(folder)/\(name)")
            text += "\(name) \(file.bytes.count) \(Self.sha256(of: file))\n"
        }
        return SHA256.hash(data: Array(text.utf8)).hexadecimal
    }

    private static func sha256(of file: MappedFile) -> String {
        var hash = SHA256()
        let bytes = UnsafeRawBufferPointer(file.bytes)
        // In pieces, so that a large file need not be in memory as a whole.
        let piece = 64 << 20
        for start in stride(from: 0, to: bytes.count, by: piece) {
            hash.update(
                bufferPointer: UnsafeRawBufferPointer(
                    rebasing: bytes[start..<min(start + piece, bytes.count)]))
        }
        return hash.finalize().hexadecimal
    }
}
