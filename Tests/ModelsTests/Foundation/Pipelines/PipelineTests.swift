import Foundation
import Models
import Testing

@Suite("Text-to-image pipeline")
struct PipelineTests {
    /// A checkpoint of the smallest size with random weights: 8 × 8 pixels from 4 × 4 latents.
    private func withTinyModel<Result>(_ body: (URL) throws -> Result) throws -> Result {
        try withTemporaryFolder { path in
            let builder = TokenizerBuilder(words: ["a", "photo", "of", "star", "mug"], maximumLength: 8)
            let folder = URL(filePath: path)
            try builder.write(to: folder.appending(path: "tokenizer"))
            let generator = TensorGenerator(seed: 1)
            let text = CLIPTextModel(
                TextEncoderConfiguration(
                    vocabularySize: builder.vocabulary.count, width: 16, hiddenWidth: 16, layers: 1, heads: 2,
                    maximumTokens: 8), initializedBy: generator)
            let unet = UNet2DConditionModel(
                UNetConfiguration(
                    sampleSize: 4, blockChannels: [8, 8], downBlocks: [.plain, .crossAttention],
                    upBlocks: [.crossAttention, .plain], heads: [1, 2], contextWidth: 16, normGroups: 4),
                initializedBy: generator)
            let autoencoder = AutoencoderKL(
                AutoencoderConfiguration(
                    sampleSize: 8, blockChannels: [8, 8], normGroups: 4, scalingFactor: 1),
                initializedBy: generator)
            try FoundationFolder.write(
                textEncoder: text, unet: unet, autoencoder: autoencoder, scheduler: EulerSampler.className,
                to: path, type: .float32)
            let scheduler = SchedulerConfiguration(
                sampler: EulerSampler.className, usesKarrasSigmas: true, sigmaMinimum: 0.08, sigmaMaximum: 60)
            try JSONEncoder().encode(scheduler).write(
                to: makeFolder(folder, "scheduler/scheduler_config.json"))
            return try body(folder)
        }
    }

    private func makeFolder(_ root: URL, _ file: String) throws -> URL {
        let url = root.appending(path: file)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        return url
    }

    @Test("the image decoded from DDIM's latents is diffusers'", arguments: FoundationFixtures.folders)
    func decodedImage(folder: String) throws {
        try computing {
            let expected = try FoundationFixtures.expected(folder)
            let autoencoder = try FoundationFolder(path: folder).autoencoder()
            let latents = try expected.tensor(named: "ddim_latents") / autoencoder.configuration.scalingFactor
            let image = (autoencoder.decode(latents) * 0.5 + 0.5).clamp(0, 1)
            #expect(FoundationFixtures.difference(image, try expected.tensor(named: "ddim_image")) < 1e-4)
        }
    }

    @Test(
        "a checkpoint with a tokenizer gives diffusers' image from its prompts",
        arguments: TokenizerTests.folders)
    func endToEnd(original: String) throws {
        try withTemporaryFolder { folder in
            try Self.link(original, to: folder)
            try drawFromPrompts(folder)
        }
    }

