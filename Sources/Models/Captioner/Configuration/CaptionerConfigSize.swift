extension Blip2Configuration {
    /// The number of weights of a captioner of this shape. A real number, since sizes that a file invents may
    /// multiply beyond any integer.
    public var parameterCount: Double {
        let bridge = (Double(qformer.width) + 1) * Double(text.width)
        return vision.parameterCount + Double(queryTokens * qformer.width)
            + qformer.parameterCount(imageWidth: vision.width) + bridge + text.parameterCount
    }
}

extension VisionTransformerConfiguration {
    var parameterCount: Double {
        let width = Double(width), hidden = Double(hiddenWidth), patch = Double(patchSide)
        let projection = 3 * width * width + (hasProjectionBias ? 3 * width : 0)
        let layer =
            projection + linear(width, width) + linear(width, hidden) + linear(hidden, width) + 4 * width
        // The class embedding, the positions, the patches, and the last normalization.
        let rest = (1 + Double(tokens)) * width + linear(3 * patch * patch, width) + 2 * width
        return Double(layers) * layer + rest
    }
}

extension QFormerConfiguration {
    func parameterCount(imageWidth: Int) -> Double {
        let width = Double(width), hidden = Double(hiddenWidth), image = Double(imageWidth)
        let layer = 4 * linear(width, width) + linear(width, hidden) + linear(hidden, width) + 4 * width
        let cross = 2 * linear(width, width) + 2 * linear(image, width) + 2 * width
        let crossLayers = (layers + crossAttentionFrequency - 1) / crossAttentionFrequency
        return Double(layers) * layer + Double(crossLayers) * cross + 2 * width
    }
}

extension OPTConfiguration {
    var parameterCount: Double {
        let width = Double(width), hidden = Double(hiddenWidth), vocabulary = Double(vocabularySize)
        let layer =
            4 * linear(width, width, bias: hasBias) + linear(width, hidden, bias: hasBias)
            + linear(hidden, width, bias: hasBias) + 4 * width
        // Two rows of positions belong to no position.
        let embeddings = (vocabulary * (tiesEmbeddings ? 1 : 2) + Double(maximumTokens) + 2) * width
        return Double(layers) * layer + embeddings + (hasFinalNorm ? 2 * width : 0)
    }
}

/// Weights of a linear layer.
private func linear(_ inputs: Double, _ outputs: Double, bias: Bool = true) -> Double {
    inputs * outputs + (bias ? outputs : 0)
}
