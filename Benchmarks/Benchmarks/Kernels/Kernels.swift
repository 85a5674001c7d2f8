import Benchmark
import Core
import Foundation
import Models
import RunLog
import Simulator

// The hot loops, each on its own: what `fgl-sim bench` measures as a whole is made of these.
//
// Instructions are what to compare between commits; times depend on what else the machine does.

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.cpuUser, .wallClock, .instructions, .peakMemoryResident], warmupIterations: 2,
        maxDuration: .seconds(3), maxIterations: 50)
    simulatorKernels()
    tensorKernels()
    stateKernels()
}

private func simulatorKernels() {
    for processes in [100, 10_000] {
        Benchmark("Clock: 100,000 events of \(processes) processes") { _ in
            blackHole(try EventBenchmark.run(processes: processes, events: 100_000))
        }
    }
    for links in NetworkBenchmark.Links.allCases {
        Benchmark("Network: 10,000 competing transfers, \(links.rawValue) links") { _ in
            blackHole(NetworkBenchmark.run(transfers: 10_000, links: links))
        }
    }
    Benchmark("Log: 100,000 events") { _ in blackHole(try LogBenchmark.measure(rows: 100_000)) }
}

private func tensorKernels() {
    for precision in TrainingOptions.Precision.allCases {
        Benchmark("SGD: one pass over ResNet-18's 11 million weights, \(precision.rawValue)") { benchmark in
            Torch.prepareThread()
            let count = 11_181_642
            let weights = Tensor.zeros([count]).requiresGradient()
            let copy = precision == .bfloat16 ? weights.detached().to(.bfloat16).requiresGradient() : nil
            let optimizer = SGD([weights], copies: [copy], momentum: 0.9, weightDecay: 1e-4)
            (copy ?? weights).sum().backward()
            benchmark.startMeasurement()
            optimizer.step(learningRate: 0.01)
            benchmark.stopMeasurement()
        }
    }
    for precision in TrainingOptions.Precision.allCases {
        Benchmark("Training: a step of ResNet-18, 32 images of 32 pixels, \(precision.rawValue)") {
            benchmark in
            Torch.prepareThread()
            let network = LayeredNetwork(
                ResNetArchitecture(depth: .eighteen, classes: 10), generator: TensorGenerator(seed: 0))
            let options = TrainingOptions(epochs: 1, batch: 32, learningRate: 0.01, precision: precision)
            let trainer = ClassifierTrainer(network, options: options, totalSteps: 6)
            let images = Tensor.randomNormal([32, 3, 32, 32], using: TensorGenerator(seed: 1))
            let labels = Tensor(indices: (0..<32).map { $0 % 10 })
            _ = try trainer.step(images, labels)
            benchmark.startMeasurement()
            for _ in 0..<5 { blackHole(try trainer.step(images, labels)) }
            benchmark.stopMeasurement()
        }
    }
    Benchmark("Batches: 32 images cut, cropped and mirrored") { benchmark in
        Torch.prepareThread()
        var generator = RandomStream(seed: 0)
        let pixels = (0..<320 * 3 * 32 * 32).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let images = ImageSet(
            side: 32, pixels: pixels, labels: (0..<320).map { Int32($0 % 10) },
            classNames: (0..<10).map { "\($0)" })
        var source = BatchSource(images, augmentation: .cropFlip)
        benchmark.startMeasurement()
        for start in stride(from: 0, to: 320, by: 32) {
            blackHole(source.batch(of: start..<start + 32, using: &generator))
        }
        benchmark.stopMeasurement()
    }
}

private func stateKernels() {
    Benchmark("States: ten of ResNet-18 into one mean") { benchmark in
        Torch.prepareThread()
        let state = Classifier(ResNetArchitecture(depth: .eighteen, classes: 10), seed: 0).encodedState()
        benchmark.startMeasurement()
        var mean = StateAverager()
        for _ in 0..<10 { try mean.add(state, weight: 1) }
        blackHole(mean.encodedMean())
        benchmark.stopMeasurement()
    }
    Benchmark("States: LayeredNetwork-18 encoded and loaded") { benchmark in
        Torch.prepareThread()
        let classifier = Classifier(ResNetArchitecture(depth: .eighteen, classes: 10), seed: 0)
        benchmark.startMeasurement()
        try classifier.load(state: classifier.encodedState())
        benchmark.stopMeasurement()
    }
}
