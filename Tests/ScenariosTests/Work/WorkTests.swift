import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Every kind of work is written as text, read back, and performed without a federation: by a worker that has
/// the named inputs alone, and finds bytes by their hashes.
@Suite("Work without a federation", .serialized)
struct WorkTests {
    private static let text = """
        name: work
        clients: 1
        methods: [fgl-one-shot]
        data:      { set: shapes, classes: [mug, star], side: 16, train-per-class: 3, test-per-class: 2, \
          partition: { kind: iid } }
        synthesis: { foundation: builtin-small, prompts: instance, per-class: 2, steps: 2, \
          tailoring: { steps: 1, batch: 1 } }
        """

    /// Two workers that share nothing but a folder of bytes.
    private final class Workers {
        let here: WorkerEnvironment
        let there: WorkerEnvironment
        private(set) var kinds: Set<String> = []

        init(_ scenario: Scenario) throws {
            try Torch.load()
            let folder = TestFiles.path("work-states")
            here = try WorkerEnvironment(for: scenario, blobs: BlobStore(folder: folder, durableForRun: 1))
            there = try WorkerEnvironment(for: scenario, blobs: BlobStore(folder: folder, durableForRun: 2))
        }

        /// Performs work here, and what is read from its text there; both come to the same.
        @discardableResult
        func perform<Task: Work>(_ work: Task, _ location: SourceLocation = #_sourceLocation) throws
            -> Task.Output
        {
            kinds.insert(Task.kind)
            let message = WorkMessage(work)
            let read = try message.work()
            #expect(WorkMessage(text: Self.text(of: read)) == message, sourceLocation: location)
            #expect(Self.key(of: read) == WorkKey(work), sourceLocation: location)
            let outcome = try work.perform(in: here)
            let (sha256, fields) = try Self.outcome(of: read, there)
            #expect(outcome.sha256 == sha256 && sha256 != nil, "\(Task.kind)", sourceLocation: location)
            #expect(JSONText(outcome.output.fields) == fields, "\(Task.kind)", sourceLocation: location)
            return outcome.output
        }

        /// Takes over the kinds that other workers have performed.
        func note(_ other: Workers) { kinds.formUnion(other.kinds) }

        private static func text(of work: some Work) -> String { WorkMessage(work).text }
        private static func key(of work: some Work) -> WorkKey { WorkKey(work) }
        private static func outcome(
            of work: some Work, _ environment: WorkerEnvironment
        ) throws -> (String?, JSONText) {
            let outcome = try work.perform(in: environment)
            return (outcome.sha256, JSONText(outcome.output.fields))
        }
    }

    private let scenario: Scenario
    private let model = ClassifierReference(TinyArchitecture(classes: 2))

    init() throws {
        scenario = try Scenario.parse(Self.text, file: "work.yaml", knownMethods: FederatedMethods.names)
    }

    private func training(
        from start: ModelStart, on images: TrainingImages, seed: UInt64, evaluation: String? = nil,
        correction: LocalCorrection? = nil
    ) -> Training {
        Training(
            model, from: start, on: images,
            settings: TrainingSettings(TrainingOptions(epochs: 1, batch: 4, learningRate: 0.01)), seed: seed,
            evaluation: evaluation, correction: correction, notesSteps: seed == 1)
    }

    @Test("Every kind comes to the same from its text, in another store, as from its value")
    func everyKind() throws {
        let workers = try Workers(scenario)
        let (first, second, images) = try federated(workers)
        try uploads(workers, first, second)
        try methods(workers, first, second)
        try measurements(workers, first, images)
        try features(workers, images, [first.bytes, second.bytes])
        try owned(workers)
        #expect(workers.kinds == Set(WorkKinds.all.map { $0.kind }))
    }

