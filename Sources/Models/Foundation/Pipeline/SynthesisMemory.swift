/// The memory that drawing images takes, estimated from a model's files, of which only the headers are read.
public struct SynthesisMemory: Sendable, Hashable {
    /// Weights, in bytes: the workers of a process share them.
    public let weightBytes: Double
    /// What the networks compute with beside their weights, in bytes, for a batch of images.
    public let activationBytes: Double
    /// What learning through the UNet keeps of each image for the way back, in bytes.
    public let learningBytes: Double

    /// Reads the shapes of a text-to-image model.
    ///
    /// - Parameters:
    ///   - folder: in diffusers' layout.
    ///   - batch: images that go through the networks together; `nil` for the usual number.
    ///   - isGuided: whether each image goes through the UNet twice a step.
    ///   - precision: of weights and products.
    /// - Throws: `FoundationModelError`; `SafetensorsError` for a file's header.
    public init(
        folder: FoundationFolder, batch: Int?, isGuided: Bool, precision: SynthesisPrecision = .float32
    ) throws {
        let files = folder.files, shapes = try folder.configurations(files)
        let side = shapes.unet.sampleSize * shapes.autoencoder.downsampling
        let images = batch ?? TextToImageBatch.usual(imageSide: side)
        let rows = images * (isGuided && shapes.unet.guidanceWidth == nil ? 2 : 1)
        let decoded = min(images, TextToImageBatch.decoded(imageSide: side))
        learningBytes = shapes.unet.learningBytes
        activationBytes = max(
            Double(rows) * shapes.unet.activationBytes,
            Double(decoded) * shapes.autoencoder.decodingBytes(latentSide: shapes.unet.sampleSize))
        var parts: [FoundationFolder.Part] = [.textEncoder, .unet, .autoencoder]
        if shapes.secondTextEncoder != nil { parts.append(.secondTextEncoder) }
        let elements = try parts.reduce(0.0) { sum, part in
            try sum + CheckpointWeights(files.inner(part.rawValue), stem: part.weightStem).elementCount
        }
        weightBytes = elements * (precision == .float32 ? 4 : 2)
    }

    /// Of so many workers, in bytes.
    public func bytes(workers: Int) -> Double { weightBytes + Double(workers) * activationBytes }
}

extension UNetConfiguration {
    /// Memory of one image on its way through the UNet and back, in bytes: fifty-five times what the way up
    /// takes from the way down. Measured: 41 times with `builtin` and 53 with `builtin-small`, alike for a
    /// word, a description, a concept and an adapter.
    fileprivate var learningBytes: Double {
        55 * 4 * blockChannels.indices.reduce(0) { sum, level in
            let edge = Double(max(1, sampleSize >> level))
            return sum + Double(layersPerBlock[level] + 1) * edge * edge * Double(blockChannels[level])
        }
    }

    /// Memory of one pass of one latent, in bytes: what the way up takes from the way down, and twenty times
    /// the numbers of the level that has the most (a gated perceptron alone has eight, and convolutions copy
    /// what they read), with the scores of attention that are not computed in slices.
    fileprivate var activationBytes: Double {
        var kept = 0.0, working = 0.0
        for (level, channels) in blockChannels.enumerated() {
            let tokens = Double(max(1, sampleSize >> level) * max(1, sampleSize >> level))
            let numbers = tokens * Double(channels)
            kept += Double(layersPerBlock[level] + 1) * numbers
            let scores = downBlocks[level] == .crossAttention ? 2 * Double(heads[level]) * tokens * tokens : 0
            let isSliced = tokens * tokens >= Double(Attention.leastSlicedScores)
            working = max(working, 20 * numbers + (isSliced ? 0 : scores))
        }
        return 4 * (kept + working)
    }
}

extension AutoencoderConfiguration {
    /// Memory of decoding one latent, in bytes: eight times the numbers that the level with the most is
    /// given, of which a convolution's copies are two, and freed memory that is kept. Measured: 1.4 to
    /// 2.2 GiB at 512 pixels.
    fileprivate func decodingBytes(latentSide: Int) -> Double {
        let channels = Array(blockChannels.reversed())
        let most = channels.indices.map { level in
            // A level is given what the one before has made twice as wide.
            let side = Double(latentSide << level)
            return side * side * Double(channels[max(level - 1, 0)])
        }
        return 8 * 4 * (most.max() ?? 0)
    }
}
