import Foundation
import Models
import Testing

@Suite(.serialized) struct ResNetTests {
    @Test("names, order and shapes of the state dict are torchvision's")
    func stateDict() throws {
        let fixtures = try ResNetFixture.all()
        #expect(!fixtures.isEmpty)
        for (file, fixture, text) in fixtures {
            let entries = LayeredNetwork(fixture.architecture).store.entries
            let shapes = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.tensor.shape) })
            #expect(shapes == fixture.stateDict, "\(file)")
            // In the text the state dict comes first, so the names' first occurrences are in its order.
            let positions = entries.map { text.range(of: "\"\($0.name)\"")!.lowerBound }
            #expect(positions == positions.sorted(), "\(file)")
        }
    }

    @Test("the state of ResNet-18 with 10 classes is 44,765,128 bytes, and its message is that and a header")
    func size() throws {
        let store = LayeredNetwork(ResNetArchitecture(depth: .eighteen, classes: 10)).store
        #expect(store.stateByteCount == 44_765_128)
        #expect(store.parameterCount == 11_181_642)
        let bytes = store.encoded()
        #expect(bytes.count == store.encodedByteCount())
        #expect(try SafetensorsFile(bytes: bytes).dataByteCount == 44_765_128)
        for (_, fixture, _) in try ResNetFixture.all() {
            #expect(LayeredNetwork(fixture.architecture).store.stateByteCount == fixture.stateDictBytes)
        }
    }

    @Test(
        "The layout told without tensors is that of the network", arguments: ResNetArchitecture.Depth.allCases
    )
    func layout(depth: ResNetArchitecture.Depth) {
        let architecture = ResNetArchitecture(depth: depth, classes: 7)
        #expect(architecture.stateLayout == LayeredNetwork(architecture).store.declarations)
    }

    @Test("logits, losses, gradients and running means are PyTorch's")
    func fixtures() throws {
        Torch.prepareThread()
        for (file, fixture, _) in try ResNetFixture.all() {
            let network = try fixture.network()
            let logits = Torch.withoutGradients { network.forward(fixture.images, training: false) }
            #expect(agree(logits.floats, fixture.evalLogits.flatMap { $0 }, within: 1e-4), "\(file)")
            let run = TrainingRun(network, fixture) { expectGradients(of: $0, fixture, file) }
            // Four steps amplify rounding: PyTorch's own two memory layouts differ by 2e-3 in the last loss
            // of ResNet-18 at 32 pixels, and its float32 and float64 by 6e-2 in that of ResNet-34. What this
            // network makes of weights that differ by a millionth tells how far each number can be trusted.
            let disturbed = try (1...2).map { seed in
                TrainingRun(try fixture.network(disturbedBy: 1e-6, seed: seed), fixture)
            }
            for (step, expected) in fixture.trainLoss.enumerated() {
                let loss = run.losses[step]
                let spread = disturbed.map { abs($0.losses[step] - loss) }.max()!
                let tolerance = max(1e-4 * expected, spread)
                #expect(abs(loss - expected) <= tolerance, "\(file), step \(step): \(loss), not \(expected)")
                #expect(step > 0 || tolerance == 1e-4 * expected)
            }
            let names = fixture.runningMeanL2After.keys.sorted()
            let spread = names.map { name in
                disturbed.map { abs($0.norm(name) / run.norm(name) - 1) }.max()!
            }.max()!
            for name in names {
                let (norm, expected) = (run.norm(name), fixture.runningMeanL2After[name]!)
                #expect(abs(norm - expected) <= max(1e-3, spread) * expected, "\(file), \(name): \(norm)")
            }
            #expect(network.store["bn1.num_batches_tracked"]!.integers == [Int64(fixture.trainLoss.count)])
        }
    }

    /// Steps of SGD on the fixture's images.
    private struct TrainingRun {
        let losses: [Double]
        private let network: LayeredNetwork

        init(
            _ network: LayeredNetwork, _ fixture: ResNetFixture,
            firstGradients: (LayeredNetwork) -> Void = { _ in }
        ) {
            self.network = network
            network.store.requiresGradient(true)
            let optimizer = SGD(network.store.trainable, momentum: 0.9, weightDecay: 1e-4)
            losses = fixture.trainLoss.indices.map { step in
                let loss = network.forward(fixture.images, training: true).crossEntropy(fixture.labels)
                loss.backward()
                if step == 0 { firstGradients(network) }
                optimizer.step(learningRate: 0.01)
                return loss.item
            }
        }

        /// Euclidean norm of a tensor of the state after the last step.
        func norm(_ name: String) -> Double { network.store[name]!.squared().sum().sqrt().item }
    }

    private func expectGradients(of network: LayeredNetwork, _ fixture: ResNetFixture, _ file: String) {
        #expect(fixture.gradL2.count == network.store.trainable.count)
        for (name, expected) in fixture.gradL2.sorted(by: { $0.key < $1.key }) {
            let norm = network.store[name]!.gradient!.squared().sum().sqrt().item
            #expect(abs(norm - expected) <= 1e-3 * expected, "\(file), \(name): \(norm), not \(expected)")
        }
    }

    @Test("initial weights have torchvision's deviations and depend on the seed alone")
    func initialization() {
        let architecture = ResNetArchitecture(depth: .eighteen, classes: 10)
        let store = LayeredNetwork(architecture, generator: TensorGenerator(seed: 5)).store
        // √(2 / (512 · 9)) over 2.36 million weights: the deviation's standard error is a two-thousandth.
        let weight = store["layer4.1.conv2.weight"]!
        let deviation = weight.squared().mean().sqrt().item
        #expect(abs(deviation - (2.0 / 4608).squareRoot()) < 0.003 * deviation)
        #expect(abs(weight.mean().item) < 1e-4)
        let bound = 1 / 512.0.squareRoot()
        let head = store["fc.weight"]!
        #expect(head.abs().max().item <= bound && head.abs().max().item > 0.99 * bound)
        #expect(store["bn1.weight"]!.floats.allSatisfy { $0 == 1 })
        #expect(store["bn1.running_var"]!.floats.allSatisfy { $0 == 1 })
        let again = LayeredNetwork(architecture, generator: TensorGenerator(seed: 5)).store
        #expect(store.encoded() == again.encoded())
    }

    @Test("operations per image are twice torchvision's multiply-adds")
    func operations() {
        // 1,814,073,344 and 3,663,761,408: fvcore's count of convolutions and the last layer at 224 pixels.
        let small = ResNetArchitecture(depth: .eighteen, classes: 1_000)
        #expect(small.forwardOperations(side: 224) == 2 * 1_814_073_344)
        let large = ResNetArchitecture(depth: .thirtyFour, classes: 1_000)
        #expect(large.forwardOperations(side: 224) == 2 * 3_663_761_408)
        #expect(small.trainingOperations(side: 32) == 3 * small.forwardOperations(side: 32))
    }

    @Test("images of any size have finite logits, whatever batch they are in", arguments: [1, 2, 4, 8, 16])
    func smallImages(_ side: Int) {
        let network = LayeredNetwork(
            ResNetArchitecture(depth: .eighteen, classes: 3), generator: TensorGenerator(seed: 1))
        let image = Tensor.randomNormal([2, 3, side, side], using: TensorGenerator(seed: 2))
        let (both, first) = Torch.withoutGradients {
            (
                network.forward(image, training: false),
                network.forward(image.narrow(0, from: 0, count: 1), training: false)
            )
        }
        #expect(both.shape == [2, 3] && both.floats.allSatisfy(\.isFinite))
        #expect(agree(Array(both.floats[..<3]), first.floats.map(Double.init), within: 1e-5))
    }
}
