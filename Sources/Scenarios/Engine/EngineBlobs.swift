import Foundation

/// The bytes that the workers can ask for by their hash: those of work under way, and of the latest that is
/// done, up to a limit. Confined to the thread that writes to the bridge.
struct EngineBlobs {
    private let bridge: BridgeProcess
    private let folder: SharedFolder?
    private var held: [String: Held] = [:]
    private var clock = 0
    private var idleBytes = 0

    /// What may stay that no work under way reads: a round's model, which the next round evaluates.
    private static let mostIdleBytes = 256 << 20

    private struct Held {
        let bytes: Int
        /// How many pieces of work under way read it.
        var users: Int
        /// When it was last used.
        var used: Int
    }

    init(bridge: BridgeProcess, folder: SharedFolder?) {
        self.bridge = bridge
        self.folder = folder
    }

    /// The hashes that a piece of work depends on, each once.
    static func names(of content: WorkParcelContent) -> [String] { bytes(of: content).map(\.sha256) }

    /// The bytes that it depends on, equal ones once.
    private static func bytes(of content: WorkParcelContent) -> [StoredBytes] {
        var seen: Set<String> = []
        return (content.inputs + [content.scenario]).filter { seen.insert($0.sha256).inserted }
    }

    /// Hands over the bytes of a piece of work that are not there yet.
    ///
    /// - Throws: `ContentMissing`; `EngineError.badFolder`.
    mutating func supply(_ content: WorkParcelContent) throws {
        clock += 1
        for bytes in Self.bytes(of: content) {
            if var known = held[bytes.sha256] {
                if known.users == 0 { idleBytes -= known.bytes }
                known.users += 1
                known.used = clock
                held[bytes.sha256] = known
                continue
            }
            let loaded = try bytes.load()
            if let folder {
                try folder.put(loaded, as: bytes.sha256)
            } else {
                let order = BridgeOrder(op: "bytes", sha256: bytes.sha256)
                _ = Frame(order, bodies: [loaded]).write(to: bridge.input)
            }
            held[bytes.sha256] = Held(bytes: loaded.count, users: 1, used: clock)
        }
    }

    /// Writes those files of a piece of work again that are damaged or gone.
    ///
    /// - Throws: `ContentMissing`; `EngineError.badFolder`.
    func repair(_ content: WorkParcelContent) throws {
        guard let folder else { return }
        for bytes in Self.bytes(of: content) where folder.bytes(BlobName(bytes)) == nil {
            try folder.put(bytes.load(), as: bytes.sha256)
        }
    }

    /// Work is over; bytes that were not used for longest go where too many are idle.
    mutating func release(_ content: WorkParcelContent) {
        for name in Self.names(of: content) {
            guard var known = held[name], known.users > 0 else { continue }
            known.users -= 1
            held[name] = known
            if known.users == 0 { idleBytes += known.bytes }
        }
        while idleBytes > Self.mostIdleBytes {
            let idle = held.filter { $0.value.users == 0 }.min { $0.value.used < $1.value.used }
            guard let (name, value) = idle else { return }
            held[name] = nil
            idleBytes -= value.bytes
            if let folder {
                folder.drop(name)
            } else {
                _ = Frame(BridgeOrder(op: "release", sha256: name)).write(to: bridge.input)
            }
        }
    }
}
