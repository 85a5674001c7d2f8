/// Images that are changed by a prompt instead of drawn from noise alone: encoded, noised to the level of a
/// step, and denoised from there (SDEdit, https://arxiv.org/abs/2108.01073).
public struct OriginalImages: Sendable {
    /// Planar bytes, `[N, 3, side, side]`, of the model's side: one for each image that is asked for.
    public let pixels: [UInt8]
    /// How much is changed, above 0, at most 1: the part of the steps that are made.
    public let strength: Double

    /// - Precondition: the strength is above 0 and at most 1.
    public init(pixels: [UInt8], strength: Double) {
        precondition(strength > 0 && strength <= 1, "a strength of \(strength)")
        self.pixels = pixels
        self.strength = strength
    }

    /// Scaled latents of the images of a batch; each image draws from its own generator.
    func start(
        of range: Range<Int>, in pipeline: TextToImagePipeline, _ generators: [TensorGenerator]
    ) throws -> (images: Tensor, strength: Double) {
        let side = pipeline.imageSide, size = 3 * side * side
        precondition(
            pixels.count >= range.upperBound * size,
            "\(pixels.count) bytes for \(range.upperBound) images of \(side) pixels")
        let values = pixels[range.lowerBound * size..<range.upperBound * size].map { Float($0) / 127.5 - 1 }
        let images = Tensor(values, shape: [range.count, 3, side, side])
        return (pipeline.encode(images, noise: pipeline.noise(from: generators)), strength)
    }
}

extension TextToImagePipeline {
    /// Scaled latents of images, drawn from the encoder's distribution.
    ///
    /// - Parameters:
    ///   - images: `[N, 3, H, W]` in −1…1.
    ///   - noise: standard normal, `[N, C, h, w]`.
    public func encode(_ images: Tensor, noise: Tensor) -> Tensor {
        Torch.withoutGradients {
            let latents = Torch.withAutocast(to: autoencoderType) { autoencoder.encode(images) }
            return (latents.mean + (latents.logVariance * 0.5).exp() * noise)
                * autoencoder.configuration.scalingFactor
        }
    }

    /// Scaled latents `[N, C, h, w]` of images that prompts change.
    ///
    /// - Parameters:
    ///   - latents: the images, encoded and scaled.
    ///   - noise: what is added to them, standard normal of that shape.
    ///   - prompts: one for each image.
    ///   - strength: above 0, at most 1.
    ///   - options: steps, guidance, sampler.
    ///   - drawing: draws fresh noise of that shape, for samplers that add it.
    /// - Throws: `FoundationModelError.unknownScheduler`, `.impossibleStart`.
    public func latents(
        changing latents: Tensor, with noise: Tensor, prompts: [String], strength: Double,
        options: SamplingOptions, drawing: () -> Tensor = { preconditionFailure("this sampler draws noise") }
    ) throws -> Tensor {
        try self.latents(
            from: noise, of: prompts.map(ImageCondition.text), options: options,
            changing: (latents, strength), drawing: drawing, isCancelled: { false })
    }
}

extension DiffusionSampler {
    /// Prepares for the last part of the steps, as diffusers cuts it, and returns the first call; at least
    /// one step is made.
    ///
    /// - Throws: `FoundationModelError.impossibleStart`.
    mutating func begin(strength: Double, steps: Int) throws -> Int {
        let made = max(1, min(Int(Double(steps) * strength), steps))
        let first = min((steps - made) * Self.callsPerStep, timesteps.count - 1)
        try begin(at: first)
        return first
    }
}
