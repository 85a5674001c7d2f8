import RunLog
import Simulator

/// What is known of a piece of real work that has been done, by this process or by an earlier one: its row in
/// the table `work`.
package struct WorkRecord: Sendable {
    /// SHA-256 of the output's bytes.
    let sha256: String
    /// What `work.metrics` says.
    let fields: [String: JSONScalar]
    /// How long it took, in seconds of wall time.
    var wallSeconds: Double?
    /// What it cost, where somebody measured it; otherwise it is modelled.
    var flops: Double?
}

/// Knows what some pieces of real work come to without doing them.
///
/// A run is a function of its scenario, its seed and the results of real work, and it does not matter to the
/// simulation where those come from: a log (replay, resume, what-if), an import, a model of time alone.
protocol OutcomeSource: Sendable {
    /// The record of a piece of work; `nil` where it has to be done.
    func record(of order: WorkOrder) -> WorkRecord?
}

/// An output of real work that its record can stand for.
///
/// The record holds everything that the simulation itself looks at: numbers of bytes, accuracies, prompts.
/// Bytes that only other work looks at, such as weights and pixels, are in a `BlobStore`, and the record has
/// their hash.
package protocol RecordableOutput: Sendable {
    /// Whether the record is all of the output; otherwise there are bytes beside it.
    static var isWhole: Bool { get }
    /// What `work.metrics` says: nothing that depends on wall time.
    var fields: [String: JSONScalar] { get }
    /// What in it is infinite or not a number; `nil` where nothing is, or not checked.
    var notANumber: NotANumber? { get }
    /// The model states in it.
    var states: [StoredBytes] { get }
    /// The bytes beside its record, which another process sends with it.
    var contents: [StoredBytes] { get }
    /// The output of recorded work; its bytes as far as `blobs` has them. `nil` where fields are missing.
    init?(record: WorkRecord, blobs: BlobStore)
}

extension RecordableOutput {
    /// Most are no states.
    package var notANumber: NotANumber? { nil }
    /// Most are no states.
    package var states: [StoredBytes] { [] }
    /// Those of most are states.
    package var contents: [StoredBytes] { states }
}

/// How a run comes by the results of real work.
struct WorkSupply: Sendable {
    /// What is known beforehand, by key.
    var source: (any OutcomeSource)?
    /// What is known beforehand of a run whose file has other keys.
    var former: FormerRecords?
    /// Takes the records of `former` as they are used, under the keys of this version.
    var upgrade: RecordUpgrade?
    /// Whether work that is not known is done; otherwise it is missing.
    var mayWork = true
    /// Whether work whose output is more than its record is done even where the record is known, because
    /// later work needs the bytes. It must come to what is recorded.
    var redoes = false
    /// What other runs of the file have done, for work that runs share. Taken where its bytes are at hand.
    var shared: (any OutcomeSource)?

    /// Everything is done.
    static let live = WorkSupply()

    /// Takes what is known of a recorded run.
    ///
    /// - Parameter flopsAreGiven: whether the costs in the log were measured elsewhere rather than modelled.
    /// - Throws: `RunLogError`.
    mutating func take(
        _ runID: Int64, _ identities: IdentityVersion, in reader: RunLogReader, flopsAreGiven: Bool = false
    ) throws {
        if identities == .first {
            former = try FormerRecords(of: runID, in: reader, flopsAreGiven: flopsAreGiven)
        } else {
            source = try RecordedOutcomes(of: runID, in: reader, flopsAreGiven: flopsAreGiven)
        }
    }
}
