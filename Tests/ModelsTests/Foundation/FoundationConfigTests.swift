import Foundation
import Models
import Testing

@Suite("Foundation model configurations")
struct FoundationConfigTests {
    /// Reads `json` as a file of this kind would be.
    private static func read<Configuration>(
        _ json: String, _ read: (String) throws -> Configuration
    ) throws -> Configuration {
        try withTemporaryFolder { folder in
            try Data(json.utf8).write(to: URL(fileURLWithPath: "\(folder)/config.json"))
            return try read("\(folder)/config.json")
        }
    }

    /// unet/config.json of Stable Diffusion 2.1-base.
    private static let stableDiffusion2 = """
        "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.10.0.dev0", "act_fn": "silu",
        "attention_head_dim": [5, 10, 20, 20], "block_out_channels": [320, 640, 1280, 1280],
        "center_input_sample": false, "cross_attention_dim": 1024,
        "down_block_types": [
            "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
        "downsample_padding": 1, "dual_cross_attention": false, "flip_sin_to_cos": true, "freq_shift": 0,
        "in_channels": 4, "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-05,
        "norm_num_groups": 32, "num_class_embeds": null, "only_cross_attention": false, "out_channels": 4,
        "sample_size": 64,
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
        "use_linear_projection": true
        """

    @Test("Stable Diffusion 2.1-base's UNet: attention_head_dim is a number of heads")
    func stableDiffusion2() throws {
        let configuration = try Self.read("{\(Self.stableDiffusion2)}", UNetConfiguration.read)
        #expect(configuration.heads == [5, 10, 20, 20])
        #expect(configuration.blockChannels == [320, 640, 1280, 1280])
        #expect(configuration.downBlocks == [.crossAttention, .crossAttention, .crossAttention, .plain])
        #expect(configuration.layersPerBlock == [2, 2, 2, 2] && configuration.contextWidth == 1024)
        #expect(configuration.usesLinearProjection && !configuration.upcastsAttention)
    }

    @Test("Stable Diffusion 1.5's UNet: one number of heads for all levels, convolutional projections")
    func stableDiffusion1() throws {
        let json = Self.stableDiffusion2
            .replacingOccurrences(of: "[5, 10, 20, 20]", with: "8").replacingOccurrences(
                of: "1024", with: "768"
            )
            .replacingOccurrences(of: "\"use_linear_projection\": true", with: "\"sample_size_note\": null")
        let configuration = try Self.read("{\(json)}", UNetConfiguration.read)
        #expect(configuration.heads == [8, 8, 8, 8] && !configuration.usesLinearProjection)
    }

