import Foundation
import RunLog
import Scenarios
import Simulator
import Synchronization
import TestSupport
import Testing

@Suite("Sweeps over times", .serialized)
struct RetimedSweepTests {
    private static let scenario = """
        name: sweep
        seed: 3
        clients: 3
        methods: [fedavg, fgl-one-shot]
        data: { set: shapes, side: 16, train-per-class: 6, test-per-class: 2, partition: { kind: iid } }
        model: { kind: tiny }
        training: { rounds: 2, local-epochs: 1, batch: 8 }
        synthesis: { foundation: builtin-small, per-class: 2, steps: 1, epochs: 1, batch: 8 }
        """

    /// Runs a scenario; returns the file, the images really worked on by run, and what was said.
    private func run(
        _ overrides: [String], methods: String = "[fedavg, fgl-one-shot]"
    ) throws -> (path: String, images: [Int64: Int], notices: [String]) {
        let scenario = try Scenario.parse(
            Self.scenario, file: "test.yaml", overrides: overrides + ["methods=\(methods)"])
        let path = TestFiles.path("sweep.sqlite"), counter = ImageCounter()
        var notices: [String] = []
        try Experiment(scenario, output: path, jobs: 2, build: "test").run(
            notice: { notices.append("\($0)") }
        ) { _, id in counter.progress(of: id) }
        return (path, counter.images.withLock { $0 }, notices)
    }

    @Test("A sweep over network and devices trains once and logs what each variant would have logged")
    func once() throws {
        let sweep = "sweep={devices.slowdown: [1, 10], network.client.uplink: [20Mbps, 1Mbps]}"
        let all = try run([sweep])
        let runs = try RunLogReader(path: all.path).runs()
        #expect(runs.count == 8 && runs.allSatisfy { $0.status == .finished })
        // Of each method one run has worked; the others have its records, wall times among them.
        #expect(all.images.keys.filter { $0 % 2 == 1 } == [1])
        let anew = """
            SELECT kind FROM work WHERE kind IN ('train', 'synthesize')
            GROUP BY key, round, client_id HAVING count(DISTINCT wall_s) > 1 OR count(*) < 4
            """
        #expect(try RunTable.query(all.path, anew).isEmpty)
        #expect(
            all.notices.contains { $0.hasPrefix("6 of 8 runs differ from another one in network, devices") })
        for (slowdown, uplink, ids) in [("1", "1Mbps", [3, 4]), ("10", "1Mbps", [7, 8])] {
            let single = try run(["devices.slowdown=\(slowdown)", "network.client.uplink=\(uplink)"])
            let own = try RunTable.query(all.path, Self.rows(ids))
            #expect(try RunTable.query(single.path, Self.rows([1, 2])) == own)
            #expect(single.images.count == 2 && !single.notices.contains { $0.contains("re-timed") })
        }
        #expect(Set(runs.filter { $0.method == "fedavg" }.map(\.modelSHA256)).count == 1)
        #expect(Set(runs.map(\.virtualSeconds)).count > 4)
    }

    /// What tells runs apart beside name and scenario, which differ between a variant and a scenario alone.
    private static func rows(_ ids: [Int]) -> String {
        """
        SELECT method, model_sha256, virtual_s, (SELECT group_concat(kind || t || coalesce(detail, '')) FROM (
            SELECT kind, t, detail FROM event WHERE event.run_id = run.run_id ORDER BY seq))
        FROM run WHERE run_id IN (\(ids.map(String.init).joined(separator: ", "))) ORDER BY method
        """
    }

    @Test("Where times change who takes part, a run trains what the other has not")
    func deadline() throws {
        let overrides = [
            "participation={policy: deadline, fraction: 1, deadline: 2s, minimum: 1}",
            "devices.stragglers={fraction: 0.34, slowdown: 5}",
        ]
        let speeds = ["500GFLOPS", "10MFLOPS"]
        let all = try run(
            overrides + ["sweep={devices.client: [\(speeds.joined(separator: ", "))]}"], methods: "[fedavg]")
        let single = try run(overrides + ["devices.client=\(speeds[1])"], methods: "[fedavg]")
        #expect(
            try RunTable.query(all.path, Self.rows([2])) == RunTable.query(single.path, Self.rows([1])))
        let fewest = try RunTable.query(all.path, "SELECT fewest FROM participants ORDER BY run_id")
        #expect(fewest.count == 2 && fewest[0] != fewest[1], "\(fewest)")
    }
}

/// Counts the images that runs really train on or synthesize.
private final class ImageCounter: Sendable {
    let images = Mutex<[Int64: Int]>([:])

    func progress(of run: Int64) -> any RunProgress { Progress(counter: self, run: run) }

    private struct Progress: RunProgress {
        let counter: ImageCounter
        let run: Int64

        func began(round: Int, at instant: SimInstant) {}
        func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
        func measured(accuracy: Double, round: Int) {}
        func worked(kind: WorkKind, at instant: SimInstant) {}
        func ended(at instant: SimInstant) {}
        func processed(images: Int) { counter.images.withLock { $0[run, default: 0] += images } }
    }
}
