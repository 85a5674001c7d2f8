import Core
import Foundation

/// A file of a checkpoint on disk: a regular one, of a size that is known before it is read.
///
/// Pipes and devices are refused instead of waited for, and so are files whose size the system does not
/// report (`/proc`).
enum CheckpointFile {
    /// Why a file was not read.
    enum Failure: Error {
        /// The system refuses it, in its words.
        case unreadable(reason: String)
        /// It is something else than a file of a checkpoint: "a pipe".
        case foreign(content: String)
    }

    /// Opens `path` for reading, without waiting.
    ///
    /// - Returns: a descriptor, which the caller closes, and what the system knows of the file.
    /// - Throws: `Failure`.
    static func open(_ path: String) throws(Failure) -> (descriptor: Int32, status: stat) {
        do { return try RegularFile.open(path) } catch { throw failure(error, path) }
    }

    /// All bytes of `path`.
    ///
    /// - Throws: `Failure`, also where there are none or more than `limit`.
    static func bytes(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let (descriptor, status) = try open(path)
        defer { close(descriptor) }
        let size = Int(status.st_size)
        guard size > 0 else { throw Failure.foreign(content: emptiness) }
        guard size <= limit else {
            throw Failure.foreign(content: "a file of \(size) bytes; allowed are \(limit)")
        }
        do { return try RegularFile.read(descriptor, count: size) } catch { throw failure(error, path) }
    }

    /// A file without bytes: an interrupted download, or one whose size the system does not report.
    static let emptiness = "an empty file"

    private static func failure(_ failure: RegularFile.Failure, _ path: String) -> Failure {
        switch failure {
        case .missing:
            let words = "cannot be read: \(String(cString: strerror(ENOENT)))"
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
            return .unreadable(reason: words + (target.map { "; it is a link to \($0)" } ?? ""))
        case .notRegular(let kind): return .foreign(content: "\(kind); a regular file is needed")
        case .tooLarge, .unreadable: return .unreadable(reason: "cannot be read: \(failure)")
        }
    }
}
