import Foundation

/// Text to images with a latent diffusion model on disk (arXiv 2112.10752) and classifier-free guidance
/// (arXiv 2207.12598).
///
/// ```swift
/// let pipeline = try TextToImagePipeline(folder: FoundationModel.builtin)
/// let bytes = try pipeline.images(prompts: ["A photo of a star"], seeds: [7])
/// ```
/// Each image comes from its prompt and its seed; which images it is computed with decides at most on
/// rounding. To be bit-identical, a set must be cut into batches in the same way: images are taken
/// `SamplingOptions.batch` at a time in the order given, so workers should divide a set at multiples of it.
///
/// Belongs to the thread that made it, like its tensors. A copy per worker costs the weights once more.
public final class TextToImagePipeline {
    /// Side of the images, in pixels.
    public let imageSide: Int
    /// The scheduler's file: noise schedule and the checkpoint's own sampler.
    public let scheduler: SchedulerFile
    /// The files that were read: the identity of the model.
    public let loadedFiles: LoadedFiles
    /// The type of weights, convolutions and matrix products.
    public let precision: SynthesisPrecision

    /// What of the folder is not used, in sentences.
    public let notices: [String]

    let prompts: PromptEncoder
    let unet: UNet2DConditionModel
    let autoencoder: AutoencoderKL
    /// The type of the autoencoder's products; nil is float32.
    let autoencoderType: ElementType?
    /// Weights that are not views of the files; nil where all are.
    private let placed: PlacedWeights?
    /// How many images there was memory for at a time.
    private var room = Int.max
    /// States of the prompt with a vector that was encoded last.
    var encodedToken: (prompt: TokenPrompt, states: Tensor)?

    /// Opens a checkpoint in diffusers' layout.
    ///
    /// - Parameters:
    ///   - folder: a checkpoint in diffusers' layout.
    ///   - adapter: a low-rank adapter to merge into its weights.
    ///   - precision: the type in which weights are kept and products computed.
    /// - Throws: `FoundationModelError`, `SafetensorsError`, `TorchError`.
    /// - Precondition: the device computes in that type.
    public init(
        folder: URL, adapter: LoRAReference? = nil, precision: SynthesisPrecision = .float32
    ) throws {
        try Torch.load()
        precondition(precision.isAvailable(on: Torch.device), "\(precision.rawValue) on a processor")
        let opened = try Torch.onHost { try Opened(folder, adapter: adapter, precision: precision) }
        (notices, scheduler, loadedFiles) = (opened.notices, opened.scheduler, opened.loadedFiles)
        (prompts, unet, autoencoder) = (opened.prompts, opened.unet, opened.autoencoder)
        imageSide =
            opened.unet.configuration.sampleSize * opened.autoencoder.configuration.downsampling
        self.precision = precision
        // Stable Diffusion XL's autoencoder has numbers above float16's largest (its `force_upcast`).
        autoencoderType =
            precision == .float16 && opened.prompts.second != nil ? nil : precision.autocast
        let encoders = [
            opened.prompts.textEncoder.parameters, opened.prompts.second?.textEncoder.parameters,
        ]
        placed = try PlacedWeights.place(
            (encoders + [opened.unet.parameters]).compactMap { $0 }.map { ($0, precision.autocast) }
                + [(opened.autoencoder.parameters, autoencoderType)],
            identity: opened.loadedFiles.stamp())
    }

    /// What a folder holds, with all weights on the processor.
    private struct Opened {
        let notices: [String]
        let scheduler: SchedulerFile
        let loadedFiles: LoadedFiles
        let prompts: PromptEncoder
        let unet: UNet2DConditionModel
        let autoencoder: AutoencoderKL

        init(_ folder: URL, adapter: LoRAReference?, precision: SynthesisPrecision) throws {
            let parts = try FoundationFolder(path: folder.path), files = parts.files
            try PipelineIndex.requireKnownClass(files)
            let configurations = try parts.configurations(files)
            let index = try PipelineIndex(files, configurations)
            notices = index.notices
            scheduler = try SchedulerFile(
                files.inner("scheduler").fields("scheduler_config.json"),
                isCorrected: configurations.isOfStableDiffusionPipeline,
                named: PipelineIndex.schedulerClass(files))
            prompts = try parts.promptEncoder(files, configurations, index, precision: precision)
            unet = try parts.network(files, configurations.unet, isChecked: true)
            autoencoder = try parts.network(files, configurations.autoencoder, isChecked: true)
            let networks = (prompts: prompts, unet: unet)
            var loaded = files.loaded.with(
                try adapter.map { try TextToImagePipeline.merge($0, networks.prompts, networks.unet) })
            loaded.note = scheduler.note
            loadedFiles = loaded
        }
    }

