import Core
import Foundation
import RunLog
import Scenarios
import Simulator
import Testing

/// Same binary, same scenario and seed: the same log, the same model, and every random stream at the same
/// place.
@Suite("Determinism", .serialized)
struct DeterminismTests {
    /// What an experiment came to, and where its random streams stand.
    private struct Outcome: Equatable {
        var hashes: [[String?]]
        var streams: [StreamAudit.Standing]
    }

    private func outcome(_ overrides: [String], seed: UInt64, jobs: Int) throws -> (Outcome, path: String) {
        var path = ""
        let streams = try StreamAudit.streams(ofSeed: seed) {
            path = try ExperimentTests.run(
                GenerativeTests.tiny, overrides: overrides + ["seed=\(seed)"], jobs: jobs)
        }
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.allSatisfy { $0.status == .finished && $0.logSHA256 != nil && $0.modelSHA256 != nil })
        return (
            Outcome(hashes: runs.map { [$0.method, $0.logSHA256, $0.modelSHA256] }, streams: streams), path
        )
    }

    private static let scenarios: [String: [String]] = [
        "synchronous": ["methods=[fgl-5-round-syn, fedavg, centralized]"],
        "selected, dropped and away": [
            "methods=[fedavg]", "clients=6", "data.train-per-class=12", "training.rounds=3",
            "participation={policy: fraction, fraction: 0.5}",
            "faults.dropout={before-training: 0.2, during-training: 0.2}",
            "network.client.uplink={lognormal: {median: 20Mbps, sigma: 0.8}}",
            "devices.client={uniform: {from: 0.2TFLOPS, to: 1TFLOPS}}",
        ],
        "asynchronous": [
            "methods=[fedasync]", "training.rounds=3",
            "network.client.uplink={uniform: {from: 10Mbps, to: 40Mbps}}",
        ],
    ]

    @Test(
        "Twice, and with one worker and two: equal hashes, and an equal next draw of each random stream",
        arguments: scenarios.keys.sorted())
    func everythingTwice(name: String) throws {
        let overrides = Self.scenarios[name]!
        let seed: UInt64 = 4_711_000 + UInt64(name.utf8.count)
        let (first, path) = try outcome(overrides, seed: seed, jobs: 1)
        for jobs in [1, 2] {
            #expect(try outcome(overrides, seed: seed, jobs: jobs).0 == first, "\(jobs) jobs")
        }
        #expect(first.streams.count > 10 && first.streams.map(\.draws).reduce(0, +) > 30)
        let other = try outcome(overrides, seed: seed + 1000, jobs: 2).0
        #expect(other.hashes != first.hashes && other.streams != first.streams)
        // A replay draws what the run has drawn, from the same streams.
        let replay = try Replay(path: path)
        let replayed = try StreamAudit.streams(ofSeed: seed) {
            for run in replay.runs { _ = try replay.verify(run) }
        }
        #expect(Set(replayed) == Set(first.streams))
    }

    @Test("The audit knows how often each stream was drawn from, and what it would give next")
    func audit() {
        let standings = StreamAudit.streams(ofSeed: 99) {
            var stream = RandomStream(seed: 99, entity: 4, purpose: "uplink")
            _ = (stream.next(), stream.next())
            _ = RandomStream(seed: 99, purpose: "unused")
            var foreign = RandomStream(seed: 98, purpose: "uplink")
            _ = foreign.next()
        }
        var same = RandomStream(seed: 99, entity: 4, purpose: "uplink")
        let draws = (0..<3).map { _ in same.next() }
        #expect(standings.map(\.draws) == [0, 2])
        #expect(standings.map(\.name) == ["unused of the run", "uplink of client 4"])
        #expect(standings[1].next == draws[2])
        var unused = RandomStream(seed: 99, purpose: "unused")
        #expect(standings[0].next == unused.next())
        var quiet = RandomStream(seed: 99, entity: 4, purpose: "uplink")
        #expect(quiet.next() == draws[0])
    }
}
