extension ConfigurationFields {
    /// Refuses what nobody read, save the keys that transformers writes into every configuration and that say
    /// nothing about the computation of states and logits.
    mutating func refuseUnlessTransformersOwn() throws {
        // Where the file comes from, and what its classes are called.
        ignore("architectures", "auto_map", "tokenizer_class", "transformers_version", "task_specific_params")
        // Storage, training, and which results a call hands out.
        ignore("dtype", "torch_dtype", "use_bfloat16", "use_cache", "initializer_range", "return_dict")
        ignore("id2label", "label2id", "num_labels", "problem_type", "finetuning_task", "prefix")
        // A chunk at a time or all at once, the perceptrons compute the same.
        ignore("chunk_size_feed_forward")
        try require("pruned_heads", .object([:]))
        ignoreGeneration()
        try refuseOthers()
    }

    /// Refuses heads that do not share out the width, be it given or a default.
    func requireHeads(_ heads: Int, toDivide width: Int) throws {
        guard width % heads == 0 else {
            throw FoundationModelError.unsupportedValue(
                path: file, key: "num_attention_heads", value: "\(heads)",
                allowed: "a divisor of hidden_size \(width)")
        }
    }

    /// Accepts the keys that say how tokens are chosen, which `GenerationConfiguration` reads.
    mutating func ignoreGeneration() {
        for key in GenerationConfiguration.keys { ignore(key) }
    }
}
