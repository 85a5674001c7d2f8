import Foundation
import Models
import TestSupport
import Testing

@Suite("Pretraining", .serialized)
struct PretrainingTests {
    /// The smallest run: two steps of the autoencoder, one chunk of images, six steps of the denoiser.
    static var plan: PretrainingPlan {
        var plan = PretrainingPlan()
        plan.autoencoderSamples = 32
        plan.autoencoderBatch = 16
        plan.corpusImages = 1000
        plan.samples = 48
        plan.batch = 8
        plan.checkpointSamples = 16
        return plan
    }

    /// What the plan comes to, trained once for all tests that only read it.
    static let trained: Result<Trained, any Error> = Result {
        let folder = URL(filePath: TestFiles.path("pretrained"))
        var last: [PretrainingProgress.Stage: PretrainingProgress] = [:]
        try Pretraining.run(plan, in: folder) { last[$0.stage] = $0 }
        return Trained(folder: folder, last: last)
    }

    /// A folder with a model, and the last that was said of each stage.
    struct Trained {
        let folder: URL
        let last: [PretrainingProgress.Stage: PretrainingProgress]
    }

    @Test("the qualities differ in size and budget, and together they may weigh 30 MB in half precision")
    func qualities() {
        let plans = [FoundationQuality.small, .base, .large].map { PretrainingPlan(quality: $0) }
        let weights = plans.map(\.parameterCount), samples = plans.map(\.samples)
        #expect(weights[0] < weights[1] && weights[1] < weights[2], "\(weights)")
        #expect(samples[0] < samples[1] && samples[1] <= samples[2])
        #expect(plans[1] == PretrainingPlan())
        #expect(2 * weights.reduce(0, +) < 29_500_000, "\(weights)")
        #expect(2 * weights[1] < 12_000_000)
        let hundred = PretrainingPlan(quality: .hundred)
        #expect(hundred.channels == nil && hundred.textWidth == nil && hundred.objects.count == 100)
        #expect(FoundationQuality.allCases.map(\.start) == [nil, nil, nil, .base, nil])
        // The corpus is the same, and so is how it is drawn from.
        #expect(Set(plans.map(\.photoShare)).count == 1 && Set(plans.map(\.classCaptions)).count == 1)
    }

    /// All files of a model folder, by their path within it.
    private func contents(of folder: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted() {
            let url = folder.appending(path: name)
            if !url.hasDirectoryPath, let data = try? Data(contentsOf: url) { files[name] = data }
        }
        return files
    }

