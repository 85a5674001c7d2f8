import Models
import RunLog
import Simulator

/// A piece of real work as a value: training, synthesis, averaging, evaluation, ….
///
/// Its fields name everything that its result depends on: images, models and states by their hashes, settings
/// and seeds as they are. `perform` has nothing else to read from: a `WorkerEnvironment` gives images, models
/// and bytes for a hash alone. So its text (`WorkMessage`) can be sent to another process, which comes to the
/// same result, and the hash of that text is the key under which results are recorded, shared and cached.
///
/// A new kind is a file with one type, and a line where kinds are listed (`WorkKinds.all`, or
/// `FederatedMethods.works` for work of one method). What `Codable` writes is stored with results: coding
/// keys never change their texts, a field that is added is optional and absent where it is not used, and
/// whatever else changes a result raises `version`.
package protocol Work<Output>: Codable, Sendable {
    associatedtype Output: RecordableOutput

    /// What the log calls it.
    static var activity: WorkKind { get }
    /// What its operations are, by which its pace is guessed before the like was measured.
    static var nature: WorkNature { get }
    /// Names the type in messages and keys; no two have the same. It is the text of the activity unless
    /// several types are one activity.
    static var kind: String { get }
    /// Whether its result may become the global model.
    static var makesModel: Bool { get }
    /// The version of what it computes and of how it is written.
    static var version: Int { get }
    /// Whether other runs of the experiment may ask for the same work, which is then done once.
    static var isShared: Bool { get }

    /// The bytes that it reads. They are kept until its result is in the log: a run that is resumed before
    /// that does the work again.
    var inputs: [StoredBytes] { get }

    /// Floating-point operations, from which the virtual duration follows.
    func cost(_ facts: WorkFacts) -> Double

    /// How often it evaluates on the test images on its way, which takes no virtual time.
    var evaluations: Int { get }

    /// What takes the place of the result in a run that is timing only: it has the size of the result and no
    /// content. `nil` where the work is done there, too, since the size of a message depends on its result.
    func standIn(_ facts: WorkFacts, key: WorkKey) -> Output?

    /// The setting that its memory depends on most, with its value, and what is allowed where there is too
    /// little.
    var memorySetting: (value: String, allowed: String) { get }

    /// Does the work, on the calling worker.
    ///
    /// - Throws: `WorkCancelled` where the environment says so; what reading and computing throw.
    func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<Output>
}

extension Work {
    package static var nature: WorkNature { .weights }
    package static var kind: String { activity.rawValue }
    package static var makesModel: Bool { false }
    package static var version: Int { 1 }
    package static var isShared: Bool { false }
    package var inputs: [StoredBytes] { [] }
    package var evaluations: Int { 0 }
    package func standIn(_ facts: WorkFacts, key: WorkKey) -> Output? { nil }
    package var memorySetting: (value: String, allowed: String) {
        ("device: \(Torch.device.text)", "a device with more memory, or fewer --jobs")
    }

    /// Does the work as `perform` does.
    ///
    /// - Throws: as `perform`; `FederationError.noMemory` where a device has too little.
    func performed(in environment: WorkerEnvironment) throws -> WorkOutcome<Output> {
        do {
            return try Torch.flushingDenormals {
                try Torch.recovering { try perform(in: environment) }
            }
        } catch let error as TorchError where error.isOutOfMemory {
            let setting = memorySetting
            throw FederationError.noMemory(
                kind: Self.activity, setting: setting.value, allowed: setting.allowed, reason: "\(error)")
        }
    }
}

/// Work that the workers of an engine do, too. What costs little more than moving its bytes is none, and
/// stays where it is asked for.
///
/// It reaches a worker as text that is not trusted, so it says what makes it fit to be done.
package protocol TravellingWork: Work {
    /// The classifier that it is about; `nil` for work without one.
    var classifier: ClassifierReference? { get }

    /// Checks that what it names fits together and is of a size that can be computed, so that doing it ends
    /// with a result or an error.
    ///
    /// What the types' decoders have refused is not looked at again.
    ///
    /// - Throws: `FederationError.foreignWork`, `.inputMissing`; what reading throws.
    func check(in environment: WorkerEnvironment) throws
}

/// The result of a piece of work.
package struct WorkOutcome<Output: RecordableOutput>: Sendable {
    package let output: Output
    /// SHA-256 of the output's bytes; `nil` where nothing was really made.
    package let sha256: String?
    /// How long the worker took, in seconds of wall time; not part of the log hash.
    var wallSeconds = 0.0
    /// Whether it was found where an earlier run had left it; not part of the log hash.
    var isCached = false
    /// The worker of an engine that did it; `nil` for this process. Not part of the log hash.
    var performer: WorkPerformer?

    package init(output: Output, sha256: String?) {
        self.output = output
        self.sha256 = sha256
    }

    /// What `work.metrics` says; nothing where nothing was really made.
    var metrics: JSONText? { sha256 == nil ? nil : JSONText(output.fields) }

    /// The outcome of work that only looks at a model, whose record is all of it.
    static func observed(_ observe: () throws -> Output) throws -> WorkOutcome {
        do {
            let output = try observe()
            return WorkOutcome(
                output: output, sha256: WorkKey.hash(of: Array(JSONText(output.fields).text.utf8)))
        } catch is CancellationError {
            throw WorkCancelled()
        }
    }
}
