/// Everything that decides what a training run of the foundation model makes.
///
/// Budgets are counted in samples, never in time, so that equal plans give equal weights.
public struct PretrainingPlan: Codable, Sendable, Hashable {
    /// Where all randomness comes from.
    public var seed: UInt64 = 1
    /// Threads that share each batch; part of the plan because the order of sums depends on it.
    public var workers = 2
    /// Fraction of photos among the images; the other styles share the rest.
    public var photoShare: Float = 0.6
    /// SHA-256 of the model that training begins with; random weights where nil. `Pretraining.run` fills it
    /// in.
    public internal(set) var start: String?
    /// The sets and objects of the world that the images show, as `WorldObject.named` takes them.
    public var classes = [WorldClassSet.basics.name]
    /// What the photos are that are shown in the place of the world; nil for the world. `Pretraining.run`
    /// fills it in.
    public internal(set) var photos: PhotoCorpus.Facts?
    /// Sets and objects that are shown more often: each mention adds as many images of them again.
    public var emphasis: [String] = []

    /// Images that the autoencoder is trained on, each seen once.
    public var autoencoderSamples = 44_800
    /// Images of a batch of the autoencoder, over all workers.
    public var autoencoderBatch = 32
    /// Highest learning rate of the autoencoder.
    public var autoencoderLearningRate = 1e-3

    /// Different images whose latents the denoiser is trained on.
    public var corpusImages = 160_000
    /// Samples that the denoiser is trained on.
    public var samples = 480_000
    /// Samples of a batch of the denoiser, over all workers.
    public var batch = 64
    /// Highest learning rate of the denoiser and the text encoder.
    public var learningRate = 1e-3
    /// Steps over which the learning rate rises.
    public var warmUpSteps = 200
    /// Fraction of the steps after which the learning rate falls.
    public var holdFraction = 0.4
    /// How much of the averaged weights a step keeps.
    public var averageDecay = 0.999
    /// Fraction of samples without a caption, for guidance.
    public var emptyCaptions = 0.1
    /// Fraction of samples whose caption names style and class only; the others have full captions.
    public var classCaptions = 0.5
    /// Samples between checkpoints.
    public var checkpointSamples = 32_000

    /// Channels of the denoiser by level where they are not the base quality's, finest first.
    public var channels: [Int]?
    /// Width of the text encoder where it is not the base quality's.
    public var textWidth: Int?

    /// The plan of the model that ships with the package.
    public init() {}

    /// The plan of a built-in model: `small` has half the samples and fewer channels, `large` as many samples
    /// of one and a half times as many images, and more channels; `hundred` goes on from
    /// `FoundationQuality.start`, and shows what the experiments have ten classes of three times as often as
    /// the rest. `parameterCount` says how many weights that makes.
    public init(quality: FoundationQuality) {
        switch quality {
        case .small:
            channels = [32, 64, 64]
            textWidth = 64
            samples = 240_000
            corpusImages = 80_000
        case .base:
            break
        case .large:
            channels = [64, 96, 128]
            corpusImages = 240_000
        case .hundred:
            let tens = [WorldClassSet.harvest, .yellow, .birds].map(\.name)
            classes = [WorldClassSet.hundred.name]
            emphasis = tens + tens
            samples = 640_000
            corpusImages = 240_000
        case .photos:
            // What the photos are is said by the corpus; see `show`.
            samples = 640_000
            autoencoderSamples = 89_600
        }
    }

    /// Side of the images, in pixels.
    static let imageSide = 32
    /// Tokens of a caption, start and end included.
    static let captionTokens = 16

    /// Shape of the autoencoder: half the resolution, four channels, latents of variance 1.
    var autoencoder: AutoencoderConfiguration {
        AutoencoderConfiguration(blockChannels: [32, 48], normGroups: 8, scalingFactor: 1)
    }

