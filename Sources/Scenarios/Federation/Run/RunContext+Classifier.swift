import Models
import RunLog
import Simulator

extension RunContext {
    /// Names, shapes and types of a model's state, in the order of its file.
    var stateLayout: [Safetensors.Declaration] { machinery.sizes.layout(of: classifier) }

    /// The options of a training as the classifier takes them.
    func options(epochs: Int, _ optimizer: Scenario.Optimizer) -> TrainingOptions {
        TrainingOptions(
            epochs: epochs, batch: optimizer.batch, learningRate: optimizer.learningRate,
            schedule: optimizer.schedule == .cosine ? .cosine : .constant, momentum: optimizer.momentum,
            weightDecay: optimizer.weightDecay,
            augmentation: scenario.data.augmentation == .cropFlip ? .cropFlip : .none,
            precision: scenario.training.precision ?? .float32)
    }

    /// A training of this scenario's classifier.
    func training(
        from start: ModelStart, on images: TrainingImages, epochs: Int, _ optimizer: Scenario.Optimizer,
        seed: UInt64, evaluates: Bool = false, correction: LocalCorrection? = nil, notesSteps: Bool = false,
        contrast: LocalContrast? = nil, prototypes: LocalPrototypes? = nil
    ) -> Training {
        Training(
            classifier, from: start, on: images,
            settings: TrainingSettings(options(epochs: epochs, optimizer)),
            seed: seed, evaluation: evaluates ? data.testSHA256 : nil, correction: correction,
            notesSteps: notesSteps, contrast: contrast,
            prototypes: prototypes,
            // Records of version 0.1 have no squares, those of their runs that are resumed neither.
            omitsSquaredLoss: rules == .first)
    }

    /// These training images.
    func selection(_ images: IndexList) -> ImageSelection {
        ImageSelection(images, of: data.trainSHA256, side: data.train.side)
    }

    /// The captioner of the scenario, for methods that have asked for one.
    var captioner: CaptionerProvider { machinery.models.captioner(of: scenario) }

    /// How many features the captioner's image encoder gives of an image.
    var featureWidth: Int { captioner.features?.width ?? 0 }

    /// All training images that clients hold.
    var allTrainingImages: ImageSelection {
        if let heldImages { return selection(heldImages) }
        return ImageSelection(allOf: data.trainSHA256, count: data.train.count, side: data.train.side)
    }

    /// How long a round of weights and local epochs takes a client of so many images, in seconds, on an idle
    /// network.
    func expectedRound(images: Int, on device: ClientDevice, over link: ClientLink) -> Double {
        let settings = scenario.training
        let options = options(epochs: settings.localEpochs, settings.optimizer)
        let operations =
            Double(options.drawnImages(of: images, smallest: classifier.architecture.smallestBatch))
            * Double(classifier.architecture.trainingOperations(side: data.train.side))
        let bytes = Double(machinery.sizes.bytes(of: classifier, .whole))
        return 2 * link.latency.seconds + bytes / link.downlink.value + bytes / link.uplink.value
            + operations * device.slowdown / device.flopsPerSecond
    }

    /// Logs the losses of a client's epochs.
    func recordLosses(of trained: TrainedModel, client: Int) {
        guard let last = trained.epochs.last else { return }
        recorder.metric(
            at: simulation.now, round: round, client: client, split: .train, name: .loss, value: last.loss)
    }

    /// Logs the curve of a training at the server, each epoch at the virtual instant at which it ended.
    ///
    /// - Parameter asRounds: Whether an epoch counts as a round of the method; otherwise its accuracy is
    ///   called `epoch_accuracy` and belongs to the round that is going on.
    /// - Parameter drawn: The energy that the run had taken at the start, for a training whose epochs are
    ///   rounds.
    func recordEpochs(
        of trained: TrainedModel, from start: SimInstant, asRounds: Bool, by kind: WorkKind,
        drawn: Double? = nil
    ) {
        let span = (simulation.now - start).seconds
        for epoch in trained.epochs {
            let instant = min(simulation.now, start + .seconds(span * epoch.progress))
            let round = asRounds ? epoch.epoch : self.round
            recorder.metric(at: instant, round: round, split: .train, name: .loss, value: epoch.loss)
            guard let test = epoch.test else { continue }
            recorder.metric(
                at: instant, round: round, split: .test, name: asRounds ? .accuracy : .epochAccuracy,
                value: test.accuracy)
            guard asRounds else { continue }
            logEnergySoFar(from: drawn, at: start, until: instant, round: round)
            beginEvaluation()
            note(test, of: [trained.state.bytes], by: kind, round: round)
            logDomains(test.domains, at: instant, round: round)
            progress.measured(accuracy: test.accuracy, round: round)
        }
    }
}
