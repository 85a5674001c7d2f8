import Foundation

/// What a folder with a model on disk holds, and whether it loads.
///
/// Every part is read for itself, so that all that is wrong is told at once.
public struct CheckpointInspection: Sendable {
    /// What a folder is for.
    public enum Kind: String, Sendable {
        case textToImage = "text to image"
        case captioner
    }

    /// A network, tokenizer or scheduler of the folder.
    public struct Part: Sendable, Hashable {
        /// Its folder, or its place in the model.
        public let name: String
        /// The library's class.
        public let className: String
        /// The number of its weights; nil where it has none.
        public let parameters: Double?
        /// Its sizes in a few words.
        public let detail: String
    }

    /// The folder.
    public let folder: URL
    public internal(set) var kind: Kind
    /// The class that opens it in diffusers or transformers.
    public internal(set) var className: String
    /// The parts that could be read.
    public internal(set) var parts: [Part] = []
    /// Width and height of the images that it draws or reads, in pixels.
    public internal(set) var imageSide: Int?
    /// What of the folder is not used, in sentences.
    public internal(set) var notices: [String] = []
    /// Why it does not load, in sentences; empty where it does.
    public internal(set) var problems: [String] = []
    /// The model's identity, as caches and logs know it; nil where it does not load.
    public internal(set) var sha256: String?

    /// The number of all weights.
    public var parameters: Double { parts.compactMap(\.parameters).reduce(0, +) }

    /// Memory for the weights, in bytes.
    ///
    /// - Parameter bits: of a weight: 32, or 16 for bf16 and fp16.
    public func weightBytes(bits: Int) -> Double { parameters * Double(bits) / 8 }

    /// Reads a folder: a text-to-image model where it has `model_index.json` or `unet/`, else a captioner.
    ///
    /// - Parameters:
    ///   - folder: of the model.
    ///   - adapter: a low-rank adapter to merge, for text-to-image models.
    /// - Throws: `FoundationModelError` where there is no such folder, or neither kind of model in it.
    public init(folder: URL, adapter: LoRAReference? = nil) throws {
        self.folder = folder
        let files = try FoundationFolder(path: folder.path).files
        if files.exists("model_index.json") || files.exists("unet") {
            kind = .textToImage
            className = "StableDiffusionPipeline"
            try inspectTextToImage(files, adapter)
        } else if files.exists("config.json") {
            kind = .captioner
            className = "Blip2ForConditionalGeneration"
            inspectCaptioner(files)
        } else {
            throw FoundationModelError.noModel(
                path: folder.path, singleFiles: CheckpointFiles.wholeModels(in: folder.path))
        }
    }

    /// What `body` gives; where it throws, the sentence is a problem.
    mutating func attempt<Result>(_ body: () throws -> Result) -> Result? {
        do { return try body() } catch {
            let sentence = "\(error)"
            if !problems.contains(sentence) { problems.append(sentence) }
            return nil
        }
    }
}

/// How long an image takes on this machine.
public struct CheckpointTime: Sendable, Hashable {
    /// Steps of the measurement, or tokens of the longest caption.
    public let steps: Int
    /// Of one image, by the wall clock, all processors at work.
    public let seconds: Double
}
