/// How the vector of a new word is learnt.
public struct InversionOptions: Sendable, Hashable {
    /// Steps of the optimizer.
    public var steps: Int
    /// Images a step.
    public var batch: Int
    /// The constant learning rate of AdamW.
    public var learningRate: Double

    /// - Precondition: all are positive.
    public init(steps: Int, batch: Int, learningRate: Double) {
        precondition(
            steps > 0 && batch > 0 && learningRate > 0, "\(steps) steps of \(batch) at \(learningRate)")
        self.steps = steps
        self.batch = batch
        self.learningRate = learningRate
    }

    /// How many of `images` images are seen at all.
    public func seenImages(of images: Int) -> Int { min(images, steps * batch) }
}

/// What `TextToImagePipeline.learnToken` has found.
public struct LearnedToken: Sendable, Hashable {
    /// The vector of the new word.
    public let vector: [Float]
    /// Mean losses of nearly equal parts of the steps, in their order; at most ten. A single step's depends
    /// on its noise more than on the vector.
    public let losses: [Double]
}

/// Textual inversion: the vector of a new word that makes the frozen model draw certain images.
///
/// v = argmin E ‖ε − ε_θ(z_t, t, c_θ(y(v)))‖² over the images, the noise and the times, where c_θ(y(v)) are
/// the states of the prompt with v in it: Gal et al., "An Image is Worth One Word",
/// https://arxiv.org/abs/2208.01618, equation 2. As in its authors' code AdamW steps the vector alone; the
/// prompt is always the same one.
extension TextToImagePipeline {
    /// Learns the vector of `prompt` from the images at `indices`, beginning with the one it has.
    ///
    /// The images are seen in shuffled passes; each is encoded once. A function of the arguments and the
    /// checkpoint.
    ///
    /// - Parameters:
    ///   - prompt: the text with the vector to begin with.
    ///   - images: the set; images of another size than the checkpoint's are resized.
    ///   - indices: those to learn from.
    ///   - options: how many steps, of how many images, and how large.
    ///   - seed: of the order, the times and the noise.
    ///   - isCancelled: asked before every step and every encoding.
    /// - Throws: `CancellationError` where `isCancelled` said so; `FoundationModelError.foreignToken`,
    ///   `.lostToken`, `.divergedTraining`.
    /// - Precondition: there is an image.
    public func learnToken(
        of prompt: TokenPrompt, from images: ImageSet, at indices: [Int], options: InversionOptions,
        seed: UInt64, isCancelled: () -> Bool = { false }
    ) throws -> LearnedToken {
        precondition(!indices.isEmpty, "a word without images")
        let objective = DiffusionObjective(scheduler.schedule)
        var batches = try LatentBatches(
            of: images, at: indices, steps: options.steps, batch: options.batch, seed: seed, by: self,
            objective, isCancelled: isCancelled)
        let vector = Tensor(prompt.vector).requiresGradient()
        let optimizer = AdamW([vector])
        var losses = StepLosses(of: "token")
        for _ in 0..<options.steps {
            if isCancelled() { throw CancellationError() }
            let batch = batches.next()
            let loss = try loss(
                of: prompt, vector: vector, latents: batch.latents, noise: batch.noise,
                timesteps: batch.timesteps, objective)
            loss.backward()
            optimizer.step(learningRate: options.learningRate)
            try losses.note(loss.item)
        }
        return LearnedToken(vector: vector.detached().floats, losses: losses.means)
    }

    /// The denoiser's loss where the prompt's vector is `vector`: what is minimised.
    ///
    /// - Parameters:
    ///   - prompt: the text.
    ///   - vector: `[width]`; gradients reach it where it asks for them.
    ///   - latents: scaled, `[N, C, h, w]`.
    ///   - noise: standard normal, of that shape.
    ///   - timesteps: one for each image.
    /// - Throws: `FoundationModelError.foreignToken`, `.lostToken`.
    public func inversionLoss(
        of prompt: TokenPrompt, vector: Tensor, latents: Tensor, noise: Tensor, timesteps: [Int]
    ) throws -> Tensor {
        try loss(
            of: prompt, vector: vector, latents: latents, noise: noise, timesteps: timesteps,
            DiffusionObjective(scheduler.schedule))
    }

    private func loss(
        of prompt: TokenPrompt, vector: Tensor, latents: Tensor, noise: Tensor, timesteps: [Int],
        _ objective: DiffusionObjective
    ) throws -> Tensor {
        let states = try states(of: prompt, vector: vector)
        return Torch.withAutocast(to: precision.autocast) {
            objective.loss(
                of: unet, latents: latents, noise: noise, timesteps: timesteps,
                context: states.expand([timesteps.count] + states.shape.dropFirst()))
        }
    }

    /// Distributions over the unscaled latents of some images, in their order.
    public func encode(
        _ images: ImageSet, at indices: [Int], isCancelled: () -> Bool = { false }
    ) throws -> LatentDistribution {
        // Fixed, because rounding may depend on it.
        let batch = 10
        var means: [Tensor] = [], logVariances: [Tensor] = []
        for start in stride(from: 0, to: indices.count, by: batch) {
            if isCancelled() { throw CancellationError() }
            let chunk = indices[start..<min(start + batch, indices.count)]
            let encoded = Torch.withoutGradients {
                Torch.withAutocast(to: autoencoderType) { autoencoder.encode(pixels(of: images, at: chunk)) }
            }
            means.append(encoded.mean)
            logVariances.append(encoded.logVariance)
        }
        return LatentDistribution(mean: .concatenate(means), logVariance: .concatenate(logVariances))
    }

    /// Images of the checkpoint's size in −1…1, `[N, 3, imageSide, imageSide]`.
    private func pixels(of images: ImageSet, at indices: ArraySlice<Int>) -> Tensor {
        let bytes = indices.flatMap { index in
            images.side == imageSide
                ? Array(images.image(at: index))
                : Resize.planarSquare(
                    RGBImage(width: images.side, height: images.side, planar: images.image(at: index)),
                    side: imageSide)
        }
        return bytes.withUnsafeBytes { .images(pixels: $0, count: indices.count, side: imageSide) }
    }
}