    /// Shape of the denoiser: text enters with the time embedding everywhere and by cross-attention at 8 × 8
    /// and at 4 × 4; widths are multiples of 64 channels, which oneDNN's kernels are fastest with.
    var unet: UNetConfiguration {
        UNetConfiguration(
            blockChannels: channels ?? [64, 64, 128], heads: [2, 2, 4], contextWidth: textWidth ?? 128,
            textPoolingHeads: 4)
    }

    /// Shape of the text encoder for a vocabulary.
    func textEncoder(vocabularySize: Int) -> TextEncoderConfiguration {
        TextEncoderConfiguration(
            vocabularySize: vocabularySize, width: textWidth ?? 128, hiddenWidth: 4 * (textWidth ?? 128),
            maximumTokens: Self.captionTokens, activation: .quickGelu)
    }

    /// The kinds of objects that the images show, each once.
    ///
    /// - Precondition: `WorldObject.named` takes `classes`.
    public var objects: [WorldObject] { Self.objects(named: classes) }

    /// What the images are drawn from, all entries alike: the objects, and again what has emphasis.
    ///
    /// - Precondition: `WorldObject.named` takes `classes` and each name of `emphasis`.
    public var drawnObjects: [WorldObject] {
        objects
            + emphasis.flatMap { name in
                guard let again = WorldObject.all(named: name) else {
                    preconditionFailure("\(WorldClassError.unknown(name, position: 0))")
                }
                return again
            }
    }

    /// The objects of a plan's `classes`.
    static func objects(named classes: [String]) -> [WorldObject] {
        do { return try WorldObject.named(classes) } catch { preconditionFailure("\(error)") }
    }

    /// Takes photos in the place of the world: all of them, each as often as the others.
    mutating func show(_ corpus: PhotoCorpus) {
        photos = corpus.facts
        classes = []
        emphasis = []
        corpusImages = corpus.viewCount
    }

    /// The words of all captions.
    var captionWords: [String] {
        photos.map { PretrainingCaptions.words(of: $0.captions) }
            ?? PretrainingCaptions.words(of: objects, lowercased: true)
    }

    /// The tokenizer in which each word of the captions is one token.
    public var tokenizerFiles: TokenizerBuilder {
        TokenizerBuilder(words: captionWords, maximumLength: Self.captionTokens)
    }

    /// Checks that the names of photos' classes leave no caption without its end.
    ///
    /// - Throws: `FoundationModelError.longCaption`.
    func requireRoomForCaptions() throws {
        // Start and end take one each.
        let limit = Self.captionTokens - 2
        for caption in photos?.captions ?? [] {
            let count = PretrainingCaptions.pieces(of: caption).count
            guard count <= limit else {
                throw FoundationModelError.longCaption(text: caption, tokens: count, limit: limit)
            }
        }
    }

    /// Weights of the three networks together.
    public var parameterCount: Int {
        let vocabularySize = tokenizerFiles.vocabulary.count
        return UNet2DConditionModel(unet).parameters.parameterCount
            + CLIPTextModel(textEncoder(vocabularySize: vocabularySize)).parameters.parameterCount
            + AutoencoderKL(autoencoder).parameters.parameterCount
    }

    /// The noise schedule of training, and the sampler that goes into the scheduler's file.
    ///
    /// Ten evenly spaced steps jump over the noise levels that decide on global colour; steps spaced by noise
    /// level do not, and in ten of those a second-order solver loses less contrast
    /// than Euler's method.
    static let scheduler = SchedulerConfiguration(
        sampler: DPMSolverSampler.className, usesKarrasSigmas: true, sigmaMinimum: 0.03, sigmaMaximum: 60)

    /// Steps of the denoiser's training.
    var steps: Int { samples / batch }

    /// The learning rate of every step.
    var learningRateSchedule: LearningRateHold {
        LearningRateHold(
            peak: learningRate, warmUpSteps: warmUpSteps, holdFraction: holdFraction, totalSteps: steps)
    }
    /// Steps of the autoencoder's training.
    var autoencoderSteps: Int { autoencoderSamples / autoencoderBatch }
}
