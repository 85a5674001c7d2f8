import Foundation

/// Regular files from outside.
///
/// Opening a pipe waits for somebody who writes; devices may have no end, or no length. None of them is read.
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

    /// The bytes of a file; the files of `/proc`, too, may have no end, or no length, and are not read.
    ///
    /// - Parameters:
    ///   - path: the file; a link is followed.
    ///   - limit: the most bytes that are read.
    /// - Throws: ``Failure``, at once: nothing is waited for.
    public static func bytes(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        let (descriptor, status) = try open(path)
        defer { close(descriptor) }
        if let kind = virtualKind(status.st_dev) { throw .notRegular(kind) }
        guard status.st_size <= limit else { throw .tooLarge(bytes: Int(status.st_size), limit: limit) }
        var bytes = [UInt8](repeating: 0, count: min(limit, Int(status.st_size)) + 1)
        var count = 0
        while true {
            guard let got = bytes.withUnsafeMutableBytes({ fill($0[count...], from: descriptor, at: count) })
            else { throw .unreadable(systemReason()) }
            count += got
            // Somebody may have written to it since its length was asked for.
            guard count <= limit else { throw .tooLarge(bytes: count, limit: limit) }
            if count < bytes.count { return Array(bytes.prefix(count)) }
            bytes.append(contentsOf: repeatElement(0, count: min(limit + 1 - count, max(4096, count))))
        }
    }

    /// Opens a regular file for reading; a link is followed, and nothing is waited for.
    ///
    /// - Returns: a descriptor, which the caller closes, and what the system knows of the file.
    /// - Throws: ``Failure``.
    public static func open(_ path: String) throws(Failure) -> (descriptor: Int32, status: stat) {
        // Without waiting for a pipe's writer, and without making a terminal this program's own.
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .unreadable(systemReason()) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            defer { close(descriptor) }
            throw .unreadable(systemReason())
        }
        if let kind = kind(of: status.st_mode) {
            close(descriptor)
            throw .notRegular(kind)
        }
        return (descriptor, status)
    }

    /// What a mode stands for, such as `a folder`; nil where it is that of a regular file.
    public static func kind(of mode: mode_t) -> String? {
        switch mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    /// The first `count` bytes of an open file, fewer where it has become shorter.
    ///
    /// - Throws: ``Failure/unreadable(_:)``.
    public static func read(_ descriptor: Int32, count: Int) throws(Failure) -> [UInt8] {
        var isRead = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let got = fill(UnsafeMutableRawBufferPointer(buffer)[...], from: descriptor, at: 0)
            isRead = got != nil
            filled = got ?? 0
        }
        guard isRead else { throw .unreadable(systemReason()) }
        return bytes
    }

    /// Fills a buffer from `offset` on, until the file ends.
    ///
    /// - Returns: how many bytes were read; nil where the system refuses.
    private static func fill(
        _ buffer: Slice<UnsafeMutableRawBufferPointer>, from descriptor: Int32, at offset: Int
    ) -> Int? {
        let buffer = UnsafeMutableRawBufferPointer(rebasing: buffer)
        var filled = 0
        while filled < buffer.count {
            let got = pread(
                descriptor, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset + filled))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { break }
            filled += got
        }
        return filled
    }

    /// Files that the kernel makes up when they are read have no length beforehand, and some wait for ever.
    private static func virtualKind(_ device: dev_t) -> String? {
        #if os(Linux)
            // Where nothing is mounted there, as in many containers, they are folders like all others.
            var root = stat()
            guard stat("/", &root) == 0, device != root.st_dev else { return nil }
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

extension RegularFile.Failure: CustomStringConvertible {
    /// What is wrong, as the second half of a sentence.
    public var description: String {
        switch self {
        case .missing: "there is no such file"
        case .notRegular(let kind): "it is \(kind)"
        case .tooLarge(let bytes, let limit): "\(bytes) bytes are too many; allowed: at most \(limit)"
        case .unreadable(let reason): reason
        }
    }
}
