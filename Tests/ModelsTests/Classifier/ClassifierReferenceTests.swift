import Foundation
import Models
import Testing

@Suite(.serialized) struct ClassifierReferenceTests {
    private func architecture(_ fixture: ClassifierFixture) throws -> any ClassifierArchitecture {
        guard fixture.identity == "torchscript" else {
            return try #require(ClassifierArchitectures.architecture(identity: fixture.identity))
        }
        return ScriptedArchitecture(
            try ScriptedModule(
                path: ClassifierFixture.path("module"), classes: fixture.classes, side: fixture.side))
    }

    @Test("There are fixtures of every family")
    func fixturesExist() {
        #expect(ClassifierFixture.builtIn.count == 7 && ClassifierFixture.scripted.count == 1)
    }

    @Test("State dict, parameters and operations are PyTorch's", arguments: ClassifierFixture.all)
    func layout(_ fixture: ClassifierFixture) throws {
        let architecture = try architecture(fixture)
        #expect(architecture.stateLayout.map { "\($0.name) \($0.shape)" } == fixture.state)
        let network = try architecture.makeNetwork(generator: TensorGenerator(seed: 1))
        #expect(network.store.declarations == architecture.stateLayout)
        #expect(architecture.parameterCount == fixture.parameters)
        #expect(network.store.parameterCount == fixture.parameters)
        #expect(architecture.forwardOperations(side: fixture.side) == fixture.operations)
        #expect(architecture.trainingOperations(side: fixture.side) == 3 * fixture.operations)
    }

