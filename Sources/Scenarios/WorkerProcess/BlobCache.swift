import Core
import Foundation

/// Bytes by their hash on a worker's disk, up to a limit, for all its processes; those used last also in
/// memory.
///
/// Bytes are checked when they are read: what is damaged is as good as absent. A full disk is no error; the
/// bytes are then kept in memory while they are needed.
package struct BlobCache {
    private let folder: String
    private let limitBytes: Int
    private let shared: SharedFolder?
    /// What the latest piece of work has read.
    private var recent: [String: StoredBytes] = [:]

    package init(folder: String, limitBytes: Int, shared: SharedFolder?) {
        self.folder = folder
        self.limitBytes = limitBytes
        self.shared = shared
    }

    /// Keeps bytes that have arrived.
    ///
    /// - Returns: whether they have the hash.
    package mutating func keep(_ bytes: [UInt8], as sha256: String) -> Bool {
        guard SHA256.hash(data: bytes).hexadecimal == sha256 else { return false }
        remember(bytes, sha256)
        guard bytes.count <= limitBytes else { return true }
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if HashedFile.write(bytes, as: sha256, in: folder) { removeOldest() }
        return true
    }

    /// Bytes by their name; `nil` where they are not at hand.
    package mutating func bytes(_ name: BlobName) -> StoredBytes? {
        // A name comes from outside, and is a file's.
        guard HashedFile.isHash(name.sha256) else { return nil }
        if let known = recent[name.sha256] { return known.count == name.bytes ? known : nil }
        let path = "\(folder)/\(name.sha256)"
        if let bytes = HashedFile.read(path, as: name)?.bytes {
            // Its time of change says when it was used last.
            utimes(path, nil)
            return remember(bytes, name.sha256)
        }
        unlink(path)
        return shared?.bytes(name).map { remember($0, name.sha256) }
    }

    /// Lets go of what a piece of work does not read.
    package mutating func forget(besides names: Set<String>) {
        recent = recent.filter { names.contains($0.key) }
    }

    @discardableResult
    private mutating func remember(_ bytes: [UInt8], _ sha256: String) -> StoredBytes {
        let stored = StoredBytes(memory: bytes, file: nil, count: bytes.count, sha256: sha256, owner: nil)
        recent[sha256] = stored
        return stored
    }

    /// Removes what was not used for longest until the rest is within the limit.
    private func removeOldest() {
        var entries: [(path: String, bytes: Int, used: (Int, Int))] = []
        // Whatever else is in the folder is not ours.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where HashedFile.isHash(name) {
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else { continue }
            entries.append(
                ("\(folder)/\(name)", Int(status.st_size), (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)))
        }
        var total = entries.reduce(0) { $0 + $1.bytes }
        for entry in entries.sorted(by: { $0.used < $1.used }) where total > limitBytes {
            unlink(entry.path)
            total -= entry.bytes
        }
    }
}
