import Foundation
import Models
import Testing

/// Identity of a model folder, and errors for files of the wrong format.
@Suite("Files of checkpoints", .serialized)
struct CheckpointFilesTests {
    /// A copy of the smallest built-in model, which a test may damage.
    private func withModel<Result>(_ body: (String) throws -> Result) throws -> Result {
        try withTemporaryFolder { path in
            let copy = "\(path)/model"
            try FileManager.default.copyItem(
                atPath: FoundationModel.folder(of: .small).path, toPath: copy)
            return try body(copy)
        }
    }

    private func identity(_ folder: String) throws -> String {
        try TextToImagePipeline(folder: URL(filePath: folder)).loadedFiles.sha256()
    }

    private func sentence(_ folder: String) throws -> String {
        do {
            _ = try TextToImagePipeline(folder: URL(filePath: folder))
            Issue.record("\(folder) was opened")
            return ""
        } catch { return "\(error)" }
    }

    private let weights = "unet/diffusion_pytorch_model.safetensors"

    @Test("what is loaded makes a model's identity, whatever else lies beside it, through links too")
    func identity() throws {
        try withModel { model in
            let files = FileManager.default
            let known = try identity(model)
            #expect(
                try TextToImagePipeline(folder: URL(filePath: model)).loadedFiles.names == [
                    "scheduler/scheduler_config.json", "text_encoder/config.json",
                    "text_encoder/model.safetensors",
                    "tokenizer/merges.txt", "tokenizer/special_tokens_map.json",
                    "tokenizer/tokenizer_config.json",
                    "tokenizer/vocab.json", "unet/config.json", weights, "vae/config.json",
                    "vae/diffusion_pytorch_model.safetensors",
                ])
            for name in [".git/config", "README.md", "unet/old.ckpt", "model_index.json", "pretraining.json"]
            {
                let url = URL(filePath: "\(model)/\(name)")
                try files.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data("anything".utf8).write(to: url)
            }
            #expect(try identity(model) == known)
            // As the hub's cache has it: a link for each file, and a linked folder.
            let store = "\(model)-store"
            try files.createDirectory(atPath: store, withIntermediateDirectories: true)
            try files.moveItem(atPath: "\(model)/unet", toPath: "\(store)/unet")
            try files.createSymbolicLink(atPath: "\(model)/unet", withDestinationPath: "../model-store/unet")
            try files.moveItem(atPath: "\(model)/vae/config.json", toPath: "\(store)/4f2a")
            try files.createSymbolicLink(
                atPath: "\(model)/vae/config.json", withDestinationPath: "../../model-store/4f2a")
            #expect(try identity(model) == known)
            // Other weights behind the link are another model.
            var bytes = try Data(contentsOf: URL(filePath: "\(store)/\(weights)"))
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: URL(filePath: "\(store)/\(weights)"))
            #expect(try identity(model) != known)
        }
    }

    @Test(
        "each file that is loaded is part of the identity",
        arguments: [
            "scheduler/scheduler_config.json", "text_encoder/config.json", "tokenizer/tokenizer_config.json",
            "tokenizer/vocab.json", "tokenizer/merges.txt", "unet/config.json", "vae/config.json",
        ])
    func parts(name: String) throws {
        try withModel { model in
            let known = try identity(model), url = URL(filePath: "\(model)/\(name)")
            try (Data(contentsOf: url) + Data("\n".utf8)).write(to: url)
            #expect(try identity(model) != known)
        }
    }

    @Test(
        "a file of another format is named with its format",
        arguments: [
            (
                "version https://git-lfs.github.com/spec/v1\noid sha256:19da\nsize 3455576\n",
                "a git-lfs pointer, not the file itself"
            ),
            ("\n<!DOCTYPE html><html><body>Sign in</body></html>", "a web page, not the file itself"),
            ("", "an empty file"), ("<?xml version='1.0'?><Error/>", "a server's answer in XML"),
            ("Rar!\u{1A}\u{7}\u{1}", "a RAR archive"), ("BZh91AY&SY", "a bzip2 file"),
        ])
    func foreign(content: String, words: String) throws {
        for name in [
            weights, "scheduler/scheduler_config.json", "tokenizer/merges.txt", "tokenizer/vocab.json",
        ] {
            try withModel { model in
                try Data(content.utf8).write(to: URL(filePath: "\(model)/\(name)"))
                #expect(try sentence(model).hasPrefix("\(model)/\(name): this is \(words)"))
            }
        }
    }

    @Test("another pipeline is named before parts are missed, and so is a model of the original layout")
    func otherPipelines() throws {
        try withTemporaryFolder { folder in
            let index = URL(filePath: "\(folder)/model_index.json")
            try Data(#"{"_class_name": "FluxPipeline"}"#.utf8).write(to: index)
            let named = try sentence(folder)
            #expect(named.hasPrefix("\(index.path): '_class_name' is \"FluxPipeline\"; allowed"))
            try FileManager.default.removeItem(at: index)
            try Data([0]).write(to: URL(filePath: "\(folder)/v1-5-pruned.safetensors"))
            #expect(try sentence(folder).contains("v1-5-pruned.safetensors may be whole models"))
        }
    }

    @Test("a folder of the hub's cache names the folders that hold its models")
    func hubCache() throws {
        try withModel { model in
            let cache = "\(model)-cache"
            try FileManager.default.createDirectory(
                atPath: "\(cache)/snapshots", withIntermediateDirectories: true)
            try FileManager.default.moveItem(atPath: model, toPath: "\(cache)/snapshots/0a1b")
            let words =
                "\(cache): a folder of the hub's cache, not of a model; allowed: \(cache)/snapshots/0a1b"
            #expect(try sentence(cache) == words)
            let error = #expect(throws: FoundationModelError.self) { try CaptionerFolder(path: cache) }
            #expect("\(try #require(error))" == words)
            #expect(throws: Never.self) { try identity("\(cache)/snapshots/0a1b") }
        }
    }

    @Test("weights in other formats, and text in their place, are told")
    func otherWeights() throws {
        try withModel { model in
            let whole = "\(model)/text_encoder/model.safetensors"
            try FileManager.default.moveItem(atPath: whole, toPath: "\(model)/text_encoder/pytorch_model.bin")
            #expect(
                try sentence(model).hasPrefix(
                    "\(whole): missing; the weights are here as pytorch_model.bin only, and only "
                        + ".safetensors are read"
                ))
            try FileManager.default.removeItem(atPath: "\(model)/text_encoder/pytorch_model.bin")
            #expect(try sentence(model) == "\(whole): cannot be read: No such file or directory")
            try Data().write(to: URL(filePath: "\(model)/text_encoder/model.non_ema.safetensors"))
            #expect(
                try sentence(model)
                    == "\(whole): missing; the weights are here as model.non_ema.safetensors only, a "
                    + "variant that is not read; allowed: the plain files or their fp16 variant")
            // A configuration has no megabyte.
            let configuration = "\(model)/text_encoder/config.json"
            let text = try Data(contentsOf: URL(filePath: configuration))
            try (text + Data(repeating: 0x20, count: 1 << 20)).write(to: URL(filePath: configuration))
            #expect(try sentence(model).contains("allowed are 1048576"))
            try text.write(to: URL(filePath: configuration))
            for (content, words) in [
                ("Entry not found, and some more", "text that begins with 'Entry not found, and some more'"),
                ("PK\u{3}\u{4} and so on", "a zip file, as PyTorch writes weights, not safetensors"),
            ] {
                try Data(content.utf8).write(to: URL(filePath: whole))
                #expect(try sentence(model) == "\(whole): this is \(words)")
            }
        }
    }

    @Test(
        "pipes, devices and folders are not waited for",
        arguments: ["unet/config.json", "text_encoder/model.safetensors"])
    func noFiles(name: String) throws {
        try withModel { model in
            let path = "\(model)/\(name)"
            try FileManager.default.removeItem(atPath: path)
            #expect(mkfifo(path, 0o600) == 0)
            #expect(try sentence(model) == "\(path): this is a pipe; a regular file is needed")
            for (target, words) in [
                ("/dev/zero", "this is a device; a regular file is needed"),
                ("/tmp", "this is a folder; a regular file is needed"),
                ("/proc/self/maps", "this is an empty file"), ("/nowhere", "it is a link to /nowhere"),
            ] {
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
                #expect(try sentence(model).hasSuffix(words))
            }
        }
    }

    @Test("a fault in JSON is told with line and column")
    func brokenJSON() throws {
        try withModel { model in
            let path = "\(model)/unet/config.json"
            try Data("{\n  \"act_fn\": \"silu\",\n  ,\n}".utf8).write(to: URL(filePath: path))
            #expect(try sentence(model) == "\(path):3:3: not JSON: ',' instead of a key in quotes")
            try #require("{}".data(using: .utf16)).write(to: URL(filePath: path))
            #expect(
                try sentence(model) == "\(path):1:1: not JSON: the file is in UTF-16; save it in UTF-8")
        }
    }

    /// Rewrites the weights of a copy with one element changed.
    private func spoil(_ path: String, tensor name: String, to value: Float) throws {
        let file = try SafetensorsFile(path: path)
        let tensors = try file.names.map { entry in
            var values = try file.tensor(named: entry).to(.float32).floats
            if entry == name { values[1] = value }
            return (name: entry, tensor: Tensor(values, shape: file.shape(of: entry) ?? []))
        }
        try Safetensors.write(tensors, to: path, as: .float16)
    }

    @Test(
        "a weight that is not a finite number is refused with file and tensor",
        arguments: [Float.nan, .infinity, -.infinity])
    func notANumber(value: Float) throws {
        try withModel { model in
            let path = "\(model)/\(weights)"
            try spoil(path, tensor: "conv_out.bias", to: value)
            let words = value.isNaN ? "not a number" : "infinite as a 32-bit number"
            #expect(
                try sentence(model)
                    == "\(path): element 1 of tensor conv_out.bias is \(words); a model's weights are finite "
                        + "numbers"
            )
        }
        try withTemporaryFolder { path in
            let copy = "\(path)/captioner"
            try FileManager.default.copyItem(atPath: CaptionerModel.builtin.path, toPath: copy)
            let name = "language_model.model.decoder.final_layer_norm.bias"
            try spoil("\(copy)/model.safetensors", tensor: name, to: value)
            let error = #expect(throws: SafetensorsError.self) {
                try CaptionPipeline(folder: URL(filePath: copy))
            }
            #expect(error?.description.contains("model.safetensors: element 1 of tensor \(name) is ") == true)
        }
    }

    @Test("images of finite weights that are not numbers are an error, not black")
    func blackImages() throws {
        try withModel { model in
            // 65,504 over what is left of the image at the noisiest step, 2e-19, and over 1e-6, and times
            // 65,504 twice: 1e39 is more than 32 bits hold, though every weight is finite.
            let decoder = "\(model)/vae/diffusion_pytorch_model.safetensors"
            try spoil("\(model)/\(weights)", tensor: "conv_out.bias", to: 65504)
            try spoil(decoder, tensor: "post_quant_conv.weight", to: 65504)
            try spoil(decoder, tensor: "decoder.conv_in.weight", to: 65504)
            let settings = URL(filePath: "\(model)/vae/config.json")
            let text = try String(contentsOf: settings, encoding: .utf8)
            try Data(text.replacing("\"scaling_factor\" : 1", with: "\"scaling_factor\" : 1e-6").utf8)
                .write(to: settings)
            let scheduler = URL(filePath: "\(model)/scheduler/scheduler_config.json")
            try Data(
                """
                {"_class_name": "DDIMScheduler", "beta_end": 0.1625, "clip_sample": false,
                "timestep_spacing": "trailing"}
                """.utf8
            ).write(to: scheduler)
            let pipeline = try TextToImagePipeline(folder: URL(filePath: model))
            computing {
                let error = #expect(throws: FoundationModelError.self) {
                    try pipeline.images(
                        prompts: ["A photo of a star"], seeds: [7], options: SamplingOptions(steps: 2))
                }
                #expect(error == .notANumber(path: model, prompt: "A photo of a star", seed: 7))
            }
        }
    }

    @Test(
        "sizes that the weights do not bear out cost no memory",
        arguments: [
            ("unet", "block_out_channels", "[65536, 65536, 65536]"), ("unet", "cross_attention_dim", "65536"),
            ("unet", "transformer_layers_per_block", "1000"), ("unet", "layers_per_block", "1000"),
            ("text_encoder", "vocab_size", "1000000"), ("text_encoder", "num_hidden_layers", "1000"),
            ("vae", "block_out_channels", "[65536, 65536]"), ("unet", "time_embedding_dim", "1000000"),
        ])
    func sizes(part: String, key: String, value: String) throws {
        try withModel { model in
            let url = URL(filePath: "\(model)/\(part)/config.json")
            var object = try #require(
                JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
            object[key] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
            try JSONSerialization.data(withJSONObject: object).write(to: url)
            let words = try sentence(model)
            #expect(
                words.hasPrefix(model) && words.contains("config.json")
                    || words.contains("they must be equal"), "\(words)")
        }
    }

    @Test("weights are counted from a shape alone", arguments: FoundationFixtures.folders)
    func counts(folder: String) throws {
        let shapes = try FoundationFolder(path: folder).configurations()
        requireCounts(shapes)
    }

    @Test("weights of the real sizes, and of the built-in models, are counted likewise")
    func realCounts() throws {
        let builtin = try FoundationQuality.allCases.filter(\.isShipped).map {
            try FoundationModel.folder(of: $0).path
        }
        for folder in StableDiffusionConfigTests.checkpoints.map(\.path) + builtin {
            var shapes = try FoundationFolder(path: folder).configurations()
            requireCounts(shapes)
            shapes.unet.hasMiddleBlock = false
            requireCounts(shapes)
        }
    }

    private func requireCounts(_ shapes: FoundationFolder.Configurations) {
        #expect(
            shapes.unet.weightCount == Double(UNet2DConditionModel(shapes.unet).parameters.parameterCount))
        #expect(
            shapes.textEncoder.weightCount
                == Double(CLIPTextModel(shapes.textEncoder).parameters.parameterCount))
        #expect(
            shapes.autoencoder.weightCount
                == Double(AutoencoderKL(shapes.autoencoder).parameters.parameterCount))
    }
}
