import Foundation

extension DeviceCheck {
    /// A ResNet-18 after some steps of stochastic gradient descent, in both precisions; a vector after AdamW.
    static func training() throws -> [DeviceCheck] {
        [
            // Rounding grows from step to step.
            try trained("ResNet-18 after 3 steps", .float32, steps: 3, tolerance: 2e-3),
            try trained("ResNet-18 after 2 steps in bfloat16", .bfloat16, steps: 2, tolerance: 0.1),
            try evaluated(),
            compare("AdamW after 5 steps") {
                let vector = Tensor([0.3, -0.2, 0.7, 0.1]).requiresGradient()
                let optimizer = AdamW([vector])
                for step in 0..<5 {
                    (vector * Tensor([1, 2, 3, Float(step)])).squared().sum().backward()
                    optimizer.step(learningRate: 0.05)
                }
                return vector.detached().floats
            },
        ]
    }

    private static func trained(
        _ name: String, _ precision: TrainingOptions.Precision, steps: Int, tolerance: Double
    ) throws -> DeviceCheck {
        try compare(name, tolerance: tolerance) {
            let classifier = Classifier(ResNetArchitecture(depth: .eighteen, classes: 4), seed: 1)
            let options = TrainingOptions(epochs: 1, batch: 8, learningRate: 0.01, precision: precision)
            _ = try classifier.train(on: images(count: 8 * steps), options: options, seed: 2)
            return classifier.network.store.tensors.flatMap { $0.detached().floats }
        }
    }

    private static func evaluated() throws -> DeviceCheck {
        try compare("losses of ResNet-18", tolerance: 1e-3) {
            let classifier = Classifier(ResNetArchitecture(depth: .eighteen, classes: 4), seed: 3)
            let found = try classifier.evaluate(on: images(count: 24), batch: 10, isCancelled: { false })
            return [Float(found.loss)]
        }
    }

    private static func images(count: Int) -> ImageSet {
        let side = 32
        return ImageSet(
            side: side,
            pixels: (0..<3 * side * side * count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 251) },
            labels: (0..<count).map { Int32($0 % 4) }, classNames: ["a", "b", "c", "d"])
    }

    /// The shipped foundation model and captioner.
    static func models() throws -> [DeviceCheck] {
        let folder = FoundationModel.builtin
        let prompts = ["A photo of a star", "A sketch of a mug"]
        func latents(_ sampler: String) throws -> [Float] {
            let pipeline = try TextToImagePipeline(folder: folder)
            let noise = Tensor.concatenate([pipeline.noise(seed: 1), pipeline.noise(seed: 2)])
            let latents = try pipeline.latents(
                from: noise, prompts: prompts,
                options: SamplingOptions(steps: 4, guidance: 2, sampler: sampler))
            return latents.floats + pipeline.decode(latents).floats
        }
        func images(_ precision: SynthesisPrecision) throws -> [Float] {
            let pipeline = try TextToImagePipeline(folder: folder, precision: precision)
            return try pipeline.images(
                prompts: prompts, seeds: [1, 2], options: SamplingOptions(steps: 4)
            ).map { Float($0) / 255 }
        }
        var checks = try ["ddim", "euler", "dpm-solver++"].filter(Samplers.names.contains).map { sampler in
            try compare("built-in model, 4 steps of \(sampler)", tolerance: 2e-3) { try latents(sampler) }
        }
        let right = try Torch.onHost { try images(.float32) }
        for precision in SynthesisPrecision.allCases where precision.isAvailable(on: Torch.device) {
            checks.append(
                DeviceCheck(
                    "built-in model's images in \(precision.rawValue) beside fp32", try images(precision),
                    right, tolerance: precision == .float32 ? 0.01 : 0.15))
        }
        checks.append(
            try compare("built-in captioner's words", tolerance: 0) {
                let captioner = try Captioners.open(CaptionerModel.builtin)
                let pixels = right.map { UInt8($0 * 255) }
                let set = ImageSet(
                    side: 32, pixels: Array(pixels.prefix(2 * 3 * 32 * 32)), labels: [0, 0],
                    classNames: ["x"])
                let captions = try captioner.captions(of: set, options: captioner.defaultOptions)
                return captions.joined(separator: "\n").utf8.map { Float($0) }
            })
        return checks
    }

    /// What was asked of diffusers for a folder.
    private struct Run: Decodable {
        let steps: Int
        let guidance: Double
        let negative: String?
        let scheduler: String?
        let zeroesEmptyPrompt: Bool?

        enum CodingKeys: String, CodingKey {
            case steps, guidance, negative, scheduler
            case zeroesEmptyPrompt = "force_zeros_for_empty_prompt"
        }
    }

    /// Latents of a tiny checkpoint beside diffusers', which its `expected.safetensors` has.
    static func pipeline(_ folder: URL) throws -> [DeviceCheck] {
        let expected = try SafetensorsFile(path: folder.appendingPathComponent("expected.safetensors").path)
        func decoded<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: Data((expected.metadata[key] ?? "[]").utf8))
        }
        let prompts = try decoded("prompts", as: [String].self)
        let pipeline = try TextToImagePipeline(folder: folder)
        return try decoded("runs", as: [Run].self).enumerated().compactMap { place, run in
            // These were drawn with another `model_index.json`.
            if run.zeroesEmptyPrompt != nil { return nil }
            let noise = try expected.tensor(named: "noise"), name = "drawn_\(place)"
            let fresh = expected.contains(name) ? try expected.tensor(named: name) : nil
            var draws = 0
            let latents = try pipeline.latents(
                from: noise, prompts: prompts,
                options: SamplingOptions(
                    steps: run.steps, guidance: run.guidance, negativePrompt: run.negative ?? "",
                    sampler: run.scheduler)
            ) {
                draws += 1
                return fresh!.narrow(0, from: draws - 1, count: 1).reshape(noise.shape)
            }
            let scheduler = run.scheduler ?? "its own scheduler"
            return DeviceCheck(
                "\(folder.lastPathComponent) beside diffusers, \(run.steps) steps of \(scheduler)",
                latents.floats, try expected.tensor(named: "latents_\(place)").floats, tolerance: 1e-3)
        }
    }
}
