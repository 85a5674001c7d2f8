import Core
import Foundation
import Models
import Scenarios
import TestSupport
import Testing

/// What `fgl-sim worker` does with a frame, without a process around it.
@Suite("Work from outside", .serialized)
struct WorkBenchTests {
    private static let text = """
        name: bench
        clients: 1
        methods: [fedavg, fgl-one-shot, fedcgs]
        data:      { set: shapes, classes: [mug, star], side: 16, train-per-class: 3, test-per-class: 2, \
          partition: { kind: iid } }
        model:     { kind: tiny }
        synthesis: { foundation: builtin-small, per-class: 2, steps: 1 }
        """

    private let scenario: Scenario
    private let words: [UInt8]
    private let folder = TestFiles.path("bench")
    private let environment: WorkerEnvironment
    private let model = ClassifierReference(TinyArchitecture(classes: 2))

    init() throws {
        try Torch.load()
        scenario = try Scenario.parse(
            Self.text, file: "bench.yaml", knownMethods: FederatedMethods.names)
        words = Array(scenario.resolvedYAML.utf8)
        environment = try WorkerEnvironment(
            for: scenario, blobs: BlobStore(folder: "\(folder)-here", memoryBudgetBytes: 1 << 30))
    }

    private func bench() -> WorkBench {
        WorkBench(
            WorkerService.Options(
                build: "", device: .cpu, cacheFolder: folder, cacheLimitBytes: 1 << 20, sharedFolder: nil))
    }

    private func hash(_ bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }

    /// A frame with a piece of work, as the bridge sends it.
    private func frame(
        _ text: [UInt8], key: String? = nil, inputs: [[UInt8]] = [], attached: [[UInt8]]? = nil
    ) -> Frame {
        let bodies = attached ?? inputs + [words]
        let job = JobMessage(
            key: key ?? hash(text), scenario: BlobName(sha256: hash(words), bytes: words.count),
            inputs: inputs.map { BlobName(sha256: hash($0), bytes: $0.count) },
            attached: bodies.map(hash))
        return Frame(job, bodies: [text] + bodies)
    }

    private func training(epochs: Int = 1) -> Training {
        Training(
            model, from: .initial(seed: 8), on: TrainingImages(environment.trainingImages),
            settings: TrainingSettings(TrainingOptions(epochs: epochs, batch: 4, learningRate: 0.01)),
            seed: 2, evaluation: environment.testImages)
    }

    private func reply(_ bench: inout WorkBench, _ frame: Frame) throws -> (WorkerReply, [[UInt8]]) {
        let answer = bench.answer(frame)
        return (try #require(answer.decoded(WorkerReply.self)), answer.bodies)
    }

    @Test("Work that came as a frame has the result that it has here, sealed with its key")
    func result() throws {
        let work = training(), message = Array(WorkMessage(work).text.utf8)
        var bench = bench()
        let (answer, bodies) = try reply(&bench, frame(message))
        let text = try #require(answer.result)
        #expect(answer.seal == hash(Array("\(hash(message))\n\(text)".utf8)))
        let record = try JSONDecoder().decode(ResultRecord.self, from: Data(text.utf8))
        let here = try work.perform(in: environment)
        #expect(record.sha256 == here.sha256 && bodies.map(hash) == [here.sha256])
    }

    @Test("A worker asks for bytes that it lacks, and again where its cache was damaged")
    func cache() throws {
        let state = try Initialization(model, seed: 4).perform(in: environment).output.bytes.load()
        let stored = try BlobStore(folder: "\(folder)-states", memoryBudgetBytes: 1 << 30).store(state)
        let message = Array(
            WorkMessage(Evaluation(model, of: .state(stored), on: environment.testImages)).text.utf8)
        var first = bench()
        #expect(
            try reply(&first, frame(message, inputs: [state], attached: [])).0.need
                == [hash(state), hash(words)])
        #expect(try reply(&first, frame(message, inputs: [state])).0.result != nil)
        // Another process of the same worker finds them on disk.
        var second = bench()
        #expect(try reply(&second, frame(message, inputs: [state], attached: [])).0.result != nil)
        let file = "\(folder)/\(hash(state))"
        var damaged = state
        damaged[damaged.count / 2] ^= 1
        try Data(damaged).write(to: URL(fileURLWithPath: file))
        var third = bench()
        #expect(try reply(&third, frame(message, inputs: [state], attached: [])).0.need == [hash(state)])
        #expect(try reply(&third, frame(message, inputs: [state])).0.result != nil)
    }

