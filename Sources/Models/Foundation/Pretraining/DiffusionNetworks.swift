/// The text encoder and the denoiser, which are trained together.
struct DiffusionNetworks {
    let textEncoder: CLIPTextModel
    let unet: UNet2DConditionModel

    /// Networks with weights drawn from `seed`; zeros, to be loaded, without one.
    init(plan: PretrainingPlan, vocabularySize: Int, seed: UInt64?) {
        let generator = seed.map { TensorGenerator(seed: $0) }
        textEncoder = CLIPTextModel(plan.textEncoder(vocabularySize: vocabularySize), initializedBy: generator)
        unet = UNet2DConditionModel(plan.unet, initializedBy: generator)
        if seed != nil { unet.zeroResidualOutputs() }
    }

    /// All trained tensors with names that tell the two networks apart.
    var named: [(name: String, tensor: Tensor)] {
        textEncoder.parameters.entries.map { ("text_encoder.\($0.name)", $0.tensor) }
            + unet.parameters.entries.map { ("unet.\($0.name)", $0.tensor) }
    }

    /// The trained tensors, in the order of `named`.
    var tensors: [Tensor] { named.map(\.tensor) }
}
