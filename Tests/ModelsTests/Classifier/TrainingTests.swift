import Core
import Foundation
import Models
import Testing

/// Images of one colour per class with noise: learnable in a few steps.
func colourImages(count: Int, side: Int = 16, seed: UInt64 = 1) -> ImageSet {
    var generator = RandomStream(seed: seed)
    var pixels: [UInt8] = []
    let labels = (0..<count).map { Int32($0 % 3) }
    for label in labels {
        for channel in 0..<3 {
            let level = channel == Int(label) ? 160 : 60
            for _ in 0..<side * side { pixels.append(UInt8(level + generator.index(below: 60))) }
        }
    }
    return ImageSet(side: side, pixels: pixels, labels: labels, classNames: ["red", "green", "blue"])
}

@Suite(.serialized) struct TrainingTests {
    let architecture = ResNetArchitecture(depth: .eighteen, classes: 3)

    @Test(
        "a ragged last batch is dropped where there is a full one",
        arguments: [
            (260, 32, 8, 32), (32, 32, 1, 32), (31, 32, 1, 31), (2, 32, 1, 2), (1, 32, 0, 0), (0, 32, 0, 0),
            (63, 32, 1, 32), (64, 32, 2, 32),
        ])
    func batches(_ images: Int, _ batch: Int, _ steps: Int, _ size: Int) {
        let options = TrainingOptions(epochs: 2, batch: batch, learningRate: 0.1)
        #expect(options.batches(images: images) == (steps, size))
        #expect(options.drawnImages(of: images) == 2 * steps * size)
    }

    @Test("the cosine schedule falls from the full rate past the half towards zero")
    func schedules() {
        let constant = TrainingOptions(epochs: 1, batch: 2, learningRate: 0.4)
        #expect((0..<10).allSatisfy { constant.learningRate(step: $0, of: 10) == 0.4 })
        let cosine = TrainingOptions(epochs: 1, batch: 2, learningRate: 0.4, schedule: .cosine)
        #expect(cosine.learningRate(step: 0, of: 10) == 0.4)
        #expect(abs(cosine.learningRate(step: 5, of: 10) - 0.2) < 1e-15)
        // ½ · 0.4 · (1 + cos(0.9 π))
        #expect(abs(cosine.learningRate(step: 9, of: 10) - 0.2 * (1 + cos(0.9 * .pi))) < 1e-15)
    }

    @Test("training learns, reports what it did, and evaluation sees it")
    func learning() throws {
        Torch.prepareThread()
        let images = colourImages(count: 50)
        let classifier = Classifier(architecture, seed: 1)
        let options = TrainingOptions(epochs: 3, batch: 16, learningRate: 0.02, schedule: .cosine)
        var epochs: [Int] = []
        let report = try classifier.train(
            on: images, options: options, seed: 2, epochEnded: { epochs.append($0.epoch) })
        #expect(epochs == [1, 2, 3] && report.steps == 9 && report.images == 144)
        #expect(report.operations == 144 * architecture.trainingOperations(side: 16))
        #expect(report.meanLossPerEpoch.count == 3 && report.meanLossPerEpoch[2] < report.meanLossPerEpoch[0])
        #expect(classifier.network.store["bn1.num_batches_tracked"]!.integers == [9])
        // Running statistics need some tens of batches to reach those of the data.
        let more = TrainingOptions(epochs: 10, batch: 16, learningRate: 0.01, augmentation: .none)
        try classifier.train(on: images, options: more, seed: 3)
        let evaluation = classifier.evaluate(on: colourImages(count: 30, seed: 9), batch: 7)
        #expect(evaluation.accuracy >= 0.9 && evaluation.images == 30 && evaluation.loss < 0.7)
    }

    @Test("evaluation does not depend on the batch")
    func evaluation() {
        let classifier = Classifier(architecture, seed: 1)
        let images = colourImages(count: 20)
        let (whole, parts) = (classifier.evaluate(on: images), classifier.evaluate(on: images, batch: 3))
        #expect(whole.accuracy == parts.accuracy && abs(whole.loss - parts.loss) < 1e-5)
    }

    @Test("the same seed gives the same bytes, another seed others")
    func determinism() throws {
        Torch.prepareThread()
        let images = colourImages(count: 24)
        let options = TrainingOptions(epochs: 2, batch: 8, learningRate: 0.01)
        func trained(seed: UInt64, precision: TrainingOptions.Precision = .float32) throws -> [UInt8] {
            let classifier = Classifier(architecture, seed: 4)
            var options = options
            options.precision = precision
            try classifier.train(on: images, indices: Array(0..<20), options: options, seed: seed)
            return classifier.encodedState()
        }
        let first = try trained(seed: 1)
        #expect(try trained(seed: 1) == first)
        #expect(try trained(seed: 2) != first)
        let half = try trained(seed: 1, precision: .bfloat16)
        #expect(half != first)
        #expect(try trained(seed: 1, precision: .bfloat16) == half)
    }

