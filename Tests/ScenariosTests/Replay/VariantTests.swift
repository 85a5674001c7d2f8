import Foundation
import Results
import RunLog
import Scenarios
import Testing

/// Runs of a file that differ in more than their seed.
@Suite("Variants")
struct VariantTests {
    @Test("No mean is taken over runs whose scenarios differ in more than seed and methods")
    func variants() throws {
        let path = try ExperimentTests.run(ExperimentTests.resNet, overrides: ["training.mode=none"])
        func add(_ overrides: [String]) throws {
            let scenario = try Scenario.parse(
                ExperimentTests.resNet, file: "test.yaml", overrides: ["training.mode=none"] + overrides,
                knownMethods: FederatedMethods.names)
            try Experiment(scenario, output: path, jobs: 1, build: "test").run { _, _ in SilentProgress() }
        }
        try add(["seed=8"])
        try add(["methods=[fedavg, fgl-one-shot]"])
        try add(["training.rounds=3"])
        try add(["training.rounds=3", "seed=9"])
        try add(["training.rounds=3", "training.batch=4", "training.momentum=0", "clients=2", "data.side=16"])
        let run = try RunLogReader(path: path).runs()[0]
        let pool = WorkerThreads(workers: 1)
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
