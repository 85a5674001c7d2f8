import Core
import Foundation
import Results
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

@Suite("Comparison")
struct ComparisonTests {
    /// A file with hand-made runs: two seeds of one method, one of another, one unfinished.
    private func file() throws -> String {
        let path = TestFiles.path("comparison.sqlite")
        let log = try RunLog(path: path)
        for (method, seed, bytes, accuracies) in [
            ("fedavg", 1, 2_000_000, [0.5, 0.7]), ("fedavg", 2, 2_000_000, [0.6, 0.4]),
            ("fgl-one-shot", 1, 200, [0.8]),
        ] {
            let recorder = try log.begin(
                RunDescription(
                    name: "x", method: method, seed: UInt64(seed), clients: 1, scenario: "", build: ""))
            recorder.client(ClientRow(client: 0, samples: 1))
            for (index, accuracy) in accuracies.enumerated() {
                let end = SimInstant.start + .seconds(Double(index + 1) * 10)
                recorder.messageSent(bytes: bytes, direction: .up)
                recorder.transfer(
                    round: index + 1, client: 0, direction: .up, payload: .weights, bytes: bytes,
                    start: .start,
                    end: end)
                recorder.metric(at: end, round: index + 1, split: .test, name: .accuracy, value: accuracy)
            }
            try recorder.finish(.finished, at: .start + .seconds(20))
        }
        _ = try log.begin(
            RunDescription(name: "x", method: "fedavg", seed: 3, clients: 1, scenario: "", build: ""))
        try log.close()
        return path
    }

    @Test("Runs of a method are one line: mean and sample standard deviation over seeds, best and final")
    func table() throws {
        let text = try Comparison(path: file()).table()
        // Best 0.7, 0.6: mean 0.65, deviation √(2 · 0.05² / 1) = 0.0707. Final 0.7, 0.4: 0.55 and 0.2121.
        #expect(text.contains("65.0 ± 7.1 %"))
        #expect(text.contains("55.0 ± 21.2 %"))
        #expect(text.contains("2 (+1 unfinished)"))
        // 4,000,000 bytes against 200.
        #expect(
            text.contains("fgl-one-shot: 20,000 times less uplink than fedavg (200 against 4,000,000 bytes)"))
    }

    @Test("Bytes and time to a target are those of the first evaluation that reaches it")
    func target() throws {
        let comparison = try Comparison(path: file(), targetAccuracy: 0.55)
        // Run 1 reaches 0.7 in round 2, run 2 has 0.6 in round 1, run 3 at once; run 4 never.
        #expect(comparison.entries.map { $0.target?.seconds } == [20, 10, 10, nil])
        #expect(comparison.entries.map { $0.target?.uplinkBytes } == [4_000_000, 2_000_000, 200, nil])
        #expect(comparison.entries.map { $0.target?.round } == [2, 1, 1, nil])
        #expect(comparison.table().contains("rounds to 55.0 %") && !comparison.table().contains("energy"))
        #expect(comparison.csv().split(separator: "\r\n")[0].hasSuffix(",target_s,target_round"))
    }

    @Test("An empty file has no runs")
    func empty() throws {
        let path = TestFiles.path("comparison.sqlite")
        try RunLog(path: path).close()
        #expect(try Comparison(path: path).table() == "no runs\n")
        #expect(try Comparison(path: path).json() == "[\n\n]\n")
    }
}
