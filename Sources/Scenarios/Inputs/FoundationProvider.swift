import Foundation
import Models
import RunLog
import Simulator

/// The foundation model of an experiment, shared by its runs; every worker opens a pipeline of its own.
struct FoundationProvider: Sendable {
    /// The checkpoint, in diffusers' layout.
    let folder: URL
    /// A hash of the files that it is loaded from.
    let sha256: String
    /// What its networks cost.
    let operations: FoundationOperations
    /// Width of a word's vector.
    let tokenWidth: Int
    /// Restored from a run log; the files may be missing.
    let isRecalled: Bool
    /// How it draws images; nil where it is restored from a run log.
    private let scheduler: SchedulerFile?
    /// Merged into its weights.
    private let lora: LoRAReference?
    /// Calls of the network for a step of its own sampler.
    private let callsPerStep: Int
    /// What of its folder is not used, in sentences.
    let notices: [String]
    /// Whether the files were compared with the hash; done where it was computed from them.
    private let check: FolderCheck

    /// Opens the checkpoint once, so that its errors are thrown before a run begins.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`, `TorchError`.
    init(_ model: Scenario.Synthesis.Model) throws {
        let folder = try Self.folder(of: model.foundation), lora = Self.adapter(of: model)
        self.folder = folder
        self.lora = lora
        let pipeline = try ModelFolder.loaded { try TextToImageModels.open(folder, adapter: lora) }
        callsPerStep = pipeline.scheduler.callsPerStep
        notices = pipeline.notices
        operations = pipeline.operations
        tokenWidth = pipeline.tokenWidth
        scheduler = pipeline.scheduler
        isRecalled = false
        sha256 = try pipeline.loadedFiles.sha256()
        check = FolderCheck(isDone: true)
    }

    /// A checkpoint restored from a run log; its files are opened when images are drawn.
    ///
    /// - Throws: `FoundationModelError` where this version ships no such model.
    init(_ model: Scenario.Synthesis.Model, _ facts: Facts) throws {
        folder = try Self.folder(of: model.foundation)
        lora = Self.adapter(of: model)
        callsPerStep = facts.callsPerStep ?? 1
        notices = []
        sha256 = facts.sha256
        operations = FoundationOperations(
            unet: facts.unet, decoder: facts.decoder, textEncoder: facts.textEncoder,
            encoder: facts.encoder ?? 0, guidedPasses: facts.guidedPasses ?? 2,
            attention: facts.attention ?? [])
        tokenWidth = facts.tokenWidth ?? 0
        scheduler = nil
        isRecalled = true
        check = FolderCheck(isDone: false)
    }

    static func folder(of foundation: Scenario.FoundationModel) throws -> URL {
        switch foundation {
        case .shipped(let quality): try Models.FoundationModel.folder(of: quality)
        case .folder(let path): URL(fileURLWithPath: UserPath.expanded(path), isDirectory: true)
        }
    }

    private static func adapter(of model: Scenario.Synthesis.Model) -> LoRAReference? {
        model.lora.map { LoRAReference(path: UserPath.expanded($0.path), scale: $0.scale) }
    }

    /// Calls of the network for an image.
    private func calls(_ sampling: SamplingSettings, steps: Int) -> Int {
        let named = sampling.sampler.flatMap { try? Samplers.sampler(named: $0) }
        let perStep = named?.callsPerStep ?? callsPerStep
        return perStep * steps - (perStep - 1)
    }

    /// Floating-point operations of changing one image: it is encoded, and a part of the steps is made.
    func operationsPerVariation(_ sampling: SamplingSettings, strength: Double) -> Double {
        let steps = max(1, min(Int(Double(sampling.steps) * strength), sampling.steps))
        return operations.encoder
            + operations.image(steps: calls(sampling, steps: steps), guided: sampling.guidance > 1)
    }

    /// Floating-point operations of one image from a noised latent: a part of the steps is made.
    func operationsPerLatent(_ sampling: SamplingSettings, strength: Double) -> Double {
        operationsPerVariation(sampling, strength: strength) - operations.encoder
    }

    /// Floating-point operations of one image. Version 0.1 counted two passes a step also without guidance.
    func operationsPerImage(_ sampling: SamplingSettings, rules: RunRules) -> Double {
        operations.image(
            steps: calls(sampling, steps: sampling.steps), guided: sampling.guidance > 1 || rules == .first)
    }

    /// Floating-point operations of encoding one prompt.
    var operationsPerPrompt: Double { operations.textEncoder }

