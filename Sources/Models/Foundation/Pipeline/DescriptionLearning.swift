import Core

/// What `TextToImagePipeline.learnStates` has found.
public struct LearnedStates: Sendable, Hashable {
    /// The states in the place of the prompt's.
    public let states: TextStates
    /// Mean losses of nearly equal parts of the steps, in their order; at most ten.
    public let losses: [Double]
}

/// Descriptions: the states of a text, free to move, that make the frozen model draw certain images.
///
/// d = argmin E ‖ε − ε_θ(z_t, t, d)‖² over the images, the noise and the times: the local descriptions of
/// Yang et al., "FedDEO", https://arxiv.org/abs/2407.19953. Unlike a pseudo-word a description does not go
/// through the text encoder. As in the authors' code (https://github.com/MingzhaoYang/FedDEO,
/// generate_images.py) it begins with the states of the class prompt, and plain gradient descent moves it.
extension TextToImagePipeline {
    /// Learns the states that stand for `prompt` from the images at `indices`.
    ///
    /// The images are seen in shuffled passes; each is encoded once. A function of the arguments and the
    /// checkpoint. The vector that Stable Diffusion XL takes beside the states stays the prompt's.
    ///
    /// - Parameters:
    ///   - prompt: the text whose states are the start.
    ///   - images: the set; images of another size than the checkpoint's are resized.
    ///   - indices: those to learn from.
    ///   - options: how many steps, of how many images, and the learning rate.
    ///   - seed: of the order, the times and the noise.
    ///   - isCancelled: asked before every step and every encoding.
    /// - Throws: `CancellationError` where `isCancelled` said so; `FoundationModelError.divergedTraining`.
    /// - Precondition: there is an image.
    public func learnStates(
        of prompt: String, from images: ImageSet, at indices: [Int], options: InversionOptions, seed: UInt64,
        isCancelled: () -> Bool = { false }
    ) throws -> LearnedStates {
        let objective = DiffusionObjective(scheduler.schedule)
        var batches = try LatentBatches(
            of: images, at: indices, steps: options.steps, batch: options.batch, seed: seed, by: self,
            objective, isCancelled: isCancelled)
        let start = prompts(prompt)
        let states = start.states.clone().requiresGradient()
        let optimizer = SGD([states], momentum: 0, weightDecay: 0)
        var losses = StepLosses(of: "description")
        for _ in 0..<options.steps {
            if isCancelled() { throw CancellationError() }
            let batch = batches.next()
            let text = EncodedText(
                states: states.expand([options.batch] + states.shape.dropFirst()),
                pooled: start.pooled.map { $0.expand([options.batch, $0.shape[1]]) })
            let loss = loss(of: text, batch, objective)
            loss.backward()
            optimizer.step(learningRate: options.learningRate)
            try losses.note(loss.item)
        }
        return LearnedStates(
            states: TextStates(
                tokens: states.shape[1], width: states.shape[2], values: states.detached().floats,
                pooled: start.pooled?.floats ?? []),
            losses: losses.means)
    }
}