    @Test("What does not have its hash, or names what is not there, is refused with the reason")
    func refusals() throws {
        let message = Array(WorkMessage(training()).text.utf8)
        var bench = bench()
        let zeros = String(repeating: "0", count: 64)
        #expect(try reply(&bench, frame(message, key: zeros)).0.failed?.contains("the hash 000") == true)
        #expect(try reply(&bench, Frame(["hello": 1])).0.failed == "the frame is no piece of work")
        let foreign = Evaluation(model, of: .initial(seed: 1), on: zeros)
        let other = try reply(&bench, frame(Array(WorkMessage(foreign).text.utf8))).0
        #expect(other.lacksInput == true && other.failed?.contains("images with the hash") == true)
        let large = ClassifierReference(TinyArchitecture(classes: 30))
        let misfit = Evaluation(large, of: .initial(seed: 1), on: environment.testImages)
        let text = Array(WorkMessage(misfit).text.utf8)
        #expect(try reply(&bench, frame(text)).0.failed?.contains("not the scenario's") == true)
        let average = Array(WorkMessage(Initialization(model, seed: 1)).text.utf8)
        #expect(try reply(&bench, frame(average)).0.failed?.contains("not done by workers") == true)
    }

    @Test("What methods add to a training is checked: poison, contrast, prototypes")
    func terms() throws {
        var bench = bench()
        func answer(_ work: Training, _ input: [UInt8]? = nil) throws -> WorkerReply {
            try reply(
                &bench, frame(Array(WorkMessage(work).text.utf8), inputs: input.map { [$0] } ?? [])).0
        }
        func training(
            poison: ImagePoison? = nil, contrast: LocalContrast? = nil, prototypes: LocalPrototypes? = nil
        ) -> Training {
            Training(
                model, from: .initial(seed: 8),
                on: TrainingImages(environment.trainingImages, poison: poison),
                settings: TrainingSettings(TrainingOptions(epochs: 1, batch: 4, learningRate: 0.01)), seed: 2,
                contrast: contrast, prototypes: prototypes)
        }
        let store = BlobStore(folder: "\(folder)-terms", memoryBudgetBytes: 1 << 30)
        #expect(try answer(training(poison: ImagePoison(source: 0, target: 1))).result != nil)
        for (source, target) in [(2, 0), (0, 2), (-1, 0)] {
            let found = try answer(training(poison: ImagePoison(source: source, target: target)))
            #expect(found.failed?.contains("changes labels of classes") == true)
        }
        for (size, share) in [(17, 0.5), (0, 0.5), (3, 1.5), (3, -1)] {
            let trigger = ImagePoison.Trigger(size: size, share: share, seed: 1)
            let poison = ImagePoison(source: nil, target: 0, trigger: trigger)
            #expect(try answer(training(poison: poison)).failed?.contains("its trigger") == true)
        }

        let state = try Initialization(model, seed: 4).perform(in: environment).output.bytes.load()
        let previous = try store.store(state)
        func contrast(_ temperature: Double) -> Training {
            training(contrast: LocalContrast(previous: previous, mu: 1, temperature: temperature))
        }
        #expect(try answer(contrast(0.5), state).result != nil)
        #expect(try answer(contrast(0), state).failed?.contains("its contrast") == true)

        let width = 32
        for (labels, wide, isDone) in [
            ([0, 1], width, true), ([], 0, false), ([0, 2], width, false), ([-1], width, false),
            ([0], width + 1, false),
        ] {
            let prototypes = ClassPrototypes(
                labels: labels, counts: labels.map { _ in 1 },
                vectors: labels.map { _ in Array(repeating: 0.5, count: wide) }
            ).encoded()
            let term = LocalPrototypes(try store.store(prototypes), weight: 1)
            let found = try answer(training(prototypes: term), prototypes)
            #expect((found.result != nil) == isDone, "\(labels) \(found.failed ?? "")")
            #expect(isDone || found.failed?.contains("its prototypes") == true)
        }
        let damaged = Safetensors.encode([
            ("prototypes", Tensor([1, 2, 3], shape: [3])), ("labels", Tensor(indices: [0, 1]).to(.int32)),
            ("counts", Tensor(indices: [1]).to(.int32)),
        ])
        let term = LocalPrototypes(try store.store(damaged), weight: 1)
        #expect(
            try answer(training(prototypes: term), damaged).failed
                == "prototypes: tensor counts has shape [1]; the model expects [2]")
    }

    @Test("Features, heads and variations are checked")
    func features() throws {
        var bench = bench()
        func answer(_ work: some Work, _ input: [UInt8]? = nil) throws -> WorkerReply {
            try reply(
                &bench, frame(Array(WorkMessage(work).text.utf8), inputs: input.map { [$0] } ?? [])).0
        }
        let captioner = environment.modelHashes.captioners[0], train = environment.trainingImages
        #expect(try answer(FeatureSummary(.sums, by: captioner, of: train, classes: 2)).result != nil)
        let none = ImageSelection(IndexList([99]), of: train.set, side: train.side)
        let outside = FeatureSummary(.sums, by: captioner, of: none, classes: 2)
        #expect(try answer(outside).failed?.contains("images that the set does not have") == true)
        let store = BlobStore(folder: "\(folder)-heads", memoryBudgetBytes: 1 << 30)
        for (classes, width, isDone) in [(2, 128, true), (3, 128, true), (1, 128, false), (2, 64, false)] {
            let head = LinearHead(
                classes: classes, width: width, weights: Array(repeating: 0, count: classes * width),
                bias: Array(repeating: 0, count: classes)
            ).encoded()
            let work = FeatureHeadEvaluation(
                captioner, with: try store.store(head), on: environment.testImages)
            let found = try answer(work, head)
            #expect((found.result != nil) == isDone, "\(classes) \(width) \(found.failed ?? "")")
            #expect(isDone || found.failed?.contains("its head is not of") == true)
        }
        let pixels = [UInt8](repeating: 100, count: 2 * 3 * 16 * 16)
        let images = SyntheticImages(
            parts: [try store.store(pixels)], side: 16, labels: [0, 1], classNames: ["mug", "star"])
        for (parents, prompts, strength, isDone) in [
            ([1, 1], ["a mug", "a star"], 0.5, true), ([2], ["a mug", "a star"], 0.5, false),
            ([0], ["a mug"], 0.5, false), ([0], ["a mug", "a star"], 0, false), ([], ["", ""], 1, false),
            ([0], ["a mug", "a star"], 1.5, false),
        ] {
            let work = ImageVariation(
                by: environment.modelHashes.foundations[0], of: images, parents: parents, prompts: prompts,
                strength: strength, sampling: SamplingSettings(scenario.synthesis), first: 0, seed: 1)
            let found = try answer(work, pixels)
            #expect((found.result != nil) == isDone, "\(parents) \(strength) \(found.failed ?? "")")
            #expect(isDone || found.failed?.contains("changes images") == true)
        }
    }

    @Test("Ten thousand mutations of work end with an answer each, whatever they ask for")
    func mutations() throws {
        var stream = RandomStream(seed: 1, purpose: "mutations of work")
        let drawing = Synthesis(
            by: environment.modelHashes.foundations[0],
            of: [.init(SynthesisCondition(.text("A photo of a mug")), first: 0, count: 1)],
            sampling: SamplingSettings(scenario.synthesis), side: 16, seed: 9)
        let some = ImageSelection(
            IndexList([0, 1, 4]), of: environment.trainingImages.set, side: 16)
        let texts = [
            WorkMessage(training()).text, WorkMessage(drawing).text,
            WorkMessage(Evaluation(model, of: .initial(seed: 1), on: environment.testImages)).text,
            WorkMessage(
                Training(
                    model, from: .initial(seed: 8), on: TrainingImages(some),
                    settings: TrainingSettings(TrainingOptions(epochs: 1, batch: 2, learningRate: 0.01)),
                    seed: 2)
            ).text,
            WorkMessage(
                Training(
                    model, from: .initial(seed: 8),
                    on: TrainingImages(
                        some,
                        poison: ImagePoison(
                            source: 1, target: 0, trigger: .init(size: 3, share: 0.5, seed: 7))),
                    settings: TrainingSettings(TrainingOptions(epochs: 1, batch: 2, learningRate: 0.01)),
                    seed: 2)
            ).text,
        ].map { Array($0.utf8) }
        var bench = bench(), answers = 0, results = 0
        let count = ProcessInfo.processInfo.environment["FGL_TEST_ALL"] == nil ? 1000 : 10_000
        for number in 0..<count {
            var text = texts[number % texts.count]
            for _ in 0..<Int.random(in: 1...3, using: &stream) {
                let place = Int.random(in: 0..<text.count, using: &stream)
                switch Int.random(in: 0..<4, using: &stream) {
                case 0: text[place] = UInt8.random(in: 0...255, using: &stream)
                case 1: text.remove(at: place)
                case 2: text.insert(UInt8(ascii: "9"), at: place)
                default: text[place] = UInt8.random(in: 0x30...0x39, using: &stream)
                }
            }
            // Long trainings would be done: nobody forbids them.
            guard !String(decoding: text, as: UTF8.self).contains(/"(epochs|steps)":\d\d/) else { continue }
            let answer = try reply(&bench, frame(text)).0
            answers += 1
            if answer.result != nil { results += 1 }
            #expect(answer.result != nil || answer.failed != nil)
        }
        #expect(answers > count / 2 && results > 0 && results < answers)
    }
}
