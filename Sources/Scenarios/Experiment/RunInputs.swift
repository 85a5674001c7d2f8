import Core
import Models
import RunLog
import Simulator

/// What runs read beside their scenarios, loaded once for all that read the same.
struct RunInputs: Sendable {
    private var data: [ImagesKey: FederatedData] = [:]
    /// Foundation models, captioners and synthetic sets.
    private(set) var models = ModelProviders()
    /// The images of which was said how prompts call their classes.
    private var promptsAreNoted: Set<ImagesKey> = []
    /// Trace files, each read once.
    let traces = TraceStore()
    /// Who took part, in a run whose outcomes were recorded elsewhere.
    var participants: ListedParticipants?
    /// Words that built-in models have not learnt, as was said.
    private var notLearnt: Set<String> = []
    /// Whether such words are an error.
    var isStrict = false
    /// Told how far reading images is.
    var observer: LoadingObserver?

    /// The images of a run.
    func images(of run: PlannedRun) -> FederatedData { data[run.scenario.images]! }

    /// What the log is to note about a run.
    func noted(for run: PlannedRun) -> [RunInput] {
        let images = images(of: run), train = images.train
        return [images.input(for: run.scenario.images)]
            + models.notedClassifier(
                for: run.scenario, classes: train.classNames.count, side: train.side)
            + models.noted(for: run.scenario, run.modelNeeds)
            + traces.noted(for: run.scenario)
    }

    /// Takes images that are not loaded.
    mutating func set(_ images: FederatedData, for run: PlannedRun) { data[run.scenario.images] = images }

    /// Loads what a run reads.
    ///
    /// - Throws: `DataError`, `FederationError.notLearnt`, `FoundationModelError`, `SafetensorsError`,
    ///   `TraceError`.
    mutating func load(for run: PlannedRun, workers: Int, _ notice: (Notice) -> Void) throws {
        let key = run.scenario.images
        if data[key] == nil {
            let start = ContinuousClock.now
            let images = try FederatedData.load(
                run.scenario.data, labelsOnly: key.labelsOnly, catalogue: run.scenario.catalogue,
                workers: workers, observer: observer)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            notice(
                .note(
                    "\(run.scenario.data.set.rawValue): \(Format.grouped(images.train.count)) training and "
                        + "\(Format.grouped(images.testCount)) test images in \(Format.duration(seconds))"))
            for line in images.notices where !line.isAboutPrompts { notice(Notice(line)) }
            data[key] = images
        }
        // These notices matter to methods with prompts alone.
        if run.method.needsFoundation, promptsAreNoted.insert(key).inserted {
            for line in images(of: run).notices where line.isAboutPrompts { notice(Notice(line)) }
        }
        if run.method.needsFoundation, !run.method.teachesFoundation { try noteLearntWords(of: run, notice) }
        try models.load(for: run.scenario, run.modelNeeds, notice)
        try loadClassifier(for: run)
        try traces.load(for: run.scenario)
    }

    /// Says once what words of a run its built-in models have not learnt.
    ///
    /// - Throws: `FederationError.notLearnt` where that is an error.
    private mutating func noteLearntWords(of run: PlannedRun, _ notice: (Notice) -> Void) throws {
        let train = images(of: run).train
        let sentences = run.scenario.notLearnt(
            classNames: train.classNames, domainNames: train.domainNames)
        for sentence in sentences where notLearnt.insert(sentence).inserted {
            if isStrict { throw FederationError.notLearnt(sentence) }
            notice(.warning(sentence))
        }
    }

    /// Opens the file of a run's classifier, where it has one.
    ///
    /// - Throws: `TorchScriptError`; `TorchError`; `FederationError.noBatchNorm`.
    mutating func loadClassifier(for run: PlannedRun) throws {
        let train = images(of: run).train
        let module = try models.loadClassifier(
            for: run.scenario, classes: train.classNames.count, side: train.side)
        if let module, run.method.needsBatchNorm, !ScriptedArchitecture(module).hasBatchNorm {
            throw FederationError.noBatchNorm(
                path: UserPath.expanded(run.scenario.model.path!), method: run.method.name)
        }
    }

    /// Takes what the log has noted about a recorded run, as far as a run reads the same sources; the rest is
    /// loaded. Whether the sources are the same is asked of the two scenarios: the texts of version 0.1
    /// cannot be compared.
    ///
    /// - Parameter recorded: the scenario of the recorded run.
    /// - Throws: as `load`; `FederationError.unreadableRecord`.
    mutating func recall(
        _ inputs: [RunInput], of recorded: Scenario, for run: PlannedRun, workers: Int,
        _ notice: (Notice) -> Void
    ) throws {
        let settings = run.scenario.images
        for input in inputs where input.kind == InputKind.images.rawValue && recorded.images == settings {
            guard data[settings] == nil else { continue }
            data[settings] = try FederatedData(
                input.decoded(as: FederatedData.Facts.self), settings: settings,
                catalogue: run.scenario.catalogue, workers: workers)
        }
        if let outcomes = inputs.first(where: { $0.kind == InputKind.outcomes.rawValue }) {
            participants = try ListedParticipants(facts: outcomes.facts)
            try requireOutcomes(for: run)
        }
        try models.recall(inputs, of: recorded, for: run.scenario)
        try traces.recall(inputs)
        try load(for: run, workers: workers, notice)
    }

    /// Checks that a what-if of an imported run asks for no more than its outcomes tell.
    ///
    /// - Throws: `FederationError.beyondOutcomes`.
    private func requireOutcomes(for run: PlannedRun) throws(FederationError) {
        guard let facts = data[run.scenario.images]?.train, let shares = facts.shares else { return }
        let clients = run.scenario.clients, rounds = run.method.plannedRounds(in: run.scenario) ?? 1
        guard clients == shares.count else {
            throw .beyondOutcomes(key: "clients", value: "\(clients)", allowed: "\(shares.count)")
        }
        if let last = participants?.lastRound, rounds > last {
            throw .beyondOutcomes(key: "training.rounds", value: "\(rounds)", allowed: "at most \(last)")
        }
        // An import without it has noted no size of images, on which this classifier's shape depends.
        guard run.scenario.model.kind != .cnn || facts.side >= ConvolutionalArchitecture.smallestSide else {
            throw .beyondOutcomes(key: "model.kind", value: "cnn", allowed: "the kind of the import")
        }
    }
}
