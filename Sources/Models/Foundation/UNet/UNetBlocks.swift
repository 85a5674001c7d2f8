// The levels of the UNet, as in
// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/unets/unet_2d_blocks.py

extension UNetConfiguration {
    fileprivate func residual(_ path: ParameterPath, from inputs: Int, to outputs: Int) -> ResnetBlock2D {
        ResnetBlock2D(
            path, from: inputs, to: outputs, timeWidth: timeWidth ?? 4 * blockChannels[0], groups: normGroups,
            epsilon: normEpsilon)
    }

    fileprivate func transformer(_ path: ParameterPath, level: Int) -> SpatialTransformer {
        SpatialTransformer(
            path, channels: blockChannels[level],
            options: .init(
                heads: heads[level], blocks: transformerLayers[level], contextWidth: contextWidth,
                groups: normGroups, usesLinearProjection: usesLinearProjection,
                upcastsAttention: upcastsAttention))
    }
}

/// `DownBlock2D` and `CrossAttnDownBlock2D`: residual blocks, transformers, then half the resolution.
struct UNetDownBlock {
    private let residuals: [ResnetBlock2D]
    private let transformers: [SpatialTransformer]
    private let downsampler: Downsampler?

    init(_ path: ParameterPath, level: Int, configuration: UNetConfiguration) {
        let channels = configuration.blockChannels
        let layers = 0..<configuration.layersPerBlock[level]
        transformers =
            configuration.downBlocks[level] == .plain
            ? [] : layers.map { configuration.transformer(path / "attentions" / $0, level: level) }
        residuals = layers.map {
            configuration.residual(
                path / "resnets" / $0, from: $0 == 0 ? channels[max(level - 1, 0)] : channels[level],
                to: channels[level])
        }
        downsampler =
            level == channels.count - 1
            ? nil
            : Downsampler(
                path / "downsamplers" / 0, channels: channels[level], padding: configuration.downsamplePadding
            )
    }

    /// `[N, C, H, W]` → `[N, C', H / 2, W / 2]` (the last level keeps its size); each step's result joins
    /// `skips`.
    func callAsFunction(_ input: Tensor, time: Tensor, context: TextContext, skips: inout [Tensor]) -> Tensor
    {
        var hidden = input
        for (index, residual) in residuals.enumerated() {
            hidden = residual(hidden, time: time)
            if !transformers.isEmpty { hidden = transformers[index](hidden, context: context) }
            skips.append(hidden)
        }
        if let downsampler {
            hidden = downsampler(hidden)
            skips.append(hidden)
        }
        return hidden
    }
}

/// `UNetMidBlock2DCrossAttn`: a transformer between two residual blocks.
struct UNetMiddleBlock {
    private let transformer: SpatialTransformer
    private let residuals: [ResnetBlock2D]

    init(_ path: ParameterPath, configuration: UNetConfiguration) {
        let level = configuration.blockChannels.count - 1
        let channels = configuration.blockChannels[level]
        transformer = configuration.transformer(path / "attentions" / 0, level: level)
        residuals = (0..<2).map {
            configuration.residual(path / "resnets" / $0, from: channels, to: channels)
        }
    }

    /// The shape stays.
    func callAsFunction(_ input: Tensor, time: Tensor, context: TextContext) -> Tensor {
        residuals[1](transformer(residuals[0](input, time: time), context: context), time: time)
    }
}

/// `UpBlock2D` and `CrossAttnUpBlock2D`: residual blocks fed with the way down's results, transformers, then
/// twice the resolution.
struct UNetUpBlock {
    private let residuals: [ResnetBlock2D]
    private let transformers: [SpatialTransformer]
    private let upsampler: Upsampler?

    /// - Parameter index: counted from the coarsest level.
    init(_ path: ParameterPath, index: Int, configuration: UNetConfiguration) {
        let channels = configuration.blockChannels
        let level = channels.count - 1 - index
        let layers = 0...configuration.layersPerBlock[level]
        transformers =
            configuration.upBlocks[index] == .plain
            ? [] : layers.map { configuration.transformer(path / "attentions" / $0, level: level) }
        // The last skip of a level was made before its channels changed.
        residuals = layers.map { layer in
            let hidden = layer == 0 ? channels[min(level + 1, channels.count - 1)] : channels[level]
            let skip = layer == layers.upperBound ? channels[max(level - 1, 0)] : channels[level]
            return configuration.residual(path / "resnets" / layer, from: hidden + skip, to: channels[level])
        }
        upsampler = level == 0 ? nil : Upsampler(path / "upsamplers" / 0, channels: channels[level])
    }

    /// `[N, C, H, W]` → `[N, C', 2 H, 2 W]` (the last level keeps its size); takes its skips off the end of
    /// `skips`.
    func callAsFunction(_ input: Tensor, time: Tensor, context: TextContext, skips: inout [Tensor]) -> Tensor
    {
        var hidden = input
        for (index, residual) in residuals.enumerated() {
            hidden = residual(Tensor.concatenate([hidden, skips.removeLast()], axis: 1), time: time)
            if !transformers.isEmpty { hidden = transformers[index](hidden, context: context) }
        }
        return upsampler.map { $0(hidden) } ?? hidden
    }
}
