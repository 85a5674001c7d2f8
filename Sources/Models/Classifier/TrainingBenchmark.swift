import Core

/// How fast this machine trains ResNet-18 with 10 classes on one thread, batches cut and augmented included.
public struct TrainingBenchmark: Sendable, Hashable {
    /// Height and width of the images, in pixels.
    public let side: Int
    /// Images per step.
    public let batch: Int
    public let precision: TrainingOptions.Precision
    /// By the wall clock, the median over the windows that were timed.
    public let imagesPerSecond: Double
    /// By the thread's processor time, likewise.
    public let imagesPerProcessorSecond: Double

    /// Trains on random images on the calling thread, which it prepares for one thread per operator: a
    /// warm-up, then `windows` times `stepsPerWindow` steps, each window timed by the wall clock.
    ///
    /// - Parameters:
    ///   - architecture: of the network; has ten classes.
    ///   - side: of the images, in pixels.
    ///   - batch: images of a step.
    ///   - precision: of the arithmetic.
    ///   - windows: how many are timed.
    ///   - stepsPerWindow: steps of each.
    public static func run(
        _ architecture: any ClassifierArchitecture = ResNetArchitecture(depth: .eighteen, classes: 10),
        side: Int, batch: Int, precision: TrainingOptions.Precision, windows: Int = 5,
        stepsPerWindow: Int = 10
    ) throws -> TrainingBenchmark {
        Torch.prepareThread()
        var generator = RandomStream(seed: 0)
        let images = randomImages(count: 4 * batch, side: side, using: &generator)
        let options = TrainingOptions(epochs: 1, batch: batch, learningRate: 0.01, precision: precision)
        let network = try architecture.makeNetwork(generator: TensorGenerator(seed: 0))
        let trainer = ClassifierTrainer(network, options: options, totalSteps: (windows + 1) * stepsPerWindow)
        var source = BatchSource(images, augmentation: .cropFlip)
        var times: [BenchmarkTime] = []
        for window in 0...windows {
            let time = try BenchmarkTime.measure {
                for step in 0..<stepsPerWindow {
                    let start = step % 4 * batch
                    let (pixels, labels) = source.batch(of: start..<start + batch, using: &generator)
                    _ = try trainer.step(pixels, labels)
                }
            }
            // The first window compiles oneDNN's kernels and touches fresh memory.
            if window > 0 { times.append(time) }
        }
        let count = Double(stepsPerWindow * batch)
        return TrainingBenchmark(
            side: side, batch: batch, precision: precision,
            imagesPerSecond: count / times.map(\.wall).sorted()[windows / 2],
            imagesPerProcessorSecond: count / times.map(\.processor).sorted()[windows / 2])
    }

    private static func randomImages(
        count: Int, side: Int, using generator: inout RandomStream
    ) -> ImageSet {
        let pixels = (0..<count * 3 * side * side).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return ImageSet(
            side: side, pixels: pixels, labels: (0..<count).map { Int32($0 % 10) },
            classNames: (0..<10).map { "class \($0)" })
    }
}
