import Models
import Simulator

/// A training to be done: by a client on its images, or by the server on synthetic or on all images.
struct TrainingTask: Sendable {
    /// The weights it starts from.
    enum Start: Sendable {
        /// Fresh ones, drawn from a seed.
        case initial(seed: UInt64)
        /// Those of an encoded model.
        case state(StoredBytes)

        var key: String {
            switch self {
            case .initial(let seed): "seed \(seed)"
            case .state(let bytes): bytes.sha256
            }
        }
    }

    /// The images it uses.
    enum Images: Sendable {
        /// These images of the training set.
        case `private`([Int])
        /// The whole training set.
        case allPrivate
        /// Images made by the server.
        case synthetic(SyntheticSet)
    }

    var start: Start
    var data: Images
    /// Passes over the images.
    var epochs: Int
    var optimizer: Scenario.Optimizer
    /// Of shuffling and augmentation.
    var seed: UInt64
    /// Whether some epochs are followed by an evaluation on the test images.
    var evaluatesEpochs = false
}

extension TrainingTask {
    /// The bytes that it reads.
    var inputs: [StoredBytes] {
        var inputs: [StoredBytes] = []
        if case .state(let bytes) = start { inputs.append(bytes) }
        if case .synthetic(let set) = data { inputs += set.parts }
        return inputs
    }
}

/// What a training came to.
struct TrainedModel: Sendable {
    let state: ModelState
    let epochs: [EpochRecord]
}

/// An epoch of a training.
struct EpochRecord: Sendable {
    /// From 1.
    let epoch: Int
    /// Share of the training done when it ended, 0...1.
    let progress: Double
    /// Mean cross-entropy on the training images, in nats.
    let loss: Double
    /// On the test images, where the epoch was evaluated.
    let test: Classifier.Evaluation?
}

// MARK: - What it costs and depends on

extension RunContext {
    /// The classifier of this scenario.
    var architecture: ResNetArchitecture {
        ResNetArchitecture(
            depth: scenario.model.kind == .resnet18 ? .eighteen : .thirtyFour,
            classes: data.train.classNames.count)
    }

    /// The task's options as the classifier takes them.
    func options(for task: TrainingTask) -> TrainingOptions {
        TrainingOptions(
            epochs: task.epochs, batch: task.optimizer.batch, learningRate: task.optimizer.learningRate,
            schedule: task.optimizer.schedule == .cosine ? .cosine : .constant,
            momentum: task.optimizer.momentum,
            weightDecay: task.optimizer.weightDecay,
            augmentation: scenario.data.augmentation == .cropFlip ? .cropFlip : .none,
            precision: scenario.training.precision ?? .float32)
    }

    /// The order for a training: three times the forward pass for each image drawn.
    func order(for task: TrainingTask, kind: String, client: Int?) -> WorkOrder {
        let options = options(for: task)
        let count = task.data.count(in: data)
        let flops =
            Double(options.drawnImages(of: count))
            * Double(architecture.trainingOperations(side: data.train.side))
        return WorkOrder(
            kind: kind, round: round, client: client,
            key: WorkKey(
                "train",
                [
                    "model": "\(architecture)", "start": task.start.key, "images": task.data.key(in: data),
                    "options": "\(options)", "seed": "\(task.seed)",
                    "evaluation": task.evaluatesEpochs ? data.testSHA256 : "",
                ]),
            flops: flops, inputs: task.inputs)
    }
}

extension TrainingTask.Images {
    /// How many images there are.
    func count(in data: FederatedData) -> Int {
        switch self {
        case .private(let indices): indices.count
        case .allPrivate: data.train.count
        case .synthetic(let set): set.count
        }
    }

    /// A hash of the images.
    func key(in data: FederatedData) -> String {
        switch self {
        case .private(let indices): "\(data.trainSHA256) \(indices)"
        case .allPrivate: data.trainSHA256
        case .synthetic(let set): set.sha256
        }
    }
}

// MARK: - Doing it

