// The halves of the autoencoder, as in
// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/autoencoders/vae.py

/// The normalizations' epsilon, which no configuration key changes.
private let normEpsilon = 1e-6

extension AutoencoderConfiguration {
    fileprivate func residual(_ path: ParameterPath, from inputs: Int, to outputs: Int) -> ResnetBlock2D {
        ResnetBlock2D(
            path, from: inputs, to: outputs, timeWidth: nil, groups: normGroups, epsilon: normEpsilon)
    }

    fileprivate func norm(_ path: ParameterPath, channels: Int) -> GroupNormalization {
        GroupNormalization(path, channels: channels, groups: normGroups, epsilon: normEpsilon)
    }
}

/// Images to the mean and logarithm of the variance of latents.
struct AutoencoderEncoder {
    private struct Level {
        let residuals: [ResnetBlock2D]
        let downsampler: Downsampler?
    }

    private let entrance: Convolution2D
    private let levels: [Level]
    private let middle: AutoencoderMiddleBlock
    private let exitNorm: GroupNormalization
    private let exit: Convolution2D

    init(_ path: ParameterPath, configuration: AutoencoderConfiguration) {
        let channels = configuration.blockChannels
        let last = channels.count - 1
        entrance = Convolution2D(
            path / "conv_in", from: configuration.inputChannels, to: channels[0], kernel: 3)
        levels = channels.indices.map { level in
            let path = path / "down_blocks" / level
            let residuals = (0..<configuration.layersPerBlock).map {
                configuration.residual(
                    path / "resnets" / $0, from: $0 == 0 ? channels[max(level - 1, 0)] : channels[level],
                    to: channels[level])
            }
            // Padding 0 means below and to the right only.
            let downsampler =
                level == last
                ? nil : Downsampler(path / "downsamplers" / 0, channels: channels[level], padding: 0)
            return Level(residuals: residuals, downsampler: downsampler)
        }
        middle = AutoencoderMiddleBlock(path / "mid_block", configuration: configuration)
        exitNorm = configuration.norm(path / "conv_norm_out", channels: channels[last])
        exit = Convolution2D(
            path / "conv_out", from: channels[last], to: 2 * configuration.latentChannels, kernel: 3)
    }

    /// `[N, in, H, W]` → `[N, 2 · latentChannels, H / f, W / f]`.
    func callAsFunction(_ images: Tensor) -> Tensor {
        var hidden = entrance(images)
        for level in levels {
            for residual in level.residuals { hidden = residual(hidden) }
            if let downsampler = level.downsampler { hidden = downsampler(hidden) }
        }
        return exit(exitNorm(middle(hidden), silu: true))
    }
}

/// Latents to images.
struct AutoencoderDecoder {
    private struct Level {
        let residuals: [ResnetBlock2D]
        let upsampler: Upsampler?
    }

    private let entrance: Convolution2D
    private let middle: AutoencoderMiddleBlock
    private let levels: [Level]
    private let exitNorm: GroupNormalization
    private let exit: Convolution2D

    init(_ path: ParameterPath, configuration: AutoencoderConfiguration) {
        let channels = Array(configuration.blockChannels.reversed())
        let last = channels.count - 1
        entrance = Convolution2D(
            path / "conv_in", from: configuration.latentChannels, to: channels[0], kernel: 3)
        levels = channels.indices.map { level in
            let path = path / "up_blocks" / level
            let residuals = (0...configuration.layersPerBlock).map {
                configuration.residual(
                    path / "resnets" / $0, from: $0 == 0 ? channels[max(level - 1, 0)] : channels[level],
                    to: channels[level])
            }
            let upsampler =
                level == last ? nil : Upsampler(path / "upsamplers" / 0, channels: channels[level])
            return Level(residuals: residuals, upsampler: upsampler)
        }
        middle = AutoencoderMiddleBlock(path / "mid_block", configuration: configuration)
        exitNorm = configuration.norm(path / "conv_norm_out", channels: channels[last])
        exit = Convolution2D(
            path / "conv_out", from: channels[last], to: configuration.outputChannels, kernel: 3)
    }

    /// `[N, latentChannels, h, w]` → `[N, out, f · h, f · w]`.
    func callAsFunction(_ latents: Tensor) -> Tensor {
        var hidden = middle(entrance(latents))
        for level in levels {
            for residual in level.residuals { hidden = residual(hidden) }
            if let upsampler = level.upsampler { hidden = upsampler(hidden) }
        }
        return exit(exitNorm(hidden, silu: true))
    }
}

/// Two residual blocks at the coarsest level, with self-attention over the pixels between them where
/// configured.
///
/// `UNetMidBlock2D` of
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/unets/unet_2d_blocks.py
struct AutoencoderMiddleBlock {
    private let residuals: [ResnetBlock2D]
    private let attention: (norm: GroupNormalization, attention: CrossAttention)?

    init(_ path: ParameterPath, configuration: AutoencoderConfiguration) {
        let channels = configuration.blockChannels[configuration.blockChannels.count - 1]
        if configuration.middleAttention {
            let path = path / "attentions" / 0
            attention = (
                configuration.norm(path / "group_norm", channels: channels),
                CrossAttention(path, width: channels, contextWidth: channels, heads: 1, bias: true)
            )
        } else {
            attention = nil
        }
        residuals = (0..<2).map {
            configuration.residual(path / "resnets" / $0, from: channels, to: channels)
        }
    }

    /// The shape stays.
    func callAsFunction(_ input: Tensor) -> Tensor {
        var hidden = residuals[0](input)
        if let attention {
            let tokens = SpatialTransformer.tokens(attention.norm(hidden))
            hidden =
                hidden + SpatialTransformer.image(attention.attention(tokens, context: tokens), hidden.shape)
        }
        return residuals[1](hidden)
    }
}
