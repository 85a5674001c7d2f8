import Models
import Simulator

/// What a run is asked at its end beside its accuracy, and is at. It observes and takes no virtual time.
struct FinalMeasurements {
    fileprivate var membership: RunContext.Pending<MembershipEvaluation>?
    fileprivate var retrieval: RunContext.Pending<Retrieval>?
}

extension RunContext {
    /// Submits what the scenario's `evaluation` asks of the final global model; nothing for methods that have
    /// none.
    ///
    /// - Parameter clients: those whose images are the private ones.
    func beginFinalMeasurements(of clients: RegisteredClients) -> FinalMeasurements {
        var measurements = FinalMeasurements()
        let asked = scenario.evaluation
        guard asked.membership || asked.retrieval, let model = finalModel, model.scope == .whole,
            finalPersonalModels.isEmpty, !isTimingOnly, data.testCount > 0, !divergence.has(model.bytes)
        else { return measurements }
        let held = clients.heldImages
        guard !held.isEmpty else { return measurements }
        if asked.membership {
            measurements.membership = submit(
                orderForMembership(of: model, held: held), membership(of: model, held: held))
        }
        if asked.retrieval, let set = lastSyntheticSet {
            measurements.retrieval = submit(
                orderForRetrieval(of: set, by: model, held: held), retrieval(of: set, by: model, held: held))
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
        if let pending = measurements.retrieval, let set = lastSyntheticSet {
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

// MARK: - Membership

extension RunContext {
    private func orderForMembership(of model: ModelState, held: [Int]) -> WorkOrder {
        WorkOrder(
            kind: "membership", round: round, client: nil,
            key: WorkKey(
                "membership",
                [
                    "state": model.bytes.sha256, "members": "\(data.trainSHA256) \(held)",
                    "others": data.testSHA256,
                ]),
            flops: 0, isShared: true, inputs: [model.bytes])
    }

    private func membership(of model: ModelState, held: [Int])
        -> @Sendable () throws -> WorkOutcome<MembershipEvaluation>
    {
        let architecture = architecture, data = data, pool = machinery.pool
        return {
            let images = try data.images()
            return try WorkOutcome.observed {
                try model.bytes.withTensors { try Classifier(architecture, state: $0) }.membership(
                    of: images.train, at: held, against: images.test, isCancelled: { pool.isCancelled })
            }
        }
    }
}

// MARK: - Retrieval

extension RunContext {
    private func orderForRetrieval(of set: SyntheticSet, by model: ModelState, held: [Int]) -> WorkOrder {
        WorkOrder(
            kind: "retrieve", round: round, client: nil,
            key: WorkKey(
                "retrieve",
                [
                    "state": model.bytes.sha256, "synthetic": set.sha256,
                    "private": "\(data.trainSHA256) \(held)", "control": data.testSHA256,
                    "threshold": "\(scenario.evaluation.nearCopy)",
                ]),
            flops: 0, isShared: true, inputs: [model.bytes] + set.parts)
    }

    private func retrieval(of set: SyntheticSet, by model: ModelState, held: [Int])
        -> @Sendable () throws -> WorkOutcome<Retrieval>
    {
        let architecture = architecture, data = data, pool = machinery.pool
        let threshold = scenario.evaluation.nearCopy
        return {
            let images = try data.images(), synthetic = try set.images()
            return try WorkOutcome.observed {
                try model.bytes.withTensors { try Classifier(architecture, state: $0) }.retrieval(
                    of: synthetic, from: images.train, at: held, control: images.test, threshold: threshold,
                    isCancelled: { pool.isCancelled })
            }
        }
    }
}
