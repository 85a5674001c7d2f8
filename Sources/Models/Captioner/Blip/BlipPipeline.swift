import Foundation

/// Images to captions with BLIP (arXiv 2201.12086) on disk: a captioner that is small enough for a CPU.
///
/// As `CaptionPipeline`, a caption depends on its image, the prompt and the options.
public final class BlipPipeline: Captioner {
    /// The shape of the networks.
    public let configuration: BlipConfiguration
    /// How images are made ready.
    public let preparation: ImagePreparation
    /// Text to ids and back.
    public let tokenizer: WordPieceTokenizer
    /// The networks.
    public let model: BlipModel
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
        tokenizer = try WordPieceTokenizer(files)
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
        _ files: CheckpointFiles, _ configuration: BlipConfiguration
    ) throws -> BlipModel {
        let weights = try CheckpointWeights(files)
        guard weights.mayFill(configuration.parameterCount) else {
            throw CaptionerError.mismatchedSize(
                path: files.folder, described: configuration.parameterCount, stored: weights.elementCount)
        }
        let model = BlipModel(configuration)
        let embedding = "text_decoder.bert.embeddings.word_embeddings.weight"
        let head = "text_decoder.cls.predictions.decoder.weight", bias = "text_decoder.cls.predictions.bias"
        let otherBias = "text_decoder.cls.predictions.decoder.bias"
        let isTied = configuration.text.tiesEmbeddings
        try weights.load(into: model.parameters, isChecked: true) { name in
            // A matrix that is tied to another is stored under either name or both, and so is the bias.
            switch name {
            case head where isTied: weights.contains(embedding) ? nil : embedding
            case otherBias: weights.contains(bias) ? nil : bias
            default: name.hasSuffix(".position_ids") ? nil : name
            }
        }
        return model
    }

    public var defaultOptions: CaptionOptions { configuration.generation.options }

    public func operations(newTokens: Int) -> Double {
        CaptionOperations.blip(configuration, newTokens: newTokens)
    }

    public func caption(
        _ images: [RGBImage], prompt: String = "", options: CaptionOptions? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> [String] {
        let options = options ?? defaultOptions
        let tokens = try tokenizer.encode(prompt)
        let room = configuration.text.maximumTokens - 1
        guard tokens.count + options.maximumNewTokens <= room else {
            throw CaptionerError.tooManyTokens(
                prompt: tokens.count, caption: options.maximumNewTokens, allowed: room)
        }
        return try CaptionSearch.inBatches(images, options, progress) { batch, options in
            model.generate(try preparation(batch), prompt: tokens, options: options).map(text)
        }
    }

    private func text(of tokens: [Int32]) -> String {
        tokenizer.decode(tokens.filter { !configuration.generation.endTokens.contains($0) })
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
