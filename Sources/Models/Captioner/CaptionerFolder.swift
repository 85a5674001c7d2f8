import Foundation

/// A captioner on disk in transformers' layout: `config.json`, weights, tokenizer, and settings for its
/// images.
///
/// https://huggingface.co/Salesforce/blip2-opt-2.7b/tree/main is one.
public struct CaptionerFolder: Sendable, Hashable {
    /// The folder with `config.json`.
    public let path: String

    /// - Throws: `CaptionerError.noFolder`, `FoundationModelError.hubCache`.
    public init(path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw CaptionerError.noFolder(path: path)
        }
        try CheckpointFiles.refuseHubCache(path)
        self.path = path
    }

    /// A reader of the folder's files.
    var files: CheckpointFiles { CheckpointFiles(folder: path) }

    /// Memory for the weights as they are computed with, in bytes; of files, only headers are read.
    ///
    /// - Throws: `SafetensorsError`, and `FoundationModelError` for the index of several files.
    public var weightBytes: Double {
        get throws { 4 * (try CheckpointWeights(files).elementCount) }
    }

    /// The shape of the networks, and how captions are searched for.
    ///
    /// - Throws: `FoundationModelError`.
    public func configuration() throws -> Blip2Configuration { try .read(files) }

    /// The networks with their weights, which are read when they are used.
    ///
    /// - Throws: `FoundationModelError` for the configuration, `SafetensorsError` and `CaptionerError`
    ///   for the weights.
    public func model() throws -> Blip2Model {
        let files = files
        return try model(files, .read(files), isChecked: false)
    }

    /// As above, of a configuration that has been read through `files`. Where `isChecked`, all weights are
    /// read, and those that are not finite numbers refused.
    func model(
        _ files: CheckpointFiles, _ configuration: Blip2Configuration, isChecked: Bool
    ) throws -> Blip2Model {
        let weights = try CheckpointWeights(files)
        guard weights.mayFill(configuration.parameterCount) else {
            throw CaptionerError.mismatchedSize(
                path: path, described: configuration.parameterCount, stored: weights.elementCount)
        }
        let model = Blip2Model(configuration)
        let isTied = configuration.text.tiesEmbeddings
        func rename(_ name: String) -> String? {
            // Older files repeat the token embeddings as the head's matrix, and store the positions 0, 1, ….
            isTied && name == "language_model.lm_head.weight" || name.hasSuffix(".position_ids") ? nil : name
        }
        try weights.load(into: model.parameters, isChecked: isChecked, rename: rename)
        return model
    }

    /// How images are made ready.
    ///
    /// - Throws: `FoundationModelError`.
    public func preparation() throws -> ImagePreparation {
        let files = files
        return try .read(files, side: try Blip2Configuration.read(files).vision.imageSide)
    }

    /// The tokenizer.
    ///
    /// - Throws: `FoundationModelError`.
    public func tokenizer() throws -> ByteLevelTokenizer { try ByteLevelTokenizer(files) }

    /// Writes the networks with their configuration, and how images are made ready; the tokenizer has a
    /// writer of its own.
    ///
    /// - Parameters:
    ///   - model: what is written.
    ///   - preparation: how images are brought into the form that the model takes.
    ///   - path: the folder, made where it is not there.
    ///   - type: element type of the weights in the file.
    /// - Throws: `FoundationModelError.unwritableFile`, `SafetensorsError.unwritable`.
    @discardableResult
    public static func write(
        _ model: Blip2Model, preparation: ImagePreparation, to path: String, type: ElementType = .float16
    ) throws -> CaptionerFolder {
        try FoundationModelFiles.write(
            json: model.configuration, to: URL(fileURLWithPath: "\(path)/config.json"))
        try FoundationModelFiles.write(
            json: preparation, to: URL(fileURLWithPath: "\(path)/preprocessor_config.json"))
        // transformers refuses files that do not say who laid them out.
        try Safetensors.write(
            model.parameters.encoded(as: type, metadata: ["format": "pt"]), to: "\(path)/model.safetensors")
        return try CaptionerFolder(path: path)
    }
}
