extension ConfigurationFields {
    /// Refuses what nobody read, save the keys that transformers writes into every configuration and that say
    /// nothing about the computation of states and logits.
    mutating func refuseUnlessTransformersOwn() throws {
        try ignoreTransformersOwn()
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
