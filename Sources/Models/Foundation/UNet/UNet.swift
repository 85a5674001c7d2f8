/// The denoiser of Stable Diffusion: latents, a time step and a text's states to a prediction of noise (or
/// velocity).
///
/// `UNet2DConditionModel` of
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/unets/unet_2d_condition.py
/// (arXiv 2112.10752), with its parameter names.
public final class UNet2DConditionModel {
    /// What the network was built from.
    public let configuration: UNetConfiguration
    /// Weights under the checkpoint's names.
    public let parameters: ParameterStore
    private let entrance: Convolution2D
    private let timeEmbedding: TimeEmbedding
    private let addedEmbedding: AddedEmbedding?
    private let downBlocks: [UNetDownBlock]
    private let middle: UNetMiddleBlock?
    private let upBlocks: [UNetUpBlock]
    private let exitNorm: GroupNormalization
    private let exit: Convolution2D

    /// - Parameters:
    ///   - configuration: the sizes, as in the folder's `config.json`.
    ///   - generator: draws the initial weights; without one they are zero, to be loaded.
    public init(_ configuration: UNetConfiguration, initializedBy generator: TensorGenerator? = nil) {
        self.configuration = configuration
        parameters = ParameterStore(initializedBy: generator)
        let path = parameters.root
        let channels = configuration.blockChannels
        entrance = Convolution2D(
            path / "conv_in", from: configuration.inputChannels, to: channels[0],
            kernel: configuration.inputKernel)
        timeEmbedding = TimeEmbedding(path / "time_embedding", configuration: configuration)
        addedEmbedding = AddedEmbedding(path / "add_embedding", configuration: configuration)
        downBlocks = channels.indices.map {
            UNetDownBlock(path / "down_blocks" / $0, level: $0, configuration: configuration)
        }
        middle =
            configuration.hasMiddleBlock
            ? UNetMiddleBlock(path / "mid_block", configuration: configuration) : nil
        upBlocks = channels.indices.map {
            UNetUpBlock(path / "up_blocks" / $0, index: $0, configuration: configuration)
        }
        exitNorm = GroupNormalization(
            path / "conv_norm_out", channels: channels[0], groups: configuration.normGroups,
            epsilon: configuration.normEpsilon)
        exit = Convolution2D(
            path / "conv_out", from: channels[0], to: configuration.outputChannels,
            kernel: configuration.outputKernel)
    }

    /// - Parameters:
    ///   - latents: `[N, inputChannels, H, W]`; H and W divisible by 2 to the number of levels less one.
    ///   - timesteps: `[N]`, of any element type; fractions count.
    ///   - context: states of the text, `[N, S, contextWidth]`.
    /// - Returns: `[N, outputChannels, H, W]`, float32.
    public func callAsFunction(_ latents: Tensor, timesteps: Tensor, context: Tensor) -> Tensor {
        self(latents, timesteps: timesteps, context: TextContext(context))
    }

    /// As above, for a text that is asked at several steps.
    ///
    /// - Parameters:
    ///   - latents: `[N, inputChannels, H, W]`.
    ///   - timesteps: `[N]`.
    ///   - context: the text, with what the network has made of it so far; no other network's.
    public func callAsFunction(_ latents: Tensor, timesteps: Tensor, context: TextContext) -> Tensor {
        let factor = 1 << (configuration.blockChannels.count - 1)
        let shape = latents.shape
        precondition(
            shape[2] % factor == 0 && shape[3] % factor == 0,
            "latents of \(shape[2]) × \(shape[3]) do not halve \(configuration.blockChannels.count - 1) times"
        )
        var embedding = timeEmbedding(timesteps, guidance: context.guidance)
        if let addedEmbedding {
            embedding = embedding + context.remembered("add_embedding") { _ in addedEmbedding(context) }
        }
        let time = embedding.silu()
        var hidden = entrance(configuration.centersInput ? latents * 2 - 1 : latents)
        var skips = [hidden]
        for block in downBlocks { hidden = block(hidden, time: time, context: context, skips: &skips) }
        if let middle { hidden = middle(hidden, time: time, context: context) }
        for block in upBlocks { hidden = block(hidden, time: time, context: context, skips: &skips) }
        return exit(exitNorm(hidden, silu: true)).to(.float32)
    }

    /// Sets the last layer of each residual branch, and the last of all, to zero: a start from which training
    /// is stable at high rates (arXiv 2105.05233, appendix).
    public func zeroResidualOutputs() {
        Torch.withoutGradients {
            for entry in parameters.entries
            where entry.name.contains(".conv2.") || entry.name.contains(".proj_out.")
                || entry.name.hasPrefix("conv_out.")
            {
                entry.tensor.copy(from: .zeros(entry.tensor.shape))
            }
        }
    }
}
