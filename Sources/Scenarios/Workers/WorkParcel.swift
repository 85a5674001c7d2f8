import RunLog

/// A piece of work that may be done by another process, and what to do with the result.
struct WorkParcel<Output: Sendable>: Sendable {
    let content: WorkParcelContent
    /// Takes the result into the run.
    let accept: @Sendable (ReturnedWork) throws -> Output
}

/// What another process needs to do a piece of work.
struct WorkParcelContent: Sendable {
    /// The kind of work, by which its time is measured.
    let kind: WorkKind
    /// SHA-256 of `text`.
    let key: String
    /// The work as canonical text.
    let text: String
    /// The bytes that it reads.
    let inputs: [StoredBytes]
    /// The text of the run's scenario, which says where images and models are.
    let scenario: StoredBytes
}

/// The result of work that another process has done.
package struct ReturnedWork: Sendable {
    /// SHA-256 of the output; `nil` where nothing was really made.
    let sha256: String?
    /// What `work.metrics` says, as JSON.
    let fields: String?
    /// The bytes beside the record.
    let blobs: [CheckedBytes]
    /// How long the worker took, in seconds of wall time.
    let seconds: Double
    /// Whether the worker has found it in its cache.
    let isCached: Bool
    /// Who has done it.
    let performer: WorkPerformer
}

/// Who has done a piece of work, for the table `work`; not part of the log hash.
package struct WorkPerformer: Sendable, Hashable {
    /// The worker: `node7:43121`.
    package let name: String
    /// Its type of machine.
    package let machine: String
    /// How often the work was begun.
    package let attempts: Int
    /// When it was begun, in seconds after the engine was reached.
    package let beganSeconds: Double
    /// How long it and its result were on their way or waited, in seconds.
    package let waitedSeconds: Double

    package init(
        name: String, machine: String, attempts: Int, beganSeconds: Double, waitedSeconds: Double
    ) {
        self.name = name
        self.machine = machine
        self.attempts = attempts
        self.beganSeconds = beganSeconds
        self.waitedSeconds = waitedSeconds
    }
}
