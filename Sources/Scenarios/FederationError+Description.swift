import Core
import RunLog

extension FederationError: CustomStringConvertible {
    /// One line: what, where, and what is allowed.
    public var description: String {
        switch self {
        case .malformedPrompts(let line):
            "a prompt message holds \"\(line)\"; allowed are lines of a label, a tab and a text"
        case .malformedEmbeddings(let reason):
            "an embedding message is malformed: \(reason); "
                + "allowed are labels (I32) and states (F16 or F32, prompts × tokens × width)"
        case .malformedTokens(let reason):
            "a message of learnt words is malformed: \(reason); "
                + "allowed are labels and counts (I32) and tokens (F16 or F32, words × width)"
        case .malformedConcept(let reason):
            "a message of concept vectors is malformed: \(reason); "
                + "allowed are labels and counts (I32), domain, categories and latents (F16 or F32)"
        case .malformedWeights(let reason):
            "uploaded weights are malformed: \(reason)"
        case .foreignSet(let path, let found, let expected):
            "\(path): the classes of this synthetic set are \(found.joined(separator: ", ")); "
                + "those of the data are \(expected.joined(separator: ", "))"
        case .tooFewUpdates(let round, let updates, let minimum):
            "round \(round) ended with \(updates) updates, and participation.minimum is \(minimum): there is "
                + "nothing to go on from; allow more time or clients, or fewer updates"
        case .noClients(let round):
            "round \(round): no client is there, and none will come back; see faults in the scenario"
        case .tooFewChosen(let round, let selection, let chosen, let available, let minimum):
            "round \(round): participation.selection \(selection) chooses \(chosen) of the \(available) "
                + "clients that are there, and participation.minimum is \(minimum); allowed: a smaller "
                + "minimum, another selection, or images for more clients (data-size chooses none without)"
        case .noProgress(let attempts, let instant):
            "stopped at \(instant): clients have taken part \(attempts) times since the server last got the "
                + "updates "
                + "that it waits for; see faults, participation.deadline and participation.minimum in the "
                + "scenario"
        case .tooManyImages(let images, let limit):
            "the server is asked for \(images) synthetic images; allowed: at most \(limit), by fewer "
                + "synthesis.per-class or synthesis.per-prompt"
        case .tooLittleMemory(let bytes, let workers, let available, let fitting):
            "\(Format.bytes(Format.whole(bytes))) of memory are needed with \(workers) "
                + "worker\(workers == 1 ? "" : "s"), and \(Format.bytes(Format.whole(available))) are there; "
                + (fitting > 0
                    ? "allowed: at most --jobs \(fitting)"
                    : "one worker does not fit either: a smaller model or batch, or a larger machine")
        case .adapterRank(let path, let rank, let narrowest):
            narrowest.map {
                "fgl-lora.rank: \(rank) is not allowed for the foundation model \(path); "
                    + "allowed: a whole number from 1 to \($0), the width of the narrowest layer of its "
                    + "attention"
            } ?? "\(path): the foundation model has no attention, whose layers adapters change; "
                + "allowed: another model, or methods other than fgl-lora"
        case .noBatchNorm(let path, let method):
            "\(path): the module has no batch norm, which method \(method) needs; allowed: a module with "
                + "BatchNorm layers that track running statistics, or other methods"
        case .noSuchClass(let key, let value, let classes):
            "\(key): \(value) is no class of the data; allowed: a whole number from 0 to \(classes - 1)"
        case .notLearnt(let sentence):
            "\(sentence); without --strict this is a warning"
        case .interrupted:
            "interrupted"
        case .cannotStore(let path, let reason):
            "\(path): a model state cannot be written: \(reason)"
        case .missingWork(let kind, let round, let client, let instant):
            "stopped at \(instant): \(Self.name(kind, round, client)) has inputs that no recorded work had, "
                + "so its result is not known; --train-missing does the work"
        case .inputChanged(let what):
            "\(what) are not those that the run was begun with"
        case .inputMissing(let what, let name):
            "work needs the \(what) \(name), and this process does not have it"
        case .noMemory(let kind, let setting, let allowed, let reason):
            "\(reason) (work: \(kind.rawValue)); \(setting); allowed: \(allowed)"
        case .foreignWork(let reason):
            "a message of work cannot be taken: \(reason); allowed is work as this version of fgl-sim writes "
                + "it"
        case .unreadableRecord(let what):
            "the log does not hold \(what) as it should"
        case .notReproduced(let kind, let round, let client, let recorded, let found):
            "\(Self.name(kind, round, client)) came to \(found.prefix(12))… where the log has "
                + "\(recorded.prefix(12))…: another machine or build computes other bits"
        case .notReplayable(let runID, let reason):
            "run \(runID) cannot be replayed: \(reason)"
        case .unreachableEpsilon(let epsilon, let delta, let least):
            "private-evolution.epsilon: \(formatDecimal(epsilon)) is below what the run's rules can tell at "
                + "privacy.delta \(formatDecimal(delta)); allowed: above \(Format.significant(least)), or a "
                + "run of its own, which has the rules of today"
        case .beyondOutcomes(let key, let value, let allowed):
            "\(key): \(value) goes beyond the outcomes that the run was imported from; allowed: \(allowed)"
        case .badOutcome(let path, let line, let column, let reason):
            line == 0
                ? "\(path): \(reason)" : "\(path):\(line)\(column > 0 ? ":\(column)" : ""): \(reason)"
        case .cannotRead(let path, let reason):
            "\(path): cannot be read: \(reason)"
        case .nothingRetrieved(let path, let runID):
            (runID.map { "\(path): run \($0) holds no retrieved images" }
                ?? "\(path): no run holds retrieved images")
                + "; a run keeps them that synthesizes and has evaluation.retrieval: true"
        case .strayPath(let runs, let key, let path):
            "\(runs): \(key): \(path) is not there; the path leads from "
                + "the folder in which the run was begun: resume it there"
        case .nothingToResume(let path):
            "\(path): all runs have finished; there is nothing to resume"
        case .noRunToResume(let path):
            "\(path): no run was planned before its process ended, so there is nothing to resume; "
                + "begin with: fgl-sim run SCENARIO --output \(path)"
        case .unfinishedWhatIf(let path, let runID):
            "\(path): the what-if \(runID) was not finished, but there is nothing to resume: "
                + "the same fgl-sim replay --set makes it anew"
        case .unplannedRun(let path, let runID):
            "\(path): run \(runID) was not finished, but there is nothing to resume: it is in no plan; "
                + "the command that began it makes it anew"
        }
    }

    private static func name(_ kind: WorkKind, _ round: Int, _ client: Int?) -> String {
        let place = client.map { "at client \($0)" } ?? "at the server"
        return "'\(kind)' \(place)" + (round > 0 ? " in round \(round)" : "")
    }
}