    /// Descriptions, synthesis, training; returns two models and synthetic images.
    private func federated(_ workers: Workers) throws -> (ModelState, ModelState, SyntheticImages) {
        let train = workers.here.trainingImages, hashes = workers.here.modelHashes
        let some = ImageSelection(IndexList([0, 1, 4]), of: train.set, side: train.side)
        let prompts = try workers.perform(
            ClassDescription([Prompt(label: 0, text: "A photo of a mug")], images: 3))
        try workers.perform(PromptEncoding(by: hashes.foundations[0], of: prompts, as: .float32))
        try workers.perform(
            Captioning(by: hashes.captioners[0], of: some, templates: PromptTemplates(scenario.synthesis)))
        try workers.perform(
            WordLearning(
                by: hashes.foundations[0], from: some, label: 1, word: "star", settings: scenario.synthesis,
                seed: 5))
        let width = try wordWidth(workers, some)
        let word = TokenPrompt(
            template: "A {class} photo of a {class}", placeholder: "{class}",
            vector: (0..<width).map { Float($0 % 3) })
        let pixels = try workers.perform(
            Synthesis(
                by: hashes.foundations[0],
                of: [
                    .init(SynthesisCondition(.text("A photo of a mug")), first: 0, count: 2),
                    .init(SynthesisCondition(.token(word)), first: 3, count: 1),
                ],
                sampling: SamplingSettings(scenario.synthesis), side: 16, seed: 9))
        let images = SyntheticImages(
            parts: [pixels], side: 16, labels: [0, 0, 1], classNames: ["mug", "star"])
        let initial = try workers.perform(Initialization(model, seed: 4))
        let first = try workers.perform(
            training(
                from: .state(initial.bytes), on: TrainingImages(some), seed: 1,
                evaluation: workers.here.testImages))
        let second = try workers.perform(
            training(from: .initial(seed: 8), on: TrainingImages(images, real: some), seed: 2))
        try workers.perform(
            training(
                from: .merged(shared: first.state.bytes, own: second.state.bytes), on: TrainingImages(train),
                seed: 3, correction: .proximal(mu: 0.1)))
        return (first.state, second.state, images)
    }

    private func wordWidth(_ workers: Workers, _ images: ImageSelection) throws -> Int {
        let word = try workers.perform(
            WordLearning(
                by: workers.here.modelHashes.foundations[0], from: images, label: 0, word: "mug",
                settings: scenario.synthesis, seed: 6))
        guard case .text(let token)? = word.fields["token"], let data = Data(base64Encoded: token) else {
            return 0
        }
        return try TokenEmbeddingCodec.decode([UInt8](data))[0].vector.count
    }

    /// Clipping, noise and every upload form.
    private func uploads(_ workers: Workers, _ local: ModelState, _ base: ModelState) throws {
        let noise = Noise(deviation: 0.01, seed: 3)
        try workers.perform(Privatization(model, local.bytes, base: base.bytes, clip: 0.5, noise: nil))
        try workers.perform(Privatization(model, local.bytes, base: base.bytes, clip: 0.5, noise: noise))
        try workers.perform(Noising(model, local.bytes, noise))
        let forms = [
            UploadForm(codec: .float16), UploadForm(codec: .int8(bucket: 512)), UploadForm(zstdLevel: 1),
            UploadForm(codec: .topK(fraction: 0.01), zstdLevel: 3),
        ]
        for form in forms {
            var residual: StoredBytes?
            for _ in 0..<(form.codec?.hasFeedback == true ? 2 : 1) {
                let message = try workers.perform(
                    UpdateCompression(
                        model, local.bytes, base: base.bytes, residual: residual, as: form, seed: 11,
                        sizes: DerivedSizes()))
                residual = message.kept
                try workers.perform(
                    UpdateDecompression(
                        model, message.main, base: base.bytes, as: form, clip: form.codec == nil ? nil : 0.5,
                        sizes: DerivedSizes()))
            }
        }
    }

    private static let rules: [RobustRule] = [
        .median, .trimmedMean(trim: 0), .krum(attackers: 0, keep: 1), .normClipping(limit: nil),
        .normClipping(limit: 0.1), .outlierFilter(deviations: 3),
    ]

