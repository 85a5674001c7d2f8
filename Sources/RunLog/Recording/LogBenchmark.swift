import Core
import Foundation
import Simulator

/// How fast events go into a run log, and how much room they take.
public struct LogBenchmark: Sendable, Hashable {
    /// Event rows recorded, hashed and committed per second of wall time.
    public let rowsPerSecond: Double
    /// Size of the closed file divided by the number of events.
    public let bytesPerEvent: Double

    /// Records `rows` events of a federation-like mix into a temporary file, which is removed.
    ///
    /// - Precondition: `rows` is positive.
    /// - Throws: `RunLogError`.
    public static func measure(rows: Int) throws -> LogBenchmark {
        precondition(rows > 0, "a benchmark of \(rows) rows")
        let folder = try ScratchFolder(for: "bench-log")
        defer { folder.remove() }
        let path = folder.path + "/bench.sqlite"
        let log = try RunLog(path: path)
        let recorder = try log.begin(
            RunDescription(name: "bench", method: "bench", seed: 1, clients: 100, scenario: "", build: ""))
        let start = ContinuousClock.now
        let end = record(rows: rows, with: recorder)
        try recorder.finish(.finished, at: end)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try log.close()
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw RunLogError.cannotOpen(path: path, reason: systemMessage(errno))
        }
        return LogBenchmark(
            rowsPerSecond: Double(rows) / seconds, bytesPerEvent: Double(status.st_size) / Double(rows))
    }

    private static func record(rows: Int, with recorder: RunRecorder) -> SimInstant {
        let kinds = [EventKind.started(.train), .ended(.train), .uploadStart, .uploadEnd]
        var instant = SimInstant.start
        for row in 0..<rows {
            instant = SimInstant(nanoseconds: Int64(row) * 1_370_251)
            recorder.event(
                at: instant, kind: kinds[row % kinds.count], round: row / 400 + 1, client: row / 4 % 100,
                bytes: row % 4 < 2 ? nil : 44_765_128)
        }
        return instant
    }
}
