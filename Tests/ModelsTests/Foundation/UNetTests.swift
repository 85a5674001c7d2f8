import Models
import Testing

@Suite("UNet")
struct UNetTests {
    /// Shapes that differ in every choice a configuration offers.
    static let configurations: [UNetConfiguration] = {
        let builtIn = UNetConfiguration(
            sampleSize: 8, blockChannels: [16, 24, 32], heads: [1, 3, 2], contextWidth: 12, normGroups: 8)
        var convolutional = UNetConfiguration(
            sampleSize: 8, inputChannels: 3, outputChannels: 5, blockChannels: [8, 16],
            downBlocks: [.crossAttention, .plain], upBlocks: [.plain, .crossAttention], layersPerBlock: 2,
            transformerLayers: 2, heads: [2, 4], contextWidth: 12, usesLinearProjection: false, normGroups: 4)
        convolutional.downsamplePadding = 0
        convolutional.centersInput = true
        convolutional.cosineFirst = false
        convolutional.frequencyShift = 1
        convolutional.timeWidth = 20
        convolutional.upcastsAttention = true
        convolutional.layersPerBlock = [1, 3]
        return [builtIn, convolutional]
    }()

    private static func inputs(_ configuration: UNetConfiguration, count: Int, seed: UInt64 = 5) -> (
        Tensor, Tensor
    ) {
        let generator = TensorGenerator(seed: seed)
        let side = configuration.sampleSize
        return (
            .randomNormal([count, configuration.inputChannels, side, side], using: generator),
            .randomNormal([count, 7, configuration.contextWidth], using: generator)
        )
    }

    @Test("the prediction has the latents' size and the configured channels", arguments: configurations)
    func shape(configuration: UNetConfiguration) {
        computing {
            let model = UNet2DConditionModel(configuration, initializedBy: TensorGenerator(seed: 1))
            let (latents, context) = Self.inputs(configuration, count: 3)
            let prediction = model(latents, timesteps: Tensor([1, 500, 999]), context: context)
            #expect(prediction.shape == [3, configuration.outputChannels, 8, 8])
        }
    }

    @Test("a text that is asked again gives the bits of one that is new", arguments: configurations)
    func rememberedText(configuration: UNetConfiguration) {
        computing {
            var pooling = configuration
            pooling.textPoolingHeads = 2
            for configuration in [configuration, pooling] {
                let model = UNet2DConditionModel(configuration, initializedBy: TensorGenerator(seed: 1))
                let (latents, states) = Self.inputs(configuration, count: 2)
                let context = TextContext(states)
                for time: Float in [900, 500, 10] {
                    let again = model(latents, timesteps: Tensor([time, time]), context: context)
                    let anew = model(latents, timesteps: Tensor([time, time]), context: states)
                    #expect(again.floats == anew.floats)
                }
                let other = TextContext(states * 2)
                let times = Tensor([10, 10] as [Float])
                #expect(
                    model(latents, timesteps: times, context: other).floats
                        != model(latents, timesteps: times, context: context).floats)
            }
        }
    }

    @Test("an image's prediction does not depend on the rest of the batch", arguments: configurations)
    func independence(configuration: UNetConfiguration) {
        computing {
            let model = UNet2DConditionModel(configuration, initializedBy: TensorGenerator(seed: 1))
            let (latents, context) = Self.inputs(configuration, count: 3)
            let times: [Float] = [10, 500, 990]
            let together = model(latents, timesteps: Tensor(times), context: context)
            for index in 0..<3 {
                let alone = model(
                    latents.narrow(0, from: index, count: 1), timesteps: Tensor([times[index]]),
                    context: context.narrow(0, from: index, count: 1))
                #expect(
                    FoundationFixtures.difference(alone, together.narrow(0, from: index, count: 1)) < 1e-5)
            }
        }
    }

    @Test(
        "the prediction depends on the time step, fractions included, and on the text",
        arguments: configurations)
    func dependence(configuration: UNetConfiguration) {
        computing {
            let model = UNet2DConditionModel(configuration, initializedBy: TensorGenerator(seed: 1))
            let (latents, context) = Self.inputs(configuration, count: 1)
            let base = model(latents, timesteps: Tensor([500]), context: context)
            let later = model(latents, timesteps: Tensor([500.5]), context: context)
            let otherText = model(latents, timesteps: Tensor([500]), context: context * 2)
            #expect(FoundationFixtures.difference(base, later) > 1e-6)
            #expect(FoundationFixtures.difference(base, otherText) > 1e-6)
        }
    }

    @Test("the loss reaches every parameter", arguments: configurations)
    func gradients(configuration: UNetConfiguration) {
        Torch.prepareThread()
        let model = UNet2DConditionModel(configuration, initializedBy: TensorGenerator(seed: 1))
        model.parameters.requiresGradient(true)
        let (latents, context) = Self.inputs(configuration, count: 2)
        model(latents, timesteps: Tensor([3, 700]), context: context).squared().sum().backward()
        for entry in model.parameters.entries {
            #expect(entry.tensor.gradient.map { $0.abs().max().item > 0 } ?? false, "\(entry.name)")
        }
    }

    @Test(
        "with zero residual outputs the first prediction is zero, and training can leave it",
        arguments: configurations)
    func zeroOutputs(configuration: UNetConfiguration) {
        Torch.prepareThread()
        let model = UNet2DConditionModel(configuration, initializedBy: TensorGenerator(seed: 1))
        model.zeroResidualOutputs()
        model.parameters.requiresGradient(true)
        let (latents, context) = Self.inputs(configuration, count: 2)
        let prediction = model(latents, timesteps: Tensor([3, 700]), context: context)
        #expect(prediction.detached().abs().max().item == 0)
        prediction.meanSquaredError(.ones(prediction.shape)).backward()
        let last = model.parameters["conv_out.weight"]
        #expect(last?.gradient.map { $0.abs().max().item > 0 } ?? false)
    }

    @Test("equal seeds give equal weights and predictions")
    func determinism() {
        computing {
            let configuration = Self.configurations[0]
            let (latents, context) = Self.inputs(configuration, count: 2)
            let predictions = (0..<2).map { _ in
                UNet2DConditionModel(configuration, initializedBy: TensorGenerator(seed: 8))(
                    latents, timesteps: Tensor([3, 700]), context: context
                ).floats
            }
            #expect(predictions[0] == predictions[1])
        }
    }

    @Test("the default shape has about five million parameters together with its text encoder")
    func builtInSize() {
        let unet = UNet2DConditionModel(UNetConfiguration())
        let text = CLIPTextModel(TextEncoderConfiguration(vocabularySize: 700))
        let total = unet.parameters.parameterCount + text.parameters.parameterCount
        #expect((4_500_000...6_500_000).contains(total), "\(total)")
    }
}