    /// Merges an adapter into freshly loaded networks.
    private static func merge(
        _ adapter: LoRAReference, _ prompts: PromptEncoder, _ unet: UNet2DConditionModel
    ) throws -> LoadedAdapter {
        let file = try LoRAFile(
            path: adapter.path, resnetsPerLevel: unet.configuration.layersPerBlock[0])
        var networks = [FoundationFolder.Part.unet: unet.parameters]
        networks[.textEncoder] = prompts.textEncoder.parameters
        networks[.secondTextEncoder] = prompts.second?.textEncoder.parameters
        try file.merge(into: networks, scale: adapter.scale)
        unet.parameters.areCopies = true
        return LoadedAdapter(path: adapter.path, scale: adapter.scale, settings: file.settings)
    }

    var textEncoder: CLIPTextModel { prompts.textEncoder }
    var tokenizer: Tokenizer { prompts.tokenizer }

    /// States of a prompt, `[1, T, width]`, float32; computed once, alone, so that they depend on nothing
    /// else.
    public func encode(prompt: String) -> Tensor { prompts(prompt).states }

    /// Draws an image for each prompt.
    ///
    /// - Parameters:
    ///   - prompts: what to draw, one per image.
    ///   - seeds: where each image's noise comes from.
    ///   - options: steps, guidance, sampler.
    ///   - progress: called after each batch with the number of images that are done.
    /// - Returns: planar bytes, `[N, 3, imageSide, imageSide]`, as `ImageSet` has them.
    /// - Throws: `FoundationModelError.unknownScheduler`.
    public func images(
        prompts: [String], seeds: [UInt64], options: SamplingOptions = SamplingOptions(),
        progress: (Int) -> Void = { _ in }
    ) throws -> [UInt8] {
        try images(of: prompts.map(ImageCondition.text), seeds: seeds, options: options, progress: progress)
    }

    /// Draws an image for each condition, as `images(prompts:seeds:options:progress:)` does.
    ///
    /// - Throws: `FoundationModelError.unknownScheduler`, `.foreignStates`, `.foreignToken`, `.lostToken`;
    ///   `.notANumber` where an image is none.
    public func images(
        of conditions: [ImageCondition], seeds: [UInt64], options: SamplingOptions = SamplingOptions(),
        progress: (Int) -> Void = { _ in }
    ) throws -> [UInt8] {
        try images(of: conditions, seeds: seeds, options: options, isCancelled: { false }, progress: progress)
    }

    /// As above, until it is cancelled.
    ///
    /// - Parameters:
    ///   - conditions: what to draw, one per image.
    ///   - seeds: where each image's noise comes from.
    ///   - options: steps, guidance, sampler.
    ///   - origin: images that are changed instead of drawn from noise alone.
    ///   - isCancelled: asked before every step.
    ///   - progress: called after each batch with the number of images that are done.
    /// - Throws: as above; `.impossibleStart`; `CancellationError` where `isCancelled` said so.
    public func images(
        of conditions: [ImageCondition], seeds: [UInt64], options: SamplingOptions,
        changing origin: OriginalImages? = nil, isCancelled: () -> Bool, progress: (Int) -> Void = { _ in }
    ) throws -> [UInt8] {
        precondition(conditions.count == seeds.count, "\(conditions.count) conditions, \(seeds.count) seeds")
        var pixels: [UInt8] = []
        pixels.reserveCapacity(conditions.count * 3 * imageSide * imageSide)
        let batch = min(options.batch, room)
        let size = try Torch.inBatches(of: conditions.count, atMost: batch, "images to draw") { range in
            let images = try Torch.inTurn {
                try values(
                    of: range, conditions, seeds: seeds, options: options, changing: origin,
                    isCancelled: isCancelled)
            }
            try requireFinite(images, of: conditions[range], seeds: seeds[range])
            pixels.append(contentsOf: images.map(Self.byte))
            progress(range.upperBound)
        }
        if size < batch { room = size }
        return pixels
    }

    /// The elements of a batch of images, about −1…1.
    private func values(
        of range: Range<Int>, _ conditions: [ImageCondition], seeds: [UInt64], options: SamplingOptions,
        changing origin: OriginalImages?, isCancelled: () -> Bool
    ) throws -> [Float] {
        // Each image draws from a generator of its own: first the noise it begins with.
        let generators = seeds[range].map(TensorGenerator.init(seed:))
        let start = try origin?.start(of: range, in: self, generators)
        let latents = try latents(
            from: noise(from: generators), of: Array(conditions[range]), options: options,
            changing: start, drawing: { noise(from: generators) }, isCancelled: isCancelled)
        try Torch.endIfOutOfMemory()
        let images = decode(latents).floats
        try Torch.endIfOutOfMemory()
        return images
    }

