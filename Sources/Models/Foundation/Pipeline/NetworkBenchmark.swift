import Foundation

/// How long the two large networks of a text-to-image model take on the chosen device.
public struct NetworkBenchmark: Sendable, Hashable {
    /// A call of the UNet with a batch, in seconds.
    public let unetSeconds: Double
    /// Decoding a batch of latents, in seconds.
    public let decoderSeconds: Double

    /// What went in and came out, for comparisons with other programs.
    public struct Values {
        /// Standard normal latents, `[N, C, h, w]`.
        public let latents: Tensor
        /// The time that the UNet is told.
        public let timestep: Double
        /// The text's states, `[N, T, width]`.
        public let states: Tensor
        /// The UNet's answer, float32.
        public let prediction: Tensor
        /// The images decoded from the latents themselves, about −1…1, float32.
        public let images: Tensor

        /// As a safetensors file.
        public func encoded() -> [UInt8] {
            Safetensors.encode(
                [
                    ("latents", latents), ("states", states), ("prediction", prediction), ("images", images),
                ],
                metadata: ["timestep": "\(timestep)"])
        }
    }

    /// Calls the networks with one batch: once before anything is timed, then `calls` times.
    ///
    /// - Parameters:
    ///   - folder: a checkpoint in diffusers' layout.
    ///   - batch: images at a time; the UNet is called with so many, as without guidance.
    ///   - precision: of weights and products.
    ///   - calls: how many are timed; the median counts.
    /// - Throws: `FoundationModelError`, `SafetensorsError`, `TorchError`.
    public static func run(
        folder: URL, batch: Int, precision: SynthesisPrecision = .float32, calls: Int = 3
    ) throws -> (NetworkBenchmark, Values) {
        let pipeline = try TextToImagePipeline(folder: folder, precision: precision)
        let seeds = (0..<UInt64(batch)).map { $0 }
        return try Torch.recovering {
            let latents = pipeline.noise(from: seeds.map(TensorGenerator.init(seed:)))
            let text = pipeline.prompts("A photo of a star")
            let texts = EncodedText.concatenate(seeds.map { _ in text }), timestep = 500.0
            let denoiser = Denoiser(pipeline.unet, precision: precision)
            var prediction = latents, images = latents
            let unet = time(calls) {
                prediction = denoiser.prediction(
                    latents, at: timestep, texts: texts, imageSide: pipeline.imageSide)
            }
            let decoder = time(calls) { images = pipeline.decode(latents) }
            return (
                NetworkBenchmark(unetSeconds: unet, decoderSeconds: decoder),
                Values(
                    latents: latents, timestep: timestep, states: texts.states, prediction: prediction,
                    images: images)
            )
        }
    }

    /// The median of so many calls after a first one, in seconds.
    private static func time(_ calls: Int, _ body: () -> Void) -> Double {
        let times = (0...calls).map { _ in
            BenchmarkTime.measure {
                body()
                Torch.synchronize()
            }.wall
        }
        return times.dropFirst().sorted()[calls / 2]
    }
}

extension Denoiser {
    /// The network's answer for latents at a time of the noise schedule, without guidance, float32.
    func prediction(_ latents: Tensor, at timestep: Double, texts: EncodedText, imageSide: Int) -> Tensor {
        Torch.withoutGradients {
            let context = context(of: texts, imageSide: imageSide, guidance: 1)
            return Torch.withAutocast(to: precision.autocast) {
                unet(latents, timesteps: .full([latents.shape[0]], timestep), context: context)
            }.to(.float32)
        }
    }
}
