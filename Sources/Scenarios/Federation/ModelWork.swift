import Models
import RunLog
import Simulator

// Work on whole models: fresh ones, averages, evaluations.

extension RunContext {
    /// The order for a fresh model: an operation a weight.
    func orderForInitialization(seed: UInt64) -> WorkOrder {
        WorkOrder(
            kind: "initialize", round: round, client: nil,
            key: WorkKey("initialize", ["model": "\(architecture)", "seed": "\(seed)"]),
            flops: Double(architecture.parameterCount), isShared: true)
    }

    /// Makes a fresh model.
    func initialization(seed: UInt64) -> @Sendable () throws -> WorkOutcome<ModelState> {
        let architecture = architecture, blobs = machinery.blobs
        return {
            let bytes = try blobs.store(Classifier(architecture, seed: seed).encodedState())
            return WorkOutcome(output: ModelState(bytes: bytes, samples: 0), sha256: bytes.sha256)
        }
    }

    /// The order for an average: a multiplication and an addition a weight and model.
    func orderForAverage(of states: [StoredBytes]) -> WorkOrder {
        WorkOrder(
            kind: "average", round: round, client: nil,
            key: WorkKey(
                "average",
                [
                    "weights": scenario.training.averaging.rawValue,
                    "states": states.map(\.sha256).joined(separator: " "),
                ]),
            flops: 2 * Double(architecture.parameterCount) * Double(states.count), inputs: states)
    }

    /// Averages in the order given, one state in memory at a time.
    func averaging(_ states: [StoredBytes]) -> @Sendable () throws -> WorkOutcome<ModelState> {
        let bySamples = scenario.training.averaging == .samples, blobs = machinery.blobs
        return {
            let counts = try states.map { state in
                try state.withTensors { file in file.metadata["samples"].flatMap { Int($0) } ?? 1 }
            }
            let samples = counts.reduce(0, +)
            var averager = StateAverager()
            for (state, count) in zip(states, counts) {
                // Without any images, states have equal weight.
                let weight = bySamples && samples > 0 ? Double(count) : 1
                try state.withTensors { try averager.add($0, weight: weight, statistics: weight) }
            }
            let mean = try ModelState(storing: averager.encodedMean(), in: blobs, samples: samples)
            return WorkOutcome(output: mean, sha256: mean.bytes.sha256)
        }
    }

    /// Evaluates on the test images.
    func evaluation(of weights: TrainingTask.Start) -> @Sendable () throws -> WorkOutcome<Classifier.Evaluation> {
        let architecture = architecture, data = data, pool = machinery.pool
        return {
            try WorkOutcome.observed {
                try weights.classifier(architecture)
                    .evaluate(on: data.images().test, isCancelled: { pool.isCancelled })
            }
        }
    }

    /// The order for an evaluation. It observes the federation and takes no virtual time.
    func orderForEvaluation(of weights: TrainingTask.Start) -> WorkOrder {
        WorkOrder(
            kind: "evaluate", round: round, client: nil,
            key: WorkKey("evaluate", ["state": weights.key, "images": data.testSHA256]), flops: 0,
            isShared: true, inputs: weights.inputs)
    }
}

extension WorkOutcome {
    /// The outcome of work that only looks at a model, whose record is all of it.
    static func observed(_ observe: () throws -> Output) throws -> WorkOutcome {
        do {
            let output = try observe()
            return WorkOutcome(
                output: output, sha256: WorkKey.hash(of: Array(JSONText(output.fields).text.utf8)))
        } catch is CancellationError {
            throw WorkCancelled()
        }
    }
}
