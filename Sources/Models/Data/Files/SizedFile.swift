import Core
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
        var status = stat()
        // Opening something else than a file, a socket for one, may fail with less to say about it.
        if stat(path, &status) == 0, let kind = Self.kind(status.st_mode) {
            throw refused("it is \(kind), not a file")
        }
        do { (descriptor, status) = try RegularFile.open(path) } catch {
            switch error {
            case .missing: throw refused(String(cString: strerror(ENOENT)))
            // What the path names has changed since it was looked at.
            case .notRegular: throw refused("it is not a file")
            case .tooLarge, .unreadable: throw refused("\(error)")
            }
        }
        self.path = path
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// The first `count` bytes, fewer where the file has become shorter.
    ///
    /// - Throws: `DataError.fileAccess`.
    func read(_ count: Int) throws(DataError) -> [UInt8] {
        do { return try RegularFile.read(descriptor, count: count) } catch {
            throw .fileAccess(path: path, reason: "cannot be read: \(error)")
        }
    }

    /// Throws `DataError.malformed` where a pointer of git-lfs stands in the place of the file.
    func refusePointer() throws(DataError) {
        guard size < 1024, let name = ForeignContent.pointer(try read(size)) else { return }
        throw .malformed(path: path, line: nil, reason: name)
    }

    /// What a mode stands for where it is not that of a regular file.
    static func kind(_ mode: mode_t) -> String? {
        RegularFile.kind(of: mode).map { $0 == "a pipe" ? "a named pipe" : $0 }
    }
}
