import Models
import RunLog

/// Distils an ensemble of models into a fresh one: one piece of work, which holds eight models of the
/// ensemble at most and reads the others again at each of their turns.
package struct Distillation: Work {
    package typealias Output = TrainedModel
    package static let activity = WorkKind.distill
    package static let nature = WorkNature.training
    package static let makesModel = true

    let model: ClassifierReference
    let states: [StoredBytes]
    let settings: DistillationSettings
    /// Width and height of the images, in pixels.
    let side: Int
    /// Of the student's initial weights.
    let studentSeed: UInt64
    /// Of everything else that is drawn.
    let seed: UInt64
    /// The hash of the test images, on which some epochs are evaluated.
    let evaluation: String

    private enum CodingKeys: String, CodingKey {
        case model, states, settings, side, studentSeed = "student_seed", seed, evaluation
    }

    package init(
        _ model: ClassifierReference, of states: [StoredBytes], options: DataFreeDistillationOptions,
        rate: Double, momentum: Double, precision: TrainingOptions.Precision, side: Int, studentSeed: UInt64,
        seed: UInt64, evaluation: String, boosting: CoBoostingOptions? = nil
    ) {
        self.model = model
        self.states = states
        settings = DistillationSettings(
            options: options,
            training: TrainingOptions(
                epochs: options.epochs, batch: options.batch, learningRate: rate, momentum: momentum,
                weightDecay: 0, augmentation: .none, precision: precision),
            boosting: boosting)
        self.side = side
        self.studentSeed = studentSeed
        self.seed = seed
        self.evaluation = evaluation
    }

    package var inputs: [StoredBytes] { states }
    private var options: DataFreeDistillationOptions { settings.options }
    /// How many images are generated.
    private var images: Int { options.epochs * options.batch }

    package func cost(_ facts: WorkFacts) -> Double {
        (1...options.epochs).reduce(0) { sum, epoch in
            let classifiers = states.count
            if let boosting = settings.boosting {
                return sum
                    + boosting.operations(
                        epoch: epoch, options, classifiers: classifiers, model.architecture, side: side)
            }
            return sum
                + options.operations(epoch: epoch, classifiers: classifiers, model.architecture, side: side)
        }
    }

    package var evaluations: Int { EvaluatedEpochs.count(of: options.epochs) }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> TrainedModel? {
        let metadata = ModelState.metadata(samples: images, steps: nil)
        let bytes = facts.sizes.bytes(of: model, .whole, metadata: metadata)
        return TrainedModel(
            state: ModelState(bytes: .absent(count: bytes, key: key), samples: images), epochs: [])
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<TrainedModel> {
        let architecture = try model.architecture(in: environment)
        let student = try Classifier(of: architecture, seed: studentSeed)
        var records: [EpochRecord] = []
        do {
            let ensemble = try ClassifierEnsemble(architecture, count: states.count) { index, store in
                try environment.withTensors(of: states[index]) { try store.load($0) }
            }
            try distil(ensemble, into: student, in: environment) { epoch, loss in
                environment.progress.processed(images: options.batch)
                environment.advanced(.distill, done: epoch, of: options.epochs)
                let isDue = EvaluatedEpochs.contain(epoch, of: options.epochs)
                records.append(
                    EpochRecord(
                        epoch: epoch, progress: Double(epoch) / Double(options.epochs), loss: loss,
                        test: try isDue
                            ? student.evaluate(
                                on: environment.images(evaluation), isCancelled: environment.isCancelled)
                            : nil))
            }
        } catch is CancellationError {
            throw WorkCancelled()
        }
        let metadata = ModelState.metadata(samples: images, steps: nil)
        let state = try ModelState(
            storing: student.network.store.encoded(metadata: metadata), in: environment.blobs, samples: images
        )
        return WorkOutcome(
            output: TrainedModel(state: state, epochs: records), sha256: state.bytes.sha256)
    }

    private func distil(
        _ ensemble: ClassifierEnsemble, into student: Classifier, in environment: WorkerEnvironment,
        epochEnded: (Int, Double) throws -> Void
    ) throws {
        if let boosting = settings.boosting {
            try CoBoostedDistillation(
                ensemble, into: student.network, side: side, options: options, boosting: boosting, seed: seed
            ).run(
                training: settings.training, isCancelled: environment.isCancelled, epochEnded: epochEnded)
        } else {
            try DataFreeDistillation(
                ensemble, into: student.network, side: side, options: options, seed: seed
            ).run(
                training: settings.training, isCancelled: environment.isCancelled, epochEnded: epochEnded)
        }
    }
}

/// How a distillation goes, as work names it.
struct DistillationSettings: Sendable {
    let options: DataFreeDistillationOptions
    /// The student's optimizer.
    let training: TrainingOptions
    /// What Co-Boosting adds; `nil` for DENSE.
    var boosting: CoBoostingOptions?
}

/// `{"hardness":…,"adversarial_weight":…,"perturbation":…,"weight_step":…}`.
extension CoBoostingOptions: Codable {
    private enum CodingKeys: String, CodingKey {
        case hardness, adversarialWeight = "adversarial_weight", perturbation, weightStep = "weight_step"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Double {
            let value = try container.decode(Double.self, forKey: key)
            guard value.isFinite, value >= 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "\(value) is negative or no number")
            }
            return value
        }
        try self.init(
            hardness: number(.hardness), adversarialWeight: number(.adversarialWeight),
            perturbation: number(.perturbation), weightStep: number(.weightStep))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(hardness, forKey: .hardness)
        try container.encode(adversarialWeight, forKey: .adversarialWeight)
        try container.encode(perturbation, forKey: .perturbation)
        try container.encode(weightStep, forKey: .weightStep)
    }
}

