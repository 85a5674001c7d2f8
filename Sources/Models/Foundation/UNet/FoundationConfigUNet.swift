/// The shape of a `UNet2DConditionModel`: `unet/config.json`.
///
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/unets/unet_2d_condition.py
public struct UNetConfiguration: Hashable, Sendable {
    /// A level of the way down, by diffusers' class name.
    public enum DownBlock: String, Sendable, CaseIterable {
        case plain = "DownBlock2D"
        case crossAttention = "CrossAttnDownBlock2D"
    }

    /// A level of the way up, by diffusers' class name.
    public enum UpBlock: String, Sendable, CaseIterable {
        case plain = "UpBlock2D"
        case crossAttention = "CrossAttnUpBlock2D"
    }

    /// The embedding of a pooled text and of sizes: `addition_embed_type: text_time`.
    public struct SizeEmbedding: Hashable, Sendable {
        /// Six sizes: height and width before cropping, top and left of the crop, height and width of the
        /// image.
        public static let count = 6
        /// Width of a size's waves.
        public var width: Int
        /// Width of the pooled text with the waves of all sizes.
        public var inputWidth: Int
        /// Width of the pooled text.
        public var pooledWidth: Int { inputWidth - Self.count * width }
    }

    /// Height and width of the latents that the model was trained on, in latent pixels.
    public var sampleSize: Int
    /// Channels of the latents.
    public var inputChannels: Int
    /// Channels of the prediction.
    public var outputChannels: Int
    /// Channels of each level, finest first.
    public var blockChannels: [Int]
    /// Kind of each level on the way down, finest first.
    public var downBlocks: [DownBlock]
    /// Kind of each level on the way up, coarsest first.
    public var upBlocks: [UpBlock]
    /// Whether there is a block between the ways down and up.
    public var hasMiddleBlock: Bool
    /// Residual blocks of each level on the way down; one more on the way up.
    public var layersPerBlock: [Int]
    /// Transformer blocks behind each residual block, by level.
    public var transformerLayers: [Int]
    /// Number of attention heads, by level. The file calls it `attention_head_dim`: diffusers kept a wrong
    /// name.
    public var heads: [Int]
    /// Width of the text states.
    public var contextWidth: Int
    /// Whether the transformers' projections in and out are linear layers instead of 1 × 1 convolutions.
    public var usesLinearProjection: Bool
    /// Whether attention scores are computed in float32 under autocast.
    public var upcastsAttention: Bool
    /// Groups of every group normalization; divides the channels of each level.
    public var normGroups: Int
    /// Added to the variance in the residual blocks' normalizations.
    public var normEpsilon: Double
    /// 1, or 0 for padding below and to the right only.
    public var downsamplePadding: Int
    /// Whether the input is mapped to 2 x − 1 first.
    public var centersInput: Bool
    /// Whether the cosines come before the sines in the time embedding.
    public var cosineFirst: Bool
    /// Subtracted from the number of frequencies of the time embedding.
    public var frequencyShift: Double
    /// Width of the time embedding; four times the first level's channels where nil.
    public var timeWidth: Int?
    /// Heads of the attention that pools the text's states into the time embedding; nil where the text enters
    /// by cross-attention alone.
    public var textPoolingHeads: Int?
    /// How the pooled text and sizes join the time embedding; nil where they do not.
    public var sizeEmbedding: SizeEmbedding?
    /// Width of the waves of the weight of guidance; nil where the network does not know it.
    public var guidanceWidth: Int?
    /// Side of the first convolution's kernel, in latent pixels.
    public var inputKernel: Int
    /// Side of the last convolution's kernel, in latent pixels.
    public var outputKernel: Int

    /// A UNet of the built-in foundation model's kind; the defaults are its shape.
    public init(
        sampleSize: Int = 16, inputChannels: Int = 4, outputChannels: Int = 4,
        blockChannels: [Int] = [64, 96, 128],
        downBlocks: [DownBlock] = [.plain, .crossAttention, .crossAttention],
        upBlocks: [UpBlock] = [.crossAttention, .crossAttention, .plain], layersPerBlock: Int = 1,
        transformerLayers: Int = 1, heads: [Int] = [2, 3, 4], contextWidth: Int = 128,
        usesLinearProjection: Bool = true, textPoolingHeads: Int? = nil, normGroups: Int = 16,
        normEpsilon: Double = 1e-5
    ) {
        let levels = blockChannels.count
        precondition(
            downBlocks.count == levels && upBlocks.count == levels && heads.count == levels,
            "\(levels) levels, but \(downBlocks), \(upBlocks), heads \(heads)")
        self.sampleSize = sampleSize
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.blockChannels = blockChannels
        self.downBlocks = downBlocks
        self.upBlocks = upBlocks
        self.layersPerBlock = Array(repeating: layersPerBlock, count: levels)
        self.transformerLayers = Array(repeating: transformerLayers, count: levels)
        self.heads = heads
        self.contextWidth = contextWidth
        self.usesLinearProjection = usesLinearProjection
        hasMiddleBlock = true
        upcastsAttention = false
        self.normGroups = normGroups
        self.normEpsilon = normEpsilon
        downsamplePadding = 1
        centersInput = false
        cosineFirst = true
        frequencyShift = 0
        timeWidth = nil
        self.textPoolingHeads = textPoolingHeads
        sizeEmbedding = nil
        guidanceWidth = nil
        inputKernel = 3
        outputKernel = 3
    }

    /// Reads `config.json`.
    ///
    /// - Throws: `FoundationModelError` for a key that is missing, or whose value is refused.
    package static func read(_ path: String) throws -> UNetConfiguration { try load(path: path) }
}
