import Core

/// What `TextToImagePipeline.trainAdapter` has made.
public struct TrainedAdapter: Sendable, Hashable {
    /// The adapter's file (`LowRankAdapter`).
    public let bytes: [UInt8]
    /// Mean losses of nearly equal parts of the steps, in their order; at most ten.
    public let losses: [Double]
}

/// Fine-tuning of a low-rank adapter of the UNet's attention on images and their prompts.
///
/// A, B = argmin E ‖ε − ε_θ+ΔW(z_t, t, c)‖² with ΔW = α / r · B · A (arXiv 2106.09685, section 4.1; the
/// loss is that of arXiv 2112.10752, equation 2). As in peft A begins uniform within ±1 / √inputs and B
/// with zeros, so that the first step starts from the model itself; AdamW steps both.
extension TextToImagePipeline {
    /// Trains an adapter on the images at `indices`.
    ///
    /// The images are seen in shuffled passes; each is encoded once. A function of the arguments and the
    /// checkpoint, which is as it was afterwards.
    ///
    /// - Parameters:
    ///   - images: the set; images of another size than the checkpoint's are resized.
    ///   - indices: those to learn from.
    ///   - prompts: one for each of them.
    ///   - options: rank and scale, how many steps, of how many images, and how large.
    ///   - precision: of the file, float16 or float32.
    ///   - seed: of the first matrices, the order, the times and the noise.
    ///   - isCancelled: asked before every step and every encoding.
    /// - Throws: `CancellationError` where `isCancelled` said so; `FoundationModelError.divergedTraining`.
    /// - Precondition: there is an image.
    public func trainAdapter(
        on images: ImageSet, at indices: [Int], prompts: [String], options: AdapterOptions,
        precision: ElementType, seed: UInt64, isCancelled: () -> Bool = { false }
    ) throws -> TrainedAdapter {
        precondition(prompts.count == indices.count, "\(prompts.count) prompts of \(indices.count) images")
        var stream = RandomStream(seed: seed, purpose: "adapter")
        let adaptation = UNetAdaptation(
            unet, tokens: self.prompts.tokenizer.maximumLength, options,
            initializedBy: TensorGenerator(seed: stream.next()))
        defer { adaptation.end() }
        let objective = DiffusionObjective(scheduler.schedule)
        var batches = try LatentBatches(
            of: images, at: indices, steps: options.steps, batch: options.batch, seed: seed, by: self,
            objective, isCancelled: isCancelled)
        var losses = StepLosses(of: "adapter")
        for _ in 0..<options.steps {
            if isCancelled() { throw CancellationError() }
            let batch = batches.next()
            let texts = EncodedText.concatenate(batch.places.map { self.prompts(prompts[$0]) })
            try losses.note(
                adaptation.step(learningRate: options.learningRate) {
                    loss(of: texts, batch, objective)
                })
        }
        return TrainedAdapter(bytes: adaptation.encoded(as: precision), losses: losses.means)
    }

    /// The denoiser's loss on a batch, each image with its own text.
    func loss(of texts: EncodedText, _ batch: LatentBatch, _ objective: DiffusionObjective) -> Tensor {
        Torch.withAutocast(to: precision.autocast) {
            objective.loss(
                of: unet, latents: batch.latents, noise: batch.noise, timesteps: batch.timesteps,
                context: Denoiser(unet, precision: precision).context(
                    of: texts, imageSide: imageSide, guidance: 1))
        }
    }

    /// Does `body` with the UNet of an adapter's file, W + α / r · B · A in the place of W; afterwards the
    /// model is as it was.
    ///
    /// - Parameters:
    ///   - file: the bytes of a file that changes layers of the UNet alone.
    ///   - body: what is done.
    /// - Throws: `SafetensorsError`, `FoundationModelError.adapter` where it is no adapter of this model;
    ///   what `body` throws.
    public func withAdapter<Result>(_ file: [UInt8], _ body: () throws -> Result) throws -> Result {
        let name = "a client's adapter"
        let adapter = try LoRAFile(
            SafetensorsFile(bytes: file, name: name), path: name,
            resnetsPerLevel: unet.configuration.layersPerBlock[0])
        let owned = OwnedWeights(try adapter.targets(in: [.unet: unet.parameters]))
        defer { owned.giveBack() }
        try adapter.merge(into: [.unet: unet.parameters], scale: 1)
        return try body()
    }
}

/// A UNet whose attention is being adapted: the changes are merged into its weights before every step, and
/// gradients of the weights are carried on to the matrices: ∂L/∂B = α / r · G Aᵀ and ∂L/∂A = α / r · Bᵀ G
/// of the gradient G of a merged weight.
package final class UNetAdaptation {
    package let layers: [AttentionLayer]
    private let owned: OwnedWeights
    private var weights: [Tensor] { owned.weights }
    /// A of each layer, `[rank, inputs]`.
    package let downs: [Tensor]
    /// B of each layer, `[outputs, rank]`.
    package let ups: [Tensor]
    private let optimizer: AdamW
    private let options: AdapterOptions
    private var scale: Double { options.alpha / Double(options.rank) }

    /// Begins; `end()` has to follow.
    ///
    /// - Parameters:
    ///   - unet: what is adapted.
    ///   - tokens: of a text.
    ///   - options: the rank is at most the width of the narrowest layer.
    ///   - generator: draws the first A of each layer.
    package init(
        _ unet: UNet2DConditionModel, tokens: Int, _ options: AdapterOptions,
        initializedBy generator: TensorGenerator
    ) {
        layers = FoundationOperations.attention(of: unet, tokens: tokens)
        self.options = options
        owned = OwnedWeights(layers.compactMap { unet.parameters["\($0.name).weight"] })
        downs = layers.map {
            Initializer.fanIn($0.inputs).make([options.rank, $0.inputs], generator).requiresGradient()
        }
        ups = layers.map { Tensor.zeros([$0.outputs, options.rank]).requiresGradient() }
        optimizer = AdamW(downs + ups)
        for weight in weights { weight.requiresGradient() }
    }

    /// Makes a step and returns the loss before it.
    package func step(learningRate: Double, _ loss: () -> Tensor) -> Double {
        merge()
        let loss = loss()
        loss.backward()
        var products: Tensor?
        for (index, weight) in weights.enumerated() {
            guard let gradient = weight.gradient else { continue }
            let term = (ups[index].matmul(downs[index]) * gradient).sum()
            products = products.map { $0 + term } ?? term
        }
        ParameterLists.clearGradients(of: weights)
        if let products { (products * scale).backward() }
        optimizer.step(learningRate: learningRate)
        return loss.item
    }

    /// W + α / r · B · A in the place of W.
    private func merge() {
        Torch.withoutGradients {
            for (index, weight) in weights.enumerated() {
                weight.copy(from: owned.originals[index] + ups[index].matmul(downs[index]) * scale)
            }
        }
    }

    /// The network as it was.
    package func end() {
        ParameterLists.clearGradients(of: weights)
        for weight in weights { weight.requiresGradient(false) }
        owned.giveBack()
    }

    /// The adapter's file.
    func encoded(as type: ElementType) -> [UInt8] {
        Torch.withoutGradients {
            LowRankAdapter.encode(
                layers.indices.map { (layers[$0], downs[$0].detached(), ups[$0].detached()) }, options,
                as: type)
        }
    }
}
