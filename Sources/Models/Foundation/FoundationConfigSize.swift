// The number of weights of networks of a shape, from the shape alone: real numbers, since sizes that a file
// invents may multiply beyond any integer.

extension TextEncoderConfiguration {
    /// The number of weights of a text encoder of this shape.
    package var weightCount: Double {
        let width = Double(width), hidden = Double(hiddenWidth)
        let layer = 4 * linear(width, width) + linear(width, hidden) + linear(hidden, width) + 4 * width
        return (Double(vocabularySize) + Double(maximumTokens)) * width + Double(layers) * layer + 2 * width
    }
}

extension UNetConfiguration {
    /// The number of weights of a denoiser of this shape.
    package var weightCount: Double {
        let channels = blockChannels.map(Double.init), last = channels.count - 1
        let time = timeWidth.map(Double.init) ?? 4 * channels[0], context = Double(contextWidth)
        var sum = convolution(Double(inputChannels), channels[0], kernel: inputKernel)
        sum += linear(channels[0], time) + linear(time, time)
        // Four projections of the pooled text, its position, and two normalizations.
        if textPoolingHeads != nil {
            sum += 3 * linear(context, context) + 3 * context + linear(context, time) + 2 * time
        }
        if let sizes = sizeEmbedding { sum += linear(Double(sizes.inputWidth), time) + linear(time, time) }
        if let guidanceWidth { sum += Double(guidanceWidth) * channels[0] }
        func transformers(_ level: Int, _ count: Int) -> Double {
            Double(count)
                * transformer(channels[level], context: context, blocks: Double(transformerLayers[level]))
        }
        for level in channels.indices {
            let own = channels[level], before = channels[max(level - 1, 0)], layers = layersPerBlock[level]
            sum += residual(before, own, time: time) + Double(layers - 1) * residual(own, own, time: time)
            if downBlocks[level] == .crossAttention { sum += transformers(level, layers) }
            if level < last { sum += convolution(own, own) }
            // The way up: one block more, each fed with what the way down has kept.
            let above = channels[min(level + 1, last)]
            sum += (0...layers).reduce(0) { sum, layer in
                sum + residual((layer == 0 ? above : own) + (layer == layers ? before : own), own, time: time)
            }
            if upBlocks[last - level] == .crossAttention { sum += transformers(level, layers + 1) }
            if level > 0 { sum += convolution(own, own) }
        }
        if hasMiddleBlock {
            sum += 2 * residual(channels[last], channels[last], time: time) + transformers(last, 1)
        }
        return sum + 2 * channels[0] + convolution(channels[0], Double(outputChannels), kernel: outputKernel)
    }
}

extension AutoencoderConfiguration {
    /// The number of weights of an autoencoder of this shape.
    package var weightCount: Double {
        let channels = blockChannels.map(Double.init), last = channels.count - 1
        let latent = Double(latentChannels), layers = Double(layersPerBlock)
        var middle = 2 * residual(channels[last], channels[last])
        if middleAttention { middle += 4 * linear(channels[last], channels[last]) + 2 * channels[last] }
        var sum =
            convolution(Double(inputChannels), channels[0]) + convolution(latent, channels[last]) + 2 * middle
        for level in channels.indices {
            let own = channels[level]
            sum += residual(channels[max(level - 1, 0)], own) + (layers - 1) * residual(own, own)
            sum += residual(channels[min(level + 1, last)], own) + layers * residual(own, own)
            sum += Double((level < last ? 1 : 0) + (level > 0 ? 1 : 0)) * convolution(own, own)
        }
        sum += 2 * channels[last] + convolution(channels[last], 2 * latent)
        sum += 2 * channels[0] + convolution(channels[0], Double(outputChannels))
        if quantConvolution { sum += convolution(2 * latent, 2 * latent, kernel: 1) }
        if postQuantConvolution { sum += convolution(latent, latent, kernel: 1) }
        return sum
    }
}

private func linear(_ inputs: Double, _ outputs: Double) -> Double { (inputs + 1) * outputs }

private func convolution(_ inputs: Double, _ outputs: Double, kernel: Int = 3) -> Double {
    (inputs * Double(kernel) * Double(kernel) + 1) * outputs
}

/// Two convolutions with their normalizations, a projection of the time, and a shortcut where channels
/// change.
private func residual(_ inputs: Double, _ outputs: Double, time: Double? = nil) -> Double {
    let convolutions = convolution(inputs, outputs) + convolution(outputs, outputs)
    let shortcut = inputs == outputs ? 0 : convolution(inputs, outputs, kernel: 1)
    return convolutions + shortcut + 2 * inputs + 2 * outputs + (time.map { linear($0, outputs) } ?? 0)
}

/// A normalization, projections in and out, and blocks of self-attention, cross-attention and a gated
/// perceptron.
private func transformer(_ width: Double, context: Double, blocks: Double) -> Double {
    let attentions =
        3 * width * width + linear(width, width) + width * width + 2 * context * width + linear(width, width)
    let perceptron = linear(width, 8 * width) + linear(4 * width, width)
    return 2 * width + 2 * linear(width, width) + blocks * (attentions + perceptron + 6 * width)
}
