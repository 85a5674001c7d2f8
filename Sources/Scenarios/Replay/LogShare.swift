import Core
import Foundation
import RunLog
import Simulator

/// How much of a run's time goes into its log.
public struct LogShare: Sendable, Hashable {
    /// Of a run without training — a hundred clients, two hundred rounds — the part that it would not have
    /// taken without a log: medians of several runs of each kind.
    public let ofTimingOnlyRun: Double
    /// Of a run with training — five clients, three rounds of ResNet-18 on 260 images — the part for which a
    /// thread was busy with the log.
    public let ofTrainingRun: Double

    /// Makes the runs in a temporary folder, which is removed.
    ///
    /// - Throws: `RunLogError`.
    public static func measure() throws -> LogShare {
        let folder = try ScratchFolder(for: "bench-share")
        defer { folder.remove() }
        let path = folder.path + "/bench.sqlite"
        let log = try RunLog(path: path)
        // The first of each kind pays for cold caches.
        let pairs = try (0..<6).map { _ in
            (try play(timingOnly, in: log, path).wall, try play(timingOnly, in: nil, path).wall)
        }.dropFirst()
        let with = pairs.map(\.0).sorted()[2], without = pairs.map(\.1).sorted()[2]
        let training = try play(training, in: log, path)
        try log.close()
        return LogShare(
            ofTimingOnlyRun: max(0, 1 - without / with), ofTrainingRun: training.writing / training.wall)
    }

    private static func play(
        _ text: String, in log: RunLog?, _ path: String
    ) throws -> (wall: Double, writing: Double) {
        let scenario = try Scenario.parse(text, file: "bench")
        let run = scenario.plannedRuns(seeds: [])[0]
        let pool = WorkerThreads(workers: ProcessInfo.processInfo.activeProcessorCount)
        defer { pool.close() }
        var inputs = RunInputs()
        try inputs.load(for: run, workers: pool.workers) { _ in }
        let description = run.description(build: "")
        let recorder = try log?.begin(description) ?? RunRecorder(discarding: description)
        let blobs =
            log == nil
            ? BlobStore(folder: "\(path)-scratch", memoryBudgetBytes: 192 << 20)
            : BlobStore(folder: "\(path)-states", durableForRun: recorder.runID)
        let start = ContinuousClock.now
        try RunPlayer(run: run, inputs: inputs, pool: pool).play(recorder, blobs, .live, SilentProgress())
        let wall = (ContinuousClock.now - start) / .seconds(1)
        return (wall, recorder.writingTime / .seconds(1))
    }

    private static let timingOnly = """
        name: bench
        clients: 100
        methods: [fedavg]
        data: { set: shapes, train-per-class: 100, test-per-class: 2, partition: { kind: iid } }
        training: { mode: none, rounds: 200 }
        """

    private static let training = """
        name: bench
        clients: 5
        methods: [fedavg]
        data: { set: shapes, train-per-class: 26, test-per-class: 20, partition: { kind: iid } }
        training: { rounds: 3, local-epochs: 2, batch: 32 }
        """
}