    @Test("a step in bfloat16 has float32's loss, and its direction as near as eight bits allow")
    func bfloat16Step() throws {
        Torch.prepareThread()
        let images = colourImages(count: 16)
        var source = BatchSource(images, augmentation: .none)
        var generator = RandomStream(seed: 0)
        let (pixels, labels) = source.batch(of: 0..<16, using: &generator)
        func stepped(
            _ precision: TrainingOptions.Precision
        ) throws -> (loss: Double, change: (String) -> Tensor) {
            let network = Classifier(architecture, seed: 4).network, start = Classifier(architecture, seed: 4)
            let options = TrainingOptions(epochs: 1, batch: 16, learningRate: 0.01, precision: precision)
            let trainer = ClassifierTrainer(network, options: options, totalSteps: 1)
            let loss = try trainer.step(pixels, labels)
            return (loss, { network.store[$0]!.detached() - start.network.store[$0]! })
        }
        let full = try stepped(.float32), half = try stepped(.bfloat16)
        #expect(abs(half.loss - full.loss) < 0.03 * full.loss, "\(half.loss), not \(full.loss)")
        // PyTorch's autocast has 0.997 for the last layer and, with 18 layers of rounding before it, 0.87 for
        // the first.
        for (name, least) in [
            ("fc.weight", 0.98), ("fc.bias", 0.98), ("bn1.weight", 0.7), ("conv1.weight", 0.7),
        ] {
            let (a, b) = (full.change(name), half.change(name))
            let cosine = (a * b).sum().item / (a.squared().sum().item * b.squared().sum().item).squareRoot()
            #expect(cosine > least && cosine < 1, "\(name): \(cosine)")
        }
    }

    @Test("training in bfloat16 learns, and leaves a float32 state that was not rounded on the way")
    func bfloat16() throws {
        Torch.prepareThread()
        let classifier = Classifier(architecture, seed: 4)
        let options = TrainingOptions(
            epochs: 8, batch: 16, learningRate: 0.01, augmentation: .none, precision: .bfloat16)
        let report = try classifier.train(on: colourImages(count: 48), options: options, seed: 1)
        #expect(report.meanLossPerEpoch[7] < 0.5 * report.meanLossPerEpoch[0], "\(report.meanLossPerEpoch)")
        let store = classifier.network.store
        #expect(store.declarations == Classifier(architecture, seed: 0).network.store.declarations)
        let weights = store["layer1.0.conv1.weight"]!
        #expect(weights.elementType == .float32 && weights.floats != weights.to(.bfloat16).floats)
        #expect(store["bn1.num_batches_tracked"]!.integers == [24])
    }

    @Test("a cancelled training stops before its next step, and a callback's error comes through")
    func cancellation() throws {
        let images = colourImages(count: 16)
        let classifier = Classifier(architecture, seed: 1)
        let options = TrainingOptions(epochs: 5, batch: 8, learningRate: 0.01)
        var asked = 0
        #expect(throws: CancellationError.self) {
            try classifier.train(
                on: images, options: options, seed: 1,
                isCancelled: {
                    asked += 1
                    return asked > 3
                })
        }
        #expect(classifier.network.store["bn1.num_batches_tracked"]!.integers == [3])
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try classifier.train(
                on: images, options: options, seed: 1, epochEnded: { if $0.epoch == 2 { throw Stop() } })
        }
        #expect(classifier.network.store["bn1.num_batches_tracked"]!.integers == [7])
    }

    @Test("a single image makes no step, and no weight becomes other than finite")
    func singleImage() throws {
        let classifier = Classifier(architecture, seed: 1)
        let before = classifier.encodedState()
        let options = TrainingOptions(epochs: 5, batch: 8, learningRate: 0.01)
        let report = try classifier.train(on: colourImages(count: 1), options: options, seed: 1)
        #expect(report.steps == 0 && report.operations == 0 && classifier.encodedState() == before)
    }

    @Test("states travel as bytes, and a state of other classes is refused")
    func states() throws {
        let classifier = Classifier(architecture, seed: 1)
        let state = classifier.encodedState()
        #expect(try Classifier(architecture, state: state).encodedState() == state)
        let other = ResNetArchitecture(depth: .eighteen, classes: 4)
        let error = #expect(throws: SafetensorsError.self) {
            try Classifier(other, state: state, name: "client 3")
        }
        let sentence = "client 3: tensor fc.weight has shape [3, 512]; the model expects [4, 512]"
        #expect(error?.description == sentence)
    }
}
