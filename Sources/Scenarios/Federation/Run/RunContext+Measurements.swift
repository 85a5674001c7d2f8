import Models
import RunLog
import Simulator

/// An evaluation under way that costs no virtual time.
struct Measurement {
    let name: MetricName
    let round: Int
    let instant: SimInstant
    /// One of the global model, or one of each client's own.
    let pending: [(client: Int?, work: PendingWork<Classifier.Evaluation>)]
    /// The same models, tried on what attackers want; empty where there is no such attack.
    var attacks: [PendingWork<Classifier.Evaluation>] = []
}

extension RunContext {
    /// Evaluates a global model on the test images, beside the clock.
    ///
    /// Its metrics are logged, with the instant of this call, when the next measurement is asked for or the
    /// run ends:
    /// points that do not depend on how long the evaluation really takes.
    func measure(_ model: ModelState, name: MetricName = .accuracy) throws {
        try completeMeasurements()
        logEnergySoFar(round: round)
        guard !isTimingOnly else { return progress.passedOver(evaluations: 1, round: round) }
        results.measurements.append(
            Measurement(
                name: name, round: round, instant: simulation.now,
                pending: [(nil, pendingEvaluation(of: .state(model.bytes)))],
                attacks: name == .accuracy
                    ? [pendingAttackTest(of: .state(model.bytes))].compactMap(\.self) : []))
    }

    /// Evaluates the clients' own models, beside the clock. Their mean stands for the global model's.
    func measure(_ models: [PersonalModel]) throws {
        try completeMeasurements()
        logEnergySoFar(round: round)
        guard !isTimingOnly else { return progress.passedOver(evaluations: models.count, round: round) }
        guard !models.isEmpty else { return }
        results.measurements.append(
            Measurement(
                name: .accuracy, round: round, instant: simulation.now,
                pending: models.map { ($0.client, pendingEvaluation(of: $0.weights)) },
                attacks: models.compactMap { pendingAttackTest(of: $0.weights) }))
    }

    /// Evaluates several models that speak together, beside the clock.
    func measure(together evaluation: some Work<Classifier.Evaluation>) throws {
        try completeMeasurements()
        logEnergySoFar(round: round)
        guard !isTimingOnly else { return progress.passedOver(evaluations: 1, round: round) }
        results.measurements.append(
            Measurement(
                name: .accuracy, round: round, instant: simulation.now, pending: [(nil, submit(evaluation))]))
    }

    private func pendingEvaluation(of weights: ModelStart) -> PendingWork<Classifier.Evaluation> {
        submit(Evaluation(classifier, of: weights, on: data.testSHA256))
    }

    /// Waits for the measurements under way and logs them.
    func completeMeasurements() throws {
        for measurement in results.measurements {
            var accuracy = 0.0, loss = 0.0, domains: [String: Double] = [:]
            let share = 1 / Double(measurement.pending.count)
            if measurement.name == .accuracy { beginEvaluation() }
            for (client, pending) in measurement.pending {
                let outcome = try result(of: pending)
                logWork(pending.order, outcome)
                note(
                    outcome.output, of: pending.order.inputs, by: pending.order.kind, round: measurement.round
                )
                accuracy += share * outcome.output.accuracy
                loss += share * outcome.output.loss
                for (domain, value) in outcome.output.domains.sorted(by: { $0.key < $1.key }) {
                    domains[domain, default: 0] += share * value
                }
                guard let client else { continue }
                recorder.metric(
                    at: measurement.instant, round: measurement.round, client: client, split: .test,
                    name: measurement.name, value: outcome.output.accuracy)
            }
            recorder.metric(
                at: measurement.instant, round: measurement.round, split: .test, name: measurement.name,
                value: accuracy)
            guard measurement.name == .accuracy else { continue }
            try logAttack(of: measurement, accuracy: accuracy)
            logDomains(domains, at: measurement.instant, round: measurement.round)
            recorder.metric(
                at: measurement.instant, round: measurement.round, split: .test, name: .loss, value: loss)
            progress.measured(accuracy: accuracy, round: measurement.round)
        }
        results.measurements = []
        try flush()
    }

    /// Logs how far attackers have got: the mean share of what they want, or, where they want no class, of
    /// what is wrong.
    private func logAttack(of measurement: Measurement, accuracy: Double) throws {
        // Models that speak together are not tried on what attackers want.
        let hasGoal = attackers.labels != nil && data.testCount > 0
        guard !attackers.clients.isEmpty, hasGoal == !measurement.attacks.isEmpty else { return }
        var success = 1 - accuracy
        if !measurement.attacks.isEmpty {
            success = 0
            for pending in measurement.attacks {
                let outcome = try result(of: pending)
                logWork(pending.order, outcome)
                success += outcome.output.accuracy / Double(measurement.attacks.count)
            }
        }
        recorder.metric(
            at: measurement.instant, round: measurement.round, split: .attack, name: .attackSuccess,
            value: success)
    }

    /// Logs the accuracy on each domain of the test images, as the split `test/<domain>`; nothing where there
    /// is but one.
    func logDomains(_ accuracies: [String: Double], at instant: SimInstant, round: Int) {
        for (domain, accuracy) in accuracies.sorted(by: { $0.key < $1.key }) {
            recorder.metric(
                at: instant, round: round, split: .domain(domain), name: .accuracy, value: accuracy)
        }
    }
}
