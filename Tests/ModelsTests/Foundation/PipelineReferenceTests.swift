import Foundation
import Models
import Testing

/// Whole pipelines against those of diffusers; `Fixtures/pipelines.py` made the folders.
@Suite("Pipelines beside diffusers'")
struct PipelineReferenceTests {
    static let names = [
        "sd-turbo", "bk-sdm-base", "bk-sdm-small", "bk-sdm-tiny", "lcm", "sdxl", "sdxl-turbo",
    ]

    /// The folder of a checkpoint.
    static func folder(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/pipelines/\(name)")
    }

    /// What was asked of diffusers.
    struct Run: Decodable {
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

    /// A copy of a checkpoint with real files in the place of links, whose `model_index.json` has other
    /// values.
    static func copy(_ name: String, to path: String, index changes: [String: Any] = [:]) throws -> URL {
        let source = folder(name), target = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        for entry in try FileManager.default.contentsOfDirectory(atPath: source.path) {
            try FileManager.default.copyItem(
                at: source.appendingPathComponent(entry).resolvingSymlinksInPath(),
                to: target.appendingPathComponent(entry))
        }
        let index = target.appendingPathComponent("model_index.json")
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: index)) as? [String: Any]
        try JSONSerialization.data(withJSONObject: try #require(object).merging(changes) { $1 }).write(
            to: index)
        return target
    }

    @Test("latents of every run are diffusers'", arguments: names)
    func latents(name: String) throws {
        let expected = try SafetensorsFile(path: Self.folder(name).path + "/expected.safetensors")
        func decoded<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: Data(try #require(expected.metadata[key]).utf8))
        }
        let prompts = try decoded("prompts", as: [String].self)
        try withTemporaryFolder { path in
            try computing {
                for (place, run) in try decoded("runs", as: [Run].self).enumerated() {
                    let folder =
                        try run.zeroesEmptyPrompt.map {
                            try Self.copy(name, to: path, index: ["force_zeros_for_empty_prompt": $0])
                        } ?? Self.folder(name)
                    let pipeline = try TextToImagePipeline(folder: folder)
                    let options = SamplingOptions(
                        steps: run.steps, guidance: run.guidance, negativePrompt: run.negative ?? "",
                        sampler: run.scheduler)
                    var draws = 0
                    let latents = try pipeline.latents(
                        from: try expected.tensor(named: "noise"), prompts: prompts, options: options
                    ) {
                        draws += 1
                        let drawn = try! expected.tensor(named: "drawn_\(place)")
                        return drawn.narrow(0, from: draws - 1, count: 1).reshape([2, 4, 8, 8])
                    }
                    let reference = try expected.tensor(named: "latents_\(place)")
                    let scale = max(1, reference.abs().max().item)
                    let difference = FoundationFixtures.difference(latents, reference) / scale
                    #expect(difference < 1e-4, "\(run) differs by \(difference)")
                    guard place == 0 else { continue }
                    let image = (pipeline.decode(latents) / 2 + 0.5).clamp(0, 1)
                    #expect(
                        FoundationFixtures.difference(image, try expected.tensor(named: "image")) < 1e-4)
                }
            }
        }
    }

    @Test(
        "an image's fresh noise comes from its own seed, whatever it is drawn with",
        arguments: ["lcm", "sdxl-turbo"])
    func ownNoise(name: String) throws {
        try computing {
            let pipeline = try TextToImagePipeline(folder: Self.folder(name))
            let options = SamplingOptions(steps: 3, guidance: 1.5)
            let both = try pipeline.images(prompts: ["a star", "a mug"], seeds: [3, 4], options: options)
            let second = try pipeline.images(prompts: ["a mug"], seeds: [4], options: options)
            let other = try pipeline.images(prompts: ["a mug"], seeds: [5], options: options)
            let half = Array(both[(both.count / 2)...])
            #expect(zip(half, second).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
            #expect(second != other)
        }
    }

    @Test("embeddings of a text with two encoders draw what the text draws, and others are refused")
    func embeddings() throws {
        try computing {
            let pipeline = try TextToImagePipeline(folder: Self.folder("sdxl"))
            let options = SamplingOptions(steps: 2, guidance: 3)
            let states = pipeline.states(of: "a red star")
            #expect(states.tokens == 20 && states.width == 24 && states.pooled.count == 12)
            let drawn: [UInt8] = try pipeline.images(of: [.states(states)], seeds: [1], options: options)
            let same: [UInt8] = try pipeline.images(prompts: ["a red star"], seeds: [1], options: options)
            #expect(drawn == same)
            let foreign = TextStates(tokens: 20, width: 24, values: states.values)
            #expect(throws: FoundationModelError.foreignStates(expected: [20, 24, 12], found: [20, 24, 0])) {
                try pipeline.images(of: [.states(foreign)], seeds: [1], options: options)
            }
            #expect(pipeline.tokenWidth == 0)
            let token = TokenPrompt(
                template: "a {class}", placeholder: "{class}", vector: Array(repeating: 0, count: 16))
            let error = #expect(throws: FoundationModelError.self) {
                try pipeline.images(of: [.token(token)], seeds: [1], options: options)
            }
            #expect(error?.description.contains("no words can be learnt") == true)
        }
    }

    @Test(
        "folders that mix models, and pipelines that are not drawn with, are refused by file and key",
        arguments: [
            ("sdxl", "StableDiffusionPipeline", "unet/config.json: 'addition_embed_type' is \"text_time\""),
            ("sd-turbo", "StableDiffusionXLPipeline", "unet/config.json: 'addition_embed_type' is not"),
            ("sd-turbo", "FluxPipeline", "model_index.json: '_class_name' is \"FluxPipeline\""),
            ("sdxl", "StableDiffusionXLImg2ImgPipeline", "allowed is \"StableDiffusionPipeline\" or"),
        ])
    func mixed(name: String, pipeline: String, words: String) throws {
        try withTemporaryFolder { path in
            let folder = try Self.copy(name, to: path, index: ["_class_name": pipeline])
            let error = #expect(throws: FoundationModelError.self) { try TextToImagePipeline(folder: folder) }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
    }

    @Test("parts of one model in the folder of another are refused by what does not fit")
    func foreignParts() throws {
        try withTemporaryFolder { path in
            let large = try Self.copy("sdxl", to: path)
            let manager = FileManager.default
            // The first text encoder in the place of the second.
            try manager.removeItem(at: large.appendingPathComponent("text_encoder_2"))
            try manager.copyItem(
                at: large.appendingPathComponent("text_encoder"),
                to: large.appendingPathComponent("text_encoder_2"))
            let error = #expect(throws: FoundationModelError.self) { try TextToImagePipeline(folder: large) }
            #expect(error?.description.contains("the sum of both text encoders' hidden_size is 32") == true)
            // The weights of another UNet beside the configuration.
            let small = try Self.copy("bk-sdm-small", to: path),
                file = "unet/diffusion_pytorch_model.safetensors"
            try manager.removeItem(at: small.appendingPathComponent(file))
            try manager.copyItem(
                at: Self.folder("bk-sdm-base").appendingPathComponent(file),
                to: small.appendingPathComponent(file))
            let foreign = #expect(throws: SafetensorsError.self) { try TextToImagePipeline(folder: small) }
            #expect(foreign?.description.contains("mid_block") == true, "\(String(describing: foreign))")
        }
    }

    @Test("what a folder has beside its networks is named where it is not used")
    func notices() throws {
        try withTemporaryFolder { path in
            let checker = ["safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"]]
            let folder = try Self.copy("sd-turbo", to: path, index: checker)
            let notices = try TextToImagePipeline(folder: folder).notices
            #expect(notices == ["\(folder.path): not used: safety_checker; images are not filtered"])
            #expect(try TextToImagePipeline(folder: Self.folder("sd-turbo")).notices.isEmpty)
        }
    }
}