    /// The reference was drawn with DDIM that bounds nothing, which a file that another class wrote does not
    /// say: a folder of links whose scheduler's file does.
    private static func link(_ original: String, to folder: String) throws {
        let manager = FileManager.default, name = "scheduler/scheduler_config.json"
        for entry in try manager.contentsOfDirectory(atPath: original) where entry != "scheduler" {
            try manager.createSymbolicLink(
                atPath: "\(folder)/\(entry)", withDestinationPath: "\(original)/\(entry)")
        }
        let file = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(filePath: "\(original)/\(name)")))
        var values = try #require(file as? [String: Any])
        if values["clip_sample"] == nil { values["clip_sample"] = false }
        try manager.createDirectory(atPath: "\(folder)/scheduler", withIntermediateDirectories: true)
        try JSONSerialization.data(withJSONObject: values).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    private func drawFromPrompts(_ folder: String) throws {
        try computing {
            let expected = try FoundationFixtures.expected(folder)
            let prompts = try JSONDecoder().decode(
                [String].self, from: Data((expected.metadata["prompts"] ?? "").utf8))
            let pipeline = try TextToImagePipeline(folder: URL(filePath: folder))
            for (index, prompt) in prompts.enumerated() {
                let states = try expected.tensor(named: "text_embeddings").narrow(0, from: index, count: 1)
                #expect(FoundationFixtures.difference(pipeline.encode(prompt: prompt), states) < 1e-4)
            }
            let latents = try pipeline.latents(
                from: try expected.tensor(named: "initial_noise"), prompts: Array(prompts[0..<2]),
                options: SamplingOptions(steps: 10, guidance: 7.5, sampler: "ddim"))
            let image = (pipeline.decode(latents) * 0.5 + 0.5).clamp(0, 1)
            #expect(FoundationFixtures.difference(image, try expected.tensor(named: "ddim_image")) < 1e-4)
        }
    }

    @Test("an image depends on its prompt and seed, and on its neighbours at most by a rounding")
    func neighbours() throws {
        try withTinyModel { folder in
            try computing {
                let pipeline = try TextToImagePipeline(folder: folder)
                let prompts = ["a photo of a star", "a photo of a mug", "a photo of a star"]
                let options = SamplingOptions(steps: 3, batch: 2)
                let together = try pipeline.images(prompts: prompts, seeds: [1, 2, 3], options: options)
                #expect(together.count == 3 * 3 * 8 * 8)
                #expect(
                    try pipeline.images(prompts: prompts, seeds: [1, 2, 3], options: options) == together)
                for index in 0..<3 {
                    let alone = try pipeline.images(
                        prompts: [prompts[index]], seeds: [UInt64(index + 1)], options: options)
                    let part = together[index * 192..<(index + 1) * 192]
                    #expect(zip(alone, part).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
                }
                let other = try pipeline.images(prompts: prompts, seeds: [1, 2, 4], options: options)
                #expect(other[..<384] == together[..<384])
                #expect(other[384...] != together[384...])
            }
        }
    }

    @Test("guidance 1 is the network without a negative prompt, and a negative prompt counts otherwise")
    func guidance() throws {
        try withTinyModel { folder in
            try computing {
                let pipeline = try TextToImagePipeline(folder: folder)
                func latents(_ guidance: Double, _ negative: String) throws -> Tensor {
                    try pipeline.latents(
                        from: pipeline.noise(seed: 1), prompts: ["a photo of a star"],
                        options: SamplingOptions(steps: 2, guidance: guidance, negativePrompt: negative))
                }
                #expect(try FoundationFixtures.difference(latents(1, ""), latents(1, "a mug")) == 0)
                // Led away from the prompt itself, guidance of any weight changes nothing.
                let same = try FoundationFixtures.difference(latents(5, "a photo of a star"), latents(1, ""))
                #expect(same < 1e-4)
                #expect(try FoundationFixtures.difference(latents(5, ""), latents(5, "a mug")) > 1e-4)
            }
        }
    }

    @Test("progress counts up to all images")
    func progress() throws {
        try withTinyModel { folder in
            try computing {
                let pipeline = try TextToImagePipeline(folder: folder)
                var counts: [Int] = []
                _ = try pipeline.images(
                    prompts: Array(repeating: "a mug", count: 5), seeds: [1, 2, 3, 4, 5],
                    options: SamplingOptions(steps: 1, batch: 2)
                ) { counts.append($0) }
                #expect(counts == [2, 4, 5])
            }
        }
    }

    @Test(
        "a folder that lacks a file is refused with its name",
        arguments: [
            "tokenizer/vocab.json", "tokenizer/merges.txt", "scheduler/scheduler_config.json",
            "unet/config.json",
            "text_encoder/config.json", "vae/config.json", "unet/diffusion_pytorch_model.safetensors",
            "text_encoder/model.safetensors", "vae/diffusion_pytorch_model.safetensors",
        ])
    func missingFile(file: String) throws {
        try withTinyModel { folder in
            try FileManager.default.removeItem(at: folder.appending(path: file))
            let error = #expect(throws: (any Error).self) { try TextToImagePipeline(folder: folder) }
            #expect(error.map { "\($0)".contains(file) } == true)
        }
    }

    @Test("parts that do not fit together are refused")
    func mismatch() throws {
        try withTinyModel { folder in
            try TokenizerBuilder(words: ["photo"], maximumLength: 9).write(
                to: folder.appending(path: "tokenizer"))
            let error = #expect(throws: FoundationModelError.self) { try TextToImagePipeline(folder: folder) }
            #expect(error?.description.contains("model_max_length is 9") == true)
        }
    }

    @Test("a contact sheet has every image in its place")
    func contactSheet() {
        // Three images of one colour each, two to a row, with a margin of 1: 2 · 3 + 1 pixels wide and high.
        let colours: [[UInt8]] = [[10, 20, 30], [40, 50, 60], [70, 80, 90]]
        let pixels = colours.flatMap { $0.flatMap { Array(repeating: $0, count: 4) } }
        let sheet = ContactSheet.image(pixels: pixels, side: 2, columns: 2, margin: 1)
        #expect((sheet.width, sheet.height) == (7, 7))
        func pixel(_ x: Int, _ y: Int) -> [UInt8] {
            Array(sheet.pixels[3 * (7 * y + x)..<3 * (7 * y + x) + 3])
        }
        #expect(pixel(1, 1) == colours[0] && pixel(5, 2) == colours[1] && pixel(2, 4) == colours[2])
        #expect(pixel(0, 0) == [255, 255, 255] && pixel(4, 5) == [255, 255, 255])
    }
}
