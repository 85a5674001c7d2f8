import Core
import Foundation

/// Synthesized images on disk, under a hash of everything they depend on, for all runs of a user.
///
/// An entry that is there spares the work and nothing else: virtual time, log and hashes of a run are those
/// of one that drew the images itself. Any number of processes may use a folder: an entry is written beside
/// its place and renamed into it, and one that is not whole is as good as none and is written anew. Beyond
/// the limit the entries that were not used for longest go. What the disk refuses is no error: the images are
/// then drawn again.
public struct SynthesisCache: Sendable {
    /// Where the entries are; made when the first is kept.
    public let folder: URL
    /// How many bytes the entries may take together.
    public let limitBytes: Int
    /// What the bits of images depend on beside the work's key: program, libraries, processor.
    private let maker: String

    /// Begins every entry; another version of the layout would have another number.
    private static let magic = Array("fgl-sim images 1".utf8)
    private static let suffix = ".images"
    private static let draftSuffix = ".part"
    private static var headerBytes: Int { magic.count + SHA256Digest.byteCount }

    /// A cache in `folder`, of at most `limitBytes`.
    ///
    /// - Parameters:
    ///   - folder: where the entries are; made when the first is kept.
    ///   - limitBytes: how many bytes the entries may take together.
    ///   - maker: tells apart programs and machines that may draw other bits from the same key.
    public init(folder: URL, limitBytes: Int, maker: String) {
        self.folder = folder
        self.limitBytes = limitBytes
        self.maker = maker
    }

    /// The images that work with this key came to, if they are there and whole.
    func pixels(of key: WorkKey, count: Int) -> [UInt8]? {
        let file = file(of: key)
        guard let bytes = Self.read(file), bytes.count == Self.headerBytes + count,
            bytes.starts(with: Self.magic)
        else { return nil }
        let pixels = Array(bytes[Self.headerBytes...])
        guard bytes[Self.magic.count..<Self.headerBytes].elementsEqual(SHA256.hash(data: pixels)) else {
            return nil
        }
        // Its time of change says when it was used last.
        utimes(file.path, nil)
        return pixels
    }

    /// Keeps the images that work with this key came to.
    func keep(_ pixels: [UInt8], of key: WorkKey) {
        guard Self.headerBytes + pixels.count <= limitBytes else { return }
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var template = Array("\(folder.path)/XXXXXX\(Self.draftSuffix)".utf8CString)
        let descriptor = mkstemps(&template, Int32(Self.draftSuffix.utf8.count))
        guard descriptor >= 0 else { return }
        let draft = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        let entry = Self.magic + Array(SHA256.hash(data: pixels)) + pixels
        let isWhole = Self.write(entry, to: descriptor)
        guard isWhole, rename(draft, file(of: key).path) == 0 else {
            unlink(draft)
            return
        }
        removeOldest()
    }

    private func file(of key: WorkKey) -> URL {
        let identity = Identity(work: key.sha256, maker: maker)
        let name = CanonicalText.sha256(kind: "cached-images", version: 2, identity)
        return folder.appendingPathComponent(name + Self.suffix)
    }

    private struct Identity: Encodable {
        let work: String
        let maker: String

        enum CodingKeys: String, CodingKey { case work, maker }
    }

    private static func read(_ file: URL) -> [UInt8]? {
        (try? Data(contentsOf: file)).map { [UInt8]($0) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        defer { close(descriptor) }
        var position = 0
        while position < bytes.count {
            let written = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + position, bytes.count - position)
            }
            guard written > 0 else { return false }
            position += written
        }
        return true
    }
}

// MARK: - The limit

extension SynthesisCache {
    private struct Entry {
        let path: String
        let bytes: Int
        /// Seconds and nanoseconds since 1970 of its last use.
        let used: (Int, Int)
    }

    /// Removes what was not used for longest until the rest is within the limit, and drafts that a process
    /// left when it died.
    private func removeOldest() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        var entries: [Entry] = []
        for name in names {
            let path = folder.appendingPathComponent(name).path
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            let used = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
            if name.hasSuffix(Self.suffix) {
                entries.append(Entry(path: path, bytes: Int(status.st_size), used: used))
            } else if name.hasSuffix(Self.draftSuffix), used.0 + 3600 < time(nil) {
                unlink(path)
            }
        }
        var total = entries.reduce(0) { $0 + $1.bytes }
        for entry in entries.sorted(by: { $0.used < $1.used }) where total > limitBytes {
            // Another process may have been faster; either way it is gone.
            unlink(entry.path)
            total -= entry.bytes
        }
    }
}
