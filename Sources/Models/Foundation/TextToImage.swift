import Foundation

/// A text-to-image model, as simulations use one: conditions in, images out, with what they cost.
///
/// Stands between federations and pipelines. A model of another architecture is a type that conforms, in a
/// folder of its own, and a line in `TextToImageModels.open`.
///
/// Belongs to the thread that made it, like its tensors.
public protocol TextToImage: AnyObject {
    /// Side of the images, in pixels.
    var imageSide: Int { get }
    /// The files that were read: the identity of the model.
    var loadedFiles: LoadedFiles { get }
    /// What of the folder is not used, in sentences.
    var notices: [String] { get }
    /// What its networks cost.
    var operations: FoundationOperations { get }
    /// How it samples unless asked otherwise.
    var scheduler: SchedulerFile { get }
    /// Width of a word's vector; 0 where no words can be learnt.
    var tokenWidth: Int { get }

    /// Draws an image for each condition.
    ///
    /// - Parameters:
    ///   - conditions: what to draw, one per image.
    ///   - seeds: where each image's noise comes from.
    ///   - options: steps, guidance, sampler.
    ///   - origin: images that are changed instead of drawn from noise alone.
    ///   - isCancelled: asked before every step.
    ///   - progress: called after each batch with the number of images that are done.
    /// - Returns: planar bytes, `[N, 3, imageSide, imageSide]`, as `ImageSet` has them.
    /// - Throws: `FoundationModelError`; `CancellationError` where `isCancelled` said so.
    func images(
        of conditions: [ImageCondition], seeds: [UInt64], options: SamplingOptions,
        changing origin: OriginalImages?, isCancelled: () -> Bool, progress: (Int) -> Void
    ) throws -> [UInt8]

    /// The states of a prompt, as `images` takes them.
    func states(of prompt: String) -> TextStates

    /// The vector of a word as the text encoder takes it in.
    func tokenVector(of word: String) -> [Float]

    /// Learns the vector of a prompt's new word from the images at `indices` (textual inversion).
    ///
    /// - Throws: `FoundationModelError.noLearnedWords` where it cannot; `CancellationError`.
    func learnToken(
        of prompt: TokenPrompt, from images: ImageSet, at indices: [Int], options: InversionOptions,
        seed: UInt64, isCancelled: () -> Bool
    ) throws -> LearnedToken

    /// Learns the states that stand for a text from the images at `indices`, beginning with those of
    /// `prompt`.
    ///
    /// - Throws: `FoundationModelError.divergedTraining`; `CancellationError`.
    func learnStates(
        of prompt: String, from images: ImageSet, at indices: [Int], options: InversionOptions, seed: UInt64,
        isCancelled: () -> Bool
    ) throws -> LearnedStates

    /// Learns the vectors of a domain and of classes in prompts from the images at `indices`.
    ///
    /// - Throws: `FoundationModelError.divergedTraining`; `CancellationError`.
    func learnConcept(
        of prompts: [String], from images: ImageSet, at indices: [Int], classes: [Int],
        options: InversionOptions, seed: UInt64, isCancelled: () -> Bool
    ) throws -> LearnedConcept

    /// The states of a prompt with the vectors of a domain and of a class in it.
    ///
    /// - Precondition: both are as wide as a state.
    func states(of prompt: String, domain: [Float], category: [Float]) -> TextStates

    /// Channels, height and width of a latent.
    var latentShape: [Int] { get }

    /// A noised mixture of each image at `indices` with another one, for image to image.
    ///
    /// - Throws: `FoundationModelError.unknownScheduler`, `.impossibleStart`; `CancellationError`.
    func mixedLatents(
        of images: ImageSet, at indices: [Int], strength: Double, options: SamplingOptions, seed: UInt64,
        isCancelled: () -> Bool
    ) throws -> [Float]

    /// Trains a low-rank adapter of the denoiser's attention on the images at `indices`, each with its
    /// prompt.
    ///
    /// - Throws: `FoundationModelError.divergedTraining`; `CancellationError`.
    func trainAdapter(
        on images: ImageSet, at indices: [Int], prompts: [String], options: AdapterOptions,
        precision: ElementType, seed: UInt64, isCancelled: () -> Bool
    ) throws -> TrainedAdapter

    /// Does `body` with an adapter's changes in the model's weights; afterwards the model is as it was.
    ///
    /// - Throws: `SafetensorsError`, `FoundationModelError.adapter`; what `body` throws.
    func withAdapter<Result>(_ file: [UInt8], _ body: () throws -> Result) throws -> Result
}

extension TextToImage {
    /// Images that go through the networks together unless somebody says otherwise.
    public var usualBatch: Int { TextToImageBatch.usual(imageSide: imageSide) }
}

/// How many images are computed together: fixed by their size and the device, because rounding depends on it.
public enum TextToImageBatch {
    /// Images that go through the UNet together. Fifty of 512 pixels would take tens of gigabytes, and on a
    /// processor one at a time is as fast.
    public static func usual(imageSide: Int) -> Int { imageSide <= 64 ? 50 : Torch.device == .cpu ? 1 : 8 }

    /// Images of a batch that are decoded together: all where they are small. One of 512 pixels takes a
    /// gigabyte.
    public static func decoded(imageSide: Int) -> Int {
        imageSide <= 64 ? .max : Torch.device == .cpu ? 1 : 8
    }
}

extension TextToImagePipeline: TextToImage {}

/// The text-to-image models that are drawn with.
public enum TextToImageModels {
    /// Opens the model in a folder: that of the pipeline which its `model_index.json` names.
    ///
    /// - Parameters:
    ///   - folder: a checkpoint in diffusers' layout.
    ///   - adapter: a low-rank adapter to merge into its weights.
    ///   - precision: the type in which weights are kept and products computed.
    /// - Throws: `FoundationModelError`, `SafetensorsError`, `TorchError`.
    /// - Precondition: the device computes in that type.
    public static func open(
        _ folder: URL, adapter: LoRAReference? = nil, precision: SynthesisPrecision = .float32
    ) throws -> any TextToImage {
        // All pipelines that are known so far are latent diffusion with a UNet; `PipelineIndex` refuses
        // others.
        try TextToImagePipeline(folder: folder, adapter: adapter, precision: precision)
    }
}
