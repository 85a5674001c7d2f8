import Foundation
import Models
import Testing

@Suite("Captioner configurations")
struct CaptionerConfigTests {
    /// Reads `object` as a `config.json`.
    private static func read(_ object: [String: Any]) throws -> Blip2Configuration {
        try withTemporaryFolder { folder in
            let data = try JSONSerialization.data(withJSONObject: object, options: .fragmentsAllowed)
            try data.write(to: URL(fileURLWithPath: "\(folder)/config.json"))
            return try .read("\(folder)/config.json")
        }
    }

    private static func object(_ json: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    /// Salesforce/blip2-opt-2.7b's `config.json`: only what differs from transformers' defaults.
    private static let salesforce = """
        {"architectures": ["Blip2ForConditionalGeneration"], "image_text_hidden_size": 256,
        "image_token_index": 50265, "initializer_factor": 1.0, "initializer_range": 0.02,
        "model_type": "blip-2",
        "num_query_tokens": 32, "torch_dtype": "float32", "transformers_version": "4.47.0.dev0",
        "qformer_config": {"classifier_dropout": null, "model_type": "blip_2_qformer"},
        "text_config": {"_name_or_path": "facebook/opt-2.7b", "activation_dropout": 0.0,
            "architectures": ["OPTForCausalLM"], "eos_token_id": 50118, "ffn_dim": 10240, "hidden_size": 2560,
            "model_type": "opt", "num_attention_heads": 32, "num_hidden_layers": 32, "prefix": "</s>",
            "torch_dtype": "float16", "vocab_size": 50304, "word_embed_proj_dim": 2560},
        "use_decoder_only_language_model": true,
        "vision_config": {"dropout": 0.0, "initializer_factor": 1.0, "model_type": "blip_2_vision_model",
            "num_channels": 3, "projection_dim": 512}}
        """

    @Test("BLIP-2 with OPT-2.7b: what the file leaves out are transformers' defaults")
    func salesforce() throws {
        let configuration = try Self.read(Self.object(Self.salesforce))
        let vision = configuration.vision
        #expect(vision.imageSide == 224 && vision.patchSide == 14)
        #expect(vision.tokens == 257)
        #expect(vision.width == 1408 && vision.hiddenWidth == 6144)
        #expect(vision.layers == 39 && vision.heads == 16)
        #expect(vision.hasProjectionBias && vision.activation == .gelu && vision.normEpsilon == 1e-6)
        let qformer = configuration.qformer
        #expect(qformer.width == 768 && qformer.hiddenWidth == 3072)
        #expect(qformer.layers == 12 && qformer.heads == 12)
        #expect(qformer.crossAttentionFrequency == 2 && qformer.normEpsilon == 1e-12)
        let text = configuration.text
        #expect(text.width == 2560 && text.hiddenWidth == 10240)
        #expect(text.layers == 32 && text.heads == 32)
        #expect(text.vocabularySize == 50304 && text.maximumTokens == 2048 && text.activation == .relu)
        #expect(text.normalizesFirst && text.hasFinalNorm && text.hasBias && text.tiesEmbeddings)
        #expect(configuration.queryTokens == 32 && configuration.tokensForText == 2015)
        #expect(configuration.generation.startToken == 2 && configuration.generation.endTokens == [50118])
        // A caption of 10 tokens takes about 0.5 TFLOP for the image and 0.2 for the text.
        let operations = CaptionOperations(configuration)
        #expect((0.4e12...0.7e12).contains(operations.image))
        #expect((0.1e12...0.3e12).contains(operations.caption(newTokens: 10) - operations.image))
    }

    @Test("the keys that older transformers wrote into every part are accepted with their usual values")
    func older() throws {
        var object = try Self.object(Self.salesforce)
        var text = try #require(object["text_config"] as? [String: Any])
        text.merge(
            try Self.object(
                """
                {"add_cross_attention": false, "bad_words_ids": null, "begin_suppress_tokens": null,
                "chunk_size_feed_forward": 0, "cross_attention_hidden_size": null, "diversity_penalty": 0.0,
                "do_sample": false, "early_stopping": false, "encoder_no_repeat_ngram_size": 0,
                "exponential_decay_length_penalty": null, "finetuning_task": null, "forced_bos_token_id": \
                null,
                "id2label": {"0": "LABEL_0", "1": "LABEL_1"}, "is_decoder": false, "is_encoder_decoder": \
                false,
                "label2id": {"LABEL_0": 0, "LABEL_1": 1}, "length_penalty": 1.0, "max_length": 20,
                "min_length": 0,
                "no_repeat_ngram_size": 0, "num_beam_groups": 1, "num_beams": 1, "num_return_sequences": 1,
                "output_attentions": false, "output_hidden_states": false, "output_scores": false,
                "problem_type": null, "pruned_heads": {}, "remove_invalid_values": false,
                "repetition_penalty": 1.0, "return_dict": true, "return_dict_in_generate": false,
                "sep_token_id": null, "suppress_tokens": null, "task_specific_params": null, "temperature": \
                1.0,
                "tf_legacy_loss": false, "tie_encoder_decoder": false, "tie_word_embeddings": true,
                "tokenizer_class": null, "top_k": 50, "top_p": 1.0, "torchscript": false, "typical_p": 1.0,
                "use_bfloat16": false, "layerdrop": 0.0, "init_std": 0.02, "dropout": 0.1}
                """)
        ) { old, _ in old }
        object["text_config"] = text
        #expect(try Self.read(object) == Self.read(Self.object(Self.salesforce)))
    }

    @Test("how a checkpoint wants captions searched for is read")
    func generation() throws {
        var object = try Self.object(Self.salesforce)
        var text = try #require(object["text_config"] as? [String: Any])
        text.merge(
            [
                "num_beams": 5, "length_penalty": 2, "early_stopping": "never", "max_new_tokens": 40,
                "eos_token_id": [2, 7], "bos_token_id": 3, "pad_token_id": 4,
            ] as [String: Any]
        ) { _, new in new }
        object["text_config"] = text
        #expect(
            try Self.read(object).generation
                == GenerationConfiguration(
                    startToken: 3, endTokens: [2, 7], paddingToken: 4,
                    options: .init(maximumNewTokens: 40, beams: 5, lengthPenalty: 2, stopping: .exact)))
    }

