import Foundation

/// The right to write to a run log: an exclusive `flock` on `<database>.lock`, which the system releases
/// when the process dies, however it dies.
///
/// The lock is not on the database itself: closing any descriptor of that file would drop SQLite's own
/// locks on it.
final class LockFile: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Takes the lock or throws at once.
    ///
    /// - Throws: `RunLogError.locked` if another process (or another `RunLog` of this one) has it,
    ///   `RunLogError.cannotCreate` if the lock file cannot be made, `.cannotLock` where the file system has
    ///   no locks.
    init(forDatabaseAt database: String, namedInErrors name: String) throws {
        path = database + ".lock"
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw RunLogError.cannotCreate(path: name, reason: systemMessage(errno))
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno, holder = Self.processID(in: descriptor)
                close(descriptor)
                if code == EINTR { continue }
                // NFS without a lock daemon, FUSE and others: ENOLCK, EINVAL, ENOTSUP, ENOSYS.
                guard code == EWOULDBLOCK else {
                    throw RunLogError.cannotLock(path: name, reason: systemMessage(code))
                }
                throw RunLogError.locked(path: name, processID: holder)
            }
            // The previous holder may have removed the file between our open and our flock: then the lock
            // is on a file that no other process can find.
            if Self.isFile(descriptor, at: path) {
                self.descriptor = descriptor
                break
            }
            close(descriptor)
        }
        let content = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        // The number only serves another process's error message; without it the lock holds all the same.
        _ = pwrite(descriptor, content, content.count, 0)
    }

    deinit {
        unlink(path)
        close(descriptor)
    }

    private static func processID(in descriptor: Int32) -> Int32? {
        var content = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &content, content.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: content.prefix(count), as: UTF8.self).filter(\.isNumber))
    }

    private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
        var opened = stat()
        var present = stat()
        return fstat(descriptor, &opened) == 0 && stat(path, &present) == 0
            && opened.st_ino == present.st_ino && opened.st_dev == present.st_dev
    }
}

/// The system's text for an error number.
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