    /// Averages, and the work of single methods.
    private func methods(_ workers: Workers, _ first: ModelState, _ second: ModelState) throws {
        let states = [first.bytes, second.bytes]
        let mean = try workers.perform(Averaging(model, of: states, bySamples: true))
        try workers.perform(
            Mixing(
                model,
                of: [
                    MixtureTerm(states[0], weight: 1.5),
                    MixtureTerm(states[1], weight: -0.5, statistics: 0.5),
                ]))
        let step = try workers.perform(
            ServerStep(
                model, by: MomentumRule(rate: 1, momentum: 0.9), from: states[0], toward: mean.bytes,
                memory: nil,
                sizes: DerivedSizes()))
        try workers.perform(
            ServerStep(
                model, by: MomentumRule(rate: 1, momentum: 0.9), from: step.main, toward: mean.bytes,
                memory: step.kept, sizes: DerivedSizes()))
        try workers.perform(
            ServerStep(
                model, by: AdaptiveRule(.yogi, rate: 0.1, beta1: 0.9, beta2: 0.99, tau: 0.001),
                from: states[0],
                toward: mean.bytes, memory: nil, sizes: DerivedSizes()))
        let change = try workers.perform(
            ControlChange(
                model, from: states[0], to: states[1], server: nil, own: nil, reach: 0.1,
                sizes: DerivedSizes()))
        let control = try workers.perform(
            ControlSum(model, control: nil, changes: [change.main], clients: 3, sizes: DerivedSizes()))
        try workers.perform(
            ControlChange(
                model, from: states[0], to: states[1], server: control.main, own: change.kept, reach: 0.1,
                sizes: DerivedSizes()))
        try workers.perform(
            training(
                from: .state(states[0]), on: TrainingImages(workers.here.trainingImages), seed: 4,
                correction: .control(server: control.main, own: change.kept)))
        for rule in Self.rules {
            try workers.perform(
                RobustAggregation(
                    model, of: states, from: states.reversed(), by: rule, bySamples: rule == .median))
        }
        try workers.perform(Poisoning(model, states[0], base: states[1], scale: -10))
        let gradient = try workers.perform(
            DynamicGradient(
                model, from: states[0], to: states[1], own: nil, alpha: 0.1, sizes: DerivedSizes()))
        try workers.perform(
            DynamicGradient(
                model, from: states[0], to: states[1], own: gradient.main, alpha: 0.1, sizes: DerivedSizes()))
        try workers.perform(
            ServerStep(
                model, by: DynamicRule(alpha: 0.1, share: 0.5), from: states[0], toward: states[1],
                memory: nil,
                sizes: DerivedSizes()))
        try workers.perform(
            Training(
                model, from: .state(states[0]), on: TrainingImages(workers.here.trainingImages),
                settings: TrainingSettings(TrainingOptions(epochs: 1, batch: 4, learningRate: 0.01)),
                seed: 9, contrast: LocalContrast(previous: states[1], mu: 1, temperature: 0.5)))
        let train = workers.here.trainingImages
        let prototypes = try states.map {
            try workers.perform(PrototypeExtraction(model, of: $0, on: train, classes: 2))
        }
        let common = try workers.perform(PrototypeMean(model, of: prototypes, classes: 2))
        try workers.perform(
            Training(
                model, from: .state(states[0]), on: TrainingImages(train),
                settings: TrainingSettings(TrainingOptions(epochs: 1, batch: 4, learningRate: 0.01)),
                seed: 9, prototypes: LocalPrototypes(common, weight: 1)))
        try workers.perform(EnsembleEvaluation(model, of: states, on: workers.here.testImages))
        try workers.perform(SharedPart(model, of: states[0], sizes: DerivedSizes()))
        try workers.perform(
            Distillation(
                model, of: states,
                options: DataFreeDistillationOptions(
                    epochs: 1, generatorSteps: 1, batch: 2, noiseWidth: 4, generatorWidth: 4, pool: 1),
                rate: 0.01, momentum: 0.9, precision: .float32, side: 16, studentSeed: 1, seed: 2,
                evaluation: workers.here.testImages))
    }

