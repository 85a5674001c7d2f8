import Models
import RunLog
import Simulator

/// What a run is asked at its end beside its accuracy, and is at. It observes and takes no virtual time.
struct FinalMeasurements {
    fileprivate var membership: PendingWork<MembershipEvaluation>?
    fileprivate var retrieval: PendingWork<Retrieval>?
    fileprivate var clients: PendingClientAccuracies?
}

extension RunContext {
    /// Submits what the scenario's `evaluation` asks of the final global model; nothing for methods that have
    /// none.
    ///
    /// - Parameter clients: those whose images are the private ones.
    func beginFinalMeasurements(of clients: RegisteredClients) -> FinalMeasurements {
        var measurements = FinalMeasurements()
        measurements.clients = beginClientAccuracies(of: clients)
        let asked = scenario.evaluation
        guard asked.membership || asked.retrieval, let model = results.finalGlobalModel, !isTimingOnly,
            data.testCount > 0, divergenceAtEnd == nil
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

    /// Tells the user what the scenario's `evaluation` asks that no model of the run could be asked.
    func warnAboutMeasurementsLeftOut() {
        guard !isTimingOnly, divergenceAtEnd == nil else { return }
        let asked = scenario.evaluation, hasImages = data.testCount > 0
        let hasGlobal = hasImages && results.finalGlobalModel != nil
        let hasPersonal = hasImages && !results.finalPersonalModels.isEmpty
        let leftOut = [
            ("evaluation.clients", asked.clients == true && !hasGlobal && !hasPersonal),
            ("evaluation.membership", asked.membership && !hasGlobal),
            ("evaluation.retrieval", asked.retrieval && results.lastSyntheticSet != nil && !hasGlobal),
        ].filter(\.1).map(\.0)
        guard !leftOut.isEmpty else { return }
        progress.warned(
            "\(leftOut.joined(separator: ", ")) left out: "
                + (hasImages ? "it ends without a global model of all weights" : "there are no test images"))
    }

    /// Waits for the end of what was submitted and logs it.
    ///
    /// - Throws: what the work throws; `RunLogError`.
    func complete(_ measurements: FinalMeasurements, of clients: RegisteredClients) throws {
        if let pending = measurements.clients { try complete(pending, of: clients) }
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
        func row(_ name: MetricName, _ value: Double) {
            recorder.metric(at: simulation.now, round: round, split: .membership, name: name, value: value)
        }
        row(.members, Double(evaluation.members))
        row(.nonMembers, Double(evaluation.nonMembers))
        for finding in evaluation.findings {
            let score = MembershipScore(finding.metric)
            row(.membership(score, .memberMean), finding.memberMean)
            row(.membership(score, .nonMemberMean), finding.nonMemberMean)
            row(.membership(score, .gap), finding.gap)
            row(.membership(score, .areaUnderCurve), finding.areaUnderCurve)
            row(.membership(score, .truePositiveRate), finding.truePositiveRate)
        }
    }

    /// The synthetic images' figures, and those of the test images as `control_…`.
    private func log(_ retrieval: Retrieval) {
        func row(_ name: MetricName, _ value: Double) {
            recorder.metric(at: simulation.now, round: round, split: .retrieval, name: name, value: value)
        }
        row(.threshold, retrieval.threshold)
        for (isControl, group) in [(false, retrieval.synthetic), (true, retrieval.control)] {
            row(.retrieval(.images, ofControl: isControl), Double(group.count))
            row(.retrieval(.nearCopies, ofControl: isControl), Double(group.nearCopies))
            row(.retrieval(.meanSimilarity, ofControl: isControl), group.mean)
            row(.retrieval(.largestSimilarity, ofControl: isControl), group.largest)
        }
    }
}

extension MembershipScore {
    /// What the log calls a metric of the attack.
    fileprivate init(_ metric: MembershipMetric) {
        self =
            switch metric {
            case .entropy: .entropy
            case .loss: .loss
            case .confidence: .confidence
            case .modifiedEntropy: .modifiedEntropy
            }
    }
}
