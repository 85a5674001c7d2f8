/// What a latent diffusion model is trained to make small, as its checkpoint's scheduler has it.
///
/// E ‖ε − ε_θ(z_t, t, c)‖² with z_t = √ᾱ_t z + √(1 − ᾱ_t) ε (arXiv 2112.10752, equation 2); where the network predicts
/// velocities, √ᾱ_t ε − √(1 − ᾱ_t) z takes the place of ε (arXiv 2202.00512).
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
        let shape = [timesteps.count, 1, 1, 1]
        let signal = Tensor(timesteps.map { Float(schedule.signal($0)) }, shape: shape)
        let sigma = Tensor(timesteps.map { Float(schedule.noise($0)) }, shape: shape)
        let noisy = latents * signal + noise * sigma
        let answer = unet(noisy, timesteps: Tensor(timesteps.map(Float.init)), context: context)
        let target: Tensor
        switch prediction {
        case .epsilon: target = noise
        case .velocity: target = noise * signal - latents * sigma
        }
        return answer.to(.float32).meanSquaredError(target)
    }
}
