import Foundation

/// Images to captions with a BLIP-2 (arXiv 2301.12597) whose language model is FLAN-T5.
///
/// As `CaptionPipeline`, a caption depends on its image, the prompt and the options.
public final class Blip2T5Pipeline: Captioner {
    /// The shape of the networks.
    public let configuration: Blip2T5Configuration
    /// How images are made ready.
    public let preparation: ImagePreparation
    /// Text to ids and back.
    public let tokenizer: UnigramTokenizer
    /// The networks.
    public let model: Blip2T5Model
    public let loadedFiles: LoadedFiles
    /// Weights that are not views of the files; nil where all are.
    private let placed: PlacedWeights?

    /// Opens a checkpoint in transformers' layout.
    ///
    /// - Throws: `CaptionerError`, `FoundationModelError`, `SafetensorsError`.
    public init(folder: URL) throws {
        try Torch.load()
        let files = try CaptionerFolder(path: folder.path).files
        configuration = try .read(files)
        preparation = try .read(files, side: configuration.vision.imageSide)
        tokenizer = try UnigramTokenizer(files)
        guard tokenizer.highestToken < configuration.text.vocabularySize else {
            throw FoundationModelError.mismatchedParts(
                path: folder.path, first: "the tokenizer's highest id is \(tokenizer.highestToken)",
                second: "text_config's vocab_size less one is \(configuration.text.vocabularySize - 1)")
        }
        let configuration = configuration
        let loaded = try Torch.onHost { try Self.model(files, configuration) }
        model = loaded
        loadedFiles = files.loaded
        placed = try PlacedWeights.place(
            [(loaded.parameters, nil)], identity: files.loaded.stamp())
    }

    private static func model(
        _ files: CheckpointFiles, _ configuration: Blip2T5Configuration
    ) throws -> Blip2T5Model {
        let weights = try CheckpointWeights(files)
        guard weights.mayFill(configuration.parameterCount) else {
            throw CaptionerError.mismatchedSize(
                path: files.folder, described: configuration.parameterCount, stored: weights.elementCount)
        }
        let prefix = "language_model."
        let shared = "\(prefix)shared.weight"
        let copies = ["\(prefix)encoder.embed_tokens.weight", "\(prefix)decoder.embed_tokens.weight"]
        let model = Blip2T5Model(configuration, hasHead: weights.contains("\(prefix)lm_head.weight"))
        try weights.load(into: model.parameters, isChecked: true) { name in
            // The embeddings are stored once, under any of their names, or under all.
            if let place = copies.firstIndex(of: name) {
                return weights.contains(shared) || place > 0 && weights.contains(copies[0]) ? nil : shared
            }
            return name.hasSuffix(".position_ids") ? nil : name
        }
        return model
    }

    public var defaultOptions: CaptionOptions { configuration.generation.options }

    public func operations(newTokens: Int) -> Double {
        CaptionOperations.t5(configuration, newTokens: newTokens)
    }

    public func caption(
        _ images: [RGBImage], prompt: String = "", options: CaptionOptions? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> [String] {
        // A prompt ends as every text that T5 reads.
        let end = configuration.generation.endTokens.prefix(1)
        let tokens = prompt.isEmpty ? configuration.emptyPrompt : try tokenizer.encode(prompt) + end
        return try CaptionSearch.inBatches(images, options ?? defaultOptions, progress) { batch, options in
            model.generate(try preparation(batch), prompt: tokens, options: options).map {
                tokenizer.decode($0).trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }
    }
}
