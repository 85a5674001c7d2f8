/// The text encoder and the denoiser, which are trained together.
struct DiffusionNetworks {
    let textEncoder: CLIPTextModel
    let unet: UNet2DConditionModel

    /// Networks with weights drawn from `seed`; zeros, to be loaded, without one.
    init(plan: PretrainingPlan, vocabularySize: Int, seed: UInt64?) {
        let generator = seed.map { TensorGenerator(seed: $0) }
        textEncoder = CLIPTextModel(
            plan.textEncoder(vocabularySize: vocabularySize), initializedBy: generator)
        unet = UNet2DConditionModel(plan.unet, initializedBy: generator)
        if let generator {
            unet.zeroResidualOutputs()
            Self.spreadTokens(of: textEncoder, using: generator)
        }
    }

    /// Draws the token embeddings again, fifty times as large as transformers does.
    ///
    /// From embeddings of deviation 0.02 the text encoder learns to tell styles apart and forgets the words
    /// that matter less at first: after 200,000 samples "star" and "mug" had the same states up to bfloat16's
    /// rounding. Large embeddings stay in its residual stream whatever the layers learn.
    private static func spreadTokens(of textEncoder: CLIPTextModel, using generator: TensorGenerator) {
        guard let table = textEncoder.parameters["embeddings.token_embedding.weight"] else {
            preconditionFailure("a text encoder without token embeddings")
        }
        Torch.withoutGradients { table.copy(from: .randomNormal(table.shape, using: generator)) }
    }

    /// All trained tensors with names that tell the two networks apart.
    var named: [(name: String, tensor: Tensor)] {
        textEncoder.parameters.entries.map { ("text_encoder.\($0.name)", $0.tensor) }
            + unet.parameters.entries.map { ("unet.\($0.name)", $0.tensor) }
    }

    /// The predicted velocity, float32.
    func predict(_ noisy: Tensor, timesteps: Tensor, tokens: Tensor) -> Tensor {
        Torch.withAutocast { unet(noisy, timesteps: timesteps, context: TextContext(textEncoder(tokens))) }
    }
}
