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
    /// Whether convolutions and matrix products run in bfloat16.
    public let usesBFloat16: Bool

    let textEncoder: CLIPTextModel
    let unet: UNet2DConditionModel
    let autoencoder: AutoencoderKL
    let tokenizer: Tokenizer
    /// States of prompts that were encoded before, `[1, T, width]`.
    private var encodedPrompts: [String: Tensor] = [:]
    /// States of the prompt with a vector that was encoded last.
    var encodedToken: (prompt: TokenPrompt, states: Tensor)?

    /// Opens a checkpoint in diffusers' layout.
    ///
    /// - Parameters:
    ///   - folder: a checkpoint in diffusers' layout.
    ///   - usesBFloat16: whether products are made in bfloat16. libtorch 1.13 casts at every product, so that float32 is as
    ///     fast on an AMD EPYC and 1.3 times as fast on an Intel Emerald Rapids (docs/performance.md).
    /// - Throws: `FoundationModelError`, `SafetensorsError`, `TorchError`.
    public init(folder: URL, usesBFloat16: Bool = false) throws {
        try Torch.load()
        let parts = try FoundationFolder(path: folder.path), files = parts.files
        let configurations = try parts.configurations(files)
        scheduler = try SchedulerFile(files.inner("scheduler").fields("scheduler_config.json"))
        tokenizer = try Tokenizer(files.inner("tokenizer"))
        try Self.check(tokenizer, configurations.textEncoder, folder: folder)
        textEncoder = try parts.network(files, configurations.textEncoder, isChecked: true)
        unet = try parts.network(files, configurations.unet, isChecked: true)
        autoencoder = try parts.network(files, configurations.autoencoder, isChecked: true)
        loadedFiles = files.loaded
        imageSide = configurations.unet.sampleSize * configurations.autoencoder.downsampling
        self.usesBFloat16 = usesBFloat16
    }

    private static func check(
        _ tokenizer: Tokenizer, _ configuration: TextEncoderConfiguration, folder: URL
    ) throws {
        let highest = max(tokenizer.highestToken, 0)
        guard highest < configuration.vocabularySize else {
            throw FoundationModelError.mismatchedParts(
                path: folder.path, first: "the tokenizer's highest id is \(highest)",
                second: "the text encoder's vocab_size less one is \(configuration.vocabularySize - 1)")
        }
        guard tokenizer.maximumLength <= configuration.maximumTokens else {
            throw FoundationModelError.mismatchedParts(
                path: folder.path, first: "the tokenizer's model_max_length is \(tokenizer.maximumLength)",
                second: "the text encoder's max_position_embeddings is \(configuration.maximumTokens)")
        }
    }

    /// States of a prompt, `[1, T, width]`, float32; computed once, alone, so that they depend on nothing
    /// else.
    public func encode(prompt: String) -> Tensor {
        if let known = encodedPrompts[prompt] { return known }
        let tokens = tokenizer.encode(prompt).map(Int64.init)
        let states = Torch.withoutGradients {
            Torch.withAutocast(usesBFloat16) {
                textEncoder(Tensor(indices: tokens, shape: [1, tokens.count])).to(.float32)
            }
        }
        encodedPrompts[prompt] = states
        return states
    }

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
    /// - Throws: `FoundationModelError.unknownScheduler`, `.foreignStates`, `.foreignToken`, `.lostToken`; `.notANumber`
    ///   where an image is none.
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
    ///   - isCancelled: asked before every step.
    ///   - progress: called after each batch with the number of images that are done.
    /// - Throws: as above; `CancellationError` where `isCancelled` said so.
    public func images(
        of conditions: [ImageCondition], seeds: [UInt64], options: SamplingOptions,
        isCancelled: () -> Bool, progress: (Int) -> Void = { _ in }
    ) throws -> [UInt8] {
        precondition(conditions.count == seeds.count, "\(conditions.count) conditions, \(seeds.count) seeds")
        var pixels: [UInt8] = []
        pixels.reserveCapacity(conditions.count * 3 * imageSide * imageSide)
        for start in stride(from: 0, to: conditions.count, by: options.batch) {
            let range = start..<min(start + options.batch, conditions.count)
            let noise = Tensor.concatenate(seeds[range].map(noise(seed:)))
            let latents = try latents(
                from: noise, of: Array(conditions[range]), options: options, isCancelled: isCancelled)
            let images = decode(latents).floats
            try requireFinite(images, of: conditions[range], seeds: seeds[range])
            pixels.append(contentsOf: images.map(Self.byte))
            progress(range.upperBound)
        }
        return pixels
    }

    /// Standard normal noise of one image, `[1, C, h, w]`.
    public func noise(seed: UInt64) -> Tensor {
        let configuration = unet.configuration
        let side = configuration.sampleSize
        return .randomNormal(
            [1, configuration.inputChannels, side, side], using: TensorGenerator(seed: seed))
    }

    /// Scaled latents, `[N, C, h, w]`, from standard normal noise of that shape.
    ///
    /// - Throws: `FoundationModelError.unknownScheduler`.
    public func latents(from noise: Tensor, prompts: [String], options: SamplingOptions) throws -> Tensor {
        try latents(from: noise, of: prompts.map(ImageCondition.text), options: options)
    }

    /// Scaled latents, `[N, C, h, w]`, from standard normal noise of that shape.
    ///
    /// - Throws: `FoundationModelError.unknownScheduler`, `.foreignStates`, `.foreignToken`, `.lostToken`.
    func latents(
        from noise: Tensor, of conditions: [ImageCondition], options: SamplingOptions,
        isCancelled: () -> Bool = { false }
    ) throws -> Tensor {
        let count = noise.shape[0]
        precondition(conditions.count == count, "\(conditions.count) conditions for noise of \(count) images")
        return try Denoiser(unet, usesBFloat16: usesBFloat16).latents(
            from: noise, prompts: .concatenate(try conditions.map(states(of:))),
            negativePrompts: options.isGuided
                ? .concatenate(conditions.map { _ in encode(prompt: options.negativePrompt) }) : nil,
            guidance: options.guidance, sampler: try options.makeSampler(for: scheduler),
            beforeStep: { if isCancelled() { throw CancellationError() } })
    }

    /// Scaled latents `[N, C, h, w]` to images `[N, 3, H, W]`, about −1…1, float32.
    public func decode(_ latents: Tensor) -> Tensor {
        Torch.withoutGradients {
            Torch.withAutocast(usesBFloat16) {
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
