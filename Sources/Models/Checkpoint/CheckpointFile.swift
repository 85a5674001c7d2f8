import Foundation

/// A file of a checkpoint on disk: a regular one, of a size that is known before it is read.
///
/// Pipes and devices are refused instead of waited for, and so are files whose size the system does not tell (`/proc`).
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
    /// - Returns: a descriptor, which the caller closes, and the size in bytes.
    /// - Throws: `Failure`.
    static func open(_ path: String) throws(Failure) -> (descriptor: Int32, size: Int) {
        // Opening a pipe would wait for a writer.
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure.unreadable(reason: reason(path)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            defer { close(descriptor) }
            throw Failure.unreadable(reason: reason(path))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Failure.foreign(content: "\(kind(status.st_mode)); a regular file is needed")
        }
        return (descriptor, Int(status.st_size))
    }

    /// All bytes of `path`.
    ///
    /// - Throws: `Failure`, also where there are none or more than `limit`.
    static func bytes(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let (descriptor, size) = try open(path)
        defer { close(descriptor) }
        guard size > 0 else { throw Failure.foreign(content: emptiness) }
        guard size <= limit else {
            throw Failure.foreign(content: "a file of \(size) bytes; allowed are \(limit)")
        }
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = read(descriptor, buffer.baseAddress! + count, size - count)
                guard got > 0 else {
                    isWhole = got == 0
                    break
                }
                count += got
            }
        }
        guard isWhole else { throw Failure.unreadable(reason: reason(path)) }
        return bytes
    }

    /// What a file without bytes is, be it an interrupted download or one whose size the system does not tell.
    static let emptiness = "an empty file"

    private static func reason(_ path: String) -> String {
        let error = errno
        let words = "cannot be read: \(String(cString: strerror(error)))"
        guard error == ENOENT, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
        else {
            return words
        }
        return "\(words); it is a link to \(target)"
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "no file"
        }
    }
}
