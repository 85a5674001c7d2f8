/// The text encoder and the denoiser, which are trained together, and for the training alone a head that asks the
/// denoiser for more than its loss does.
struct DiffusionNetworks {
    let textEncoder: CLIPTextModel
    let unet: UNet2DConditionModel
    private let heads: ParameterStore
    /// Where the plan gives silhouettes weight.
    private let silhouetteHead: Convolution2D?

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
        heads = ParameterStore(initializedBy: generator)
        silhouetteHead =
            plan.asksForSilhouettes
            ? Convolution2D(heads.root / "silhouettes", from: plan.unet.blockChannels[0], to: 1, kernel: 1)
            : nil
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

    /// All trained tensors with names that tell the networks apart.
    var named: [(name: String, tensor: Tensor)] {
        textEncoder.parameters.entries.map { ("text_encoder.\($0.name)", $0.tensor) }
            + unet.parameters.entries.map { ("unet.\($0.name)", $0.tensor) }
            + heads.entries.map { ("heads.\($0.name)", $0.tensor) }
    }

    /// The predicted velocity, and the logits of the object's silhouette, `[N, 1, H, W]`, where the plan gives those
    /// weight; both float32.
    func predict(
        _ noisy: Tensor, timesteps: Tensor, tokens: Tensor
    ) -> (velocity: Tensor, silhouettes: Tensor?) {
        Torch.withAutocast {
            let features = unet.features(
                of: noisy, timesteps: timesteps, context: TextContext(textEncoder(tokens)))
            return (unet.prediction(from: features), silhouetteHead?(features).to(.float32))
        }
    }
}