    @Test(
        "a key that would change the computation is refused by name, with its value and what is allowed",
        arguments: [
            ("", "model_type", "\"instructblip\""), ("", "use_decoder_only_language_model", "false"),
            ("", "num_query_tokens", "0"), ("", "num_query_tokens", "2047"), ("", "num_query_tokens", "1.5"),
            ("", "vision_config", "7"), ("", "text_config", "[]"), ("", "a_key_of_the_future", "7"),
            ("vision_config", "model_type", "\"siglip_vision_model\""),
            ("vision_config", "image_size", "[224, 112]"),
            ("vision_config", "image_size", "-1"), ("vision_config", "patch_size", "500"),
            ("vision_config", "hidden_act", "\"relu\""), ("vision_config", "hidden_size", "1409"),
            ("vision_config", "num_channels", "4"), ("vision_config", "layer_norm_eps", "-1"),
            ("vision_config", "qkv_bias", "\"yes\""), ("vision_config", "use_mean_pooling", "true"),
            ("vision_config", "num_attention_heads", "7"), ("qformer_config", "num_attention_heads", "7"),
            ("vision_config", "image_size", "1000000"), ("vision_config", "pruned_heads", "{\"1\": [0]}"),
            ("qformer_config", "use_qformer_text_input", "true"), ("qformer_config", "hidden_size", "770"),
            ("qformer_config", "position_embedding_type", "\"relative_key\""),
            ("qformer_config", "cross_attention_frequency", "0"),
            ("qformer_config", "hidden_act", "\"swish7\""),
            ("text_config", "model_type", "\"t5\""), ("text_config", "activation_function", "\"silu\""),
            ("text_config", "word_embed_proj_dim", "512"), ("text_config", "vocab_size", "1e9"),
            ("text_config", "layer_norm_elementwise_affine", "false"), ("text_config", "hidden_size", "2561"),
            ("text_config", "do_layer_norm_before", "1"), ("text_config", "eos_token_id", "50304"),
            ("text_config", "eos_token_id", "[2, -1]"), ("text_config", "bos_token_id", "\"</s>\""),
            ("text_config", "do_sample", "true"), ("text_config", "repetition_penalty", "1.5"),
            ("text_config", "no_repeat_ngram_size", "3"), ("text_config", "min_length", "8"),
            ("text_config", "num_beam_groups", "2"), ("text_config", "suppress_tokens", "[4]"),
            ("text_config", "early_stopping", "\"soon\""), ("text_config", "num_beams", "0"),
            ("text_config", "length_penalty", "1e9"), ("text_config", "rope_theta", "10000"),
        ])
    func refused(section: String, key: String, value: String) throws {
        var object = try Self.object(Self.salesforce)
        let value = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        if section.isEmpty {
            object[key] = value
        } else {
            var inner = try #require(object[section] as? [String: Any])
            inner[key] = value
            object[section] = inner
        }
        let error = #expect(throws: FoundationModelError.self) { try Self.read(object) }
        let sentence = error.map { "\($0)" } ?? ""
        #expect(
            sentence.contains(key) || key == "image_size" && sentence.contains("'patch_size'"),
            "\(sentence)")
        #expect(
            sentence.contains(section.isEmpty ? "config.json: " : "config.json, \(section): "), "\(sentence)")
        #expect(!sentence.contains("\n"))
    }

    @Test("a captioner with T5 is refused by the name of its language model")
    func flanT5() throws {
        var object = try Self.object(Self.salesforce)
        object["text_config"] = ["model_type": "t5", "d_model": 2048] as [String: Any]
        let error = #expect(throws: FoundationModelError.self) { try Self.read(object) }
        #expect(
            error.map {
                "\($0)".hasSuffix("config.json, text_config: 'model_type' is \"t5\"; allowed is \"opt\"")
            } == true)
    }

    @Test("what is no JSON object is refused", arguments: ["", "{", "[1]", "7", "{\"a\": }"])
    func malformed(json: String) throws {
        try withTemporaryFolder { folder in
            try Data(json.utf8).write(to: URL(fileURLWithPath: "\(folder)/config.json"))
            let error = #expect(throws: FoundationModelError.self) {
                try Blip2Configuration.read("\(folder)/config.json")
            }
            switch error {
            case .malformedJSON?, .brokenJSON?, .foreignContent?: break
            default: Issue.record("\(String(describing: error))")
            }
        }
    }

    @Test("sentences")
    func sentences() {
        let errors: [(CaptionerError, String)] = [
            (
                .noFolder(path: "blip2"),
                "blip2: no such folder; a captioner is a folder in transformers' layout with config.json"
            ),
            (
                .mismatchedSize(path: "blip2", described: 1e30, stored: 1234),
                "blip2: config.json describes a model of 1e+30 weights, but the files hold 1234"
            ),
            (
                .tooManyTokens(prompt: 40, caption: 20, allowed: 39),
                "a prompt of 40 tokens and a caption of up to 20 are too long; "
                    + "the captioner has room for 39 together"
            ),
            (.promptTooLarge(byteCount: 10_000, allowed: 8192), "a prompt has 10000 bytes; allowed are 8192"),
            (
                .imageTooLong(width: 70_000, height: 1, allowed: 65_535),
                "an image has 70000 x 1 pixels; allowed are 65535 along each side"
            ),
        ]
        for (error, sentence) in errors { #expect("\(error)" == sentence) }
        #expect(errors.map(\.0.isFileAccess) == [true, false, false, false, false])
    }
}
