import Core
import Foundation
import Models
import RunLog

/// How fast this machine does work, on one thread: measured on small pieces of it.
///
/// Of the processor, seconds of the calling thread are counted, so that other programs of a busy machine do
/// not count; of another device, seconds of time.
struct WorkRates {
    private let train: Double
    private let evaluate: Double
    /// `nil` where no image is drawn.
    private let synthesize: Double?
    private let average: Double
    /// How long a model takes to be read, in seconds.
    private let readSeconds: Double
    /// How long it takes to be written and hashed.
    private let writeSeconds: Double
    /// The most memory that this process has had, with data and models loaded, in bytes.
    let peakMemoryBytes: Double

    /// Loads libtorch and what a run reads.
    ///
    /// - Returns: how long that takes, in seconds.
    /// - Throws: errors of data, models and device.
    static func start(_ run: PlannedRun, _ inputs: inout RunInputs) throws -> Double {
        let begin = WorkClock.process.now
        try Torch.use(run.scenario.device)
        Torch.prepareThread()
        try inputs.load(for: run, workers: 1) { _ in }
        return WorkClock.process.now - begin
    }

    /// Measures: a training, an evaluation, an average of two models and, where a method draws images, a few
    /// images. Takes some seconds, of a large model a minute.
    ///
    /// - Parameter inputs: those of the run, which has been started.
    /// - Throws: `FoundationModelError`, `SafetensorsError`, `TorchError`.
    init(_ run: PlannedRun, _ inputs: RunInputs) throws {
        let clock = WorkClock(run.scenario.device)
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
        let forward = Double(architecture.forwardOperations(side: side))
        train = try Double(images.count) * Double(architecture.trainingOperations(side: side))
            / clock.seconds { _ = try classifier.train(on: images, options: options, seed: 1) }
        evaluate = Double(images.count) * forward / clock.seconds { _ = classifier.evaluate(on: images) }
        let state = classifier.network.store.encoded()
        writeSeconds = clock.seconds { _ = SHA256.hash(data: classifier.network.store.encoded()) }
        readSeconds = try clock.seconds { _ = try Classifier(architecture, state: state) }
        average = try 4 * Double(architecture.parameterCount)
            / clock.seconds {
                var averager = StateAverager()
                for _ in 0..<2 {
                    try averager.add(SafetensorsFile(bytes: state), weight: 1, statistics: 1)
                }
                _ = averager.encodedMean()
            }
        synthesize = run.method.needsFoundation ? try Self.synthesis(run, clock) : nil
        peakMemoryBytes = Self.peakMemory
    }

    /// How long a piece of work takes, in seconds.
    func seconds(_ kind: WorkKind, operations: Double) -> Double {
        switch WorkNature(kind) {
        case .generation: operations / (synthesize ?? evaluate)
        case .training: readSeconds + writeSeconds + operations / train
        case .inference: readSeconds + operations / evaluate
        case .weights: (kind == .initialize ? readSeconds + writeSeconds : 0) + operations / average
        }
    }

    /// Pixels that are no picture: how long a step takes does not depend on them.
    private static func images(_ count: Int, side: Int, classes: [String]) -> ImageSet {
        ImageSet(
            side: side,
            pixels: (0..<3 * side * side * count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 251) },
            labels: (0..<count).map { Int32($0 % classes.count) }, classNames: classes)
    }

    private static func synthesis(_ run: PlannedRun, _ clock: WorkClock) throws -> Double {
        var models = ModelProviders()
        // Captions and words are paid in the operations of the foundation model's networks.
        try models.load(for: run.scenario, ModelNeeds(foundation: true)) { _ in }
        let provider = models.foundation(of: run.scenario)
        let sampling = SamplingSettings(run.scenario.synthesis)
        // As a piece of work draws them: many at a time are quicker.
        let count = min(max(4, run.scenario.synthesis.perClass), 32)
        func draw() throws {
            _ = try provider.images(
                of: Array(repeating: .text("A photo of a star"), count: count),
                seeds: (0..<UInt64(count)).map { $0 }, sampling: sampling, side: run.scenario.data.side,
                isCancelled: { false })
        }
        try draw()
        let operations = Double(count) * provider.operationsPerImage(sampling, rules: .current)
        return try operations / clock.seconds(draw)
    }

    private static var peakMemory: Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return 1024 * (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0)
    }
}

/// Seconds of work on a device.
private struct WorkClock {
    private let source: clockid_t

    /// The processor seconds of all threads.
    static let process = WorkClock(source: CLOCK_PROCESS_CPUTIME_ID)

    private init(source: clockid_t) { self.source = source }

    /// What another device does, this thread waits for.
    init(_ device: Torch.Device) {
        source = device == .cpu ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC
    }

    var now: Double {
        var time = timespec()
        clock_gettime(source, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }

    /// How long a piece of work takes, of as many as half a second has.
    func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = now
        var count = 0.0
        repeat {
            try body()
            count += 1
        } while now - start < 0.5
        return max(1e-9, (now - start) / count)
    }
}
