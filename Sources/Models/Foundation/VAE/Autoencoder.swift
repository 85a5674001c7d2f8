/// Images to latents and back.
///
/// `AutoencoderKL` of
/// https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/autoencoders/autoencoder_kl.py
/// (arXiv 2112.10752), with its parameter names.
public final class AutoencoderKL {
    /// What the network was built from.
    public let configuration: AutoencoderConfiguration
    /// Weights under the checkpoint's names.
    public let parameters: ParameterStore
    private let encoder: AutoencoderEncoder
    private let decoder: AutoencoderDecoder
    private let afterEncoder: Convolution2D?
    private let beforeDecoder: Convolution2D?

    /// - Parameters:
    ///   - configuration: the sizes, as in the folder's `config.json`.
    ///   - generator: draws the initial weights; without one they are zero, to be loaded.
    public init(_ configuration: AutoencoderConfiguration, initializedBy generator: TensorGenerator? = nil) {
        self.configuration = configuration
        parameters = ParameterStore(initializedBy: generator)
        let path = parameters.root
        let latent = configuration.latentChannels
        encoder = AutoencoderEncoder(path / "encoder", configuration: configuration)
        decoder = AutoencoderDecoder(path / "decoder", configuration: configuration)
        afterEncoder =
            configuration.quantConvolution
            ? Convolution2D(path / "quant_conv", from: 2 * latent, to: 2 * latent, kernel: 1) : nil
        beforeDecoder =
            configuration.postQuantConvolution
            ? Convolution2D(path / "post_quant_conv", from: latent, to: latent, kernel: 1) : nil
    }

    /// - Parameter images: `[N, inputChannels, H, W]` in −1…1; H and W divisible by
    ///   `configuration.downsampling`.
    /// - Returns: a distribution over latents `[N, latentChannels, H / f, W / f]`, not yet multiplied by
    ///   `configuration.scalingFactor`.
    public func encode(_ images: Tensor) -> LatentDistribution {
        let shape = images.shape
        let factor = configuration.downsampling
        precondition(
            shape[2] % factor == 0 && shape[3] % factor == 0,
            "images of \(shape[2]) × \(shape[3]) pixels are not divisible by \(factor)")
        let encoded = encoder(images)
        let moments = (afterEncoder.map { $0(encoded) } ?? encoded).to(.float32).chunks(2, axis: 1)
        // The bounds of diffusers' DiagonalGaussianDistribution.
        return LatentDistribution(mean: moments[0], logVariance: moments[1].clamp(-30, 20))
    }

    /// - Parameter latents: `[N, latentChannels, h, w]`, divided by `configuration.scalingFactor`.
    /// - Returns: `[N, outputChannels, f · h, f · w]`, about −1…1, float32.
    public func decode(_ latents: Tensor) -> Tensor {
        decoder(beforeDecoder.map { $0(latents) } ?? latents).to(.float32)
    }
}

/// Independent normal distributions over the elements of latents.
public struct LatentDistribution {
    /// `[N, C, h, w]`.
    public let mean: Tensor
    /// Logarithm of the variance, `[N, C, h, w]`.
    public let logVariance: Tensor

    /// A distribution of this mean and logarithm of the variance, of equal shapes.
    public init(mean: Tensor, logVariance: Tensor) {
        self.mean = mean
        self.logVariance = logVariance
    }

    /// mean + deviation · a standard normal draw.
    public func sample(using generator: TensorGenerator) -> Tensor {
        mean + (logVariance * 0.5).exp() * Tensor.randomNormal(mean.shape, using: generator)
    }
}