extension DistillationSettings: Codable {
    private enum CodingKeys: String, CodingKey {
        case epochs, generatorSteps = "generator_steps", batch, generatorRate = "generator_rate"
        case statisticsWeight = "statistics_weight", boundaryWeight = "boundary_weight"
        case noiseWidth = "noise_width", generatorWidth = "generator_width", temperature, pool, start,
            training, boosting
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func whole(_ key: CodingKeys) throws -> Int { try container.decode(Int.self, forKey: key) }
        func real(_ key: CodingKeys) throws -> Double { try container.decode(Double.self, forKey: key) }
        let word = try container.decode(String.self, forKey: .start)
        guard let start = DataFreeDistillationOptions.GeneratorStart(rawValue: word) else {
            throw DecodingError.dataCorruptedError(
                forKey: .start, in: container, debugDescription: "unknown: \(word)")
        }
        let epochs = try whole(.epochs), steps = try whole(.generatorSteps), batch = try whole(.batch)
        guard epochs > 0, steps > 0, batch > 1 else {
            throw DecodingError.dataCorruptedError(
                forKey: .epochs, in: container, debugDescription: "\(epochs) epochs of \(batch) images")
        }
        options = DataFreeDistillationOptions(
            epochs: epochs, generatorSteps: steps, batch: batch,
            generatorRate: try real(.generatorRate), statisticsWeight: try real(.statisticsWeight),
            boundaryWeight: try real(.boundaryWeight), noiseWidth: try whole(.noiseWidth),
            generatorWidth: try whole(.generatorWidth), temperature: try real(.temperature),
            pool: try container.decodeIfPresent(Int.self, forKey: .pool), start: start)
        training = try container.decode(TrainingSettings.self, forKey: .training).options
        boosting = try container.decodeIfPresent(CoBoostingOptions.self, forKey: .boosting)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(options.epochs, forKey: .epochs)
        try container.encode(options.generatorSteps, forKey: .generatorSteps)
        try container.encode(options.batch, forKey: .batch)
        try container.encode(options.generatorRate, forKey: .generatorRate)
        try container.encode(options.statisticsWeight, forKey: .statisticsWeight)
        try container.encode(options.boundaryWeight, forKey: .boundaryWeight)
        try container.encode(options.noiseWidth, forKey: .noiseWidth)
        try container.encode(options.generatorWidth, forKey: .generatorWidth)
        try container.encode(options.temperature, forKey: .temperature)
        try container.encodeIfPresent(options.pool, forKey: .pool)
        try container.encode(options.start.rawValue, forKey: .start)
        try container.encode(TrainingSettings(training), forKey: .training)
        try container.encodeIfPresent(boosting, forKey: .boosting)
    }
}

extension WorkKind {
    /// Distillation without data.
    static let distill = WorkKind(
        "distill",
        meaning: "DENSE, Co-Boosting: the server distils the clients' models into one, with images that it "
            + "generates.")
}
