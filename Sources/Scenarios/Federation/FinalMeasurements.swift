import Models
import Simulator

/// What a run is asked at its end beside its accuracy, and is at. It observes and takes no virtual time.
struct FinalMeasurements {
    fileprivate var membership: PendingWork<MembershipEvaluation>?
    fileprivate var retrieval: PendingWork<Retrieval>?
}

extension RunContext {
    /// Submits what the scenario's `evaluation` asks of the final global model; nothing for methods that have
    /// none.
    ///
    /// - Parameter clients: those whose images are the private ones.
    func beginFinalMeasurements(of clients: RegisteredClients) -> FinalMeasurements {
        var measurements = FinalMeasurements()
        let asked = scenario.evaluation
        guard asked.membership || asked.retrieval, let model = results.finalModel, model.scope == .whole,
            results.finalPersonalModels.isEmpty, !isTimingOnly, data.testCount > 0,
            !divergence.has(model.bytes)
        else { return measurements }
        let held = IndexList(clients.heldImages)
        guard held.count > 0 else { return measurements }
        if asked.membership {
            measurements.membership = submit(
                MembershipTest(
                    classifier, of: model.bytes, members: selection(held), others: data.testSHA256))
        }
        if asked.retrieval, let set = results.lastSyntheticSet {
            measurements.retrieval = submit(
                RetrievalTest(
                    classifier, with: model.bytes, of: set.content, among: selection(held),
                    control: data.testSHA256, threshold: asked.nearCopy))
        }
        return measurements
    }

    /// Waits for the end of what was submitted and logs it.
    ///
    /// - Throws: what the work throws; `RunLogError`.
    func complete(_ measurements: FinalMeasurements) throws {
        if let pending = measurements.membership {
            let outcome = try result(of: pending)
            logWork(pending.order, outcome)
            log(outcome.output)
        }
        if let pending = measurements.retrieval, let set = results.lastSyntheticSet {
            let outcome = try result(of: pending)
            logWork(pending.order, outcome)
            log(outcome.output)
            if let sha256 = outcome.sha256 { try keepExamples(of: outcome.output, from: set, as: sha256) }
        }
    }

    /// A row for each metric and figure, such as `loss_gap` and `modified_entropy_auc`.
    private func log(_ evaluation: MembershipEvaluation) {
        func row(_ name: String, _ value: Double) {
            recorder.metric(at: simulation.now, round: round, split: "membership", name: name, value: value)
        }
        row("members", Double(evaluation.members))
        row("non_members", Double(evaluation.nonMembers))
        for finding in evaluation.findings {
            let name = finding.metric.rawValue.replacing("-", with: "_")
            row("\(name)_members", finding.memberMean)
            row("\(name)_non_members", finding.nonMemberMean)
            row("\(name)_gap", finding.gap)
            row("\(name)_auc", finding.areaUnderCurve)
            row("\(name)_tpr", finding.truePositiveRate)
        }
    }

    /// The synthetic images' figures, and those of the test images as `control_…`.
    private func log(_ retrieval: Retrieval) {
        func row(_ name: String, _ value: Double) {
            recorder.metric(at: simulation.now, round: round, split: "retrieval", name: name, value: value)
        }
        row("threshold", retrieval.threshold)
        for (prefix, group) in [("", retrieval.synthetic), ("control_", retrieval.control)] {
            row("\(prefix)images", Double(group.count))
            row("\(prefix)near_copies", Double(group.nearCopies))
            row("\(prefix)similarity_mean", group.mean)
            row("\(prefix)similarity_largest", group.largest)
        }
    }
}
