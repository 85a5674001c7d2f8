extension CheckpointInspection {
    /// Reads the shape of a captioner, then opens it as a whole.
    mutating func inspectCaptioner(_ files: CheckpointFiles) {
        guard let values = attempt({ try files.object("config.json") }) else { return }
        if values["model_type"] == .string("blip") {
            className = "BlipForConditionalGeneration"
            inspectBlip(files)
        } else if values["use_decoder_only_language_model"] == .bool(false) {
            inspectT5(files)
        } else {
            inspectBlip2(files)
        }
        let folder = folder
        guard let captioner = attempt({ try Captioners.open(folder) }) else { return }
        sha256 = attempt { try captioner.loadedFiles.sha256() }
    }

    private mutating func inspectBlip(_ files: CheckpointFiles) {
        guard let shape = attempt({ try BlipConfiguration.read(files) }) else { return }
        imageSide = shape.vision.imageSide
        parts = [
            Part(
                name: "vision_model", className: "BlipVisionModel", parameters: shape.vision.parameterCount,
                detail: Self.words(shape.vision)),
            Part(
                name: "text_decoder", className: "BlipTextLMHeadModel",
                parameters: shape.text.parameterCount(imageWidth: shape.vision.width),
                detail: "\(shape.text.layers) layers of width \(shape.text.width)"),
        ]
    }

    private mutating func inspectBlip2(_ files: CheckpointFiles) {
        guard let shape = attempt({ try Blip2Configuration.read(files) }) else { return }
        imageSide = shape.vision.imageSide
        let rest = shape.parameterCount - shape.vision.parameterCount
        parts = [
            Part(
                name: "vision_model", className: "Blip2VisionModel", parameters: shape.vision.parameterCount,
                detail: Self.words(shape.vision)),
            Part(
                name: "qformer and language_model", className: "Blip2QFormerModel, OPTForCausalLM",
                parameters: rest,
                detail:
                    "\(shape.queryTokens) queries, \(shape.text.layers) layers of width \(shape.text.width)"),
        ]
    }

    private mutating func inspectT5(_ files: CheckpointFiles) {
        guard let shape = attempt({ try Blip2T5Configuration.read(files) }) else { return }
        imageSide = shape.vision.imageSide
        let text = shape.text.parameterCount
        parts = [
            Part(
                name: "vision_model", className: "Blip2VisionModel", parameters: shape.vision.parameterCount,
                detail: Self.words(shape.vision)),
            Part(
                name: "qformer", className: "Blip2QFormerModel",
                parameters: shape.parameterCount - shape.vision.parameterCount - text,
                detail: "\(shape.queryTokens) queries"),
            Part(
                name: "language_model", className: "T5ForConditionalGeneration", parameters: text,
                detail: "\(shape.text.encoderLayers) and \(shape.text.decoderLayers) layers of width "
                    + "\(shape.text.width)"),
        ]
    }

    private static func words(_ shape: VisionTransformerConfiguration) -> String {
        "\(shape.layers) layers of width \(shape.width), patches of \(shape.patchSide)"
    }

    /// Captions one image and measures it, after one that compiles kernels.
    ///
    /// - Throws: as `Captioner.caption`.
    public func measuredCaption() throws -> CheckpointTime {
        let captioner = try Captioners.open(folder)
        let side = imageSide ?? 32
        let image = RGBImage(
            width: side, height: side, pixels: [UInt8](repeating: 128, count: 3 * side * side))
        func describe() throws { _ = try captioner.caption([image], prompt: "", options: nil) { _ in } }
        try describe()
        let start = ContinuousClock.now
        try describe()
        return CheckpointTime(
            steps: captioner.defaultOptions.maximumNewTokens,
            seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}
