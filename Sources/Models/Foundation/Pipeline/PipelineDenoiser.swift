/// The loop from noise to latents: a network asked by a sampler, with classifier-free guidance (arXiv
/// 2207.12598).
public struct Denoiser {
    let unet: UNet2DConditionModel
    /// The type of the network's products.
    let precision: SynthesisPrecision

    public init(_ unet: UNet2DConditionModel, precision: SynthesisPrecision = .float32) {
        self.unet = unet
        self.precision = precision
    }

    /// Latents `[N, C, h, w]` from standard normal noise of that shape, scaled as the network knows them.
    ///
    /// - Parameters:
    ///   - noise: one image's noise per row.
    ///   - prompts: states of the texts, `[N, T, width]`.
    ///   - negativePrompts: what images are led away from, `[N, T, width]`; without it there is no guidance.
    ///   - guidance: weight of the prompts against the negative prompts.
    ///   - sampler: as it was made; its copy here remembers answers.
    public func latents(
        from noise: Tensor, prompts: Tensor, negativePrompts: Tensor? = nil, guidance: Double = 1,
        sampler: any DiffusionSampler
    ) -> Tensor {
        latents(
            from: noise, prompts: EncodedText(states: prompts, pooled: nil),
            negativePrompts: negativePrompts.map { EncodedText(states: $0, pooled: nil) },
            imageSide: 0, guidance: guidance, sampler: sampler, start: nil,
            drawing: { preconditionFailure("this sampler draws noise") }, beforeStep: {})
    }

    /// As above, for all networks and samplers.
    ///
    /// - Parameters:
    ///   - noise: one image's noise per row.
    ///   - prompts: the texts.
    ///   - negativePrompts: what images are led away from; without it there is no guidance.
    ///   - imageSide: in pixels; what networks that take sizes are told.
    ///   - guidance: weight of the prompts against the negative prompts.
    ///   - sampler: as it was made; prepared for the first call where that is not 0.
    ///   - start: the latents to begin with and the first call; `nil` begins with noise alone.
    ///   - drawing: draws fresh noise of the noise's shape, for samplers that add it.
    ///   - beforeStep: called before every step, and may end it.
    /// - Throws: what `beforeStep` throws.
    func latents(
        from noise: Tensor, prompts: EncodedText, negativePrompts: EncodedText?, imageSide: Int,
        guidance: Double, sampler: any DiffusionSampler, start: (origin: DenoisingOrigin, call: Int)?,
        drawing: () -> Tensor, beforeStep: () throws -> Void
    ) rethrows -> Tensor {
        var sampler = sampler
        return try Torch.withoutGradients {
            let texts = negativePrompts.map { .concatenate([$0, prompts]) } ?? prompts
            let context = context(of: texts, imageSide: imageSide, guidance: guidance)
            let rows = texts.states.shape[0]
            var sample =
                switch start {
                case (.images(let images), let call)?: sampler.noised(images, with: noise, at: call)
                case (.noised(let latents), _)?: latents
                case nil: noise * sampler.initialNoiseScale
                }
            for index in sampler.timesteps.indices.dropFirst(start?.call ?? 0) {
                try beforeStep()
                let input = sampler.networkInput(sample, at: index)
                let times = Tensor.full([rows], sampler.timesteps[index])
                // Both halves of guidance go through the network together.
                let answer = Torch.withAutocast(to: precision.autocast) {
                    unet(
                        negativePrompts == nil ? input : .concatenate([input, input]), timesteps: times,
                        context: context)
                }.to(.float32)
                let guided = negativePrompts == nil ? answer : Self.guided(answer, by: guidance)
                sample = sampler.step(sample, prediction: guided, at: index, noise: drawing)
            }
            return sample
        }
    }

    /// What the network is asked with at every step: the texts, and what else it takes.
    func context(of texts: EncodedText, imageSide: Int, guidance: Double) -> TextContext {
        let configuration = unet.configuration, side = Float(imageSide)
        // Height and width before cropping, top and left of the crop, height and width of the image.
        let sizes = configuration.sizeEmbedding.map { _ in
            Tensor([side, side, 0, 0, side, side], shape: [1, UNetConfiguration.SizeEmbedding.count])
                .expand([texts.states.shape[0], UNetConfiguration.SizeEmbedding.count])
        }
        return TextContext(
            texts.states, pooled: texts.pooled, sizes: sizes,
            guidance: configuration.guidanceWidth == nil ? nil : guidance)
    }

    /// negative + w · (positive − negative), the halves of a batch.
    private static func guided(_ answer: Tensor, by weight: Double) -> Tensor {
        let halves = answer.chunks(2, axis: 0)
        return halves[0] + (halves[1] - halves[0]) * weight
    }
}