    /// Draws an image for each condition on the calling worker, `[N, 3, side, side]`.
    ///
    /// - Parameters:
    ///   - origin: images of that side that are changed instead of drawn from noise alone, and how much.
    ///   - adapter: the file of an adapter whose changes are in the weights meanwhile.
    /// - Throws: `FoundationModelError`, `SafetensorsError`; `WorkCancelled` where `isCancelled` says so.
    func images(
        of conditions: [ImageCondition], seeds: [UInt64], sampling: SamplingSettings, side: Int,
        changing origin: OriginalImages? = nil, adapter: [UInt8]? = nil, isCancelled: () -> Bool
    ) throws -> [UInt8] {
        let pipeline = try checkedPipeline(sampling.precision ?? .float32)
        if let adapter {
            return try pipeline.withAdapter(adapter) {
                try images(
                    of: conditions, seeds: seeds, sampling: sampling, side: side, changing: origin,
                    isCancelled: isCancelled)
            }
        }
        let options = sampling.options(usualBatch: pipeline.usualBatch)
        let origins = origin.map { origin in
            side == pipeline.imageSide
                ? origin : origin.mapPixels { Self.resized($0, from: side, to: pipeline.imageSide) }
        }
        var pixels: [UInt8] = []
        for start in stride(from: 0, to: seeds.count, by: options.batch) {
            let chunk = start..<min(start + options.batch, seeds.count)
            pixels += try cancellable {
                try pipeline.images(
                    of: Array(conditions[chunk]), seeds: Array(seeds[chunk]), options: options,
                    changing: origins?.part(chunk, of: seeds.count), isCancelled: isCancelled,
                    progress: { _ in })
            }
        }
        return pipeline.imageSide == side ? pixels : Self.resized(pixels, from: pipeline.imageSide, to: side)
    }

