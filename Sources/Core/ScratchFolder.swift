import Foundation
import Synchronization

/// A folder under the system's temporary one, for files that are of no further use afterwards.
public struct ScratchFolder: Sendable {
    /// Those that are there, for a process that a signal ends.
    private static let existing = Mutex<Set<String>>([])

    /// Its path.
    public let path: String

    /// Makes an empty folder.
    ///
    /// - Parameter purpose: a part of its name.
    /// - Throws: the system's error.
    public init(for purpose: String) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("fgl-sim-\(purpose)-\(UUID().uuidString)")
        path = folder.path
        Self.existing.withLock { _ = $0.insert(folder.path) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Removes it with all that is in it.
    public func remove() {
        try? FileManager.default.removeItem(atPath: path)
        Self.existing.withLock { _ = $0.remove(path) }
    }

    /// Removes all that this process has made. Whoever still writes into one finds no folder.
    public static func removeAll() {
        for path in existing.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
}
