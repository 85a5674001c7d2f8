/// Images that are changed by a prompt instead of drawn from noise alone: encoded, noised to the level of a
/// step, and denoised from there (SDEdit, https://arxiv.org/abs/2108.01073).
public struct OriginalImages: Sendable {
    /// What images begin with.
    private enum Content {
        /// Planar bytes.
        case pixels([UInt8])
        /// Scaled latents that are at the level of the first step.
        case noised([Float])
    }

    private let content: Content
    /// How much is changed, above 0, at most 1: the part of the steps that are made.
    public let strength: Double

    /// Images.
    ///
    /// - Parameters:
    ///   - pixels: planar bytes, `[N, 3, side, side]`, of the model's side: one for each image that is
    ///     asked for.
    ///   - strength: how much is changed.
    /// - Precondition: the strength is above 0 and at most 1.
    public init(pixels: [UInt8], strength: Double) { self.init(.pixels(pixels), strength: strength) }

    /// Latents that were noised elsewhere, for the same sampler, steps and strength.
    ///
    /// - Parameters:
    ///   - latents: `[N, C, h, w]`, one for each image that is asked for.
    ///   - strength: how much is changed.
    /// - Precondition: the strength is above 0 and at most 1.
    public init(noisedLatents latents: [Float], strength: Double) {
        self.init(.noised(latents), strength: strength)
    }

    private init(_ content: Content, strength: Double) {
        precondition(strength > 0 && strength <= 1, "a strength of \(strength)")
        self.content = content
        self.strength = strength
    }

    /// Those of some images of so many in all.
    public func part(_ range: Range<Int>, of count: Int) -> OriginalImages {
        func part<Element>(_ values: [Element]) -> [Element] {
            let size = values.count / count
            return Array(values[range.lowerBound * size..<range.upperBound * size])
        }
        switch content {
        case .pixels(let pixels): return OriginalImages(.pixels(part(pixels)), strength: strength)
        case .noised(let latents): return OriginalImages(.noised(part(latents)), strength: strength)
        }
    }

    /// The same with other pixels; latents have no other size.
    public func mapPixels(_ transform: ([UInt8]) -> [UInt8]) -> OriginalImages {
        guard case .pixels(let pixels) = content else { return self }
        return OriginalImages(.pixels(transform(pixels)), strength: strength)
    }

    /// Where the images of a batch begin; each draws from its own generator.
    func start(
        of range: Range<Int>, in pipeline: TextToImagePipeline, _ generators: [TensorGenerator]
    ) throws -> (origin: DenoisingOrigin, strength: Double) {
        let side = pipeline.imageSide
        func rows<Element>(_ values: [Element], _ size: Int) -> ArraySlice<Element> {
            precondition(
                values.count >= range.upperBound * size,
                "\(values.count) elements for \(range.upperBound) images")
            return values[range.lowerBound * size..<range.upperBound * size]
        }
        switch content {
        case .pixels(let pixels):
            let values = rows(pixels, 3 * side * side).map { Float($0) / 127.5 - 1 }
            let images = Tensor(values, shape: [range.count, 3, side, side])
            return (.images(pipeline.encode(images, noise: pipeline.noise(from: generators))), strength)
        case .noised(let latents):
            let shape = pipeline.latentShape
            let values = Array(rows(latents, shape.reduce(1, *)))
            return (.noised(Tensor(values, shape: [range.count] + shape)), strength)
        }
    }
}

/// Latents that are denoised from a step in the middle.
enum DenoisingOrigin {
    /// Those of images, which are noised first.
    case images(Tensor)
    /// Noised ones.
    case noised(Tensor)
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
            changing: (.images(latents), strength), drawing: drawing, isCancelled: { false })
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
