import Models
import RunLog
import Simulator

/// The final models on the test images by class and domain, or by owner: the global one, or each client's
/// own.
struct PendingClientAccuracies {
    fileprivate let works: [(client: Int?, work: Pending)]

    fileprivate enum Pending {
        case parts(PendingWork<PartAccuracies>)
        case owners(PendingWork<OwnerAccuracies>)
    }
}

extension RunContext {
    /// Submits what the accuracies of clients on their own distributions follow from; `nil` where the
    /// scenario does not ask for them, and where there is no model of one client or of all.
    func beginClientAccuracies(of clients: RegisteredClients) -> PendingClientAccuracies? {
        guard scenario.evaluation.clients == true, !isTimingOnly, data.testCount > 0,
            data.train.shares == nil
        else { return nil }
        let areTested = clients.owners?.areTested ?? false
        func work(_ weights: ModelStart) -> PendingClientAccuracies.Pending {
            areTested
                ? .owners(submit(OwnerEvaluation(classifier, of: weights, on: data.testSHA256)))
                : .parts(submit(PartEvaluation(classifier, of: weights, on: data.testSHA256)))
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
            let evaluated = client.map { [$0] } ?? clients.inLog
            switch work {
            case .parts(let work):
                let outcome = try result(of: work)
                logWork(work.order, outcome)
                for id in evaluated {
                    accuracies.add(
                        client: id, images: clients.images(of: id), of: data.train, outcome.output.parts)
                }
            case .owners(let work):
                let outcome = try result(of: work)
                logWork(work.order, outcome)
                add(outcome.output, of: evaluated, clients.owners, to: &accuracies)
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

    /// Notes clients whose owners have test images.
    private func add(
        _ output: OwnerAccuracies, of clients: [Int], _ owners: ClientOwners?,
        to accuracies: inout ClientAccuracies
    ) {
        guard let owners else { return }
        let places = Dictionary(
            output.owners.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        for id in clients {
            guard let place = places[owners.name(of: id)] else { continue }
            let own = output.owners[place]
            accuracies.add(client: id, correct: own.correct, of: own.images)
        }
    }
}
