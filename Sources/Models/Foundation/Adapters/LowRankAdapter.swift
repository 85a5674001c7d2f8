/// How a low-rank adapter is trained.
public struct AdapterOptions: Sendable, Hashable {
    /// The rank r of each change of weights.
    public var rank: Int
    /// α: a change is α / r · B · A.
    public var alpha: Double
    /// Steps of the optimizer.
    public var steps: Int
    /// Images a step.
    public var batch: Int
    /// The constant learning rate of AdamW.
    public var learningRate: Double

    /// - Precondition: all are positive.
    public init(rank: Int, alpha: Double, steps: Int, batch: Int, learningRate: Double) {
        precondition(
            rank > 0 && alpha > 0 && steps > 0 && batch > 0 && learningRate > 0,
            "rank \(rank), alpha \(alpha), \(steps) steps of \(batch) at \(learningRate)")
        self.rank = rank
        self.alpha = alpha
        self.steps = steps
        self.batch = batch
        self.learningRate = learningRate
    }

    /// How many of `images` images are seen at all.
    public func seenImages(of images: Int) -> Int { min(images, steps * batch) }
}

/// The file of a low-rank adapter of a UNet's attention: for each projection W [outputs, inputs] two matrices
/// A [rank, inputs] and B [outputs, rank], which change W to W + α / r · B · A.
///
/// Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", https://arxiv.org/abs/2106.09685,
/// section 4.1. Names and metadata are those that diffusers and peft write, so that `synthesis.lora` and
/// other programs read the file too.
public enum LowRankAdapter {
    /// Where diffusers leaves the settings of an adapter.
    static let metadataKey = "lora_adapter_metadata"

    /// The file, a function of its arguments.
    ///
    /// - Parameters:
    ///   - matrices: A and B of each layer.
    ///   - type: of the elements, float16 or float32.
    static func encode(
        _ matrices: [(layer: AttentionLayer, down: Tensor, up: Tensor)], _ options: AdapterOptions,
        as type: ElementType
    ) -> [UInt8] {
        Safetensors.encode(
            matrices.flatMap { layer, down, up in
                zip(names(of: layer), [down, up]).map { name, tensor in
                    (name, type == .float16 ? tensor.halves : tensor.to(type))
                }
            },
            metadata: metadata(options))
    }

    /// The length of such a file, in bytes.
    public static func encodedByteCount(
        _ layers: [AttentionLayer], _ options: AdapterOptions, as type: ElementType
    ) -> Int {
        Safetensors.encodedByteCount(
            layers.flatMap { layer in
                zip(names(of: layer), [[options.rank, layer.inputs], [layer.outputs, options.rank]]).map {
                    Safetensors.Declaration(name: $0, shape: $1, type: type)
                }
            },
            metadata: metadata(options))
    }

    /// Names of A and B.
    private static func names(of layer: AttentionLayer) -> [String] {
        ["A", "B"].map { "unet.\(layer.name).lora_\($0).weight" }
    }

    private static func metadata(_ options: AdapterOptions) -> [String: String] {
        let alpha = options.alpha
        let number = alpha == alpha.rounded() && alpha < 1e15 ? "\(Int(alpha))" : "\(alpha)"
        return [metadataKey: "{\"unet.lora_alpha\":\(number),\"unet.r\":\(options.rank)}"]
    }
}
