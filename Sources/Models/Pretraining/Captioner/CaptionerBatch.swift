/// Images of the world with all that a captioner is to learn of them.
struct CaptionerBatch {
    /// Normalized, float32 `[B, 3, side, side]`.
    let images: Tensor
    /// The start token and the caption, padded, int64 `[B, T]`.
    let tokens: Tensor
    /// The token after each of `tokens`, −100 where there is none, int64 `[B · T]`.
    let targets: Tensor
    /// Which part of each pixel the object covers, by patch, 0…1, `[B, patches, pixels of a patch]`.
    let silhouettes: Tensor
    /// Object, colour and background, −100 where the style hides it, each int64 `[B]`.
    let facts: [Tensor]

    /// What cross-entropy leaves out.
    private static let none: Int64 = -100

    /// Renders the images of one worker's part of a step, of the foundation model's corpus.
    init(plan: CaptionerPlan, step: Int, worker: Int, tokenizer: ByteLevelTokenizer) throws {
        let count = plan.batch / plan.workers, side = CaptionerPlan.imageSide
        let seed = PretrainingPurpose.captionerImages.seed(plan.seed, step, worker: worker)
        let distribution = WorldDistribution.foundation(photoShare: plan.photoShare)
        let set = ImageWorld.render(
            count: count, seed: seed, distribution: distribution, side: side, classes: plan.objects,
            labels: .drawn)
        let silhouettes = ImageWorld.silhouettes(
            count: count, seed: seed, distribution: distribution, side: side, classes: plan.objects,
            labels: .drawn)
        images = Self.normalized(set.pixels, count: count, side: side)
        self.silhouettes = Self.patches(silhouettes, count: count, side: side)
        (tokens, targets) = try Self.sequences(set.captions, tokenizer)
        facts = [
            Tensor(indices: set.labels.map(Int64.init)),
            Self.fact(set.captions, WorldColour.allCases.map(\.name)),
            Self.fact(set.captions, WorldBackground.allCases.map(\.name)),
        ]
    }

    /// As `ImagePreparation` does it for images that need no resizing.
    private static func normalized(_ pixels: [UInt8], count: Int, side: Int) -> Tensor {
        let preparation = ImagePreparation(side: side)
        let bytes = pixels.withUnsafeBytes { Tensor(bytes: $0, shape: [count, 3, side, side], type: .uint8) }
        let mean = Tensor(preparation.mean.map(Float.init), shape: [1, 3, 1, 1])
        let deviation = Tensor(preparation.deviation.map(Float.init), shape: [1, 3, 1, 1])
        return (bytes.to(.float32) * preparation.scale - mean) / deviation
    }

    private static func patches(_ bytes: [UInt8], count: Int, side: Int) -> Tensor {
        let patch = 4, across = side / patch
        let tensor = bytes.withUnsafeBytes {
            Tensor(bytes: $0, shape: [count, across, patch, across, patch], type: .uint8)
        }
        return tensor.permute([0, 1, 3, 2, 4]).contiguous().to(.float32)
            .reshape([count, across * across, patch * patch]) * (1.0 / 255)
    }

    private static func sequences(_ captions: [String], _ tokenizer: ByteLevelTokenizer) throws
        -> (tokens: Tensor, targets: Tensor)
    {
        let generation = GenerationConfiguration()
        let start = Int64(generation.startToken), end = Int64(generation.endTokens[0])
        let texts = try captions.map { try tokenizer.encode($0).map(Int64.init) }
        let length = 1 + (texts.map(\.count).max() ?? 0)
        var tokens: [Int64] = [], targets: [Int64] = []
        for text in texts {
            let padding = length - 1 - text.count
            tokens += [start] + text + Array(repeating: Int64(generation.paddingToken), count: padding)
            targets += text + [end] + Array(repeating: none, count: padding)
        }
        return (
            Tensor(indices: tokens, shape: [captions.count, length]), Tensor(indices: targets)
        )
    }

    /// The number of the name that each caption has as a word.
    private static func fact(_ captions: [String], _ names: [String]) -> Tensor {
        Tensor(
            indices: captions.map { caption in
                let words = caption.split(separator: " ")
                return names.firstIndex { words.contains(Substring($0)) }.map(Int64.init) ?? none
            })
    }
}
