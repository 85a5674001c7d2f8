import Models
import RunLog

/// What a worker gives to the work that it performs: images, models and bytes by their hashes, a place for
/// results, and word of whether to go on.
///
/// Nothing can be had here that the work does not name.
package struct WorkerEnvironment: Sendable {
    let data: FederatedData
    private let models: ModelProviders
    /// Where results go, and where bytes are that another process has made.
    let blobs: BlobStore
    /// Images that were synthesized before.
    let cache: SynthesisCache?
    /// Told how far long work is.
    let progress: any RunProgress
    /// Whether a client asks for the work.
    var isOfClient = false
    /// Whether the work is to be given up; long work asks between steps.
    let isCancelled: @Sendable () -> Bool

    init(
        data: FederatedData, models: ModelProviders, blobs: BlobStore, cache: SynthesisCache? = nil,
        progress: any RunProgress = SilentProgress(), isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.data = data
        self.models = models
        self.blobs = blobs
        self.cache = cache
        self.progress = progress
        self.isCancelled = isCancelled
    }

    /// A long piece of work has come so far. Clients work side by side, and one bar stands for one piece, so
    /// that of the server alone it is told.
    func advanced(_ kind: WorkKind, done: Int, of total: Int) {
        if !isOfClient { progress.advanced(kind: kind, done: done, of: total) }
    }

    /// All training images.
    package var trainingImages: ImageSelection {
        ImageSelection(allOf: data.trainSHA256, count: data.train.count, side: data.train.side)
    }
    /// The hash of the test images.
    package var testImages: String { data.testSHA256 }
    /// The hashes of the models, by kind.
    package var modelHashes: (foundations: [String], captioners: [String], sets: [String]) { models.hashes }

    /// The images of a hash.
    ///
    /// - Throws: `FederationError.inputMissing`; what loading them throws.
    func images(_ sha256: String) throws -> ImageSet {
        if sha256 == data.trainSHA256 { return try data.images().train }
        guard sha256 == data.testSHA256 else { throw Self.missing("images", sha256) }
        return try data.images().test
    }

    /// The classifier with an identity that a file says.
    ///
    /// - Throws: `FederationError.inputMissing`.
    func classifier(_ identity: String) throws -> any ClassifierArchitecture {
        guard let architecture = models.scriptedArchitecture(identity: identity) else {
            throw FederationError.inputMissing(what: "classifier", name: identity)
        }
        return architecture
    }

    /// The foundation model of a hash.
    ///
    /// - Throws: `FederationError.inputMissing`.
    func foundation(_ sha256: String) throws -> FoundationProvider {
        guard let provider = models.foundation(sha256: sha256) else {
            throw Self.missing("foundation model", sha256)
        }
        return provider
    }

    /// The captioner of a hash.
    ///
    /// - Throws: `FederationError.inputMissing`.
    func captioner(_ sha256: String) throws -> CaptionerProvider {
        guard let provider = models.captioner(sha256: sha256) else { throw Self.missing("captioner", sha256) }
        return provider
    }

    /// The synthetic set on disk with a manifest of this hash.
    ///
    /// - Throws: `FederationError.inputMissing`.
    func syntheticSet(_ sha256: String) throws -> SyntheticSetProvider {
        guard let provider = models.syntheticSet(sha256: sha256) else {
            throw Self.missing("synthetic set", sha256)
        }
        return provider
    }

    private static func missing(_ what: String, _ sha256: String) -> FederationError {
        .inputMissing(what: "\(what) with the hash", name: "\(sha256.prefix(12))…")
    }

    /// The bytes that the work names.
    ///
    /// - Throws: `ContentMissing` where only their hash is known.
    func load(_ bytes: StoredBytes) throws -> [UInt8] { try found(bytes).load() }

    /// Does `body` with the tensors of a state that the work names; see `StoredBytes.withTensors`.
    ///
    /// - Throws: `ContentMissing`; `SafetensorsError`; what `body` throws.
    func withTensors<Result>(
        of bytes: StoredBytes, _ body: (SafetensorsFile) throws -> Result
    ) throws -> Result { try found(bytes).withTensors(body) }

    /// Does `body` with the tensors of several states at once.
    ///
    /// - Throws: as for one.
    func withTensors<Result>(
        of states: [StoredBytes], _ body: ([SafetensorsFile]) throws -> Result
    ) throws -> Result {
        func lend(_ known: [SafetensorsFile]) throws -> Result {
            guard known.count < states.count else { return try body(known) }
            return try withTensors(of: states[known.count]) { try lend(known + [$0]) }
        }
        return try lend([])
    }

    private func found(_ bytes: StoredBytes) -> StoredBytes {
        bytes.isAtHand ? bytes : blobs.known(sha256: bytes.sha256, count: bytes.count)
    }

    /// Keeps a result.
    ///
    /// - Throws: `FederationError.cannotStore`.
    func store(_ bytes: [UInt8]) throws -> StoredBytes { try blobs.store(bytes) }
}

/// What is known of the inputs of work without opening them: enough to say what work costs and how long its
/// results are.
package struct WorkFacts: Sendable {
    /// How long encoded states are.
    let sizes: StateSizes
    /// What models cost.
    let models: ModelProviders
    /// By which rules costs are counted.
    let rules: RunRules

    init(sizes: StateSizes, models: ModelProviders, rules: RunRules) {
        self.sizes = sizes
        self.models = models
        self.rules = rules
    }

    /// The foundation model of a hash.
    func foundation(_ sha256: String) -> FoundationProvider {
        guard let provider = models.foundation(sha256: sha256) else {
            preconditionFailure("work names a foundation model that the run does not have")
        }
        return provider
    }

    /// The captioner of a hash.
    func captioner(_ sha256: String) -> CaptionerProvider {
        guard let provider = models.captioner(sha256: sha256) else {
            preconditionFailure("work names a captioner that the run does not have")
        }
        return provider
    }
}
