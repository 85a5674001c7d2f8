import Foundation

/// The state of a run log as seen from outside, without opening it: it changes with every commit.
///
/// Commits of a run that goes on are appended to the write-ahead log beside the file, and are moved into the
/// file later; so both count. Only their directory entries are looked at: nobody who writes is ever kept
/// waiting.
public struct RunLogVersion: Sendable, Hashable, CustomStringConvertible {
    /// Letters, digits, `-` and `.`: usable as it is in a header, an attribute or a file name.
    public let description: String

    /// The present state of the file at `path`; `nil` where there is none.
    public init?(path: String) {
        let file = DatabaseIdentity.file(at: path)
        guard let main = Self.state(of: file) else { return nil }
        // Whoever reads a file whose writer has gone leaves an empty log beside it: that is no change.
        let log = Self.state(of: file + "-wal").flatMap { $0.isEmpty ? nil : $0 }
        description = main.text + (log.map { "." + $0.text } ?? "")
    }

    private static func state(of path: String) -> (text: String, isEmpty: Bool)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let numbers = [
            Int(status.st_ino), Int(status.st_size), Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec),
        ]
        return (numbers.map { String($0, radix: 36) }.joined(separator: "-"), status.st_size == 0)
    }
}