    /// What clients teach the foundation model, and what it draws then.
    private func taught(_ workers: Workers) throws {
        let train = workers.here.trainingImages, foundation = workers.here.modelHashes.foundations[0]
        let sampling = SamplingSettings(scenario.synthesis)
        var settings = FGLLoRA.Settings()
        (settings.rank, settings.steps, settings.batch) = (1, 1, 2)
        let adapter = try workers.perform(
            AdapterTraining(
                of: foundation, on: train, templates: PromptTemplates(scenario.synthesis), prompts: 2,
                settings: settings, seed: 3))
        var descent = FedDEO.Settings()
        (descent.steps, descent.batch) = (1, 2)
        try workers.perform(
            DescriptionLearning(
                by: foundation, from: train, label: 1, prompt: "A photo of a star", settings: descent,
                precision: .float16, seed: 4))
        var concepts = FedBiP.Settings()
        (concepts.steps, concepts.batch, concepts.strength) = (1, 2, 0.5)
        let concept = try workers.perform(
            ConceptLearning(
                by: foundation, from: train, template: "A photo of a {class}", labels: [0, 1],
                settings: concepts, synthesis: scenario.synthesis, classes: 2, seed: 5))
        let run = Synthesis.Run(SynthesisCondition(.text("A photo of a star")), first: 2, count: 2)
        for personalization: Personalization? in [
            nil, .adapter(adapter.bytes),
            .concept(ClientConcept(concept.bytes, strength: 0.5, noise: 0.1, label: 1)),
        ] {
            let pixels = try workers.perform(
                Synthesis(by: foundation, of: [run], sampling: sampling, side: 16, seed: 6, personalization))
            #expect(pixels.count == 2 * 3 * 16 * 16)
        }
    }

    /// Features of images, heads on them, votes and variations.
    private func features(
        _ workers: Workers, _ images: SyntheticImages, _ states: [StoredBytes]
    ) throws {
        let train = workers.here.trainingImages, hashes = workers.here.modelHashes
        let captioner = hashes.captioners[0]
        try workers.perform(
            CaptionMeans(
                by: captioner, hashes.foundations[0], of: train,
                templates: PromptTemplates(scenario.synthesis), as: .float16, labels: [0, 1]))
        let sums = try workers.perform(FeatureSummary(.sums, by: captioner, of: train, classes: 2))
        let head = try workers.perform(
            DiscriminantHead(
                of: [sums], classes: 2, covariance: .within, shrinkage: 0.1, width: 128, samples: 6))
        #expect(head.bytes.count == LinearHead.encodedByteCount(classes: 2, width: 128))
        let gaussians = try workers.perform(FeatureSummary(.gaussians, by: captioner, of: train, classes: 2))
        try workers.perform(
            SampledHead(
                of: [gaussians], classes: 2,
                options: HeadTrainingOptions(epochs: 1, batch: 4, learningRate: 0.1, momentum: 0.9), seed: 3,
                width: 128, samples: 6))
        for form in [ClassMoments.Form.products, .squares] {
            let moments = try workers.perform(
                FeatureSummary(.init(form), by: captioner, of: train, classes: 2))
            let densities = try workers.perform(
                DensityHead(of: [moments], form, classes: 2, shrinkage: 0.1, width: 128, samples: 6))
            #expect(densities.bytes.count == QuadraticHead.encodedByteCount(form, classes: 2, width: 128))
            try workers.perform(
                FeatureHeadEvaluation(captioner, with: densities.bytes, on: workers.here.testImages))
        }
        let evaluation = try workers.perform(
            FeatureHeadEvaluation(captioner, with: head.bytes, on: workers.here.testImages))
        #expect(evaluation.images == 4)
        let own = try workers.perform(FeatureExtraction(by: captioner, of: train))
        let candidates = try workers.perform(CandidateFeatures(by: captioner, of: images))
        let votes = try workers.perform(
            CandidateVoting(of: own, images: 6, among: candidates, count: 3, width: 128))
        let parents = try workers.perform(
            VoteTally(of: [votes, votes], labels: "0*2 1", perLabel: 2, noise: 0.5, threshold: 0, seed: 4))
        guard case .text(let text)? = parents.fields["parents"] else { throw FederationError.interrupted }
        #expect(!text.isEmpty)
        try workers.perform(
            ImageVariation(
                by: hashes.foundations[0], of: images, parents: [2, 0, 0], prompts: ["a mug", "a star"],
                strength: 0.5, sampling: SamplingSettings(scenario.synthesis), first: 7, seed: 4))
        try workers.perform(
            Distillation(
                model, of: states,
                options: DataFreeDistillationOptions(
                    epochs: 2, generatorSteps: 1, batch: 2, noiseWidth: 4, generatorWidth: 4),
                rate: 0.01, momentum: 0.9, precision: .float32, side: 16, studentSeed: 1, seed: 2,
                evaluation: workers.here.testImages, boosting: CoBoostingOptions()))
        try taught(workers)
    }

