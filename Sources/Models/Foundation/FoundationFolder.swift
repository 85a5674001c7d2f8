import Foundation

/// A text-to-image model on disk in diffusers' layout: `model_index.json` and a folder per part.
///
/// https://huggingface.co/docs/diffusers/using-diffusers/other-formats
public struct FoundationFolder: Sendable, Hashable {
    /// The folder with `model_index.json`.
    public let path: String

    /// - Throws: `FoundationModelError` where there is no such folder, or it is one of the hub's cache.
    public init(path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw FoundationModelError.noFolder(path: path)
        }
        try CheckpointFiles.refuseHubCache(path)
        self.path = path
    }

    /// The shapes of the three networks.
    public struct Configurations: Hashable, Sendable {
        /// `text_encoder/config.json`.
        public var textEncoder: TextEncoderConfiguration
        /// `text_encoder_2/config.json` of a Stable Diffusion XL; nil where the UNet takes no pooled text.
        public var secondTextEncoder: TextEncoderConfiguration?
        /// `unet/config.json`.
        public var unet: UNetConfiguration
        /// `vae/config.json`.
        public var autoencoder: AutoencoderConfiguration

        /// Whether these are networks of `StableDiffusionPipeline`: not those of Stable Diffusion XL, nor of
        /// a latent consistency model.
        var isOfStableDiffusionPipeline: Bool { secondTextEncoder == nil && unet.guidanceWidth == nil }

        /// The shapes of three networks that fit together.
        public init(
            textEncoder: TextEncoderConfiguration, secondTextEncoder: TextEncoderConfiguration? = nil,
            unet: UNetConfiguration, autoencoder: AutoencoderConfiguration
        ) {
            self.textEncoder = textEncoder
            self.secondTextEncoder = secondTextEncoder
            self.unet = unet
            self.autoencoder = autoencoder
        }
    }

    /// Reads the three `config.json` files and checks that the networks fit together.
    ///
    /// - Throws: `FoundationModelError`.
    public func configurations() throws -> Configurations { try configurations(files) }

    /// As above, through a reader of the folder.
    func configurations(_ files: CheckpointFiles) throws -> Configurations {
        let unet: UNetConfiguration = try files.inner(Part.unet.rawValue).configuration("config.json")
        let result = Configurations(
            textEncoder: try files.inner(Part.textEncoder.rawValue).configuration("config.json"),
            secondTextEncoder: unet.sizeEmbedding == nil
                ? nil : try files.inner(Part.secondTextEncoder.rawValue).configuration("config.json"),
            unet: unet,
            autoencoder: try files.inner(Part.autoencoder.rawValue).configuration("config.json"))
        try requireFitting(result)
        let scale = result.autoencoder.downsampling
        guard result.unet.sampleSize <= Self.largestImageSide / scale else {
            throw FoundationModelError.unsupportedValue(
                path: files.inner(Part.unet.rawValue).path("config.json"), key: "sample_size",
                value: "\(result.unet.sampleSize)",
                allowed:
                    "at most \(Self.largestImageSide / scale) with an autoencoder whose images are \(scale) "
                        + "times "
                    + "as wide")
        }
        return result
    }

    /// Checks that what one part gives is what the other takes.
    private func requireFitting(_ shapes: Configurations) throws {
        if let second = shapes.secondTextEncoder, let sizes = shapes.unet.sizeEmbedding {
            try requireEqual(
                (shapes.textEncoder.width + second.width, "the sum of both text encoders' hidden_size"),
                (shapes.unet.contextWidth, "the UNet's cross_attention_dim"))
            try requireEqual(
                (second.projectionWidth, "the second text encoder's projection_dim"),
                (
                    sizes.pooledWidth,
                    "the UNet's projection_class_embeddings_input_dim less six times its "
                        + "addition_time_embed_dim"
                ))
        } else {
            try requireEqual(
                (shapes.textEncoder.width, "the text encoder's hidden_size"),
                (shapes.unet.contextWidth, "the UNet's cross_attention_dim"))
        }
        let latents = shapes.autoencoder.latentChannels
        try requireEqual(
            (latents, "the autoencoder's latent_channels"),
            (shapes.unet.inputChannels, "the UNet's in_channels"))
        try requireEqual(
            (latents, "the autoencoder's latent_channels"),
            (shapes.unet.outputChannels, "the UNet's out_channels"))
    }

    /// The widest images that are drawn, in pixels.
    private static let largestImageSide = 4096

    /// A reader of the folder's files.
    var files: CheckpointFiles { CheckpointFiles(folder: path) }

    private func requireEqual(_ first: (value: Int, name: String), _ second: (value: Int, name: String))
        throws
    {
        if first.value != second.value {
            throw FoundationModelError.mismatchedParts(
                path: path, first: "\(first.name) is \(first.value)",
                second: "\(second.name) is \(second.value)")
        }
    }

    /// The text encoder with its weights, which are read when they are used.
    ///
    /// - Throws: `FoundationModelError` for its configuration, `SafetensorsError` for its weights.
    public func textEncoder() throws -> CLIPTextModel { try network(files) }

    /// The UNet with its weights, which are read when they are used.
    ///
    /// - Throws: `FoundationModelError` for its configuration, `SafetensorsError` for its weights.
    public func unet() throws -> UNet2DConditionModel { try network(files) }

    /// The autoencoder with its weights, which are read when they are used.
    ///
    /// - Throws: `FoundationModelError` for its configuration, `SafetensorsError` for its weights.
    public func autoencoder() throws -> AutoencoderKL { try network(files) }

    /// A network with its weights.
    ///
    /// - Parameters:
    ///   - files: the reader of the folder.
    ///   - configuration: the network's, where it has been read.
    ///   - isChecked: whether all weights are read, and those that are not finite numbers refused.
    /// - Throws: `FoundationModelError` for its configuration, `SafetensorsError` for its weights.
    func network<Network: FoundationNetwork>(
        _ files: CheckpointFiles, _ configuration: Network.Configuration? = nil, isChecked: Bool = false
    ) throws -> Network {
        let part = Network.part, folder = files.inner(part.rawValue)
        let configuration = try configuration ?? folder.configuration("config.json")
        let weights = try CheckpointWeights(folder, stem: part.weightStem)
        let described = Network.weightCount(configuration)
        guard weights.mayFill(described) else {
            throw FoundationModelError.mismatchedSize(
                path: folder.path("config.json"), described: described, stored: weights.elementCount)
        }
        let network = Network(configuration, initializedBy: nil)
        try weights.load(into: network.parameters, isChecked: isChecked, rename: part.parameterName)
        return network
    }
}