    @Test(
        "a UNet key that would change the computation is refused by name, with its value and what is allowed",
        arguments: [
            ("act_fn", "\"mish\""), ("attention_head_dim", "[5, 10]"),
            ("attention_head_dim", "[3, 10, 20, 20]"),
            ("attention_head_dim", "0"), ("attention_type", "\"gated\""),
            ("addition_embed_type", "\"text_image\""),
            ("block_out_channels", "[320, 640, 1280, 1281]"), ("block_out_channels", "[]"),
            ("block_out_channels", "[320, 640, 1280, -1280]"), ("block_out_channels", "320"),
            ("block_out_channels", "null"), ("block_out_channels", "[1e12, 640, 1280, 1280]"),
            ("center_input_sample", "1"), ("class_embed_type", "\"timestep\""),
            ("cross_attention_dim", "[1024, 512, 1024, 1024]"), ("cross_attention_dim", "\"wide\""),
            ("cross_attention_norm", "\"layer_norm\""), ("conv_in_kernel", "2.5"),
            ("down_block_types", "[\"DownBlock2D\"]"),
            ("down_block_types", "[\"AttnDownBlock2D\", \"DownBlock2D\", \"DownBlock2D\", \"DownBlock2D\"]"),
            ("downsample_padding", "2"), ("sample_size", "[64, 32]"), ("dual_cross_attention", "true"),
            ("encoder_hid_dim", "768"), ("encoder_hid_dim_type", "\"text_proj\""),
            ("flip_sin_to_cos", "\"yes\""),
            ("freq_shift", "-3"), ("in_channels", "0"), ("layers_per_block", "0"),
            ("layers_per_block", "[1, 2]"),
            ("mid_block_scale_factor", "1.4"), ("mid_block_type", "\"UNetMidBlock2DSimpleCrossAttn\""),
            ("norm_num_groups", "null"), ("flip_sin_to_cos", "null"), ("conv_in_kernel", "4"),
            ("layers_per_block", "1000000"), ("transformer_layers_per_block", "[1, 1, 1, 2000]"),
            ("block_out_channels", "[1000000, 1000000, 1000000, 1000000]"), ("sample_size", "60"),
            ("sample_size", "520"),
            ("in_channels", "-4"), ("attention_head_dim", "7"), ("block_out_channels", "NaN"),
            ("norm_eps", "\"small\""), ("norm_num_groups", "33"), ("num_attention_heads", "8"),
            ("num_class_embeds", "10"), ("only_cross_attention", "[true, false, false, false]"),
            ("resnet_out_scale_factor", "2"), ("resnet_skip_time_act", "true"),
            ("resnet_time_scale_shift", "\"scale_shift\""), ("time_cond_proj_dim", "0"),
            ("time_embedding_act_fn", "\"silu\""), ("time_embedding_type", "\"fourier\""),
            ("timestep_post_act", "\"silu\""), ("transformer_layers_per_block", "[[1], [2], [3], [4]]"),
            ("up_block_types", "null"), ("upcast_attention", "3"), ("use_linear_projection", "\"true\""),
            ("a_key_of_the_future", "7"), ("_class_name", "\"UNet3DConditionModel\""),
        ])
    func refused(key: String, value: String) throws {
        let others = Self.stableDiffusion2.split(separator: "\n").joined(separator: " ")
        // The last of two equal keys would win or be an error; take the other one out.
        var object = try #require(
            JSONSerialization.jsonObject(with: Data("{\(others)}".utf8)) as? [String: Any])
        object[key] = nil
        // Python's words for numbers that are none are no JSON to Foundation.
        let rest = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
            .dropLast()
        let json = "\(rest), \"\(key)\": \(value)}"
        let error = #expect(throws: FoundationModelError.self) { try Self.read(json, UNetConfiguration.read) }
        let sentence = error.map { "\($0)" } ?? ""
        #expect(sentence.contains("config.json: "))
        // Heads that do not divide the channels are reported at the channels.
        #expect(sentence.contains(key) || sentence.contains("attention_head_dim"), "\(sentence)")
        #expect(!sentence.contains("\n"))
    }

    @Test("unknown keys that switch something off, and keys private to the library, are accepted")
    func accepted() throws {
        let json = "{\(Self.stableDiffusion2), \"a\": null, \"b\": false, \"c\": [false, null], \"_d\": 5}"
        #expect(throws: Never.self) { try Self.read(json, UNetConfiguration.read) }
    }

    @Test("what acts in training only, a square as two sides and the keys of full dumps are accepted")
    func withoutEffect() throws {
        let json = Self.stableDiffusion2.replacingOccurrences(
            of: "\"sample_size\": 64", with: "\"sample_size\": [64, 64], \"dropout\": 0.1")
        #expect(try Self.read("{\(json)}", UNetConfiguration.read).sampleSize == 64)
        // As transformers 4 wrote it with use_diff=False.
        let text = """
            {"hidden_size": 32, "num_attention_heads": 4, "dropout": 0.1, "attention_dropout": 0.1,
            "chunk_size_feed_forward": 0, "pruned_heads": {}, "max_length": 20, "num_beams": 1, "top_k": 50,
            "repetition_penalty": 1.0, "temperature": 1.0, "tie_word_embeddings": true, "typical_p": 1.0}
            """
        #expect(try Self.read(text, TextEncoderConfiguration.read).width == 32)
    }

    @Test(
        "files of diffusers before 0.9 say 32 and mean 64",
        arguments: [("0.6.0", "32", 64), ("0.8.1", "96", 96), ("0.9.0", "32", 32), ("0.10.2", "32", 32)])
    func oldSampleSize(version: String, size: String, expected: Int) throws {
        let json = Self.stableDiffusion2.replacingOccurrences(of: "0.10.0.dev0", with: version)
            .replacingOccurrences(of: "\"sample_size\": 64", with: "\"sample_size\": \(size)")
        #expect(try Self.read("{\(json)}", UNetConfiguration.read).sampleSize == expected)
    }

    @Test(
        "a text encoder's and an autoencoder's keys are refused alike",
        arguments: [
            ("hidden_act", "\"relu\""), ("hidden_size", "33"), ("num_hidden_layers", "0"),
            ("layer_norm_eps", "-1"),
            ("model_type", "\"t5\""), ("pruned_heads", "{\"0\": [1]}"), ("vocab_size", "\"many\""),
            ("new_key", "true"),
        ])
    func refusedText(key: String, value: String) throws {
        let json = "{\"num_attention_heads\": 4, \"hidden_size\": 32, \"\(key)\": \(value)}"
            .replacingOccurrences(of: key == "hidden_size" ? "\"hidden_size\": 32, " : "\u{0}", with: "")
        let error = #expect(throws: FoundationModelError.self) {
            try Self.read(json, TextEncoderConfiguration.read)
        }
        #expect(error.map { "\($0)".contains(key) } ?? false)
    }

    @Test(
        "an autoencoder's keys are refused by name",
        arguments: [
            ("act_fn", "\"relu\""), ("latents_mean", "[1, 2, 3, 4]"), ("shift_factor", "0.1"),
            ("scaling_factor", "0"),
            ("mid_block_add_attention", "\"no\""), ("norm_num_groups", "5"), ("layers_per_block", "1.5"),
            ("up_block_types", "[\"UpDecoderBlock2D\"]"),
            ("down_block_types", "[\"AttnDownEncoderBlock2D\", \"x\"]"),
        ])
    func refusedAutoencoder(key: String, value: String) throws {
        var object: [String: Any] = [
            "block_out_channels": [32, 64], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
            "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "norm_num_groups": 32,
        ]
        object[key] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        let json = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
        let error = #expect(throws: FoundationModelError.self) {
            try Self.read(json, AutoencoderConfiguration.read)
        }
        #expect(error.map { "\($0)".contains(key) } ?? false)
    }

    @Test("what is no JSON object is refused", arguments: ["", "{", "[1]", "7", "\u{0}", "{\"a\": }"])
    func malformed(json: String) throws {
        let error = #expect(throws: FoundationModelError.self) { try Self.read(json, UNetConfiguration.read) }
        switch error {
        case .malformedJSON?, .brokenJSON?, .foreignContent?: break
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test("configurations survive JSON", arguments: UNetTests.configurations)
    func roundTrip(configuration: UNetConfiguration) throws {
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(UNetConfiguration.self, from: data) == configuration)
    }

    @Test("sentences")
    func sentences() throws {
        let error = FoundationModelError.unknownKey(path: "unet/config.json", key: "depth", value: "3")
        #expect(
            "\(error)"
                == "unet/config.json: 'depth' is 3, but this key is not known; allowed is null or false")
        #expect(
            "\(FoundationModelError.missingKey(path: "vae/config.json", key: "block_out_channels"))"
                == "vae/config.json: the key 'block_out_channels' is missing")
    }

    @Test("a whole CLIP's file beside its text encoder: transformers reads text_config, with its defaults")
    func wholeCLIP() throws {
        // As transformers 4.16 wrote openai/clip-vit-large-patch14's.
        let text = """
            {"_name_or_path": "", "add_cross_attention": false, "architectures": null,
            "attention_dropout": 0.0, "bad_words_ids": null, "bos_token_id": 0,
            "chunk_size_feed_forward": 0, "dropout": 0.0,
            "eos_token_id": 2, "hidden_act": "quick_gelu", "hidden_size": 768, "id2label": {"0": "LABEL_0"},
            "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 77,
            "model_type": "clip_text_model", "num_attention_heads": 12, "num_beams": 1, "pad_token_id": 1,
            "projection_dim": 768, "torch_dtype": null, "transformers_version": "4.16.0.dev0",
            "use_bfloat16": false, "vocab_size": 49408}
            """
        let whole = """
            {"architectures": ["CLIPModel"], "logit_scale_init_value": 2.6592, "model_type": "clip",
            "projection_dim": 512, "text_config": \(text), "text_config_dict": {"hidden_size": 512},
            "vision_config": {"hidden_size": 1024, "model_type": "clip_vision_model"}}
            """
        let expected = try Self.read(text, TextEncoderConfiguration.read)
        #expect(expected.width == 768 && expected.heads == 12 && expected.layers == 12)
        #expect(expected.projectionWidth == 768)
        #expect(try Self.read(whole, TextEncoderConfiguration.read) == expected)
        let error = #expect(throws: FoundationModelError.self) {
            try Self.read(
                whole.replacingOccurrences(of: "\"quick_gelu\"", with: "\"mish\""),
                TextEncoderConfiguration.read)
        }
        #expect("\(try #require(error))".contains("config.json, text_config: 'hidden_act'"))
    }
}
