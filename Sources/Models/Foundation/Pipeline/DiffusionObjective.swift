import Core

/// What a latent diffusion model is trained to make small, as its checkpoint's scheduler has it.
///
/// E ‖ε − ε_θ(z_t, t, c)‖² with z_t = √ᾱ_t z + √(1 − ᾱ_t) ε (arXiv 2112.10752, equation 2); where the network
/// predicts velocities, √ᾱ_t ε − √(1 − ᾱ_t) z takes the place of ε (arXiv 2202.00512).
public struct DiffusionObjective {
    /// How much of the latents is left after each step.
    public let schedule: NoiseSchedule
    private let prediction: SchedulerConfiguration.Prediction

    /// The objective of the checkpoint with this scheduler.
    public init(_ configuration: SchedulerConfiguration) {
        schedule = NoiseSchedule(configuration)
        prediction = configuration.prediction
    }

    /// The mean squared error of a denoiser, as a tensor of one element.
    ///
    /// - Parameters:
    ///   - unet: the denoiser.
    ///   - latents: scaled, `[N, C, h, w]`.
    ///   - noise: standard normal, of that shape.
    ///   - timesteps: a training step for each image, below `schedule.count`.
    ///   - context: states of the texts, `[N, T, width]`.
    public func loss(
        of unet: UNet2DConditionModel, latents: Tensor, noise: Tensor, timesteps: [Int], context: Tensor
    ) -> Tensor {
        loss(
            of: unet, latents: latents, noise: noise, timesteps: timesteps, context: TextContext(context))
    }

    /// As above, for networks that take more of a text than its states.
    func loss(
        of unet: UNet2DConditionModel, latents: Tensor, noise: Tensor, timesteps: [Int], context: TextContext
    ) -> Tensor {
        let example = example(latents: latents, noise: noise, timesteps: timesteps)
        return unet(example.noisy, timesteps: Tensor(timesteps.map(Float.init)), context: context)
            .to(.float32).meanSquaredError(example.target)
    }

    /// The noisy latents that a denoiser is given, and what it is to answer, both `[N, C, h, w]`.
    ///
    /// - Parameters:
    ///   - latents: scaled, `[N, C, h, w]`.
    ///   - noise: standard normal, of that shape.
    ///   - timesteps: a training step for each image, below `schedule.count`.
    func example(latents: Tensor, noise: Tensor, timesteps: [Int]) -> (noisy: Tensor, target: Tensor) {
        let shape = [timesteps.count, 1, 1, 1]
        let signal = Tensor(timesteps.map { Float(schedule.signal($0)) }, shape: shape)
        let sigma = Tensor(timesteps.map { Float(schedule.noise($0)) }, shape: shape)
        let noisy = latents * signal + noise * sigma
        switch prediction {
        case .epsilon: return (noisy, noise)
        case .velocity: return (noisy, noise * signal - latents * sigma)
        case .sample: return (noisy, latents)
        }
    }

    /// Training steps spread evenly over a batch from a uniform offset on: each is uniform, and the loss
    /// varies less (arXiv 2107.00630, appendix I.1).
    func timesteps(_ size: Int, using generator: inout RandomStream) -> [Int] {
        let offset = generator.uniform()
        return (0..<size).map { index in
            let time = (offset + Double(index) / Double(size)).truncatingRemainder(dividingBy: 1)
            return min(Int(time * Double(schedule.count)), schedule.count - 1)
        }
    }
}
