import Core
import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// FedAsync and FedBuff.
@Suite("Asynchronous methods", .serialized)
struct AsynchronousTests {
    /// Clients that are all alike, so that staleness has a closed form.
    static let alike = """
        name: alike
        seed: 1
        clients: 6
        methods: [fedasync]
        data:     { set: shapes, train-per-class: 6, test-per-class: 4, partition: { kind: iid } }
        training: { mode: none, rounds: 9, local-epochs: 1, batch: 5 }
        asynchronous: { concurrency: 3, buffer: 3 }
        network:  { server: { uplink: 100Gbps, downlink: 100Gbps }, client: { uplink: 20Mbps, downlink: \
        100Mbps, latency: 50ms } }
        devices:  { client: 10GFLOPS, server: 100TFLOPS }
        """

    private func staleness(_ path: String) throws -> [Int] {
        try RunTable.query(path, "SELECT value FROM metric WHERE name = 'staleness' ORDER BY rowid")
            .map { Int(Double($0[0])!) }
    }

    @Test("FedAsync, three like clients at a time: staleness 0, 1, 2, then 2 for ever")
    func fedAsync() throws {
        // Three updates of the first model come at once and are mixed one after the other. From then on, an
        // update of version v comes behind the two that were at work when it was sent: 3 - 1, 4 - 2, 5 - 3,
        // ….
        let path = try ExperimentTests.run(Self.alike)
        #expect(try staleness(path) == [0, 1, 2, 2, 2, 2, 2, 2, 2])
        #expect(try RunTable.query(path, "SELECT count(*) FROM work WHERE kind = 'mix'") == [["9"]])
        #expect(try RunLogReader(path: path).comparison()[0].rounds == 9)
    }

    @Test(
        "FedBuff, a server update every three: two of three were sent their model before the third was added")
    func fedBuff() throws {
        // The first two of a buffer are answered at once, with the old model; the third with the new one.
        let path = try ExperimentTests.run(Self.alike, overrides: ["methods=[fedbuff]", "training.rounds=4"])
        #expect(try staleness(path) == [0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0])
        #expect(try RunTable.query(path, "SELECT count(*) FROM work WHERE kind = 'mix'") == [["4"]])
    }