// MARK: - Writing

extension FoundationFolder {
    /// Writes the three networks with their configurations and a `model_index.json`; tokenizer and scheduler
    /// have writers of their own.
    ///
    /// - Parameters:
    ///   - textEncoder: goes to `text_encoder/`.
    ///   - unet: goes to `unet/`.
    ///   - autoencoder: goes to `vae/`.
    ///   - scheduler: the content of `scheduler/scheduler_config.json`.
    ///   - path: the folder, made where it is not there.
    ///   - type: element type of the weights in the files.
    /// - Throws: `FoundationModelError.unwritableFile`, `SafetensorsError.unwritable`.
    @discardableResult
    public static func write(
        textEncoder: CLIPTextModel, unet: UNet2DConditionModel, autoencoder: AutoencoderKL, scheduler: String,
        to path: String, type: ElementType = .float16
    ) throws -> FoundationFolder {
        try write(textEncoder.configuration, textEncoder.parameters, .textEncoder, to: path, type)
        try write(unet.configuration, unet.parameters, .unet, to: path, type)
        try write(autoencoder.configuration, autoencoder.parameters, .autoencoder, to: path, type)
        let index: [String: ConfigurationValue] = [
            "_class_name": .string("StableDiffusionPipeline"),
            "scheduler": .strings(["diffusers", scheduler]),
            "text_encoder": .strings(["transformers", "CLIPTextModel"]),
            "tokenizer": .strings(["transformers", "CLIPTokenizer"]),
            "unet": .strings(["diffusers", "UNet2DConditionModel"]),
            "vae": .strings(["diffusers", "AutoencoderKL"]),
        ]
        try FoundationModelFiles.write(json: index, to: URL(fileURLWithPath: "\(path)/model_index.json"))
        return try FoundationFolder(path: path)
    }

    private static func write(
        _ configuration: some Encodable, _ parameters: ParameterStore, _ part: Part, to path: String,
        _ type: ElementType
    ) throws {
        let folder = "\(path)/\(part.rawValue)"
        try FoundationModelFiles.write(json: configuration, to: URL(fileURLWithPath: "\(folder)/config.json"))
        // transformers refuses files that do not say who laid them out.
        try Safetensors.write(
            parameters.encoded(as: type, metadata: ["format": "pt"]),
            to: "\(folder)/\(part.weightStem).safetensors")
    }
}
