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
        /// A client's own weights, if it has any yet, and over them those that are shared.
        case merged(shared: StoredBytes, own: StoredBytes?)

        /// The bytes that are read.
        var inputs: [StoredBytes] {
            switch self {
            case .initial: []
            case .state(let bytes): [bytes]
            case .merged(let shared, let own): [shared] + (own.map { [$0] } ?? [])
            }
        }

        var key: String {
            switch self {
            case .initial(let seed): "seed \(seed)"
            case .state(let bytes): bytes.sha256
            case .merged(let shared, let own): "shared \(shared.sha256) own \(own?.sha256 ?? "none")"
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
        /// Those, and real images of the training set.
        case mixed(SyntheticSet, real: [Int])
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
    /// What is added to every gradient.
    var correction: LocalCorrection?
    /// Whether the state says how many steps led to it.
    var notesSteps = false
}

/// What a method adds to every gradient of a client's training.
public enum LocalCorrection: Sendable {
    /// FedProx's pull back to the start.
    case proximal(mu: Double)
    /// SCAFFOLD's control variates, the server's minus the client's own; `nil` is zero.
    case control(server: StoredBytes?, own: StoredBytes?)

    fileprivate var inputs: [StoredBytes] {
        if case .control(let server, let own) = self { [server, own].compactMap(\.self) } else { [] }
    }

    fileprivate var key: String {
        switch self {
        case .proximal(let mu): "proximal \(mu)"
        case .control(let server, let own): "control \(server?.sha256 ?? "0") \(own?.sha256 ?? "0")"
        }
    }

    /// The correction as the trainer takes it; `nil` where it is zero.
    fileprivate func gradientCorrection() throws -> GradientCorrection? {
        switch self {
        case .proximal(let mu):
            return .proximal(mu: mu)
        case .control(let server, let own):
            func values(_ bytes: StoredBytes?) throws -> [Float]? {
                try bytes.map { try ModelVector(decoding: $0.load(), name: "control variate").parameters }
            }
            switch (try values(server), try values(own)) {
            case (nil, nil): return nil
            case (let server?, nil): return .offset(server)
            case (nil, let own?): return .offset(own.map { -$0 })
            case (let server?, let own?): return .offset(Vectors.difference(server, own))
            }
        }
    }
}

extension TrainingTask {
    /// The bytes that it reads.
    var inputs: [StoredBytes] {
        var inputs: [StoredBytes] = []
        inputs += start.inputs + (correction?.inputs ?? [])
        switch data {
        case .synthetic(let set), .mixed(let set, _): inputs += set.parts
        case .private, .allPrivate: break
        }
        return inputs
    }
}

/// The result of a training.
struct TrainedModel: Sendable {
    var state: ModelState
    let epochs: [EpochRecord]
    /// The mean of the squared losses of the images of the last epoch, in nats²; `nil` where the record has
    /// none.
    var squaredLoss: Double?
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

    /// How many steps a training makes.
    func steps(of task: TrainingTask) -> Int {
        task.epochs * options(for: task).batches(images: task.data.count(in: data)).steps
    }

    /// How long a round of weights and local epochs takes a client of so many images, in seconds, on an idle
    /// network.
    func expectedRound(images: Int, on device: ClientDevice, over link: ClientLink) -> Double {
        let settings = scenario.training
        let task = TrainingTask(
            start: .initial(seed: 0), data: .private([]), epochs: settings.localEpochs,
            optimizer: settings.optimizer, seed: 0)
        let operations =
            Double(options(for: task).drawnImages(of: images))
            * Double(architecture.trainingOperations(side: data.train.side))
        let bytes = Double(machinery.sizes.bytes(of: architecture, .whole))
        return 2 * link.latency.seconds + bytes / link.downlink.value + bytes / link.uplink.value
            + operations * device.slowdown / device.flopsPerSecond
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
                    "options": "\(options)\(task.variant)", "seed": "\(task.seed)",
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
        case .mixed(let set, let real): set.count + real.count
        }
    }

    /// A hash of the images.
    func key(in data: FederatedData) -> String {
        switch self {
        case .private(let indices): "\(data.trainSHA256) \(indices)"
        case .allPrivate: data.trainSHA256
        case .synthetic(let set): set.sha256
        case .mixed(let set, let real): "\(set.sha256) \(data.trainSHA256) \(real)"
        }
    }
}

