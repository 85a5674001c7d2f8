import Foundation

/// Images to captions with BLIP-2 (arXiv 2301.12597) on disk.
///
/// ```swift
/// let pipeline = try CaptionPipeline(folder: URL(filePath: "blip2-opt-2.7b"))
/// let captions = try pipeline.caption([image])
/// ```
/// A caption depends on its image, the prompt and the options; which images it is computed with decides at
/// most on rounding. To be bit-identical, a set must be cut into batches in the same way: workers should
/// divide a set at multiples of `CaptionOptions.batch`.
///
/// Belongs to the thread that made it, like its tensors. A copy per worker costs the weights once more.
public final class CaptionPipeline {
    /// The shape of the networks.
    public let configuration: Blip2Configuration
    /// How images are made ready.
    public let preparation: ImagePreparation
    /// Text to ids and back.
    public let tokenizer: ByteLevelTokenizer
    /// The networks.
    public let model: Blip2Model
    /// The files that were read: the identity of the model.
    public let loadedFiles: LoadedFiles
    /// Weights that are not views of the files; nil where all are.
    private let placed: PlacedWeights?

    /// How the checkpoint itself searches for captions.
    public var defaultOptions: CaptionOptions { configuration.generation.options }

    /// What its networks cost.
    public var operations: CaptionOperations { CaptionOperations(configuration) }

    /// Opens a checkpoint in transformers' layout.
    ///
    /// - Throws: `CaptionerError`, `FoundationModelError`, `SafetensorsError`.
    public init(folder: URL) throws {
        try Torch.load()
        let parts = try CaptionerFolder(path: folder.path), files = parts.files
        configuration = try .read(files)
        preparation = try .read(files, side: configuration.vision.imageSide)
        tokenizer = try ByteLevelTokenizer(files)
        guard tokenizer.highestToken < configuration.text.vocabularySize else {
            throw FoundationModelError.mismatchedParts(
                path: folder.path, first: "the tokenizer's highest id is \(tokenizer.highestToken)",
                second: "the language model's vocab_size less one is \(configuration.text.vocabularySize - 1)"
            )
        }
        let configuration = configuration
        let loaded = try Torch.onHost { try parts.model(files, configuration, isChecked: true) }
        model = loaded
        loadedFiles = files.loaded
        placed = try PlacedWeights.place(
            [(loaded.parameters, nil)], identity: files.loaded.stamp())
    }

    /// Describes each image.
    ///
    /// - Parameters:
    ///   - images: of any size up to `ImagePreparation.maximumSide`; one of 1 × 1 pixels is a square of
    ///     its colour.
    ///   - prompt: what each caption goes on from ("Question: how many stars are there? Answer:"); it is
    ///     not part of the result. None where empty.
    ///   - options: `defaultOptions` where nil.
    ///   - progress: called after each batch with the number of images that are done.
    /// - Returns: captions without white space around them; one may be empty.
    /// - Throws: `CaptionerError.tooManyTokens`, `.promptTooLarge`, `.imageTooLong`.
    public func caption(
        _ images: [RGBImage], prompt: String = "", options: CaptionOptions? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> [String] {
        try caption(
            count: images.count, prompt: prompt, options: options ?? defaultOptions, progress: progress
        ) { Array(images[$0]) }
    }

    /// Describes each image of a set.
    ///
    /// - Throws: `CaptionerError.tooManyTokens`, `.promptTooLarge`.
    public func caption(
        _ set: ImageSet, prompt: String = "", options: CaptionOptions? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> [String] {
        try caption(
            count: set.count, prompt: prompt, options: options ?? defaultOptions, progress: progress
        ) { range in
            range.map { RGBImage(width: set.side, height: set.side, planar: set.image(at: $0)) }
        }
    }

    private func caption(
        count: Int, prompt: String, options: CaptionOptions, progress: (Int) -> Void,
        images: (Range<Int>) -> [RGBImage]
    ) throws -> [String] {
        let tokens = try tokenizer.encode(prompt)
        guard tokens.count + options.maximumNewTokens <= configuration.tokensForText else {
            throw CaptionerError.tooManyTokens(
                prompt: tokens.count, caption: options.maximumNewTokens, allowed: configuration.tokensForText)
        }
        var captions: [String] = []
        captions.reserveCapacity(count)
        try Torch.inBatches(of: count, atMost: options.batch, "images to caption") { range in
            let input = try preparation(images(range))
            let found = model.generate(input, prompt: tokens, options: options)
            try Torch.endIfOutOfMemory()
            captions += found.map(text)
            progress(range.upperBound)
        }
        return captions
    }

    private func text(of tokens: [Int32]) -> String {
        tokenizer.decode(tokens.filter { !configuration.generation.endTokens.contains($0) })
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
