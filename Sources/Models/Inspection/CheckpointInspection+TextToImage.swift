extension CheckpointInspection {
    /// Reads the parts of a text-to-image model, then opens it as a whole.
    mutating func inspectTextToImage(_ files: CheckpointFiles, _ adapter: LoRAReference?) throws {
        try PipelineIndex.requireKnownClass(files)
        let index = files.exists("model_index.json") ? attempt { try files.object("model_index.json") } : [:]
        if case .string(let name)? = index?["_class_name"] { className = name }
        let unet = configuration(UNet2DConditionModel.self, files, "UNet2DConditionModel") { unet in
            "\(unet.blockChannels.map { "\($0)" }.joined(separator: "-")) channels, text of width "
                + "\(unet.contextWidth)"
                + (unet.hasMiddleBlock ? "" : ", no middle block")
                + (unet.sizeEmbedding == nil ? "" : ", pooled text and sizes")
                + (unet.guidanceWidth == nil ? "" : ", knows the weight of guidance")
        }
        let words = { (shape: TextEncoderConfiguration) in
            "\(shape.layers) layers of width \(shape.width), \(shape.maximumTokens) tokens"
        }
        _ = configuration(CLIPTextModel.self, files, "CLIPTextModel", words)
        tokenizer("tokenizer", files)
        if unet?.sizeEmbedding != nil {
            _ = configuration(CLIPTextModelWithProjection.self, files, "CLIPTextModelWithProjection", words)
            tokenizer("tokenizer_2", files)
        }
        let vae = configuration(AutoencoderKL.self, files, "AutoencoderKL") { vae in
            "\(vae.latentChannels) latent channels, scaled by \(vae.scalingFactor)"
        }
        scheduler(files)
        if let unet, let vae { imageSide = unet.sampleSize * vae.downsampling }
        let folder = folder
        let pipeline = attempt { try TextToImageModels.open(folder, adapter: adapter) }
        if let pipeline {
            notices = pipeline.notices
            sha256 = attempt { try pipeline.loadedFiles.sha256() }
        }
    }

    /// The shape of a network, and its weights as far as their names and sizes go.
    private mutating func configuration<Network: FoundationNetwork>(
        _ type: Network.Type, _ files: CheckpointFiles, _ className: String,
        _ words: (Network.Configuration) -> String
    ) -> Network.Configuration? {
        let part = Network.part.rawValue, folder = files.inner(part)
        guard let shape: Network.Configuration = attempt({ try folder.configuration("config.json") }) else {
            return nil
        }
        parts.append(
            Part(
                name: part, className: className, parameters: Network.weightCount(shape), detail: words(shape)
            ))
        let path = files.folder
        _ = attempt {
            let network: Network = try FoundationFolder(path: path).network(files, shape)
            return network.parameters.entries.count
        }
        return shape
    }

    private mutating func tokenizer(_ name: String, _ files: CheckpointFiles) {
        guard let tokenizer = attempt({ try Tokenizer(files.inner(name)) }) else { return }
        parts.append(
            Part(
                name: name, className: "CLIPTokenizer", parameters: nil,
                detail: "\(tokenizer.vocabularySize) tokens, texts of \(tokenizer.maximumLength)"))
    }

    private mutating func scheduler(_ files: CheckpointFiles) {
        let configuration = attempt {
            try SchedulerFile(
                files.inner("scheduler").fields("scheduler_config.json"),
                named: PipelineIndex.schedulerClass(files)
            ).configuration()
        }
        guard let configuration else { return }
        let name = Samplers.all.first { $0.className == configuration.sampler }?.name ?? configuration.sampler
        parts.append(
            Part(
                name: "scheduler", className: configuration.sampler, parameters: nil,
                detail:
                    "\(name), predicts \(configuration.prediction.rawValue), "
                        + "\(configuration.spacing.rawValue) "
                    + "steps"))
    }

    /// Draws one image and measures it, after one step that compiles kernels.
    ///
    /// - Parameters:
    ///   - steps: of the image.
    ///   - adapter: a low-rank adapter to merge.
    /// - Throws: as `TextToImage.images`.
    public func measuredImage(steps: Int, adapter: LoRAReference? = nil) throws -> CheckpointTime {
        let pipeline = try TextToImageModels.open(folder, adapter: adapter)
        func draw(_ steps: Int) throws {
            _ = try pipeline.images(
                of: [.text("A photo of a star")], seeds: [1],
                options: SamplingOptions(steps: steps, guidance: 7.5), changing: nil,
                isCancelled: { false }, progress: { _ in })
        }
        try draw(1)
        let start = ContinuousClock.now
        try draw(steps)
        return CheckpointTime(steps: steps, seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}
