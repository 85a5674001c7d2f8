// The objects of the frames between fgl-sim, its bridge and `fgl-sim worker`; docs/cluster.md documents them.

/// Bytes that travel by their hash.
package struct BlobName: Codable, Sendable, Hashable {
    package let sha256: String
    package let bytes: Int

    package init(sha256: String, bytes: Int) {
        self.sha256 = sha256
        self.bytes = bytes
    }

    init(_ bytes: StoredBytes) { self.init(sha256: bytes.sha256, bytes: bytes.count) }
}

/// A piece of work for a worker; its text is the first body.
package struct JobMessage: Codable, Sendable {
    /// SHA-256 of the text.
    package let key: String
    /// The scenario's text.
    package let scenario: BlobName
    /// What the work reads.
    package let inputs: [BlobName]
    /// The hashes of the further bodies; `nil` for none.
    package var attached: [String]?

    package init(key: String, scenario: BlobName, inputs: [BlobName], attached: [String]? = nil) {
        self.key = key
        self.scenario = scenario
        self.inputs = inputs
        self.attached = attached
    }
}

/// What a worker says of itself when it has started.
package struct WorkerHello: Codable, Sendable {
    package let hello: Int
    package let type: String
    package let machine: String
}

/// A worker's answer to a piece of work: what it needs, what it has made, or why it has failed.
package struct WorkerReply: Codable, Sendable {
    /// Hashes of bytes that it does not have.
    package var need: [String]?
    /// The result: a `ResultRecord` as JSON.
    package var result: String?
    /// SHA-256 of the key and the result.
    package var seal: String?
    /// Why the work was not done.
    package var failed: String?
    /// Whether it has other images or models than those that the work names.
    package var lacksInput: Bool?
    /// Whether it is a sign of life alone.
    package var alive: Bool?

    enum CodingKeys: String, CodingKey {
        case need, result, seal, failed, lacksInput = "lacks_input", alive
    }

    package init() {}
}

/// What is recorded of a result.
package struct ResultRecord: Codable, Sendable {
    /// SHA-256 of the output; `nil` where nothing was really made.
    package let sha256: String?
    /// What `work.metrics` says.
    package let fields: String?
    /// The bytes beside it: bodies, or files of the shared folder.
    package let blobs: [BlobName]
    package let seconds: Double
    package let cached: Bool
    /// Whether the bytes are in the shared folder.
    package let shared: Bool

    package init(
        sha256: String?, fields: String?, blobs: [BlobName], seconds: Double, cached: Bool, shared: Bool
    ) {
        self.sha256 = sha256
        self.fields = fields
        self.blobs = blobs
        self.seconds = seconds
        self.cached = cached
        self.shared = shared
    }
}

/// What the driver tells the bridge first.
struct BridgeSettings: Encodable {
    struct TLS: Encodable {
        let ca: String
        let cert: String
        let key: String
    }

    let session: String
    let address: String
    let local: Int
    let type: String
    let program: String
    let directory: String
    let device: String
    let cacheLimit: Int
    let shared: String
    let timeout: Double
    /// After how many seconds whoever says nothing is given up.
    let silence: Double
    let tls: TLS

    enum CodingKeys: String, CodingKey {
        case session, address, local, type, program, directory, device, cacheLimit = "cache_limit", shared,
            timeout, silence, tls
    }
}

/// What the driver asks the bridge to do.
struct BridgeOrder: Encodable {
    let op: String
    var sha256: String?
    var key: String?
    var job: JobMessage?
    /// The hashes of the bytes that the task depends on.
    var names: [String]?
    /// The number of the first attempt.
    var first: Int?
}

/// What the bridge reports.
struct BridgeEvent: Decodable {
    struct Failure: Decodable {
        let worker: String
        let message: String
    }

    let event: String
    let reason: String?
    let python: String?
    let slots: Int?
    let workers: Int?
    let dashboard: String?
    let worker: String?
    let machine: String?
    let key: String?
    let attempts: Int?
    let result: String?
    let seal: String?
    let tried: [Failure]?
    let message: String?
}