    @Test("Staleness is the number of server updates between sending and receiving, also with unlike clients")
    func reallyStale() throws {
        for method in ["fedasync", "fedbuff"] {
            let path = try ExperimentTests.run(
                PolicyTests.scenario,
                overrides: [
                    "methods=[\(method)]", "training.rounds=30", "asynchronous={concurrency: 3, buffer: 2}",
                ])
            let rows = try RunTable.query(
                path,
                """
                SELECT json_extract(e.detail, '$.staleness'),
                    (SELECT count(*) FROM event r WHERE r.run_id = e.run_id AND r.kind = 'round-end'
                        AND r.seq < e.seq AND r.seq > (
                            SELECT max(d.seq) FROM event d WHERE d.run_id = e.run_id AND d.client_id = \
                            e.client_id
                                AND d.seq < (SELECT max(u.seq) FROM event u WHERE u.run_id = e.run_id
                                    AND u.client_id = e.client_id AND u.kind = 'upload-end' AND u.seq < e.seq)
                                AND d.kind = 'train-start'))
                FROM event e WHERE e.kind = 'update'
                """)
            #expect(rows.count >= 30)
            // A server update may fall between the download's beginning and the training's.
            for row in rows { #expect(Int(row[0])! >= Int(row[1])!) }
            #expect(rows.contains { Int($0[0])! > 0 })
        }
    }

    @Test("A run ends at its virtual time, and what is on its way then is aborted")
    func until() throws {
        let path = try ExperimentTests.run(
            Self.alike, overrides: ["training.rounds=1000", "asynchronous.until=60s"])
        let run = try RunLogReader(path: path).comparison()[0]
        #expect(run.status == .finished && run.rounds > 1 && run.rounds < 1000)
        #expect(abs(run.virtualSeconds - 60) < 1e-6)
        let rest = try RunTable.query(
            path, "SELECT count(*), max(t_end) FROM transfer WHERE status = 'aborted'")[0]
        #expect(Int(rest[0])! > 0 && Double(rest[1])! <= 60)
    }

    @Test("A run whose time ends before the first update has the accuracy of the model it began with")
    func untilBeforeTheFirstUpdate() throws {
        let path = try ExperimentTests.run(
            GenerativeTests.tiny, overrides: ["methods=[fedbuff, fedasync]", "asynchronous.until=1ms"])
        let runs = try RunLogReader(path: path).comparison()
        #expect(runs.count == 2 && runs.allSatisfy { $0.status == .finished })
        #expect(runs[0].finalAccuracy != nil && runs[0].finalAccuracy == runs[1].finalAccuracy)
    }

    @Test(
        "One client at a time, full weight: FedAsync and FedBuff with a buffer of one are the same training")
    func sequential() throws {
        let path = try ExperimentTests.run(
            ExperimentTests.resNet,
            overrides: [
                "methods=[fedasync, fedbuff]", "training.rounds=3",
                "asynchronous={concurrency: 1, buffer: 1, mixing: 1, staleness: constant}",
            ])
        let models = try RunLogReader(path: path).runs().map(\.modelSHA256)
        #expect(models.count == 2 && models[0] == models[1] && models[0] != nil)
    }

    @Test("FedBuff and FedAsync learn, and give the same model for one worker and for two")
    func determinism() throws {
        let runs = try [1, 2].map { jobs in
            try RunLogReader(
                path: ExperimentTests.run(
                    ExperimentTests.resNet,
                    overrides: [
                        "methods=[fedasync, fedbuff]", "training.rounds=3",
                        "asynchronous={concurrency: 3, buffer: 2}",
                    ], jobs: jobs)
            ).runs()
        }
        #expect(runs[0].map(\.logSHA256) == runs[1].map(\.logSHA256))
        #expect(runs[0].map(\.modelSHA256) == runs[1].map(\.modelSHA256))
        #expect(Set(runs[0].map(\.modelSHA256)).count == 2)
    }

    private static let weightings:
        [(kind: Scenario.StalenessWeighting, exponent: Double, inverses: [Double])] = [
            (.constant, 0.5, [1, 1, 1, 1, 1]),
            // 1 / (τ + 1)^0.5, squared below.
            (.polynomial, 0.5, [1, 2, 3, 4, 5]),
            // 1 up to 2, then 1 / (10 (τ - 2) + 1).
            (.hinge, 10, [1, 1, 1, 11, 21]),
        ]

    @Test("Staleness weights are those of the papers", arguments: 0..<3)
    func weights(index: Int) throws {
        let (kind, exponent, inverses) = Self.weightings[index]
        var settings = try parseScenario(minimalScenario).asynchronous
        settings.staleness = kind
        settings.exponent = exponent
        settings.hinge = 2
        for (staleness, inverse) in inverses.enumerated() {
            let expected = kind == .polynomial ? 1 / inverse.squareRoot() : 1 / inverse
            #expect(abs(settings.weight(staleness: staleness) - expected) < 1e-12)
        }
    }

    @Test("What the section does not allow is refused")
    func badInput() {
        let cases = [
            (
                "{ concurrency: 0 }",
                "30: asynchronous.concurrency: 0 is not allowed; allowed: a whole number from 1 to 1000000"
            ),
            (
                "{ buffer: 0 }",
                "25: asynchronous.buffer: 0 is not allowed; allowed: a whole number from 1 to 1000000"
            ),
            (
                "{ mixing: 0 }",
                "25: asynchronous.mixing: 0 is not allowed; allowed: a number above 0, at most 1"
            ),
            (
                "{ mixing: 1.5 }",
                "25: asynchronous.mixing: 1.5 is not allowed; allowed: a number above 0, at most 1"
            ),
            (
                "{ server-rate: -1 }",
                "30: asynchronous.server-rate: -1 is not allowed; allowed: a number above 0, at most 100"
            ),
            (
                "{ staleness: linear }",
                "28: asynchronous.staleness: linear is not allowed; allowed: constant, polynomial, hinge"
            ),
            (
                "{ exponent: -0.1 }",
                "27: asynchronous.exponent: -0.1 is not allowed; allowed: a number from 0 to 100"
            ),
            (
                "{ hinge: -1 }",
                "24: asynchronous.hinge: -1 is not allowed; allowed: a whole number from 0 to 1000000"
            ),
            (
                "{ until: 0s }",
                "24: asynchronous.until: 0s is not allowed; allowed: a duration from 1ns to 1000000h such as "
                    + "50ms, in ns, us, ms, s, min, h"
            ),
        ]
        for (text, sentence) in cases {
            #expect(
                scenarioSentences(minimalScenario + "asynchronous: \(text)\n") == ["test.yaml:3:" + sentence])
        }
    }
}

