import Foundation
import Models
import Testing

/// Adapters in the layouts that people have; `Fixtures/loras.py` made them and what is drawn with them.
@Suite("Low-rank adapters")
struct LoRATests {
    private static let folder = PipelineReferenceTests.folder("loras")
    private static let names = ["peft", "kohya", "attention-processors", "kohya-xl"]
    private static let prompts = ["A photo of a star", "two red mugs, it's 42!"]

    private static func file(_ name: String) -> String { folder.path + "/\(name).safetensors" }

    private static func base(_ name: String) -> URL {
        PipelineReferenceTests.folder(name == "kohya-xl" ? "sdxl" : "bk-sdm-base")
    }

    @Test("latents with an adapter are those of the merged weights in diffusers", arguments: names)
    func latents(name: String) throws {
        let expected = try SafetensorsFile(path: Self.file("expected"))
        try computing {
            let scale = name == "peft" ? 0.7 : 1
            func latents(_ adapter: LoRAReference?) throws -> Tensor {
                try TextToImagePipeline(folder: Self.base(name), adapter: adapter).latents(
                    from: try expected.tensor(named: "noise"), prompts: Self.prompts,
                    options: SamplingOptions(steps: 3, guidance: 3))
            }
            let reference = try expected.tensor(named: name)
            let found = try latents(LoRAReference(path: Self.file(name), scale: scale))
            #expect(
                FoundationFixtures.difference(found, reference) < 1e-4 * max(1, reference.abs().max().item))
            // Merging changed no file, and a scale of 0 changes nothing.
            let plain = try latents(nil)
            #expect(FoundationFixtures.difference(plain, reference) > 0.1)
            let unchanged = try latents(LoRAReference(path: Self.file(name), scale: 0))
            #expect(FoundationFixtures.difference(unchanged, plain) == 0)
        }
    }

    @Test("a model's identity has the adapter's bytes and scale, not its path")
    func identity() throws {
        func identity(_ adapter: LoRAReference?) throws -> String {
            try TextToImagePipeline(folder: Self.base("kohya"), adapter: adapter).loadedFiles.sha256()
        }
        try withTemporaryFolder { path in
            let copy = path + "/renamed.safetensors"
            try FileManager.default.copyItem(atPath: Self.file("kohya"), toPath: copy)
            let whole = try identity(LoRAReference(path: Self.file("kohya")))
            #expect(try identity(LoRAReference(path: copy)) == whole)
            let others = try [
                identity(nil), identity(LoRAReference(path: copy, scale: 0.5)),
                identity(LoRAReference(path: Self.file("attention-processors"))), whole,
            ]
            #expect(Set(others).count == 4)
        }
    }

    /// A file with tensors of these shapes, all one.
    private func write(_ tensors: [(String, [Int])], to path: String, value: Double = 1) throws -> String {
        let bytes = Safetensors.encode(tensors.map { ($0.0, Tensor.full($0.1, value)) })
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/adapter.safetensors"))
        return path + "/adapter.safetensors"
    }

    private static let query = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
    private static let kohya = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"

    struct Case: CustomTestStringConvertible {
        let tensors: [(String, [Int])]
        let words: String
        var testDescription: String { words }
    }

    static let cases = [
        Case(tensors: [("a", [2, 2])], words: "no low-rank adapter"),
        Case(
            tensors: [
                ("\(query).lora_A.weight", [2, 8]), ("\(query).lora_B.weight", [8, 2]),
                ("b.hada_w1_a", [2, 2]),
            ],
            words: "'b.hada_w1_a' is of no kind of adapter that is merged"),
        Case(
            tensors: [("\(query).lora_A.weight", [2, 8])],
            words: "'\(query).lora_A.weight' has no second matrix beside it"),
        Case(
            tensors: [("\(query).lora_A.weight", [2, 320]), ("\(query).lora_B.weight", [320, 2])],
            words: "'\(query).lora_A.weight' is [2, 320], but the layer"),
        Case(
            tensors: [("\(query).lora_A.weight", [2, 8]), ("\(query).lora_B.weight", [9, 2])],
            words: "'\(query).lora_B.weight' is [9, 2], but the layer"),
        Case(
            tensors: [("\(query).lora_A.weight", [2, 8]), ("\(query).lora_B.weight", [8, 3])],
            words: "has the rank 2, but the second matrix beside it 3"),
        Case(
            tensors: [("\(kohya).lora_down.weight", [0, 8]), ("\(kohya).lora_up.weight", [8, 0])],
            words: "'\(kohya).lora_down.weight' has the rank 0"),
        Case(
            tensors: [("\(kohya).lora_down.weight", [8]), ("\(kohya).lora_up.weight", [8])],
            words: "'\(kohya).lora_down.weight' is [8], but the layer"),
        Case(
            tensors: [
                ("\(kohya).lora_down.weight", [2, 8]), ("\(kohya).lora_up.weight", [8, 2]),
                ("\(kohya).alpha", [2]),
            ],
            words: "'\(kohya).alpha' is [2]"),
        Case(
            tensors: [
                ("transformer.single_blocks.0.attn.to_q.lora_A.weight", [2, 8]),
                ("transformer.single_blocks.0.attn.to_q.lora_B.weight", [8, 2]),
            ],
            words:
                "is for a layer that this model's unet does not have; the adapter was made for another "
                    + "model"),
        Case(
            tensors: [
                ("lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", [1, 8]),
                ("lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_up.weight", [8, 1]),
            ],
            words: "is for a layer that this model's text_encoder_2 does not have"),
    ]

    @Test("files that are no adapter of the model are refused by their key", arguments: cases)
    func refused(item: Case) throws {
        try withTemporaryFolder { path in
            let file = try write(item.tensors, to: path)
            let error = #expect(throws: FoundationModelError.self) {
                try TextToImagePipeline(folder: Self.base("peft"), adapter: LoRAReference(path: file))
            }
            #expect(error?.description.contains(item.words) == true, "\(String(describing: error))")
            #expect(error?.description.hasPrefix(file) == true)
        }
    }

    @Test(
        "an adapter for Stable Diffusion XL does not go into a smaller model, nor one with no numbers into any"
    )
    func foreign() throws {
        let large = #expect(throws: FoundationModelError.self) {
            try TextToImagePipeline(
                folder: Self.base("peft"), adapter: LoRAReference(path: Self.file("kohya-xl")))
        }
        #expect(large?.description.contains("the adapter was made for another model") == true)
        try withTemporaryFolder { path in
            let shapes = [("\(Self.query).lora_A.weight", [2, 8]), ("\(Self.query).lora_B.weight", [8, 2])]
            let file = try write(shapes, to: path, value: .nan)
            let error = #expect(throws: FoundationModelError.self) {
                try TextToImagePipeline(folder: Self.base("peft"), adapter: LoRAReference(path: file))
            }
            #expect(error?.description.contains("has an element that is not a finite number") == true)
            let missing = #expect(throws: SafetensorsError.self) {
                try TextToImagePipeline(
                    folder: Self.base("peft"), adapter: LoRAReference(path: path + "/none.safetensors"))
            }
            #expect(missing?.isFileAccess == true)
        }
    }

    @Test("peft's own file takes its alpha from the configuration beside it, and other merges are refused")
    func peftFolder() throws {
        try withTemporaryFolder { path in
            let file = path + "/adapter_model.safetensors"
            let layer = "base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
            let tensors = [
                ("\(layer).lora_A.weight", Tensor.full([2, 8], 0.1)),
                ("\(layer).lora_B.weight", Tensor.full([8, 2], 0.1)),
            ]
            try Data(Safetensors.encode(tensors)).write(to: URL(fileURLWithPath: file))
            func latents(_ configuration: String?, scale: Double = 1) throws -> Tensor {
                let url = URL(fileURLWithPath: path + "/adapter_config.json")
                try? FileManager.default.removeItem(at: url)
                try configuration.map { try Data($0.utf8).write(to: url) }
                return try computing {
                    let pipeline = try TextToImagePipeline(
                        folder: Self.base("peft"), adapter: LoRAReference(path: file, scale: scale))
                    return try pipeline.latents(
                        from: pipeline.noise(seed: 1), prompts: ["a star"],
                        options: SamplingOptions(steps: 1, guidance: 1))
                }
            }
            // Without a configuration alpha is the rank, 2.
            let doubled = try latents(#"{"lora_alpha": 4, "r": 2, "use_rslora": false, "alpha_pattern": {}}"#)
            #expect(try FoundationFixtures.difference(doubled, latents(nil, scale: 2)) == 0)
            #expect(try FoundationFixtures.difference(doubled, latents(nil)) > 0)
            for key in ["use_dora", "use_rslora"] {
                let error = #expect(throws: FoundationModelError.self) { try latents(#"{"\#(key)": true}"#) }
                #expect(error?.description.contains("'\(key)' is true; allowed is false") == true)
            }
        }
    }
}