// MARK: - Doing it

extension RunContext {
    /// Which epochs of a long training are evaluated: a dozen at most, evenly spread; the last always is.
    func evaluatedEpochs(of epochs: Int) -> @Sendable (Int) -> Bool {
        let stride = max(1, (epochs + 11) / 12)
        return { epoch in (epochs - epoch) % stride == 0 }
    }

    /// The work itself, for a worker.
    func training(_ task: TrainingTask) -> @Sendable () throws -> WorkOutcome<TrainedModel> {
        let data = data, architecture = architecture, options = options(for: task), machinery = machinery
        // Records of version 0.1 have none, those of their runs that are resumed neither.
        let notesSquares = rules > .first
        let count = task.data.count(in: data), progress = progress
        let steps = task.notesSteps ? steps(of: task) : nil
        let isDue = evaluatedEpochs(of: task.epochs)
        return {
            let classifier = try task.start.classifier(architecture)
            let (images, indices) = try task.data.images(in: data)
            var records: [EpochRecord] = [], squaredLoss: Double?
            do {
                try classifier.train(
                    on: images, indices: indices, options: options, seed: task.seed,
                    correction: try task.correction?.gradientCorrection(),
                    isCancelled: { machinery.pool.isCancelled },
                    epochEnded: { epoch in
                        progress.processed(images: count)
                        if notesSquares { squaredLoss = epoch.meanSquaredLoss }
                        if task.evaluatesEpochs {
                            progress.advanced(kind: "train", done: epoch.epoch, of: epoch.epochs)
                        }
                        records.append(
                            EpochRecord(
                                epoch: epoch.epoch, progress: Double(epoch.epoch) / Double(epoch.epochs),
                                loss: epoch.meanLoss,
                                test: try task.evaluatesEpochs && isDue(epoch.epoch)
                                    ? classifier.evaluate(
                                        on: data.images().test, isCancelled: { machinery.pool.isCancelled })
                                    : nil
                            ))
                    })
            } catch is CancellationError {
                throw WorkCancelled()
            }
            let metadata = ModelState.metadata(samples: count, steps: steps)
            let bytes = classifier.network.store.encoded(metadata: metadata)
            var state = try ModelState(storing: bytes, in: machinery.blobs, samples: count, steps: steps)
            if state.firstNotFinite == nil, records.contains(where: { !$0.loss.isFinite }) {
                state.firstNotFinite = NotANumber.loss
            }
            return WorkOutcome(
                output: TrainedModel(state: state, epochs: records, squaredLoss: squaredLoss),
                sha256: state.bytes.sha256)
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
    func recordEpochs(
        of trained: TrainedModel, from start: SimInstant, asRounds: Bool, by order: WorkOrder
    ) {
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
            beginEvaluation()
            note(test, of: [trained.state.bytes], order, round: round)
            logDomains(test.domains, at: instant, round: round)
            progress.measured(accuracy: test.accuracy, round: round)
        }
    }
}

extension TrainingTask {
    /// What the key says of corrections and notes: nothing where there are none.
    fileprivate var variant: String {
        (correction.map { " \($0.key)" } ?? "") + (notesSteps ? " with steps" : "")
    }
}

extension TrainingTask.Start {
    /// The classifier to train or to evaluate.
    func classifier(_ architecture: ResNetArchitecture) throws -> Classifier {
        switch self {
        case .initial(let seed):
            return Classifier(architecture, seed: seed)
        case .state(let bytes):
            return try bytes.withTensors { try Classifier(architecture, state: $0) }
        case .merged(let shared, let own):
            // What neither has, batch norm before the first round, starts as it does in every network.
            let classifier = Classifier(architecture, seed: 0)
            if let own { try own.withTensors { try classifier.network.store.load($0) } }
            try shared.withTensors { try classifier.network.store.loadPart($0) }
            return classifier
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
        case .mixed(let set, let real): (try set.images().joined(with: data.images().train.subset(real)), nil)
        }
    }
}
