import Core

/// Latents of images of one class, mixed in pairs and noised, from which images like them are drawn without
/// them.
///
/// z̄ = γ z_i + (1 − γ) z_j with γ drawn from N(0.5, 0.1²) and kept within 0…1, then noised to the level of
/// a step: the instance level of Chen et al., "FedBiP", https://arxiv.org/abs/2410.04810, section 3.2.
extension TextToImagePipeline {
    /// Channels, height and width of a latent.
    public var latentShape: [Int] {
        let side = unet.configuration.sampleSize
        return [unet.configuration.inputChannels, side, side]
    }

    /// A noised mixture for each image at `indices`, one after the other.
    ///
    /// - Parameters:
    ///   - images: the set; images of another size than the checkpoint's are resized.
    ///   - indices: images of one class. The partner of each is another one; that of a single image is
    ///     itself.
    ///   - strength: how much is noise, above 0, at most 1: the part of the steps that will be made.
    ///   - options: the sampler and its steps.
    ///   - seed: of the pairs, of γ and of the noise.
    ///   - isCancelled: asked before every encoding.
    /// - Throws: `CancellationError`; `FoundationModelError.unknownScheduler`, `.impossibleStart`.
    public func mixedLatents(
        of images: ImageSet, at indices: [Int], strength: Double, options: SamplingOptions, seed: UInt64,
        isCancelled: () -> Bool = { false }
    ) throws -> [Float] {
        var stream = RandomStream(seed: seed, purpose: "mixture")
        var partners: [Int64] = [], weights: [Float] = []
        for place in indices.indices {
            let step = indices.count > 1 ? 1 + Int.random(in: 0..<indices.count - 1, using: &stream) : 0
            partners.append(Int64((place + step) % indices.count))
            weights.append(Float(min(max(0.5 + 0.1 * stream.normal(), 0), 1)))
        }
        let generator = TensorGenerator(seed: stream.next())
        var sampler = try options.makeSampler(for: scheduler)
        let call = try sampler.begin(strength: strength, steps: options.steps)
        let encoded = try encode(images, at: indices, isCancelled: isCancelled)
        return Torch.withoutGradients {
            let own = encoded.sample(using: generator) * autoencoder.configuration.scalingFactor
            let share = Tensor(weights, shape: [weights.count, 1, 1, 1])
            let mixed = own * share + own.select(Tensor(indices: partners)) * (share * -1 + 1)
            return sampler.noised(mixed, with: .randomNormal(mixed.shape, using: generator), at: call).floats
        }
    }
}
