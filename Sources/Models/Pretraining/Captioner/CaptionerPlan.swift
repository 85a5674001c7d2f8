/// Everything that decides what a training run of the captioner makes.
///
/// Budgets are counted in samples, never in time, so that equal plans give equal weights.
public struct CaptionerPlan: Codable, Sendable, Hashable {
    /// Where all randomness comes from.
    public var seed: UInt64 = 1
    /// Threads that share each batch; part of the plan because the order of sums depends on it.
    public var workers = 1
    /// Images that it is trained on, each seen once.
    public var samples = 256_000
    /// Images of a batch, over all workers.
    public var batch = 64
    /// Highest learning rate.
    public var learningRate = 1e-3
    /// Steps over which the learning rate rises.
    public var warmUpSteps = 200
    /// Fraction of the steps after which the learning rate falls.
    public var holdFraction = 0.3
    /// AdamW's weight decay.
    public var weightDecay = 0.05
    /// How much of the averaged weights a step keeps.
    public var averageDecay = 0.998
    /// Fraction of photos among the images; the other styles but quickdraw share the rest.
    public var photoShare: Float = 0.7
    /// The sets and objects of the world that the images show, as `WorldObject.named` takes them.
    public var classes = [WorldClassSet.basics.name]
    /// Weight of the loss of captions.
    public var captionWeight = 4.0
    /// Weight of the loss of silhouettes, which is there for training alone.
    ///
    /// From captions alone a vision transformer of this size is slow to find out what the object is: after
    /// 64,000 images a prototype named the class of 62 % of unseen private photos without it, 77 % with it,
    /// and 98 % after 200,000.
    public var silhouetteWeight = 3.0
    /// Weight of the loss of facts told by the mean of the patches, which is there for training alone.
    public var factWeight = 1.0
    /// Samples between checkpoints.
    public var checkpointSamples = 32_000

    /// The plan of the captioner that ships with the package.
    public init() {}

    /// Side of the images, in pixels.
    static let imageSide = 32
    /// The longest caption of the world and its end token, in words.
    static let captionTokens = 14

    /// Shape of the captioner: patches of 4 × 4 pixels, four queries, a decoder for sentences of a dozen
    /// words.
    func configuration(vocabularySize: Int) -> Blip2Configuration {
        Blip2Configuration(
            vision: VisionTransformerConfiguration(
                imageSide: Self.imageSide, patchSide: 4, width: 128, hiddenWidth: 384, layers: 4, heads: 4),
            qformer: QFormerConfiguration(width: 96, hiddenWidth: 192, layers: 2, heads: 3),
            text: OPTConfiguration(
                vocabularySize: vocabularySize, width: 96, hiddenWidth: 192, layers: 2, heads: 3,
                maximumTokens: 32),
            queryTokens: 4,
            generation: GenerationConfiguration(
                options: CaptionOptions(maximumNewTokens: Self.captionTokens)))
    }

    /// The kinds of objects that the images show.
    ///
    /// - Precondition: `WorldObject.named` takes `classes`.
    public var objects: [WorldObject] { PretrainingPlan.objects(named: classes) }

    /// How many objects, colours and backgrounds there are to tell apart.
    var factCounts: [Int] {
        [objects.count, WorldColour.allCases.count, WorldBackground.allCases.count]
    }

    /// Steps of the training.
    var steps: Int { samples / batch }

    /// The learning rate of every step.
    var learningRateSchedule: LearningRateHold {
        LearningRateHold(
            peak: learningRate, warmUpSteps: warmUpSteps, holdFraction: holdFraction, totalSteps: steps)
    }
}