/// The line before the server.
@Suite("Server queue")
struct ServerQueueTests {
    @Test("With Poisson arrivals of equal work, the mean wait is that of M/D/1: ρ / (2 μ (1 - ρ))")
    func meanWait() throws {
        for load in [0.3, 0.7] {
            let simulation = Simulation()
            let queue = Resource(simulation, name: "the server")
            var waits: [Double] = []
            simulation.spawn("arrivals") {
                var stream = RandomStream(seed: 1, purpose: "arrivals \(load)")
                for number in 0..<100_000 {
                    try await simulation.sleep(for: .seconds(-log(1 - stream.uniform()) / load))
                    simulation.spawn("work \(number)") {
                        let arrival = simulation.now
                        try await queue.use {
                            waits.append((simulation.now - arrival).seconds)
                            try await simulation.sleep(for: .seconds(1))
                        }
                    }
                }
            }
            try simulation.run()
            // Service time 1 s, so μ = 1 and ρ = load. Neighbours' waits are alike: errors from 100 batch
            // means.
            let expected = load / (2 * (1 - load))
            let batches = (0..<100).map { batch in
                waits[batch * 1000..<(batch + 1) * 1000].reduce(0, +) / 1000
            }
            let mean = batches.reduce(0, +) / 100
            let variance = batches.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 99
            #expect(abs(mean - expected) < 4 * (variance / 100).squareRoot(), "\(mean) for \(expected)")
        }
    }

    @Test("First come, first served; one that is cancelled while it waits leaves the line")
    func order() throws {
        let simulation = Simulation()
        let queue = Resource(simulation, name: "the server")
        var log: [String] = []
        var processes: [Simulator.Process] = []
        for name in ["a", "b", "c", "d"] {
            processes.append(
                simulation.spawn(name) {
                    try await queue.use {
                        try await simulation.sleep(for: .seconds(2))
                        log.append("\(name) \(simulation.now)")
                    }
                })
        }
        simulation.spawn("impatience") {
            try await simulation.sleep(for: .seconds(1))
            processes[1].cancel()
        }
        try simulation.run()
        #expect(log == ["a 2 s", "c 4 s", "d 6 s"] && queue.queueLength == 0 && queue.userCount == 0)
    }

    @Test("Updates that come while the server mixes wait in line, and the log says so")
    func visible() throws {
        // A server that takes seconds for a mixture of two models of 11 million weights.
        let path = try ExperimentTests.run(
            AsynchronousTests.alike, overrides: ["devices.server=10MFLOPS", "training.rounds=6"])
        let mixes = try RunTable.query(
            path, "SELECT t FROM event WHERE kind = 'mix-start' ORDER BY seq"
        ).map { Double($0[0])! }
        let ends = try RunTable.query(path, "SELECT t FROM event WHERE kind = 'mix-end' ORDER BY seq").map {
            Double($0[0])!
        }
        // Never two at a time, and the second of three that came at once begins when the first is done.
        for (start, end) in zip(mixes.dropFirst(), ends) { #expect(start >= end) }
        #expect(mixes[1] == ends[0])
    }
}
