extension CaptionOperations {
    /// Floating-point operations of one image and a caption of `newTokens` tokens by BLIP.
    static func blip(_ configuration: BlipConfiguration, newTokens: Int) -> Double {
        let text = configuration.text, image = configuration.vision, width = Double(text.width)
        let perToken =
            layer(width: text.width, hiddenWidth: text.hiddenWidth) + 4 * width * width
            + attention(pairs: image.tokens, width: text.width)
        // With keys and values kept, token t attends to t tokens.
        let own = attention(pairs: newTokens * (newTokens + 1) / 2, width: text.width)
        let keys = 4 * Double(image.tokens) * Double(image.width) * width
        let head = 2 * (width * width + width * Double(text.vocabularySize))
        return vision(image) + Double(text.layers) * (Double(newTokens) * perToken + own + keys)
            + Double(newTokens) * head
    }

    /// Floating-point operations of one image and a caption of `newTokens` tokens by BLIP-2 with T5.
    static func t5(_ configuration: Blip2T5Configuration, newTokens: Int) -> Double {
        let text = configuration.text, tokens = configuration.queryTokens + configuration.emptyPrompt.count
        let width = Double(text.width), inner = Double(text.innerWidth)
        let perceptron = Double(text.isGated ? 6 : 4) * width * Double(text.hiddenWidth)
        let encoder =
            Double(tokens) * (8 * width * inner + perceptron)
            + attention(pairs: tokens * tokens, width: text.innerWidth)
        let decoder =
            Double(newTokens) * (12 * width * inner + perceptron) + 4 * Double(tokens) * width * inner
            + attention(
                pairs: newTokens * (newTokens + 1) / 2 + newTokens * tokens, width: text.innerWidth)
        return vision(configuration.vision)
            + qformer(configuration.qformer, queries: configuration.queryTokens, image: configuration.vision)
            + 2 * Double(configuration.queryTokens * configuration.qformer.width) * width
            + Double(text.encoderLayers) * encoder + Double(text.decoderLayers) * decoder
            + 2 * Double(newTokens) * width * Double(text.vocabularySize)
    }
}
