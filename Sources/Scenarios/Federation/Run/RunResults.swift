import Models
import Simulator

/// What a run has come to so far: everything about it that changes and is not who takes part in a round.
struct RunResults {
    /// The round that is going on, 1-based; 0 before the first.
    var round = 0
    /// The global model of the round that ended last.
    var finalModel: ModelState?
    /// The head that the server has made, in methods whose model is a frozen encoder with a head.
    var finalHead: StoredBytes?
    /// The clients' own models after that round, in methods that have such.
    var finalPersonalModels: [PersonalModel] = []
    /// Whether that model has been evaluated, or is being.
    var finalModelIsMeasured = true
    /// What the server has synthesized last, where the end of the run asks for it.
    var lastSyntheticSet: SyntheticSet?
    /// Evaluations under way.
    var measurements: [Measurement] = []
    /// How many pieces of work of an occasion are in the log, where their records are found by that.
    var recordedWork: [WorkOccasion: Int] = [:]

    /// The model that all clients end with; `nil` where it has not all weights, or each has its own.
    var finalGlobalModel: ModelState? {
        finalPersonalModels.isEmpty && finalModel?.scope == .whole ? finalModel : nil
    }

    /// Hash of the global model of the round that ended last, or of all clients' models in methods without
    /// one; `nil` where it exists only as a number of bytes.
    var modelSHA256: String? {
        if let finalModel { return finalModel.bytes.areAbsent ? nil : finalModel.bytes.sha256 }
        if let finalHead { return finalHead.areAbsent ? nil : finalHead.sha256 }
        guard !finalPersonalModels.isEmpty,
            !finalPersonalModels.contains(where: { $0.weights.inputs.contains(where: \.areAbsent) })
        else { return nil }
        let models = finalPersonalModels.map { "\($0.client) \($0.weights.text)" }
        return PrefixedTexts.sha256(["personal models", "models", models.joined(separator: "\n")])
    }
}

/// What clients keep from round to round beside the model: residuals, control variates, personal weights.
///
/// Held for all clients that have ever kept something, whether or not they take part again.
final class ClientMemories {
    private var kept: [Int: [String: StoredBytes]] = [:]

    /// What a client keeps under a name.
    subscript(client: Int, name: String) -> StoredBytes? {
        get { kept[client]?[name] }
        set { kept[client, default: [:]][name] = newValue }
    }

    /// Notes what a client keeps of an update that the server has taken.
    func keep(of update: ModelUpdate, client: Int) {
        for name in update.kept.keys.sorted() { self[client, name] = update.kept[name] }
    }

    /// Clients that keep something under a name, ascending.
    func clients(with name: String) -> [Int] { kept.filter { $0.value[name] != nil }.keys.sorted() }
}
