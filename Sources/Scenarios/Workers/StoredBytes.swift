import Core
import Foundation
import Models

/// Immutable bytes with their hash, wherever they are kept.
public final class StoredBytes: Sendable {
    /// How many there are.
    public let count: Int
    /// Their SHA-256, hexadecimal.
    public let sha256: String
    private let memory: [UInt8]?
    private let file: URL?
    /// Whether the file is an earlier process's, and its content to be checked.
    private let isFound: Bool
    /// Whether the file may go with the last reference to it.
    private let isHeld: Bool
    /// `nil` where they are in no store.
    private let owner: BlobStore?
    /// Whose memory and file these are, where they are another's.
    private let basis: StoredBytes?
    /// Whether they exist only as a number.
    public let areAbsent: Bool

    init(
        memory: [UInt8]?, file: URL?, count: Int, sha256: String, owner: BlobStore?, areAbsent: Bool = false
    ) {
        self.memory = memory
        self.file = file
        self.count = count
        self.sha256 = sha256
        self.owner = owner
        self.areAbsent = areAbsent
        basis = nil
        isFound = false
        isHeld = file != nil
    }

    /// The same bytes once more, at the same place.
    init(sharing other: StoredBytes) {
        memory = other.memory
        file = other.file
        count = other.count
        sha256 = other.sha256
        owner = nil
        basis = other
        areAbsent = other.areAbsent
        isFound = other.isFound
        isHeld = false
    }

    /// Bytes of which an earlier process has recorded hash and number.
    init(known sha256: String, count: Int, in store: BlobStore) {
        memory = nil
        file = store.file(of: sha256, count: count)
        self.count = count
        self.sha256 = sha256
        owner = store
        basis = nil
        areAbsent = false
        isFound = true
        isHeld = file.map(store.owns) ?? false
        if isHeld, let file { store.hold(file) }
    }

    deinit {
        // Without an owner they are another's, or in no store.
        if memory != nil { owner?.release(memory: count) }
        if isHeld, let file { owner?.release(file: file) }
    }

    /// What stands for bytes that nobody has made: so many of them, told apart by the key of the work that
    /// would make them.
    static func absent(count: Int, key: WorkKey) -> StoredBytes { absent(count: count, name: key.sha256) }

    /// The same, told apart by a name.
    static func absent(count: Int, name: String) -> StoredBytes {
        StoredBytes(
            memory: nil, file: nil, count: count, sha256: "absent \(name)", owner: nil, areAbsent: true)
    }

    /// Whether there is a place from which they can be loaded.
    var isAtHand: Bool { memory != nil || file != nil }

    /// Does `body` with the tensors of bytes that are a safetensors file; a file of this store is mapped, and
    /// not copied.
    ///
    /// - Parameter body: must not keep the file, which is used for other bytes when these are let go of.
    /// - Throws: as `load()`, and what `body` throws; `SafetensorsError` where they are none.
    func withTensors<Result>(_ body: (SafetensorsFile) throws -> Result) throws -> Result {
        try withExtendedLifetime(self) {
            if memory == nil, let file, !isFound {
                return try body(SafetensorsFile(path: file.path, isReadOnce: true))
            }
            return try body(SafetensorsFile(bytes: load()))
        }
    }

    /// The bytes.
    ///
    /// - Throws: `ContentMissing` where only their hash is known, or their file is no longer whole.
    public func load() throws -> [UInt8] {
        if let memory { return memory }
        let data = withExtendedLifetime(self) { file.flatMap { try? Data(contentsOf: $0) } }
        guard let data else { throw ContentMissing(sha256: sha256) }
        let bytes = [UInt8](data)
        if isFound, SHA256.hash(data: bytes).hexadecimal != sha256 { throw ContentMissing(sha256: sha256) }
        return bytes
    }
}

/// Work needs bytes of which only the hash is known: it must be done again from where they came from.
struct ContentMissing: Error {
    /// The bytes.
    let sha256: String
}

/// As work names them: `{"bytes":44765128,"sha256":"…"}`.
extension StoredBytes: Codable {
    private enum CodingKeys: String, CodingKey { case bytes, sha256 }

    /// Bytes that are known by their hash alone.
    public convenience init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let count = try container.decode(Int.self, forKey: .bytes)
        let sha256 = try container.decode(String.self, forKey: .sha256)
        guard count >= 0, sha256.utf8.count == 64, sha256.allSatisfy(\.isHexDigit) else {
            throw DecodingError.dataCorruptedError(
                forKey: .sha256, in: container, debugDescription: "not the hash of \(count) bytes")
        }
        self.init(memory: nil, file: nil, count: count, sha256: sha256, owner: nil)
    }

    /// Writes number and hash.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(count, forKey: .bytes)
        try container.encode(sha256, forKey: .sha256)
    }
}
