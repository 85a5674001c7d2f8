import Models
import RunLog
import Simulator

/// The states of a run that hold not-a-number, and where it first appeared.
///
/// States are identified by their hashes, and findings are read from work records, so a replay has the same.
/// Version 0.1 recorded no findings; its runs are replayed without them.
final class DivergenceBook {
    private var states: Set<String> = []
    /// Whether the server's models have not been numbers since its last event.
    fileprivate var isAtServer = false
    /// Whether the latest evaluation of the global model, or of one of the clients' models, had a loss that
    /// was none.
    fileprivate var isInEvaluation = false
    /// Where it was met first.
    fileprivate var beginning: String?
    /// What has been told to the user.
    fileprivate var told: Set<String> = []

    /// Whether a state is known not to be a number.
    func has(_ state: StoredBytes) -> Bool { !states.isEmpty && states.contains(state.sha256) }

    fileprivate func add(_ output: [StoredBytes]) { states.formUnion(output.map(\.sha256)) }
}

extension RunContext {
    /// Notes what is not a number in a result: an event at the client or the server at which it first became
    /// so. What follows from such a state is not told again.
    func noteNotANumber<Output: RecordableOutput>(in output: Output, of order: WorkOrder) {
        guard let found = output.notANumber else { return }
        let wasKnown = order.inputs.contains(where: divergence.has)
        if found.layer != nil { divergence.add(output.states) }
        if let client = order.client {
            guard !wasKnown else { return }
            tell(found, order.kind, client: client, round: order.round)
        } else if order.makesModel, !divergence.isAtServer {
            divergence.isAtServer = found.layer != nil
            tell(found, order.kind, client: nil, round: order.round)
        }
    }

    private func tell(_ found: NotANumber, _ kind: WorkKind, client: Int?, round: Int) {
        recorder.event(
            at: simulation.now, kind: .notANumber, round: round == 0 ? nil : round, client: client,
            detail: found.detail(of: kind))
        let place =
            "\(kind), \(client.map { "client \($0)" } ?? "server")"
            + (round > 0 ? ", round \(round)" : "")
            + ": \(found.text)"
        divergence.beginning = divergence.beginning ?? place
        let subject =
            kind == .evaluate
            ? "what a model answers" : client == nil ? "the server's model" : "a training"
        guard divergence.told.insert(subject).inserted else { return }
        progress.warned(
            "\(subject) has come to not-a-number (\(place)); the run goes on for its bytes and times")
    }

    /// Notes the end of a round: a global model that is a number again can stop being one again.
    func noteRoundEnd(with global: ModelState) {
        if !divergence.has(global.bytes) { divergence.isAtServer = false }
    }

    /// Notes an evaluation: an event where a model that is all numbers gives answers that are none.
    ///
    /// - Parameters:
    ///   - evaluation: what was found.
    ///   - weights: the states that were evaluated.
    ///   - kind: the kind of work that evaluated them, at the server.
    ///   - round: the round they are of.
    func note(
        _ evaluation: Classifier.Evaluation, of weights: [StoredBytes], by kind: WorkKind, round: Int
    ) {
        guard evaluation.accuracy.isNaN, evaluation.images > 0 else { return }
        divergence.isInEvaluation = true
        guard !weights.contains(where: divergence.has), divergence.told.insert("evaluation \(round)").inserted
        else { return }
        tell(NotANumber(), kind, client: nil, round: round)
    }

    /// Forgets what the evaluations before have said: those of another model follow.
    func beginEvaluation() { divergence.isInEvaluation = false }

    /// Why the run has diverged; `nil` where its final model is one of numbers.
    var divergenceAtEnd: String? {
        let isLost =
            results.finalModel.map { divergence.has($0.bytes) } ?? false || divergence.isInEvaluation
            || results.finalHead.map(divergence.has) ?? false
            || results.finalPersonalModels.contains { $0.weights.inputs.contains(where: divergence.has) }
        guard isLost else { return nil }
        return "the final model is not a number" + (divergence.beginning.map { "; first: \($0)" } ?? "")
    }
}
