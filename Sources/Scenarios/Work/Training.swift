import Models
import RunLog

/// Trains a classifier: at a client on its images, or at the server on synthetic or on all images.
package struct Training: Work {
    package typealias Output = TrainedModel
    package static let activity = WorkKind.train
    package static let nature = WorkNature.training
    package static let makesModel = true

    let model: ClassifierReference
    /// The weights it starts from.
    let start: ModelStart
    /// The images it uses.
    let images: TrainingImages
    let settings: TrainingSettings
    /// Of shuffling and augmentation.
    let seed: UInt64
    /// The hash of the test images, where some epochs are followed by an evaluation on them.
    let evaluation: String?
    /// What is added to every gradient.
    let correction: LocalCorrection?
    /// Whether the state says how many steps led to it; `nil` for no.
    let notesSteps: Bool?
    /// MOON's term; `nil` for none.
    let contrast: LocalContrast?
    /// FedProto's term; `nil` for none.
    let prototypes: LocalPrototypes?
    /// Whether the record has no squared losses, as those of version 0.1; `nil` for no.
    let omitsSquaredLoss: Bool?

    private enum CodingKeys: String, CodingKey {
        case model, start, images, settings, seed, evaluation, correction, notesSteps = "notes_steps",
            omitsSquaredLoss = "omits_squared_loss", contrast, prototypes
    }

    package init(
        _ model: ClassifierReference, from start: ModelStart, on images: TrainingImages,
        settings: TrainingSettings, seed: UInt64, evaluation: String? = nil,
        correction: LocalCorrection? = nil,
        notesSteps: Bool = false, contrast: LocalContrast? = nil,
        prototypes: LocalPrototypes? = nil, omitsSquaredLoss: Bool = false
    ) {
        self.model = model
        self.start = start
        self.images = images
        self.settings = settings
        self.seed = seed
        self.evaluation = evaluation
        self.correction = correction
        self.notesSteps = notesSteps ? true : nil
        self.contrast = contrast
        self.prototypes = prototypes
        self.omitsSquaredLoss = omitsSquaredLoss ? true : nil
    }

    package var inputs: [StoredBytes] {
        start.inputs + (correction?.inputs ?? []) + (contrast.map { [$0.previous] } ?? [])
            + (prototypes.map { [$0.prototypes] } ?? []) + images.inputs
    }

    package var memorySetting: (value: String, allowed: String) {
        let size = settings.options.batch
        return (
            "its batch (training.batch, synthesis.batch or centralized.batch) is \(size)",
            "a smaller batch, which is another training, or a device with more memory"
        )
    }

    /// Three times the forward pass for each image drawn, and one for each model that it is contrasted with.
    package func cost(_ facts: WorkFacts) -> Double {
        let architecture = model.architecture
        let others = contrast == nil ? 0 : 2 * architecture.forwardOperations(side: images.side)
        return Double(settings.options.drawnImages(of: images.count, smallest: architecture.smallestBatch))
            * Double(architecture.trainingOperations(side: images.side) + others)
    }

    package var evaluations: Int {
        evaluation == nil ? 0 : EvaluatedEpochs.count(of: settings.options.epochs)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> TrainedModel? {
        let steps = steps(model.architecture)
        let bytes = facts.sizes.bytes(
            of: model, .whole, metadata: ModelState.metadata(samples: images.count, steps: steps)
        )
        return TrainedModel(
            state: ModelState(
                bytes: .absent(count: bytes, key: key), samples: images.count, steps: steps),
            epochs: [])
    }

    /// How many steps led to the state, where it says so.
    private func steps(_ architecture: any ClassifierArchitecture) -> Int? {
        guard notesSteps == true else { return nil }
        return settings.options.steps(images: images.count, smallest: architecture.smallestBatch)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<TrainedModel> {
        let count = images.count
        let classifier = try start.classifier(model, in: environment)
        let (set, indices) = try images.load(in: environment)
        var records: [EpochRecord] = [], squaredLoss: Double?
        do {
            try classifier.train(
                on: set, indices: indices, options: settings.options, seed: seed,
                correction: try correction?.gradientCorrection(in: environment),
                featureLoss: try contrast?.contrast(model, from: start, in: environment)
                    ?? prototypes?.loss(model, in: environment),
                isCancelled: environment.isCancelled,
                epochEnded: { epoch in
                    environment.progress.processed(images: count)
                    if omitsSquaredLoss != true { squaredLoss = epoch.meanSquaredLoss }
                    environment.advanced(.train, done: epoch.epoch, of: epoch.epochs)
                    records.append(
                        EpochRecord(
                            epoch: epoch.epoch, progress: Double(epoch.epoch) / Double(epoch.epochs),
                            loss: epoch.meanLoss,
                            test: try evaluate(classifier, after: epoch.epoch, of: epoch.epochs, environment))
                    )
                })
        } catch is CancellationError {
            throw WorkCancelled()
        }
        let steps = steps(classifier.architecture)
        let bytes = classifier.network.store.encoded(
            metadata: ModelState.metadata(samples: count, steps: steps))
        var state = try ModelState(storing: bytes, in: environment.blobs, samples: count, steps: steps)
        if state.firstNotFinite == nil, records.contains(where: { !$0.loss.isFinite }) {
            state.firstNotFinite = NotANumber.loss
        }
        return WorkOutcome(
            output: TrainedModel(state: state, epochs: records, squaredLoss: squaredLoss),
            sha256: state.bytes.sha256)
    }

    private func evaluate(
        _ classifier: Classifier, after epoch: Int, of epochs: Int, _ environment: WorkerEnvironment
    ) throws -> Classifier.Evaluation? {
        guard let evaluation, EvaluatedEpochs.contain(epoch, of: epochs) else { return nil }
        return try classifier.evaluate(
            on: environment.images(evaluation), isCancelled: environment.isCancelled)
    }
}

/// Which epochs of a long training are evaluated: a dozen at most, evenly spread; the last always is.
package enum EvaluatedEpochs {
    package static func contain(_ epoch: Int, of epochs: Int) -> Bool {
        (epochs - epoch) % spacing(of: epochs) == 0
    }

    /// How many they are.
    package static func count(of epochs: Int) -> Int {
        (epochs + spacing(of: epochs) - 1) / spacing(of: epochs)
    }

    private static func spacing(of epochs: Int) -> Int { max(1, (epochs + 11) / 12) }
}

/// The result of a training.
package struct TrainedModel: Sendable {
    package var state: ModelState
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
