import Foundation

/// A regular file that is open for reading: no pipe that waits for a writer, no device, no folder.
final class SizedFile {
    /// Where it is.
    let path: String
    /// Its length in bytes, as it was when the file was opened.
    let size: Int
    private let descriptor: Int32

    /// Opens the file; never waits.
    ///
    /// - Throws: `DataError.fileAccess`.
    init(_ path: String) throws(DataError) {
        func refused(_ reason: String) -> DataError {
            .fileAccess(path: path, reason: "cannot be read: \(reason)")
        }
        func systemReason() -> String { String(cString: strerror(errno)) }
        var status = stat()
        guard stat(path, &status) == 0 else { throw refused(systemReason()) }
        if let kind = Self.kind(status.st_mode) { throw refused("it is \(kind), not a file") }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw refused(systemReason()) }
        // What the path names may have changed since it was looked at.
        guard fstat(descriptor, &status) == 0, Self.kind(status.st_mode) == nil else {
            close(descriptor)
            throw refused("it is not a file")
        }
        self.path = path
        self.descriptor = descriptor
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// The first `count` bytes, fewer where the file has become shorter.
    ///
    /// - Throws: `DataError.fileAccess`.
    func read(_ count: Int) throws(DataError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { return }
                filled += got
            }
        }
        guard failure == 0 else {
            throw .fileAccess(path: path, reason: "cannot be read: \(String(cString: strerror(failure)))")
        }
        return bytes
    }

    /// What a mode stands for where it is not that of a regular file.
    static func kind(_ mode: mode_t) -> String? {
        switch mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: "a folder"
        case S_IFIFO: "a named pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }
}
