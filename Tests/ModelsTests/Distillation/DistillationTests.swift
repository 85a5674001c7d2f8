import Foundation
import Models
import Testing

@Suite("Data-free distillation", .serialized)
struct DistillationTests {
    @Test("The divergence of two coins, and of equals")
    func closedForm() {
        // log-odds 0 and log 4: p = (1/2, 1/2), q = (4/5, 1/5).
        let teacher = Tensor([0, 0, 1, 2], shape: [2, 2]),
            student = Tensor([Float(log(4.0)), 0, 1, 2], shape: [2, 2])
        let expected = (0.5 * log(0.5 / 0.8) + 0.5 * log(0.5 / 0.2)) / 2
        #expect(abs(DistillationLosses.divergence(teacher: teacher, student: student).item - expected) < 1e-6)
        #expect(DistillationLosses.divergence(teacher: teacher, student: teacher).item == 0)
        // Both say the second class of the second image; of the first, ties go to the first class.
        #expect(DistillationLosses.boundaryDivergence(teacher: teacher, student: student).item == 0)
        let other = Tensor([0, Float(log(4.0)), 1, 2], shape: [2, 2])
        #expect(
            abs(DistillationLosses.boundaryDivergence(teacher: teacher, student: other).item - expected)
                < 1e-6)
    }

    @Test("The operations of the generator and of an epoch")
    func operations() {
        // Side 8: features of 2 × 2, 4 × 4 and 8 × 8; noise of 3, widths of 10 and 5.
        let linear = 3 * 10 * 4, first = 9 * 10 * 10 * 16, second = 9 * 10 * 5 * 64, last = 9 * 5 * 3 * 64
        #expect(
            ImageGenerator.forwardOperations(side: 8, noiseWidth: 3, width: 5)
                == 2 * (linear + first + second + last))
        let architecture = ResNetArchitecture(depth: .eighteen, classes: 4)
        let forward = Double(architecture.forwardOperations(side: 8))
        let generator = Double(2 * (linear + first + second + last))
        let options = DataFreeDistillationOptions(
            epochs: 9, generatorSteps: 7, batch: 6, noiseWidth: 3, generatorWidth: 5, pool: 2)
        func operations(_ epoch: Int) -> Double {
            options.operations(epoch: epoch, classifiers: 3, architecture, side: 8)
        }
        // Each step: three passes of the generator, three of each classifier, two of the student.
        let step: Double = 3 * generator + 11 * forward
        let generation: Double = 6 * (7 * step + 3 * forward)
        let distillation: Double = 18 * forward
        #expect(operations(1) == generation + distillation)
        #expect(operations(2) == generation + 2 * distillation)
        // The pool has no more than two batches.
        #expect(operations(9) == operations(2))
    }

    private static let architecture = ResNetArchitecture(depth: .eighteen, classes: 3)

    /// What a student has learnt of two classifiers after some epochs.
    private func distilled(
        _ options: DataFreeDistillationOptions, seed: UInt64 = 1, cancelsAfter limit: Int = .max
    ) throws -> (state: [UInt8], losses: [Double]) {
        Torch.prepareThread()
        let states = [UInt64(1), 2].map { Classifier(Self.architecture, seed: $0).encodedState() }
        let ensemble = try ClassifierEnsemble(Self.architecture, count: 2) {
            try $1.load(SafetensorsFile(bytes: states[$0]))
        }
        let student = Classifier(Self.architecture, seed: 3)
        var losses: [Double] = [], steps = 0
        try DataFreeDistillation(ensemble, into: student.network, side: 16, options: options, seed: seed).run(
            training: TrainingOptions(
                epochs: options.epochs, batch: options.batch, learningRate: 0.01, weightDecay: 0,
                augmentation: .none),
            isCancelled: {
                steps += 1
                return steps > limit
            },
            epochEnded: { epoch, loss in
                #expect(epoch == losses.count + 1)
                losses.append(loss)
            })
        return (student.encodedState(), losses)
    }

    private func options(_ start: DataFreeDistillationOptions.GeneratorStart) -> DataFreeDistillationOptions {
        DataFreeDistillationOptions(
            epochs: 4, generatorSteps: 2, batch: 8, noiseWidth: 8, generatorWidth: 4, pool: 3, start: start)
    }

    @Test("Steps by the divergence bring a student to what a teacher says of the same images")
    func learning() throws {
        Torch.prepareThread()
        let student = Classifier(Self.architecture, seed: 3)
        let images = Tensor.randomNormal([8, 3, 16, 16], using: TensorGenerator(seed: 1))
        let teacher = Tensor.randomNormal([8, 3], using: TensorGenerator(seed: 2)) * 2
        let trainer = ClassifierTrainer(
            student.network,
            options: TrainingOptions(
                epochs: 1, batch: 8, learningRate: 0.01, weightDecay: 0, augmentation: .none),
            totalSteps: 20)
        let losses = try (0..<20).map { _ in
            try trainer.step(images) { DistillationLosses.divergence(teacher: teacher, student: $0) }
        }
        #expect(losses[0] > 0.1 && losses[19] < 0.2 * losses[0], "\(losses)")
    }

    @Test(
        "The same arguments give the same bits, another seed others",
        arguments: DataFreeDistillationOptions.GeneratorStart.allCases)
    func determinism(start: DataFreeDistillationOptions.GeneratorStart) throws {
        var options = options(start)
        options.epochs = 2
        let first = try distilled(options).state
        #expect(try distilled(options).state == first)
        #expect(try distilled(options, seed: 2).state != first)
    }

    @Test("Cancelled before any step it ends there", arguments: [0, 1, 2, 3])
    func cancellation(steps: Int) {
        #expect(throws: CancellationError.self) { try distilled(options(.continued), cancelsAfter: steps) }
    }

    @Test("A state of another architecture is an error, not a trap")
    func foreignState() {
        let state = Classifier(ResNetArchitecture(depth: .eighteen, classes: 4), seed: 1).encodedState()
        #expect(throws: SafetensorsError.self) {
            try ClassifierEnsemble(Self.architecture, count: 1) { try $1.load(SafetensorsFile(bytes: state)) }
        }
        #expect(throws: SafetensorsError.self) {
            try ClassifierEnsemble(Self.architecture, count: 1, held: 0) {
                try $1.load(SafetensorsFile(bytes: state))
            }.logits(
                of: .zeros([2, 3, 16, 16]))
        }
    }
}
