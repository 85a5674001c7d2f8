import Foundation

/// Files from outside that are read whole: regular files of at most so many bytes.
///
/// Opening a pipe waits for somebody who writes; devices and the files of `/proc` may have no end, or no length. None
/// of them is read.
public enum RegularFile {
    /// Why a file is not read.
    public enum Failure: Error, Sendable, Equatable {
        /// There is no such file.
        case missing
        /// It is something else, such as `a folder` or `a pipe`.
        case notRegular(String)
        /// It has more bytes than are read.
        case tooLarge(bytes: Int, limit: Int)
        /// The system refuses, in its own words.
        case unreadable(String)
    }

    /// The bytes of a file.
    ///
    /// - Parameters:
    ///   - path: the file; a link is followed.
    ///   - limit: the most bytes that are read.
    /// - Throws: ``Failure``, at once: nothing is waited for.
    public static func bytes(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        // Without waiting for a pipe's writer, and without making a terminal this program's own.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .unreadable(systemReason()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(systemReason()) }
        if let kind = otherKind(status.st_mode) ?? virtualKind(status.st_dev) { throw .notRegular(kind) }
        guard status.st_size <= limit else { throw .tooLarge(bytes: Int(status.st_size), limit: limit) }
        return try read(descriptor, expecting: Int(status.st_size), limit: limit)
    }

    private static func read(_ descriptor: Int32, expecting size: Int, limit: Int) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: min(limit, size) + 1)
        var count = 0
        while true {
            let space = bytes.count - count
            let got = bytes.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress?.advanced(by: count), space)
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw .unreadable(systemReason())
            }
            count += got
            // Somebody may have written to it since its length was asked for.
            guard count <= limit else { throw .tooLarge(bytes: count, limit: limit) }
            if got == 0 { return Array(bytes.prefix(count)) }
            if count == bytes.count {
                bytes.append(contentsOf: repeatElement(0, count: min(limit + 1 - count, max(4096, count))))
            }
        }
    }

    private static func otherKind(_ mode: mode_t) -> String? {
        switch mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    /// Files that the kernel makes up when they are read have no length beforehand, and some wait for ever.
    private static func virtualKind(_ device: dev_t) -> String? {
        #if os(Linux)
            for folder in ["/proc", "/sys"] {
                var status = stat()
                guard stat(folder, &status) == 0, status.st_dev == device else { continue }
                return "a file of \(folder), which the kernel makes up"
            }
        #endif
        return nil
    }

    private static func systemReason() -> String { String(cString: strerror(errno)) }
}