    /// What is asked of a model where test images have owners.
    private func owned(_ all: Workers) throws {
        let folder = TestFiles.path("owned")
        let images = OwnedImages([("u", 3), ("v", 2)], side: 16)
        try OwnedImages.write(["train/a.json": images.json(), "test/a.json": images.json()], to: folder)
        let workers = try Workers(
            Scenario.parse(
                Self.text, file: "work.yaml", overrides: ["data={ set: leaf, path: \(folder), side: 16 }"],
                knownMethods: FederatedMethods.names))
        let test = workers.here.testImages
        let state = try workers.perform(Initialization(model, seed: 5))
        let owners = try workers.perform(OwnerEvaluation(model, of: .state(state.bytes), on: test)).owners
        #expect(owners.map(\.name) == ["u", "v"] && owners.map(\.images) == [3, 2])
        let whole = try workers.perform(Evaluation(model, of: .state(state.bytes), on: test))
        #expect(Double(owners.reduce(0) { $0 + $1.correct }) == (5 * whole.accuracy).rounded())
        all.note(workers)
    }

    /// What is asked of models, and a set that is read.
    private func measurements(_ workers: Workers, _ state: ModelState, _ images: SyntheticImages) throws {
        let train = workers.here.trainingImages, test = workers.here.testImages
        let evaluation = try workers.perform(Evaluation(model, of: .state(state.bytes), on: test))
        #expect(evaluation.images == 4)
        let parts = try workers.perform(PartEvaluation(model, of: .state(state.bytes), on: test)).parts
        #expect(parts.map(\.label) == [0, 1] && parts.map(\.images) == [2, 2])
        #expect(Double(parts.reduce(0) { $0 + $1.correct }) == 4 * evaluation.accuracy)
        try workers.perform(MembershipTest(model, of: state.bytes, members: train, others: test))
        try workers.perform(
            RetrievalTest(
                model, with: state.bytes, of: images, among: train, control: test, threshold: 0.9))
        try workers.perform(PromptAgreement(model, of: state.bytes, on: images))
        let flip = ImagePoison(source: nil, target: nil)
        let backdoor = ImagePoison(
            source: nil, target: 1, trigger: ImagePoison.Trigger(size: 3, share: 0.5, seed: 4))
        for poison in [flip, backdoor] {
            try workers.perform(AttackTest(model, of: .state(state.bytes), by: poison, on: test))
            let images = TrainingImages(train, poison: poison)
            try workers.perform(training(from: .initial(seed: 8), on: images, seed: 2))
        }
        let folder = TestFiles.path("set")
        let drawn = ImageWorld.privateSet(perClass: 1, seed: 1, side: 16)
        let made = ImageSet(
            side: 16, pixels: drawn.pixels, labels: drawn.labels, classNames: drawn.classNames,
            captions: drawn.labels.map { "a photo of class \($0)" })
        try SyntheticSetFolder.write(made, seeds: Array(repeating: 1, count: made.count), to: folder)
        let other = try Workers(
            Scenario.parse(
                Self.text, file: "work.yaml", overrides: ["data.classes=", "synthesis.set=\(folder)"],
                knownMethods: FederatedMethods.names))
        try other.perform(SetReading(other.here.modelHashes.sets[0], labels: [1, 3], side: 16))
        workers.note(other)
    }

    @Test("A worker has nothing that the work does not name, and says what it lacks")
    func nothingElse() throws {
        let workers = try Workers(scenario)
        let hash = String(repeating: "0", count: 64)
        let evaluation = Evaluation(model, of: .initial(seed: 1), on: hash)
        #expect(throws: FederationError.inputMissing(what: "images with the hash", name: "000000000000…")) {
            _ = try evaluation.perform(in: workers.here)
        }
        let error = #expect(throws: FederationError.self) {
            _ = try Synthesis(
                by: hash, of: [.init(SynthesisCondition(.text("a mug")), first: 0, count: 1)],
                sampling: SamplingSettings(scenario.synthesis), side: 16, seed: 1
            ).perform(in: workers.here)
        }
        #expect(
            "\(error!)"
                == "work needs the foundation model with the hash 000000000000…, "
                + "and this process does not have it"
        )
        #expect(error?.exitCode == 65)
    }
}
