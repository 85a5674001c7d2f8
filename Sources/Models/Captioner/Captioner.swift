import Foundation

/// An image captioner, as simulations use one: images in, sentences out, with what they cost.
///
/// Stands between federations and pipelines. A captioner of another architecture is a type that conforms, in
/// a folder of its own, and a line in `Captioners.open`.
///
/// Belongs to the thread that made it, like its tensors.
public protocol Captioner: AnyObject {
    /// The files that were read: the identity of the model.
    var loadedFiles: LoadedFiles { get }
    /// How the checkpoint itself searches for captions.
    var defaultOptions: CaptionOptions { get }
    /// Floating-point operations of one image and a caption of so many tokens.
    func operations(newTokens: Int) -> Double

    /// How many features an image has.
    var featureWidth: Int { get }
    /// Floating-point operations of the features of one image.
    var featureOperations: Double { get }

    /// The features of each image: the mean of the last states of its vision transformer, after the last
    /// normalization.
    ///
    /// - Parameter images: of any size up to `ImagePreparation.maximumSide`, and few enough for one pass.
    /// - Returns: `[N, featureWidth]`, row by row.
    /// - Throws: `CaptionerError.imageTooLong`.
    func features(of images: [RGBImage]) throws -> [Float]

    /// Describes each image.
    ///
    /// - Parameters:
    ///   - images: of any size up to `ImagePreparation.maximumSide`.
    ///   - prompt: what each caption goes on from; none where empty.
    ///   - options: `defaultOptions` where nil.
    ///   - progress: called after each batch with the number of images that are done.
    /// - Returns: captions without white space around them; one may be empty.
    /// - Throws: `CaptionerError.tooManyTokens`, `.promptTooLarge`, `.imageTooLong`.
    func caption(
        _ images: [RGBImage], prompt: String, options: CaptionOptions?, progress: (Int) -> Void
    ) throws -> [String]
}

extension Captioner {
    /// Describes each image of a set.
    ///
    /// - Throws: as `caption(_:prompt:options:progress:)`.
    public func captions(of set: ImageSet, options: CaptionOptions) throws -> [String] {
        let images = (0..<set.count).map {
            RGBImage(width: set.side, height: set.side, planar: set.image(at: $0))
        }
        return try caption(images, prompt: "", options: options) { _ in }
    }
}

extension CaptionPipeline: Captioner {
    public func operations(newTokens: Int) -> Double { operations.caption(newTokens: newTokens) }
    public var featureWidth: Int { configuration.vision.width }
    public var featureOperations: Double { CaptionOperations.vision(configuration.vision) }

    public func features(of images: [RGBImage]) throws -> [Float] {
        model.vision.features(of: try preparation(images))
    }
}

extension BlipPipeline {
    public var featureWidth: Int { configuration.vision.width }
    public var featureOperations: Double { CaptionOperations.vision(configuration.vision) }

    public func features(of images: [RGBImage]) throws -> [Float] {
        model.vision.features(of: try preparation(images))
    }
}

extension Blip2T5Pipeline {
    public var featureWidth: Int { configuration.vision.width }
    public var featureOperations: Double { CaptionOperations.vision(configuration.vision) }

    public func features(of images: [RGBImage]) throws -> [Float] {
        model.vision.features(of: try preparation(images))
    }
}

/// The captioners that are read.
public enum Captioners {
    /// Opens the captioner in a folder: that of the class which its `config.json` names.
    ///
    /// - Throws: `CaptionerError`, `FoundationModelError`, `SafetensorsError`, `TorchError`.
    public static func open(_ folder: URL) throws -> any Captioner {
        let files = try CaptionerFolder(path: folder.path).files
        let values = try files.unrecordedObject("config.json")
        switch values["model_type"] {
        case .string("blip")?: return try BlipPipeline(folder: folder)
        case nil, .null?, .string("blip-2")?:
            let isEncoded = values["use_decoder_only_language_model"] == .bool(false)
            return try isEncoded ? Blip2T5Pipeline(folder: folder) : CaptionPipeline(folder: folder)
        case let other?:
            throw FoundationModelError.unsupportedValue(
                path: files.path("config.json"), key: "model_type", value: other.excerpt,
                allowed: "\"blip-2\" or \"blip\"")
        }
    }
}
