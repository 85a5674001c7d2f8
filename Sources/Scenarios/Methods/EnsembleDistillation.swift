import Models
import Simulator

/// DENSE: one round, in which clients upload what they have trained; the server trains a generator against their
/// ensemble and distils the ensemble into the global model with its images.
///
/// Zhang et al., "DENSE: Data-Free One-Shot Federated Learning", https://arxiv.org/abs/2112.12371, algorithm 1. Local
/// training begins with the server's initial model, as in the one-shot average that it is compared with. The final model
/// goes to the clients.
public struct EnsembleDistillation: FederatedMethod {
    public let name = "dense"
    public let summary = "one round: models up, their ensemble distilled through a generator, one model down"
    /// Uploads are not averaged, so noise for a mean has no place.
    public let noisePlaces: [Scenario.NoisePlace] = [.client]

    public func plannedRounds(in scenario: Scenario) -> Int? { 1 }

    public func run(on federation: Federation) async throws {
        let training = LocalTraining(epochs: federation.scenario.dense.localEpochs)
        try await federation.playSingleRound(training: training) { updates in
            try await federation.server.distill(updates)
        }
    }
}

extension Server {
    /// Distils the ensemble of the updates into a fresh model: one piece of work, which holds eight models of the ensemble
    /// at most and reads the others again at each of their turns.
    fileprivate func distill(_ updates: [ReceivedUpdate]) async throws -> ModelState {
        let task = DistillationTask(
            states: updates.map(\.state), settings: context.scenario.dense,
            studentSeed: context.workSeed("initial-weights"), seed: context.workSeed("distillation"))
        let order = context.order(for: task), start = context.simulation.now
        let trained = try await context.perform(
            order, on: device, standIn: context.standIn(for: task, order), context.distillation(task)
        ).output
        context.recordEpochs(of: trained, from: start, asRounds: false, by: order)
        return trained.state
    }
}

/// A distillation to be done.
private struct DistillationTask: Sendable {
    let states: [StoredBytes]
    let settings: Scenario.Dense
    /// Of the student's initial weights.
    let studentSeed: UInt64
    /// Of everything else that is drawn.
    let seed: UInt64

    /// How many images are generated.
    var images: Int { settings.options.epochs * settings.options.batch }
}

extension RunContext {
    /// The virtual cost of each epoch, the first first.
    private func operations(of task: DistillationTask) -> [Double] {
        (1...task.settings.options.epochs).map { epoch in
            task.settings.options.operations(
                epoch: epoch, classifiers: task.states.count, architecture, side: data.train.side)
        }
    }

    fileprivate func order(for task: DistillationTask) -> WorkOrder {
        WorkOrder(
            kind: "distill", round: round, client: nil,
            key: WorkKey(
                "distill",
                [
                    "model": architecture.workKey, "states": task.states.map(\.sha256).joined(separator: " "),
                    "settings": "\(task.settings)",
                    "precision": (scenario.training.precision ?? .float32).rawValue,
                    "side": "\(data.train.side)", "seeds": "\(task.studentSeed) \(task.seed)",
                    "evaluation": data.testSHA256,
                ]),
            flops: operations(of: task).reduce(0, +), inputs: task.states)
    }

    /// What has the size of the distilled model.
    fileprivate func standIn(for task: DistillationTask, _ order: WorkOrder) -> TrainedModel {
        let metadata = ModelState.metadata(samples: task.images, steps: nil)
        let bytes = machinery.sizes.bytes(of: architecture, .whole, metadata: metadata)
        return TrainedModel(
            state: ModelState(bytes: .absent(count: bytes, key: order.key), samples: task.images), epochs: [])
    }

    /// The work itself, for a worker.
    fileprivate func distillation(_ task: DistillationTask)
        -> @Sendable () throws -> WorkOutcome<TrainedModel>
    {
        let architecture = architecture, data = data, machinery = machinery, progress = progress
        let options = task.settings.options
        let training = task.settings.training(scenario.training.precision ?? .float32)
        let isDue = evaluatedEpochs(of: options.epochs)
        return {
            let isCancelled = { machinery.pool.isCancelled }
            let student = try Classifier(of: architecture, seed: task.studentSeed)
            var records: [EpochRecord] = []
            do {
                let ensemble = try ClassifierEnsemble(architecture, count: task.states.count) {
                    index, store in try task.states[index].withTensors { try store.load($0) }
                }
                try DataFreeDistillation(
                    ensemble, into: student.network, side: data.train.side, options: options, seed: task.seed
                ).run(training: training, isCancelled: isCancelled) { epoch, loss in
                    progress.processed(images: options.batch)
                    progress.advanced(kind: "distill", done: epoch, of: options.epochs)
                    records.append(
                        EpochRecord(
                            epoch: epoch, progress: Double(epoch) / Double(options.epochs), loss: loss,
                            test: try isDue(epoch)
                                ? student.evaluate(on: data.images().test, isCancelled: isCancelled) : nil))
                }
            } catch is CancellationError {
                throw WorkCancelled()
            }
            let metadata = ModelState.metadata(samples: task.images, steps: nil)
            let state = try ModelState(
                storing: student.network.store.encoded(metadata: metadata), in: machinery.blobs,
                samples: task.images)
            return WorkOutcome(
                output: TrainedModel(state: state, epochs: records), sha256: state.bytes.sha256)
        }
    }
}

extension Scenario.Dense {
    /// As the distillation takes them.
    var options: DataFreeDistillationOptions {
        DataFreeDistillationOptions(
            epochs: epochs, generatorSteps: generatorSteps, batch: batch, generatorRate: generatorRate,
            statisticsWeight: statisticsWeight, boundaryWeight: boundaryWeight, noiseWidth: noiseWidth,
            generatorWidth: generatorWidth, temperature: temperature, pool: pool, start: generator)
    }

    /// The student's optimizer.
    func training(_ precision: TrainingOptions.Precision) -> TrainingOptions {
        TrainingOptions(
            epochs: epochs, batch: batch, learningRate: rate, momentum: momentum, weightDecay: 0,
            augmentation: .none, precision: precision)
    }
}