    /// Standard normal noise of one image, `[1, C, h, w]`: the noise it begins with.
    public func noise(seed: UInt64) -> Tensor { noise(from: [TensorGenerator(seed: seed)]) }

    /// Standard normal noise, `[N, C, h, w]`, one image's from each generator.
    func noise(from generators: [TensorGenerator]) -> Tensor {
        let configuration = unet.configuration
        let side = configuration.sampleSize
        return .concatenate(
            generators.map { .randomNormal([1, configuration.inputChannels, side, side], using: $0) })
    }

    /// Scaled latents, `[N, C, h, w]`, from standard normal noise of that shape.
    ///
    /// - Parameters:
    ///   - noise: what images begin with.
    ///   - prompts: one for each image.
    ///   - options: steps, guidance, sampler.
    ///   - drawing: draws fresh noise of that shape, for samplers that add it.
    /// - Throws: `FoundationModelError.unknownScheduler`.
    public func latents(
        from noise: Tensor, prompts: [String], options: SamplingOptions,
        drawing: () -> Tensor = { preconditionFailure("this sampler draws noise") }
    ) throws -> Tensor {
        try latents(
            from: noise, of: prompts.map(ImageCondition.text), options: options, drawing: drawing,
            isCancelled: { false })
    }

    /// Scaled latents, `[N, C, h, w]`, from standard normal noise of that shape.
    ///
    /// - Throws: `FoundationModelError.unknownScheduler`, `.foreignStates`, `.foreignToken`, `.lostToken`.
    func latents(
        from noise: Tensor, of conditions: [ImageCondition], options: SamplingOptions,
        changing start: (origin: DenoisingOrigin, strength: Double)? = nil, drawing: () -> Tensor,
        isCancelled: () -> Bool
    ) throws -> Tensor {
        let count = noise.shape[0]
        precondition(conditions.count == count, "\(conditions.count) conditions for noise of \(count) images")
        // A network that was distilled to know the weight of guidance is asked once a step.
        let isGuided = options.isGuided && unet.configuration.guidanceWidth == nil
        var sampler = try options.makeSampler(for: scheduler)
        let first = try start.map { try sampler.begin(strength: $0.strength, steps: options.steps) } ?? 0
        return try Denoiser(unet, precision: precision).latents(
            from: noise, prompts: .concatenate(try conditions.map(encoded)),
            negativePrompts: isGuided
                ? .concatenate(conditions.map { _ in prompts.negative(options.negativePrompt) }) : nil,
            imageSide: imageSide, guidance: options.guidance,
            sampler: sampler, start: start.map { ($0.origin, first) },
            drawing: drawing,
            beforeStep: {
                try Torch.endIfOutOfMemory()
                if isCancelled() { throw CancellationError() }
            })
    }

    /// Scaled latents `[N, C, h, w]` to images `[N, 3, H, W]`, about −1…1, float32.
    public func decode(_ latents: Tensor) -> Tensor {
        let count = latents.shape[0], together = TextToImageBatch.decoded(imageSide: imageSide)
        guard count > together else { return decoded(latents) }
        return .concatenate(
            stride(from: 0, to: count, by: together).map { first in
                decoded(latents.narrow(0, from: first, count: min(together, count - first)))
            })
    }

    private func decoded(_ latents: Tensor) -> Tensor {
        Torch.withoutGradients {
            Torch.withAutocast(to: autoencoderType) {
                autoencoder.decode(latents * (1 / autoencoder.configuration.scalingFactor))
            }.to(.float32)
        }
    }

    /// Refuses images with an element that is not a finite number: as bytes they would be black.
    ///
    /// - Throws: `FoundationModelError.notANumber` for the first.
    private func requireFinite(
        _ images: [Float], of conditions: ArraySlice<ImageCondition>, seeds: ArraySlice<UInt64>
    ) throws {
        guard let element = images.firstIndex(where: { !$0.isFinite }) else { return }
        let image = element / (images.count / seeds.count)
        throw FoundationModelError.notANumber(
            path: loadedFiles.folder, prompt: conditions[conditions.startIndex + image].excerpt,
            seed: seeds[seeds.startIndex + image])
    }

    /// −1…1 to a byte, rounded as diffusers' image processor does.
    static func byte(of value: Float) -> UInt8 {
        UInt8((min(max(value * 0.5 + 0.5, 0), 1) * 255).rounded(.toNearestOrEven))
    }
}

extension ImageCondition {
    /// What is asked for, in a few words.
    fileprivate var excerpt: String {
        switch self {
        case .text(let text): text
        case .states: "an embedding"
        case .token(let prompt): prompt.text("…")
        }
    }
}
