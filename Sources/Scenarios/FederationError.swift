import RunLog
import Simulator

/// What can go wrong with a federation that is not the fault of its code.
///
/// The sentences are in `FederationError+Description.swift`.
public enum FederationError: Error, Sendable, Equatable {
    /// A line of a prompt message is not `label<TAB>text`.
    case malformedPrompts(line: String)
    /// An embedding message is not what `PromptEmbeddingCodec` writes.
    case malformedEmbeddings(reason: String)
    /// A message of learnt words is not what `TokenEmbeddingCodec` writes.
    case malformedTokens(reason: String)
    /// A message of concept vectors and latents is not what `ConceptMessage` writes.
    case malformedConcept(reason: String)
    /// Uploaded weights are not what their form says.
    case malformedWeights(reason: String)
    /// The synthetic set at `path` has other classes than the data.
    case foreignSet(path: String, found: [String], expected: [String])
    /// The round that a method begins with ended with too few updates to go on from.
    case tooFewUpdates(round: Int, updates: Int, minimum: Int)
    /// No client is there, and none will come back.
    case noClients(round: Int)
    /// Clients are there, and the selection chooses fewer of them than a round needs.
    case tooFewChosen(round: Int, selection: String, chosen: Int, available: Int, minimum: Int)
    /// So many times in a row a client has taken part, and no round has got its updates.
    case noProgress(attempts: Int, at: SimInstant)
    /// More synthetic images are asked for than a set may have.
    case tooManyImages(images: Int, limit: Int)
    /// The machine, or what this process may use of it, has less memory than the work needs, in bytes;
    /// `fitting` workers would find room.
    case tooLittleMemory(bytes: Double, workers: Int, available: Double, fitting: Int)
    /// Adapters would have a higher rank than the narrowest layer of the foundation model's attention, or
    /// it has none.
    case adapterRank(path: String, rank: Int, narrowest: Int?)
    /// A method computes with batch norm's layers, and the module in a file has none.
    case noBatchNorm(path: String, method: String)
    /// An attack names a class that the data do not have.
    case noSuchClass(key: String, value: Int, classes: Int)
    /// A built-in model has not learnt words that are used, and that is to be an error.
    case notLearnt(String)
    /// A run was interrupted by the user.
    case interrupted
    /// Bytes that a run holds cannot be written.
    case cannotStore(path: String, reason: String)
    /// A run that is played from recorded work needs work that is not recorded.
    case missingWork(kind: WorkKind, round: Int, client: Int?, at: SimInstant)
    /// Images or a model on disk are not those that a run was begun with.
    case inputChanged(what: String)
    /// Work names an input that this process does not have.
    case inputMissing(what: String, name: String)
    /// A device had no memory for a piece of work, also not in parts where it can be done in parts.
    case noMemory(kind: WorkKind, setting: String, allowed: String, reason: String)
    /// A message is not one of work that this version can do.
    case foreignWork(reason: String)
    /// The log does not hold what it should.
    case unreadableRecord(what: String)
    /// Work that was done again came to something else than what is recorded.
    case notReproduced(kind: WorkKind, round: Int, client: Int?, recorded: String, found: String)
    /// A run was recorded by a version that did not note what a replay needs.
    case notReplayable(runID: Int64, reason: String)
    /// No noise spends as little as ε at δ; `least` is what more noise spends by the rules of the run.
    case unreachableEpsilon(epsilon: Double, delta: Double, least: Double)
    /// A what-if of an imported run asks for more than its outcomes tell.
    case beyondOutcomes(key: String, value: String, allowed: String)
    /// A line of an outcomes file that cannot be taken; 0 for the file or the line as a whole.
    case badOutcome(path: String, line: Int, column: Int = 0, reason: String)
    /// A file that is to be read is not there or cannot be read.
    case cannotRead(path: String, reason: String)
    /// A file, or one of its runs, holds no images that a retrieval has found.
    case nothingRetrieved(path: String, runID: Int64?)
    /// A recorded run names something by a path from the folder in which it was begun, and that is not there
    /// from the present one.
    case strayPath(runs: String, key: String, path: String)
    /// All runs of a file have finished.
    case nothingToResume(path: String)
    /// A file holds no run, neither begun nor planned.
    case noRunToResume(path: String)
    /// The only runs of a file that have not finished are what-ifs, of which this is one.
    case unfinishedWhatIf(path: String, runID: Int64)
    /// A run of a file has not finished and is in no plan: one of an import, or of a version without plans.
    case unplannedRun(path: String, runID: Int64)

    /// The exit code of a command that ends with this error, after BSD's `sysexits.h`.
    public var exitCode: Int32 {
        switch self {
        case .interrupted: 130
        case .cannotStore: 73
        case .nothingToResume, .noRunToResume, .unfinishedWhatIf, .unplannedRun: 64
        case .cannotRead, .strayPath, .tooLittleMemory: 74
        default: 65
        }
    }
}
