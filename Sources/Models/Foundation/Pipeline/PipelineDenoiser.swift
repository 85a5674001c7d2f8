/// The loop from noise to latents: a network asked by a sampler, with classifier-free guidance (arXiv
/// 2207.12598).
public struct Denoiser {
    let unet: UNet2DConditionModel
    /// Whether the network runs in bfloat16 where that is faster.
    let usesBFloat16: Bool

    public init(_ unet: UNet2DConditionModel, usesBFloat16: Bool) {
        self.unet = unet
        self.usesBFloat16 = usesBFloat16
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
            from: noise, prompts: prompts, negativePrompts: negativePrompts, guidance: guidance,
            sampler: sampler, beforeStep: {})
    }

    /// As above; `beforeStep` is called before every step, and may end it.
    ///
    /// - Throws: what `beforeStep` throws.
    public func latents(
        from noise: Tensor, prompts: Tensor, negativePrompts: Tensor?, guidance: Double,
        sampler: any DiffusionSampler, beforeStep: () throws -> Void
    ) rethrows -> Tensor {
        var sampler = sampler
        return try Torch.withoutGradients {
            let context = TextContext(negativePrompts.map { .concatenate([$0, prompts]) } ?? prompts)
            let rows = context.states.shape[0]
            var sample = noise * sampler.initialNoiseScale
            for index in sampler.timesteps.indices {
                try beforeStep()
                let input = sampler.networkInput(sample, at: index)
                let times = Tensor.full([rows], sampler.timesteps[index])
                // Both halves of guidance go through the network together.
                let answer = Torch.withAutocast(usesBFloat16) {
                    unet(
                        negativePrompts == nil ? input : .concatenate([input, input]), timesteps: times,
                        context: context)
                }.to(.float32)
                let guided = negativePrompts == nil ? answer : Self.guided(answer, by: guidance)
                sample = sampler.step(sample, prediction: guided, at: index)
            }
            return sample
        }
    }

    /// negative + w · (positive − negative), the halves of a batch.
    private static func guided(_ answer: Tensor, by weight: Double) -> Tensor {
        let halves = answer.chunks(2, axis: 0)
        return halves[0] + (halves[1] - halves[0]) * weight
    }
}