    /// Does what a pipeline does, and says in the words of workers that it was cancelled.
    private func cancellable<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch is CancellationError { throw WorkCancelled() }
    }

    private static func resized(_ pixels: [UInt8], from: Int, to side: Int) -> [UInt8] {
        let bytes = 3 * from * from
        return stride(from: 0, to: pixels.count, by: bytes).flatMap { start in
            Resize.planarSquare(
                RGBImage(width: from, height: from, planar: Array(pixels[start..<start + bytes])), side: side)
        }
    }

    /// The states of prompts, encoded on the calling worker.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`.
    func states(of prompts: [String]) throws -> [TextStates] {
        let pipeline = try pipeline()
        return prompts.map(pipeline.states(of:))
    }

    /// Learns a word from some images on the calling worker, beginning with the name of their class.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`; `WorkCancelled` where `isCancelled` says so.
    func learnedToken(
        template: String, word: String, from images: ImageSet, at indices: [Int], options: InversionOptions,
        seed: UInt64, isCancelled: () -> Bool
    ) throws -> LearnedToken {
        let pipeline = try checkedPipeline()
        let prompt = TokenPrompt(
            template: template, placeholder: "{class}", vector: pipeline.tokenVector(of: word))
        return try cancellable {
            try pipeline.learnToken(
                of: prompt, from: images, at: indices, options: options, seed: seed, isCancelled: isCancelled)
        }
    }

    /// Learns the states that stand for a prompt from some images on the calling worker.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`; `WorkCancelled` where `isCancelled` says so.
    func learnedStates(
        of prompt: String, from images: ImageSet, at indices: [Int], options: InversionOptions, seed: UInt64,
        isCancelled: () -> Bool
    ) throws -> LearnedStates {
        let pipeline = try checkedPipeline()
        return try cancellable {
            try pipeline.learnStates(
                of: prompt, from: images, at: indices, options: options, seed: seed, isCancelled: isCancelled)
        }
    }

    /// Learns the vectors of a concept from some images on the calling worker.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`; `WorkCancelled` where `isCancelled` says so.
    func learnedConcept(
        of prompts: [String], from images: ImageSet, at indices: [Int], classes: [Int],
        options: InversionOptions, seed: UInt64, isCancelled: () -> Bool
    ) throws -> LearnedConcept {
        let pipeline = try checkedPipeline()
        return try cancellable {
            try pipeline.learnConcept(
                of: prompts, from: images, at: indices, classes: classes, options: options, seed: seed,
                isCancelled: isCancelled)
        }
    }

    /// Mixes latents of images of one class and noises them, on the calling worker.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`; `WorkCancelled` where `isCancelled` says so.
    func mixedLatents(
        of images: ImageSet, at indices: [Int], strength: Double, sampling: SamplingSettings, seed: UInt64,
        isCancelled: () -> Bool
    ) throws -> [Float] {
        let pipeline = try checkedPipeline()
        return try cancellable {
            try pipeline.mixedLatents(
                of: images, at: indices, strength: strength,
                options: sampling.options(usualBatch: pipeline.usualBatch), seed: seed,
                isCancelled: isCancelled)
        }
    }

    /// The states of a prompt with vectors of a domain and of a class in it.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`.
    func states(of prompt: String, domain: [Float], category: [Float]) throws -> TextStates {
        try pipeline().states(of: prompt, domain: domain, category: category)
    }

    /// Channels, height and width of a latent.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`.
    func latentShape() throws -> [Int] { try pipeline().latentShape }

    /// Trains an adapter on some images with their prompts on the calling worker.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`; `WorkCancelled` where `isCancelled` says so.
    func trainedAdapter(
        on images: ImageSet, at indices: [Int], prompts: [String], options: AdapterOptions,
        precision: ElementType, seed: UInt64, isCancelled: () -> Bool
    ) throws -> TrainedAdapter {
        let pipeline = try checkedPipeline()
        return try cancellable {
            try pipeline.trainAdapter(
                on: images, at: indices, prompts: prompts, options: options, precision: precision, seed: seed,
                isCancelled: isCancelled)
        }
    }

    /// Checks that adapters of a rank are smaller than the layers that they change.
    ///
    /// - Throws: `FederationError.adapterRank`.
    func check(adapterRank rank: Int) throws {
        let narrowest = operations.attention.map { min($0.inputs, $0.outputs) }.min()
        guard let narrowest, rank <= narrowest else {
            throw FederationError.adapterRank(path: folder.path, rank: rank, narrowest: narrowest)
        }
    }

    /// Checks that a template has room for a learnt word.
    ///
    /// - Throws: `FoundationModelError`.
    func check(template: String) throws {
        guard tokenWidth > 0 else { throw FoundationModelError.noLearnedWords(path: folder.path) }
        try Tokenizer(folder: folder.appendingPathComponent("tokenizer"))
            .check(template: template, placeholder: "{class}")
    }

    /// Checks that the checkpoint can draw images as a scenario asks for, before a run begins.
    ///
    /// - Throws: `FoundationModelError`.
    func check(_ settings: Scenario.Synthesis) throws {
        try scheduler?.check(SamplingSettings(settings).options(usualBatch: 1))
    }

    /// The pipeline, with files whose hash is known.
    private func checkedPipeline(_ precision: SynthesisPrecision = .float32) throws -> any TextToImage {
        let pipeline = try pipeline(precision)
        try check.once {
            guard try ModelFolder.matches(pipeline.loadedFiles, knownBy: sha256) else {
                throw FederationError.inputChanged(what: "the files of the foundation model \(folder.path)")
            }
        }
        return pipeline
    }

    /// What the calling worker has opened in a precision: texts and words are always float32.
    private func pipeline(_ precision: SynthesisPrecision = .float32) throws -> any TextToImage {
        let adapter = lora.map { " with \($0.path), scale \($0.scale)" } ?? ""
        return try ModelFolder.opened(
            "\(folder.path)\(adapter) \(precision.rawValue)", as: (any TextToImage).self
        ) {
            try TextToImageModels.open(folder, adapter: lora, precision: precision)
        }
    }
}

extension FoundationProvider {
    /// What the simulation needs to know of a foundation model, as the log keeps it.
    struct Facts: Codable {
        let sha256: String
        let unet: Double
        let decoder: Double
        let textEncoder: Double
        /// Logs of runs that could not learn words have neither of these.
        let encoder: Double?
        let tokenWidth: Int?
        /// Absent where they are 2 and 1: of most models, and of all in logs of versions that knew no others.
        let guidedPasses: Int?
        let callsPerStep: Int?
        /// The projections of the denoiser's attention; absent where no adapter of them is trained.
        let attention: [AttentionLayer]?
    }

    /// What the log keeps.
    ///
    /// - Parameter isAdapted: whether clients train adapters of the model.
    func input(for model: Scenario.Synthesis.Model, isAdapted: Bool) -> RunInput {
        let facts = Facts(
            sha256: sha256, unet: operations.unet, decoder: operations.decoder,
            textEncoder: operations.textEncoder, encoder: tokenWidth == 0 ? nil : operations.encoder,
            tokenWidth: tokenWidth == 0 ? nil : tokenWidth,
            guidedPasses: operations.guidedPasses == 2 ? nil : operations.guidedPasses,
            callsPerStep: callsPerStep == 1 ? nil : callsPerStep,
            attention: isAdapted ? operations.attention : nil)
        return RunInput(
            kind: .foundation, settings: model.text, sha256: sha256, facts: RunInput.text(of: facts))
    }
}
