import Models
import Testing

@Suite("Autoencoder")
struct AutoencoderTests {
    static let configurations = [
        AutoencoderConfiguration(blockChannels: [8, 16], normGroups: 4),
        AutoencoderConfiguration(
            inputChannels: 1, outputChannels: 2, latentChannels: 3, blockChannels: [8, 8, 12],
            layersPerBlock: 2,
            normGroups: 4, middleAttention: true, quantConvolution: false, postQuantConvolution: false),
    ]

    @Test("each level but one halves the image", arguments: configurations)
    func shapes(configuration: AutoencoderConfiguration) {
        computing {
            let model = AutoencoderKL(configuration, initializedBy: TensorGenerator(seed: 1))
            let images = Tensor.zeros([2, configuration.inputChannels, 16, 24])
            let mean = model.encode(images).mean
            let factor = configuration.downsampling
            #expect(mean.shape == [2, configuration.latentChannels, 16 / factor, 24 / factor])
            #expect(model.decode(mean).shape == [2, configuration.outputChannels, 16, 24])
        }
    }

    @Test("the loss reaches every parameter", arguments: configurations)
    func gradients(configuration: AutoencoderConfiguration) {
        Torch.prepareThread()
        let generator = TensorGenerator(seed: 1)
        let model = AutoencoderKL(configuration, initializedBy: generator)
        model.parameters.requiresGradient(true)
        let latents = model.encode(.randomNormal([2, configuration.inputChannels, 16, 16], using: generator))
        model.decode(latents.sample(using: generator)).squared().sum().backward()
        for entry in model.parameters.entries {
            // A key's bias shifts every score of a row alike, and softmax does not see it.
            if entry.name.hasSuffix("to_k.bias") { continue }
            #expect(entry.tensor.gradient.map { $0.abs().max().item > 0 } ?? false, "\(entry.name)")
        }
    }

    @Test("samples have the distribution's mean and deviation")
    func sampling() {
        computing {
            let count = 40_000
            let distribution = LatentDistribution(
                mean: .full([count], 3), logVariance: .full([count], -1.3862943611198906))  // deviation 1/2
            let sample = distribution.sample(using: TensorGenerator(seed: 2))
            // Standard errors: 0.5/√n = 0.0025 for the mean, 0.5/√(2n) = 0.0018 for the deviation.
            #expect(abs(sample.mean().item - 3) < 0.0125)
            #expect(abs((sample - 3).squared().mean().item.squareRoot() - 0.5) < 0.01)
        }
    }

    @Test("the variance is bounded, whatever the weights say")
    func bounds() {
        computing {
            let model = AutoencoderKL(Self.configurations[0], initializedBy: TensorGenerator(seed: 1))
            let logVariance = model.encode(.full([1, 3, 8, 8], 1e6)).logVariance
            #expect(logVariance.min().item >= -30 && logVariance.max().item <= 20)
        }
    }
}
