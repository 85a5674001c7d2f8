import Models

/// How images are drawn, as work names it.
package struct SamplingSettings: Codable, Sendable, Hashable {
    /// Denoising steps per image.
    let steps: Int
    /// The scale of classifier-free guidance.
    let guidance: Double
    /// A sampler's name; `nil` for the checkpoint's own.
    let sampler: String?
    /// What images are led away from.
    let negativePrompt: String?

    /// Images that go through the networks together; `nil` leaves it to the checkpoint's size.
    let batchImages: Int?

    /// The type of the foundation model's weights and products; `nil` is float32.
    let precision: SynthesisPrecision?

    private enum CodingKeys: String, CodingKey {
        case steps, guidance, sampler, negativePrompt = "negative_prompt", batchImages = "batch_images"
        case precision
    }

    package init(_ settings: Scenario.Synthesis) {
        steps = settings.steps
        guidance = settings.guidance
        sampler = settings.scheduler == .checkpoint ? nil : settings.scheduler.rawValue
        negativePrompt = settings.negativePrompt
        batchImages = settings.batchImages
        precision = settings.precision == .float32 ? nil : settings.precision
    }

    /// As the pipeline takes them.
    ///
    /// - Parameter usualBatch: images drawn together where the scenario leaves it open.
    func options(usualBatch: Int) -> SamplingOptions {
        SamplingOptions(
            steps: steps, guidance: guidance, negativePrompt: negativePrompt ?? "", sampler: sampler,
            batch: batchImages ?? usualBatch)
    }
}
