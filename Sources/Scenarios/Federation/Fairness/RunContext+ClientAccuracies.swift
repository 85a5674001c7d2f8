import Models
import RunLog
import Simulator

/// The final models on the test images by class and domain: the global one, or each client's own.
struct PendingClientAccuracies {
    fileprivate let works: [(client: Int?, work: PendingWork<PartAccuracies>)]
}

extension RunContext {
    /// Submits what the accuracies of clients on their own distributions follow from; `nil` where the
    /// scenario does not ask for them, and where there is no model of one client or of all.
    func beginClientAccuracies() -> PendingClientAccuracies? {
        guard scenario.evaluation.clients == true, !isTimingOnly, data.testCount > 0,
            data.train.shares == nil
        else { return nil }
        func work(_ weights: ModelStart) -> PendingWork<PartAccuracies> {
            submit(PartEvaluation(classifier, of: weights, on: data.testSHA256))
        }
        if !results.finalPersonalModels.isEmpty {
            return PendingClientAccuracies(
                works: results.finalPersonalModels.map { ($0.client, work($0.weights)) })
        }
        guard let model = results.finalModel, model.scope == .whole, !divergence.has(model.bytes) else {
            return nil
        }
        return PendingClientAccuracies(works: [(nil, work(.state(model.bytes)))])
    }

    /// Logs the accuracy of each client, then how equal they are.
    ///
    /// - Throws: what the work throws; `RunLogError`.
    func complete(_ pending: PendingClientAccuracies, of clients: RegisteredClients) throws {
        var accuracies = ClientAccuracies()
        for (client, work) in pending.works {
            let outcome = try result(of: work)
            logWork(work.order, outcome)
            for id in client.map({ [$0] }) ?? clients.inLog {
                accuracies.add(
                    client: id, images: clients.images(of: id), of: data.train, outcome.output.parts)
            }
        }
        func row(_ name: MetricName, _ value: Double, client: Int? = nil) {
            recorder.metric(
                at: simulation.now, round: round, client: client, split: .own, name: name, value: value)
        }
        for (client, accuracy) in accuracies.found { row(.accuracy, accuracy, client: client) }
        guard !accuracies.found.isEmpty else { return }
        row(.meanAccuracy, accuracies.mean)
        row(.worstTenthAccuracy, accuracies.worstTenth)
        row(.accuracyVariance, accuracies.variance)
        row(.accuracyGini, accuracies.gini)
    }
}
