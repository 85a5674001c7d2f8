/// How images are drawn.
public struct SamplingOptions: Sendable, Hashable {
    /// Calls of the network; each is one of classifier-free guidance's pairs.
    public var steps: Int
    /// Weight of the prompt against the negative prompt; 1 and less leave the negative prompt out, which
    /// halves the cost.
    public var guidance: Double
    /// What images are led away from; the empty text for plain guidance.
    public var negativePrompt: String
    /// A name out of `Samplers.names`; the checkpoint's own sampler where nil.
    public var sampler: String?
    /// Images that go through the networks together.
    public var batch: Int

    public init(
        steps: Int = 10, guidance: Double = 2, negativePrompt: String = "", sampler: String? = nil,
        batch: Int = 32
    ) {
        precondition(steps > 0 && batch > 0, "\(steps) steps, batches of \(batch)")
        self.steps = steps
        self.guidance = guidance
        self.negativePrompt = negativePrompt
        self.sampler = sampler
        self.batch = batch
    }

    /// Whether the negative prompt counts: weights up to 1 mean no guidance, as in diffusers.
    var isGuided: Bool { guidance > 1 }

    /// A sampler for one batch.
    ///
    /// - Throws: as `SchedulerFile.configuration`; `FoundationModelError.impossibleSteps`.
    func makeSampler(for scheduler: SchedulerFile) throws -> any DiffusionSampler {
        try Samplers.planned(scheduler.configuration(for: sampler), steps: steps)
    }
}