extension RunContext {
    /// At most so many epochs of a long training are evaluated, evenly spread; the last always is.
    private static let evaluatedEpochs = 12

    /// The work itself, for a worker.
    func training(_ task: TrainingTask) -> @Sendable () throws -> WorkOutcome<TrainedModel> {
        let data = data, architecture = architecture, options = options(for: task), machinery = machinery
        let count = task.data.count(in: data), progress = progress
        let stride = max(1, (task.epochs + Self.evaluatedEpochs - 1) / Self.evaluatedEpochs)
        return {
            let classifier = try task.start.classifier(architecture)
            let (images, indices) = try task.data.images(in: data)
            var records: [EpochRecord] = []
            do {
                try classifier.train(
                    on: images, indices: indices, options: options, seed: task.seed,
                    isCancelled: { machinery.pool.isCancelled },
                    epochEnded: { epoch in
                        progress.processed(images: count)
                        if task.evaluatesEpochs {
                            progress.advanced(kind: "train", done: epoch.epoch, of: epoch.epochs)
                        }
                        let isDue = epoch.epoch == epoch.epochs || (epoch.epochs - epoch.epoch) % stride == 0
                        records.append(
                            EpochRecord(
                                epoch: epoch.epoch, progress: Double(epoch.epoch) / Double(epoch.epochs),
                                loss: epoch.meanLoss,
                                test: try task.evaluatesEpochs && isDue
                                    ? classifier.evaluate(
                                        on: data.images().test, isCancelled: { machinery.pool.isCancelled })
                                    : nil
                            ))
                    })
            } catch is CancellationError {
                throw WorkCancelled()
            }
            let bytes = classifier.network.store.encoded(metadata: ["samples": "\(count)"])
            let state = try ModelState(bytes: machinery.blobs.store(bytes), samples: count)
            return WorkOutcome(
                output: TrainedModel(state: state, epochs: records), sha256: state.bytes.sha256)
        }
    }

    /// Logs the losses of a client's epochs.
    func recordLosses(of trained: TrainedModel, client: Int) {
        guard let last = trained.epochs.last else { return }
        recorder.metric(
            at: simulation.now, round: round, client: client, split: "train", name: "loss", value: last.loss)
    }

    /// Logs the curve of a training at the server, each epoch at the virtual instant at which it ended.
    ///
    /// - Parameter asRounds: Whether an epoch counts as a round of the method; otherwise its accuracy is
    ///   called
    ///   `epoch_accuracy` and belongs to the round that is going on.
    func recordEpochs(of trained: TrainedModel, from start: SimInstant, asRounds: Bool) {
        let span = (simulation.now - start).seconds
        for epoch in trained.epochs {
            let instant = min(simulation.now, start + .seconds(span * epoch.progress))
            let round = asRounds ? epoch.epoch : self.round
            recorder.metric(at: instant, round: round, split: "train", name: "loss", value: epoch.loss)
            guard let test = epoch.test else { continue }
            recorder.metric(
                at: instant, round: round, split: "test", name: asRounds ? "accuracy" : "epoch_accuracy",
                value: test.accuracy)
            guard asRounds else { continue }
            logDomains(of: test, at: instant, round: round)
            progress.measured(accuracy: test.accuracy, round: round)
        }
    }
}

extension TrainingTask.Start {
    /// The classifier to train.
    fileprivate func classifier(_ architecture: ResNetArchitecture) throws -> Classifier {
        switch self {
        case .initial(let seed): Classifier(architecture, seed: seed)
        case .state(let bytes): try Classifier(architecture, state: bytes.load())
        }
    }
}

extension TrainingTask.Images {
    /// The set and the indices of it to train on; `nil` for all.
    fileprivate func images(in data: FederatedData) throws -> (ImageSet, [Int]?) {
        switch self {
        case .private(let indices): (try data.images().train, indices)
        case .allPrivate: (try data.images().train, nil)
        case .synthetic(let set): (try set.images(), nil)
        }
    }
}
