extension ConfigurationFields {
    /// Accepts the keys that transformers writes into every configuration and that say nothing about the
    /// computation of states and logits.
    ///
    /// - Throws: `FoundationModelError.unsupportedValue` for pruned heads.
    mutating func ignoreTransformersOwn() throws {
        // Where the file comes from, and what its classes are called.
        ignore("architectures", "auto_map", "tokenizer_class", "transformers_version", "task_specific_params")
        // Storage, training, and which results a call hands out.
        ignore("dtype", "torch_dtype", "use_bfloat16", "use_cache", "initializer_range", "return_dict")
        ignore("id2label", "label2id", "num_labels", "problem_type", "finetuning_task", "prefix")
        // A chunk at a time or all at once, the perceptrons compute the same.
        ignore("chunk_size_feed_forward")
        try require("pruned_heads", .object([:]))
    }

    /// What transformers 4 wrote of the choice of tokens into every configuration, also into those of
    /// networks that generate none.
    static let generationKeys = [
        "bad_words_ids", "begin_suppress_tokens", "decoder_start_token_id", "diversity_penalty", "do_sample",
        "early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty",
        "forced_bos_token_id", "forced_eos_token_id", "length_penalty", "max_length", "min_length",
        "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences", "output_scores",
        "remove_invalid_values", "repetition_penalty", "return_dict_in_generate", "sep_token_id",
        "suppress_tokens", "temperature", "top_k", "top_p", "typical_p",
    ]
}
