import Core
import Foundation

/// A folder that the driver and all workers see: inputs lie in it under their hashes, and results until the
/// driver has taken them.
package struct SharedFolder: Sendable {
    /// The folder of one run.
    package let path: String

    /// Makes the folder of a session.
    ///
    /// - Throws: `EngineError.badFolder`.
    init(_ folder: String, session: String) throws {
        path = "\(folder)/\(session)"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw EngineError.badFolder(path: folder, reason: "it cannot be written to")
        }
    }

    /// The folder that a driver has made.
    package init(existing path: String) { self.path = path }

    /// Puts bytes there, whole or not at all.
    ///
    /// - Throws: `EngineError.badFolder`.
    package func put(_ bytes: [UInt8], as name: String) throws {
        guard HashedFile.write(bytes, as: name, in: path) else {
            throw EngineError.badFolder(path: path, reason: "bytes cannot be written to it")
        }
    }

    /// Bytes by their hash; `nil` where they are not there or damaged.
    package func bytes(_ name: BlobName) -> [UInt8]? { read(name.sha256, name)?.bytes }

    /// The name of a result's file.
    package static func resultName(_ sha256: String) -> String { "result-\(sha256)" }

    /// A result, which goes from the folder.
    func takeResult(_ name: BlobName) -> CheckedBytes? {
        let file = Self.resultName(name.sha256)
        defer { drop(file) }
        return read(file, name)
    }

    private func read(_ file: String, _ name: BlobName) -> CheckedBytes? {
        HashedFile.isHash(name.sha256) ? HashedFile.read("\(path)/\(file)", as: name) : nil
    }

    func drop(_ file: String) { unlink("\(path)/\(file)") }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
