import Foundation

/// Sines and cosines of the time step, then two linear layers.
///
/// `get_timestep_embedding` and `TimestepEmbedding` of
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/embeddings.py
struct TimeEmbedding {
    private let waves: Sinusoids
    private let layers: TimeLayers
    /// Of a network that was distilled to know the weight of guidance (arXiv 2210.03142): adds its waves.
    private let guidance: Linear?

    init(_ path: ParameterPath, configuration: UNetConfiguration) {
        let channels = configuration.blockChannels[0]
        waves = Sinusoids(
            width: channels, shift: configuration.frequencyShift, cosineFirst: configuration.cosineFirst)
        guidance = configuration.guidanceWidth.map {
            Linear(path / "cond_proj", from: $0, to: channels, bias: false)
        }
        layers = TimeLayers(
            path, from: channels, to: configuration.timeWidth ?? 4 * configuration.blockChannels[0])
    }

    /// `[N]` → `[N, width]`.
    func callAsFunction(_ timesteps: Tensor, guidance weight: Double?) -> Tensor {
        var input = waves(timesteps)
        if let guidance {
            input = input + guidance(Self.guidanceWaves(weight ?? 1, width: guidance.weight.shape[1]))
        }
        return layers(input)
    }

    /// Waves of the weight of guidance, `[1, width]`, as `get_guidance_scale_embedding` of diffusers'
    /// pipelines has them: of 1,000 times what it is above 1, where guidance begins.
    static func guidanceWaves(_ weight: Double, width: Int) -> Tensor {
        let waves = Sinusoids(width: width / 2 * 2, shift: 1, cosineFirst: false)
        let values = waves(Tensor([Float(Float(weight - 1) * 1000)]))
        return width % 2 == 0 ? values : values.pad([0, 1])
    }
}

/// Sines and cosines of a number, of frequencies from 1 down to 1/10,000.
struct Sinusoids {
    /// Made on the processor with the layers; no weight, so it does not travel with those.
    private let frequencies: Tensor
    private let cosineFirst: Bool

    /// - Parameters:
    ///   - width: of the result; even.
    ///   - shift: subtracted from the number of frequencies.
    ///   - cosineFirst: whether the cosines come before the sines.
    init(width: Int, shift: Double, cosineFirst: Bool) {
        precondition(width % 2 == 0, "sines and cosines share an even number of channels, not \(width)")
        // 10000^(−i / (width / 2 − shift))
        let half = Double(width / 2)
        let exponents = Tensor.arange(0, half) * (-9.210340371976184 / (half - shift))
        frequencies = exponents.exp().reshape([1, width / 2])
        self.cosineFirst = cosineFirst
    }

    /// `[N]` → `[N, width]`.
    func callAsFunction(_ values: Tensor) -> Tensor {
        let angles = values.to(.float32).reshape([values.count, 1]) * frequencies.onDevice()
        let waves = cosineFirst ? [angles.cos(), angles.sin()] : [angles.sin(), angles.cos()]
        return Tensor.concatenate(waves, axis: 1)
    }
}

/// Two linear layers with SiLU between them: `TimestepEmbedding` of diffusers.
struct TimeLayers {
    private let first: Linear
    private let second: Linear

    init(_ path: ParameterPath, from inputs: Int, to width: Int) {
        first = Linear(path / "linear_1", from: inputs, to: width)
        second = Linear(path / "linear_2", from: width, to: width)
    }

    /// `[N, inputs]` → `[N, width]`.
    func callAsFunction(_ input: Tensor) -> Tensor { second(first(input).silu()) }
}

/// What joins the time embedding beside the time: the text as one vector, and sizes.
enum AddedEmbedding {
    /// `addition_embed_type: text`.
    case states(TextTimeEmbedding)
    /// `addition_embed_type: text_time`: the pooled text beside waves of the sizes (arXiv 2307.01952, section
    /// 2.2).
    case pooledAndSizes(Sinusoids, TimeLayers)

    /// Nil where the configuration has none.
    init?(_ path: ParameterPath, configuration: UNetConfiguration) {
        let timeWidth = configuration.timeWidth ?? 4 * configuration.blockChannels[0]
        if let heads = configuration.textPoolingHeads {
            self = .states(
                TextTimeEmbedding(
                    path, contextWidth: configuration.contextWidth, timeWidth: timeWidth, heads: heads))
        } else if let sizes = configuration.sizeEmbedding {
            self = .pooledAndSizes(
                Sinusoids(
                    width: sizes.width, shift: configuration.frequencyShift,
                    cosineFirst: configuration.cosineFirst),
                TimeLayers(path, from: sizes.inputWidth, to: timeWidth))
        } else {
            return nil
        }
    }

    /// `[N, timeWidth]`.
    func callAsFunction(_ context: TextContext) -> Tensor {
        switch self {
        case .states(let embedding): return embedding(context.states)
        case .pooledAndSizes(let waves, let layers):
            guard let pooled = context.pooled, let sizes = context.sizes else {
                preconditionFailure("a network that takes pooled texts and sizes is given none")
            }
            let waves = waves(sizes.reshape([sizes.count])).reshape([sizes.shape[0], -1])
            return layers(.concatenate([pooled, waves], axis: 1))
        }
    }
}
