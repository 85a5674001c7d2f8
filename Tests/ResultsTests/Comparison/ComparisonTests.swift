import Foundation
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
                    round: index + 1, client: 0, direction: .up, payload: "weights", bytes: bytes,
                    start: .start,
                    end: end)
                recorder.metric(at: end, round: index + 1, split: "test", name: "accuracy", value: accuracy)
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
    }

    @Test("An empty file has no runs")
    func empty() throws {
        let path = TestFiles.path("comparison.sqlite")
        try RunLog(path: path).close()
        #expect(try Comparison(path: path).table() == "no runs\n")
        #expect(try Comparison(path: path).json() == "[\n\n]\n")
    }

    @Test("Bytes, times and ratios as people read them")
    func format() {
        #expect(Format.bytes(0) == "0 B")
        #expect(Format.bytes(1023) == "1023 B")
        #expect(Format.bytes(1024) == "1.00 KiB")
        #expect(Format.bytes(44_765_128) == "42.69 MiB")
        #expect(Format.bytes(1 << 40) == "1.00 TiB")
        #expect(Format.duration(0.25) == "0.2 s" || Format.duration(0.25) == "0.3 s")
        #expect(Format.duration(3600) == "60.0 min")
        #expect(Format.duration(36_000) == "10.0 h")
        #expect(Format.percent(0.8141) == "81.4 %")
        #expect(Format.ratio(195_488.2) == "195,000")
        #expect(Format.ratio(3.14159) == "3.14")
        #expect(Format.grouped(-1_234_567) == "-1,234,567")
        #expect(Format.grouped(12) == "12")
    }

    @Test("No mean is taken over runs whose scenarios differ in more than seed and methods")
    func variants() throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny, overrides: ["training.mode=none"])
        func add(_ overrides: [String]) throws {
            let scenario = try Scenario.parse(
                ExperimentTests.tiny, file: "test.yaml", overrides: ["training.mode=none"] + overrides,
                knownMethods: FederatedMethods.names)
            try Experiment(scenario, output: path, jobs: 1, build: "test").run { _, _ in SilentProgress() }
        }
        try add(["seed=8"])
        try add(["methods=[fedavg, fgl-one-shot]"])
        try add(["training.rounds=3"])
        try add(["training.rounds=3", "seed=9"])
        try add(["training.rounds=3", "training.batch=4", "training.momentum=0", "clients=2", "data.side=16"])
        let run = try RunLogReader(path: path).runs()[0]
        let pool = WorkPool(workers: 1)
        defer { pool.close() }
        _ = try Replay(path: path).whatIf(
            run, overrides: ["network.client.uplink=1Mbps", "devices.server=1TFLOPS"], pool: pool,
            build: "test")

        let groups = try Comparison(path: path).groups.filter { $0.method == "fedavg" }
        // FedAvg with the first seed is in the file when it is asked for together with another method.
        #expect(groups.map(\.entries.count) == [2, 2, 1, 1])
        #expect(groups.map(\.name) == ["tiny", "tiny", "tiny", "tiny"])
        #expect(groups[0].variant == "" && groups[1].variant == "training.rounds=3")
        #expect(groups[2].variant.wholeMatch(of: /settings [0-9a-f]{8}/) != nil)
        #expect(groups[3].variant == "what-if: devices.server=1TFLOPS network.client.uplink=1Mbps")
        let table = try Comparison(path: path).table()
        #expect(table.contains("\n\ntiny, training.rounds=3\nmethod"))
        #expect(
            try Report(path: path, command: "fgl-sim report").html().contains("fedavg, training.rounds=3"))
    }
}