    @Test("equal plans give equal bytes, also when the run was interrupted and taken up again")
    func resuming() throws {
        try withTemporaryFolder { path in
            let straight = try Self.trained.get().folder, broken = URL(filePath: path)
            var steps = 0
            #expect(throws: CancellationError.self) {
                // Stops before the fourth step, two steps after the last checkpoint but one.
                try Pretraining.run(
                    Self.plan, in: broken,
                    isCancelled: {
                        steps += 1; return steps > 3
                    }
                ) { _ in }
            }
            var stages: [PretrainingProgress.Stage] = []
            try Pretraining.run(Self.plan, in: broken) { stages.append($0.stage) }
            #expect(!stages.contains(.autoencoder))
            let expected = try contents(of: straight.appending(path: "model"))
            #expect(expected.count >= 12)
            #expect(try contents(of: broken.appending(path: "model")) == expected)
        }
    }

    @Test("the result is a checkpoint that the pipeline draws with, and progress ends at the plan's samples")
    func result() throws {
        let trained = try Self.trained.get(), folder = trained.folder, last = trained.last
        #expect(last[.autoencoder]?.samples == 32 && last[.corpus]?.samples == 1000)
        #expect(last[.denoiser]?.samples == 48)
        // The denoiser's answer starts at zero, and velocities of standardized latents have variance 1.
        let loss = try #require(last[.denoiser]?.loss)
        #expect(abs(loss - 1) < 0.15)
        try computing {
            let pipeline = try TextToImagePipeline(folder: folder.appending(path: "model"))
            #expect(pipeline.imageSide == 32)
            let pixels = try pipeline.images(
                prompts: ["A photo of a star"], seeds: [1], options: SamplingOptions(steps: 2))
            #expect(pixels.count == 3 * 32 * 32)
        }
    }

    @Test("a checkpoint of another plan is refused")
    func foreignCheckpoint() throws {
        let folder = try Self.trained.get().folder
        var other = Self.plan
        other.seed = 2
        let error = #expect(throws: FoundationModelError.self) {
            try Pretraining.run(other, in: folder) { _ in }
        }
        #expect(
            error?.description.hasSuffix("this checkpoint belongs to another training run: its plan differs")
                == true)
    }

    @Test("the learning rate rises, holds and falls to zero")
    func learningRate() {
        let schedule = LearningRateHold(peak: 2, warmUpSteps: 10, holdFraction: 0.5, totalSteps: 100)
        #expect(schedule.rate(at: 0) == 0.2)
        #expect(schedule.rate(at: 9) == 2 && schedule.rate(at: 50) == 2)
        // Half of half a cosine.
        #expect(abs(schedule.rate(at: 75) - 1) < 1e-12)
        #expect(schedule.rate(at: 99) < 0.01)
    }

    @Test("the three qualities weigh at most 30 MB together, others 12 each; each has what its plan says")
    func shippedSizes() throws {
        var bytes = 0
        for quality in FoundationQuality.allCases {
            let folder = try FoundationModel.folder(of: quality)
            let size = try contents(of: folder).values.reduce(0) { $0 + $1.count }
            if [.small, .base, .large].contains(quality) {
                bytes += size
            } else {
                #expect(size > 10_000_000 && size <= 12_000_000, "\(quality): \(size)")
            }
            let parts = try FoundationFolder(path: folder.path)
            let stores = [
                try parts.textEncoder().parameters, try parts.unet().parameters,
                try parts.autoencoder().parameters,
            ]
            let weights = stores.reduce(0) { $0 + $1.parameterCount }
            var plan = PretrainingPlan(quality: quality)
            if quality == .photos { plan = try shippedPlan(of: quality) }
            #expect(weights == plan.parameterCount, "\(quality)")
        }
        #expect(bytes > 25_000_000 && bytes <= 30_000_000, "\(bytes)")
    }

    private func shippedPlan(of quality: FoundationQuality) throws -> PretrainingPlan {
        let file = try FoundationModel.folder(of: quality).appending(path: "pretraining.json")
        return try JSONDecoder().decode(PretrainingPlan.self, from: Data(contentsOf: file))
    }

    @Test("the model of photos was made by its budget, and its words are those that are warned of")
    func shippedPhotos() throws {
        let shipped = try shippedPlan(of: .photos), plan = PretrainingPlan(quality: .photos)
        let facts = try #require(shipped.photos)
        #expect(shipped.samples == plan.samples && shipped.autoencoderSamples == plan.autoencoderSamples)
        #expect(shipped.channels == plan.channels && shipped.textWidth == plan.textWidth)
        #expect(facts.count == 39_200 && facts.isMirrored && shipped.corpusImages == 78_400)
        let learnt = LearntWords(of: .photos)
        #expect(learnt.classNames == facts.classes)
        #expect(learnt.sentence(about: facts.classes.map { "A photo of a \($0)" }) == nil)
        #expect(learnt.unknown(in: ["A sketch of a mug"]) == ["sketch", "mug"])
        let tokenizer = try Tokenizer(
            folder: FoundationModel.folder(of: .photos).appending(path: "tokenizer"))
        for name in facts.classes {
            #expect(tokenizer.tokensOfText("A photo of a \(name)").count == 5, "\(name)")
        }
    }

    @Test(
        "the models that ship were made by the plan of their quality",
        arguments: [FoundationQuality.small, .large, .hundred])
    func shippedPlans(quality: FoundationQuality) throws {
        let shipped = try shippedPlan(of: quality)
        // Training fills in what it began with, which a plan of the program's own cannot say.
        #expect((shipped.start != nil) == (quality.start != nil))
        func text(_ plan: PretrainingPlan) throws -> [Substring] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            let lines = String(decoding: try encoder.encode(plan), as: UTF8.self).split(separator: "\n")
            return lines.filter { !$0.contains("\"start\"") }
        }
        #expect(try text(shipped) == text(PretrainingPlan(quality: quality)))
    }

    @Test(
        "the models of the world that ship speak every caption of it in whole words",
        arguments: FoundationQuality.allCases.filter { $0 != .photos })
    func builtinTokenizer(quality: FoundationQuality) throws {
        let tokenizer = try Tokenizer(
            folder: FoundationModel.folder(of: quality).appending(path: "tokenizer"))
        for style in WorldStyle.allCases {
            for object in PretrainingPlan(quality: quality).objects {
                let caption = WorldCaption(
                    object: object.name, style: style, colour: .orange, background: .cluttered)
                for form in WorldCaptionForm.allCases {
                    let text = caption.text(form)
                    #expect(tokenizer.tokensOfText(text).count == text.split(separator: " ").count, "\(text)")
                }
            }
        }
    }

    @Test("the model that ships draws what it is asked for")
    func builtinColours() throws {
        // Prompts that name a colour: the brightest channel of the mean image is that colour's.
        try computing {
            let pipeline = try TextToImagePipeline(folder: FoundationModel.builtin)
            for (channel, colour) in ["red", "green", "blue"].enumerated() {
                let prompts = Array(
                    repeating: "A clipart of a \(colour) heart on a plain background", count: 8)
                let pixels = try pipeline.images(
                    prompts: prompts, seeds: Array(0..<8), options: SamplingOptions(steps: 10, guidance: 3))
                let plane = 32 * 32
                // The object stands in the middle.
                let middle = (0..<plane).filter { (10..<22).contains($0 / 32) && (10..<22).contains($0 % 32) }
                let means = (0..<3).map { plane1 in
                    (0..<8).reduce(0.0) { sum, image in
                        sum + middle.reduce(0.0) { $0 + Double(pixels[(image * 3 + plane1) * plane + $1]) }
                    }
                }
                #expect(means[channel] == means.max(), "\(colour): \(means)")
            }
        }
    }
}
