import Foundation
import Models
import RunLog

/// How fast this machine does work, on one thread: measured on small pieces of it.
struct WorkRates {
    private let train: Double
    private let evaluate: Double
    private let synthesize: Double
    private let average: Double
    /// The most memory that this process has had, with data and models loaded, in bytes.
    let peakMemoryBytes: Double

    /// Measures: a training, an evaluation, an average of two models and, where a method draws images, a few
    /// images. Takes some seconds, of a large model a minute.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`, `TorchError`.
    init(_ run: PlannedRun) throws {
        try Torch.use(run.scenario.device)
        Torch.prepareWorker()
        var inputs = RunInputs()
        try inputs.load(for: run, workers: 1) { _ in }
        let facts = inputs.images(of: run).train
        let architecture = inputs.models.architecture(
            of: run.scenario, classes: facts.classNames.count, side: facts.side)
        let batch = run.scenario.training.optimizer.batch, side = facts.side
        let images = Self.images(4 * batch, side: side, classes: facts.classNames)
        let classifier = try Classifier(of: architecture, seed: 1)
        let options = TrainingOptions(epochs: 1, batch: batch, learningRate: 0.01)
        // The first time, libraries choose their ways.
        let first = Self.images(batch, side: side, classes: facts.classNames)
        _ = try classifier.train(on: first, options: options, seed: 1)
        train = try Self.rate(Double(images.count) * Double(architecture.trainingOperations(side: side))) {
            _ = try classifier.train(on: images, options: options, seed: 1)
        }
        evaluate = Self.rate(Double(images.count) * Double(architecture.forwardOperations(side: side))) {
            _ = classifier.evaluate(on: images)
        }
        let state = classifier.network.store.encoded()
        average = try Self.rate(4 * Double(architecture.parameterCount)) {
            var averager = StateAverager()
            for _ in 0..<2 {
                try averager.add(SafetensorsFile(bytes: state), weight: 1, statistics: 1)
            }
            _ = averager.encodedMean()
        }
        synthesize = try Self.synthesis(run)
        peakMemoryBytes = Self.peakMemory
    }

    /// Operations a second of a kind of work.
    func operationsPerSecond(_ kind: String) -> Double {
        switch kind {
        case WorkKind.train.rawValue, WorkKind.distill.rawValue: train
        case WorkKind.evaluate.rawValue, WorkKind.membership.rawValue, WorkKind.extract.rawValue: evaluate
        case WorkKind.synthesize.rawValue, WorkKind.caption.rawValue, WorkKind.tailor.rawValue,
            WorkKind.encode.rawValue:
            synthesize
        default: average
        }
    }

    /// Pixels that are no picture: how long a step takes does not depend on them.
    private static func images(_ count: Int, side: Int, classes: [String]) -> ImageSet {
        ImageSet(
            side: side,
            pixels: (0..<3 * side * side * count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 251) },
            labels: (0..<count).map { Int32($0 % classes.count) }, classNames: classes)
    }

    private static func synthesis(_ run: PlannedRun) throws -> Double {
        var models = ModelProviders()
        // Captions and words are paid in the operations of the foundation model's networks.
        try models.load(for: run.scenario, ModelNeeds(foundation: true)) { _ in }
        let provider = models.foundation(of: run.scenario), count = 4
        let sampling = SamplingSettings(run.scenario.synthesis)
        func draw() throws {
            _ = try provider.images(
                of: Array(repeating: .text("A photo of a star"), count: count),
                seeds: (0..<UInt64(count)).map { $0 }, sampling: sampling, side: run.scenario.data.side,
                isCancelled: { false })
        }
        try draw()
        return try rate(Double(count) * provider.operationsPerImage(sampling, rules: .current), draw)
    }

    private static func rate(_ operations: Double, _ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return operations / max(1e-6, (ContinuousClock.now - start) / .seconds(1))
    }

    private static var peakMemory: Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return 1024 * (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0)
    }
}
