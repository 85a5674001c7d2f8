import Foundation

/// Why the system refuses a file, in its own words where SQLite has none.
extension DatabaseIdentity {
    /// What is wrong with a path of no characters, which the system calls a missing file.
    static let emptyName = "the name of the file is empty"

    /// Whether a disk has no room for shared memory, which takes 32 KiB.
    static func hasNoRoom(at folder: String) -> Bool {
        var disk = statvfs()
        guard statvfs(folder, &disk) == 0 else { return false }
        let hasNoFiles = disk.f_files > 0 && disk.f_favail == 0
        return hasNoFiles || Double(disk.f_bavail) * Double(disk.f_frsize) < 65536
    }

    /// As `hasNoRoom(at:)`, of the folder that a file lies in.
    static func hasNoRoom(beside path: String) -> Bool {
        hasNoRoom(at: URL(fileURLWithPath: file(at: path)).deletingLastPathComponent().path)
    }

    /// Why a path leads nowhere, such as a loop of symbolic links; `nil` where it does not, or where the file
    /// is only missing.
    static func obstacle(onTheWayTo path: String) -> String? {
        var status = stat()
        guard stat(path, &status) != 0 else { return nil }
        let code = errno
        return code == ENOENT ? nil : systemMessage(code)
    }

    /// Why the system opens no file at a path, or no more files at all; `nil` where it does.
    static func obstacle(at path: String) -> String? {
        if let reason = obstacle(onTheWayTo: path) { return reason }
        // A run log takes up to a dozen at a time. The file itself is left alone: closing any descriptor of
        // it would drop SQLite's locks.
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        while opened.count < 12 {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                let code = errno
                return code == EMFILE || code == ENFILE ? systemMessage(code) : nil
            }
            opened.append(descriptor)
        }
        return nil
    }
}
