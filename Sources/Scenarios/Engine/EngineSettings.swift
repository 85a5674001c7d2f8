/// How an engine is reached and used.
public struct EngineSettings: Sendable {
    /// Files in PEM format for `tls://`.
    public struct Certificates: Sendable {
        /// The authority that both sides trust.
        public let authority: String
        /// This side's certificate.
        public let certificate: String
        /// Its private key.
        public let key: String

        public init(authority: String, certificate: String, key: String) {
            self.authority = authority
            self.certificate = certificate
            self.key = key
        }
    }

    /// Where it is.
    public var address: EngineAddress
    /// The program and all that bits depend on: what workers must agree with.
    public var build: String
    /// For `tls://`.
    public var certificates: Certificates?
    /// A folder that this machine and all workers see; bytes then travel through it.
    public var sharedFolder: String?
    /// How long a run waits for workers, in seconds.
    public var timeoutSeconds = 300.0
    /// After how many seconds a worker or the bridge that says nothing is given up: a minute, or the time
    /// that a run waits for workers, where that is shorter. They say something every five seconds.
    var silenceSeconds: Double { max(15, min(60, timeoutSeconds)) }
    /// Whether workers of other types of machines do work, too; equal bits are then not promised.
    public var isMixed = false
    /// How many bytes a worker's cache on disk may take.
    public var cacheLimitBytes = 4 << 30
    /// Called with sentences about workers.
    public var notice: @Sendable (String) -> Void = { _ in }
    /// Called with sentences about workers that do nothing.
    public var warning: @Sendable (String) -> Void = { _ in }

    public init(_ address: EngineAddress, build: String) {
        self.address = address
        self.build = build
    }
}
