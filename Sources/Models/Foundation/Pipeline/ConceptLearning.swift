import Core

/// Two vectors in the place of states of a prompt: one for the domain of a client's images, the same in the
/// prompts of all classes, and one for the class.
///
/// The concept vectors S and V of Chen et al., "FedBiP", https://arxiv.org/abs/2410.04810, section 3.3, in
/// "A [S] style of a [V]". As in the authors' code (https://github.com/HaokunChen245/FedBiP, train.py) they
/// replace states that the text encoder gives: S that of the second word, V that of the last one.
public struct ConceptPlaces: Sendable, Hashable {
    /// The place of S.
    public let domain: Int
    /// The place of V.
    public let category: Int

    /// The places in a text of so many tokens, not counting its start and end.
    init(tokens: Int) {
        category = max(1, tokens)
        domain = min(2, category - 1)
    }
}

/// What `TextToImagePipeline.learnConcept` has found.
public struct LearnedConcept: Sendable, Hashable {
    /// S, as wide as a state.
    public let domain: [Float]
    /// V of each class, as wide as a state.
    public let categories: [[Float]]
    /// Mean losses of nearly equal parts of the steps, in their order; at most ten.
    public let losses: [Double]
}

extension TextToImagePipeline {
    /// Where the vectors of a concept stand in a prompt.
    func conceptPlaces(of prompt: String) -> ConceptPlaces {
        ConceptPlaces(tokens: min(tokenizer.tokensOfText(prompt).count, tokenizer.maximumLength - 2))
    }

    /// The states of a prompt with a concept's vectors in it.
    ///
    /// - Precondition: both are as wide as a state.
    public func states(of prompt: String, domain: [Float], category: [Float]) -> TextStates {
        let states = states(of: prompt), places = conceptPlaces(of: prompt)
        precondition(
            domain.count == states.width && category.count == states.width, "vectors of another width")
        var values = states.values
        for (place, vector) in [(places.domain, domain), (places.category, category)] {
            values.replaceSubrange(place * states.width..<(place + 1) * states.width, with: vector)
        }
        return TextStates(
            tokens: states.tokens, width: states.width, values: values, pooled: states.pooled)
    }

    /// Learns the vectors of a concept from the images at `indices`, beginning with the states of the
    /// prompts.
    ///
    /// S, V = argmin E ‖ε − ε_θ(z_t, t, c(S, V_y))‖² over the images, the noise and the times: equation 4
    /// of FedBiP. The images are seen in shuffled passes; each is encoded once. A function of the arguments
    /// and the checkpoint.
    ///
    /// - Parameters:
    ///   - prompts: one for each class.
    ///   - images: the set; images of another size than the checkpoint's are resized.
    ///   - indices: those to learn from.
    ///   - classes: the place of each image's class among the prompts.
    ///   - options: how many steps, of how many images, and the learning rate of Adam.
    ///   - seed: of the order, the times and the noise.
    ///   - isCancelled: asked before every step and every encoding.
    /// - Throws: `CancellationError` where `isCancelled` said so; `FoundationModelError.divergedTraining`.
    /// - Precondition: there is an image, and every image has a prompt.
    public func learnConcept(
        of prompts: [String], from images: ImageSet, at indices: [Int], classes: [Int],
        options: InversionOptions, seed: UInt64, isCancelled: () -> Bool = { false }
    ) throws -> LearnedConcept {
        precondition(classes.count == indices.count, "\(classes.count) classes of \(indices.count) images")
        let objective = DiffusionObjective(scheduler.schedule)
        var batches = try LatentBatches(
            of: images, at: indices, steps: options.steps, batch: options.batch, seed: seed, by: self,
            objective, isCancelled: isCancelled)
        let concept = ConceptVectors(
            texts: .concatenate(prompts.map { self.prompts($0) }), places: prompts.map(conceptPlaces))
        let optimizer = AdamW([concept.domain, concept.categories], weightDecay: 0)
        var losses = StepLosses(of: "concept")
        for _ in 0..<options.steps {
            if isCancelled() { throw CancellationError() }
            let batch = batches.next()
            let loss = loss(of: concept.texts(of: batch.places.map { classes[$0] }), batch, objective)
            loss.backward()
            optimizer.step(learningRate: options.learningRate)
            try losses.note(loss.item)
        }
        let width = concept.domain.count, values = concept.categories.detached().floats
        return LearnedConcept(
            domain: concept.domain.detached().floats,
            categories: prompts.indices.map { Array(values[$0 * width..<(1 + $0) * width]) },
            losses: losses.means)
    }
}

/// The vectors of a concept while they are learnt.
package final class ConceptVectors {
    private let frozen: EncodedText
    /// One where a vector stands, `[P, T, 1]`.
    private let domainMask: Tensor
    private let categoryMask: Tensor
    /// S, `[width]`.
    package let domain: Tensor
    /// V of each prompt, `[P, width]`.
    package let categories: Tensor

    /// Begins with the states at the places.
    init(texts: EncodedText, places: [ConceptPlaces]) {
        frozen = texts
        let shape = texts.states.shape
        func mask(_ place: (ConceptPlaces) -> Int) -> Tensor {
            var values = [Float](repeating: 0, count: shape[0] * shape[1])
            for (row, places) in places.enumerated() { values[row * shape[1] + place(places)] = 1 }
            return Tensor(values, shape: [shape[0], shape[1], 1])
        }
        domainMask = mask(\.domain)
        categoryMask = mask(\.category)
        let starts = Torch.withoutGradients { [domainMask, categoryMask] in
            [(texts.states * domainMask).sum([1]), (texts.states * categoryMask).sum([1])]
        }
        domain = starts[0].narrow(0, from: 0, count: 1).reshape([shape[2]]).clone().requiresGradient()
        categories = starts[1].clone().requiresGradient()
    }

    /// As above, of texts that were encoded elsewhere.
    ///
    /// - Parameters:
    ///   - states: `[P, T, width]`.
    ///   - tokens: how many tokens each text has, not counting its start and end.
    package convenience init(states: Tensor, tokens: [Int]) {
        self.init(
            texts: EncodedText(states: states, pooled: nil), places: tokens.map(ConceptPlaces.init(tokens:)))
    }

    /// The states of prompts, one for each row.
    package func states(of rows: [Int]) -> Tensor {
        let rows = Tensor(indices: rows.map(Int64.init)), width = domain.count
        let domainMask = domainMask.select(rows), categoryMask = categoryMask.select(rows)
        let kept = frozen.states.select(rows) * ((domainMask + categoryMask) * -1 + 1)
        return kept + domainMask * domain.reshape([1, 1, width])
            + categoryMask * categories.select(rows).reshape([-1, 1, width])
    }

    func texts(of rows: [Int]) -> EncodedText {
        EncodedText(
            states: states(of: rows),
            pooled: frozen.pooled.map { $0.select(Tensor(indices: rows.map(Int64.init))) })
    }
}