    @Test("Logits, gradients and losses of three steps are PyTorch's", arguments: ClassifierFixture.all)
    func training(_ fixture: ClassifierFixture) throws {
        Torch.prepareThread()
        let architecture = try architecture(fixture)
        let network = try architecture.makeNetwork(generator: nil)
        try ClassifierFixture.fill(network.store)
        let logits = try Torch.withoutGradients { try network.forward(fixture.images, training: false) }
        #expect(agree(logits.floats, fixture.logits, within: 1e-4))
        let (losses, gradients) = try steps(of: network, fixture)
        // Depth and steps amplify rounding; what the network makes of weights that differ by a millionth
        // tells how far.
        let disturbed = try architecture.makeNetwork(generator: nil)
        try ClassifierFixture.fill(disturbed.store, disturbance: 1e-6)
        let others = try steps(of: disturbed, fixture)
        #expect(gradients.count == fixture.gradients.count)
        for (index, expected) in fixture.gradients.enumerated() {
            let spread = 10 * abs(others.gradients[index] - gradients[index])
            #expect(
                abs(gradients[index] - expected) <= max(1e-3 * expected + 1e-6, spread), "gradient \(index)")
        }
        for (step, expected) in fixture.losses.enumerated() {
            let spread = step == 0 ? 0 : 10 * abs(others.losses[step] - losses[step])
            #expect(abs(losses[step] - expected) <= max(1e-4 * expected, spread), "step \(step)")
        }
    }

    /// Losses, and the norms of the first step's gradients.
    private func steps(
        of network: any ClassifierNetwork, _ fixture: ClassifierFixture
    ) throws -> (losses: [Double], gradients: [Double]) {
        network.store.requiresGradient(true)
        let optimizer = SGD(network.store.trainable, momentum: 0.9, weightDecay: 1e-4)
        var gradients: [Double] = []
        let losses = try fixture.losses.indices.map { step in
            let loss = try network.forward(fixture.images, training: true).crossEntropy(fixture.labels)
            loss.backward()
            if step == 0 {
                gradients = network.store.trainable.map { $0.gradient!.squared().sum().sqrt().item }
            }
            optimizer.step(learningRate: fixture.rate)
            return loss.item
        }
        return (losses, gradients)
    }

    @Test("Parameters as their papers count them")
    func parameters() {
        // torchvision's ResNet-50, and its multiply-adds at 224 pixels.
        let large = ResNetArchitecture(depth: .fifty, classes: 1_000)
        #expect(large.parameterCount == 25_557_032)
        #expect(large.forwardOperations(side: 224) == 2 * 4_089_184_256)
        // McMahan et al. at 28 pixels; three channels of 32 pixels have a larger dense layer.
        #expect(ConvolutionalArchitecture(classes: 10, side: 28, channels: 1).parameterCount == 1_663_370)
        #expect(ConvolutionalArchitecture(classes: 10, side: 32).parameterCount == 2_156_490)
        #expect(TinyArchitecture(classes: 10).parameterCount == 5_466)
    }

    @Test("An identity says what it is of, and is read back; other texts are not")
    func identities() throws {
        let architectures: [any ClassifierArchitecture] = [
            ResNetArchitecture(depth: .eighteen, classes: 10),
            ResNetArchitecture(depth: .fifty, classes: 3, norm: .group(32)),
            ConvolutionalArchitecture(classes: 7, side: 33), TinyArchitecture(classes: 2, norm: .group(4)),
        ]
        #expect(
            architectures.map(\.identity) == [
                "resnet/1 depth=18 classes=10 norm=batch", "resnet/1 depth=50 classes=3 norm=group-32",
                "cnn/1 classes=7 side=33 channels=3", "tiny/1 classes=2 norm=group-4",
            ])
        for architecture in architectures {
            let found = ClassifierArchitectures.architecture(identity: architecture.identity)
            #expect(found?.stateLayout == architecture.stateLayout)
        }
        for text in [
            "", "resnet", "resnet/2 depth=18 classes=10 norm=batch",
            "resnet/1 depth=19 classes=10 norm=batch",
            "resnet/1 classes=10 depth=18 norm=batch", "resnet/1 depth=18 classes=0 norm=batch",
            "resnet/1 depth=18 classes=10 norm=group-0", "cnn/1 classes=10 side=3 channels=3",
            "resnet/1 depth=18 classes=10 norm=batch ", "tiny/1 classes=x norm=batch",
            "tiny/1 classes=2 norm=",
            "torchscript/1 sha256=00 classes=2",
        ] {
            #expect(ClassifierArchitectures.architecture(identity: text) == nil, "\(text)")
        }
    }

    @Test("Without batch norm, a single image is a step; a client of one image trains")
    func singleImages() throws {
        Torch.prepareThread()
        let images = colourImages(count: 1), options = TrainingOptions(epochs: 2, batch: 8, learningRate: 0.1)
        let grouped = Classifier(TinyArchitecture(classes: 3, norm: .group(2)), seed: 1)
        #expect(try grouped.train(on: images, options: options, seed: 1).steps == 2)
        let batched = Classifier(TinyArchitecture(classes: 3), seed: 1)
        #expect(try batched.train(on: images, options: options, seed: 1).steps == 0)
    }

    @Test(
        "All train in bfloat16, and learn",
        arguments: [
            "resnet/1 depth=18 classes=3 norm=group-2", "cnn/1 classes=3 side=16 channels=3",
            "tiny/1 classes=3 norm=batch", "tiny/1 classes=3 norm=group-2",
        ])
    func bfloat16(_ identity: String) throws {
        Torch.prepareThread()
        let architecture = try #require(ClassifierArchitectures.architecture(identity: identity))
        let images = colourImages(count: 24)
        let losses = try [TrainingOptions.Precision.float32, .bfloat16].map { precision in
            let options = TrainingOptions(
                epochs: 4, batch: 12, learningRate: 0.001, augmentation: .none, precision: precision)
            return try Classifier(of: architecture, seed: 1).train(on: images, options: options, seed: 2)
                .meanLossPerEpoch
        }
        #expect(losses[0][3] < losses[0][0] && losses[1][3] < losses[1][0], "\(losses)")
        // The first epoch differs by the rounding to eight bits.
        #expect(abs(losses[0][0] - losses[1][0]) < 0.05 * losses[0][0])
    }

    @Test(
        "In bfloat16, all weights of ResNet-50's 53 convolutions and of its head have copies, and no others")
    func copies() {
        let network = LayeredNetwork(
            ResNetArchitecture(depth: .fifty, classes: 3), generator: TensorGenerator(seed: 1))
        let copied = zip(network.store.entries.filter(\.isTrainable), network.makeBFloat16Copies())
            .filter { $0.1 != nil }.map(\.0.name)
        #expect(copied.count == 55)
        #expect(
            copied.allSatisfy { $0.contains("conv") || $0.contains("downsample.0") || $0.hasPrefix("fc.") })
    }
}
