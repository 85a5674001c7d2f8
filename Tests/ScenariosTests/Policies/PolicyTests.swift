import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Rounds under every policy, timing only.
@Suite("Participation policies", .serialized)
struct PolicyTests {
    /// Five clients whose rounds take between 12 and 34 s.
    static let scenario = """
        name: policies
        seed: 3
        clients: 5
        methods: [fedavg]
        data:     { set: shapes, train-per-class: 5, test-per-class: 4, partition: { kind: iid } }
        training: { mode: none, rounds: 3, local-epochs: 1, batch: 5 }
        synthesis: { per-class: 4, steps: 2, epochs: 1, batch: 8, rounds: 2 }
        network:  { server: { uplink: 100Gbps, downlink: 100Gbps }, client: { uplink: { uniform: { from: \
        10Mbps, to: 50Mbps } }, downlink: { uniform: { from: 50Mbps, to: 100Mbps } }, latency: { uniform: { \
        from: 10ms, to: 90ms } } } }
        devices:  { client: { uniform: { from: 1GFLOPS, to: 4GFLOPS } }, server: 100TFLOPS, stragglers: { \
        fraction: 0.2, slowdown: 5 } }
        """

    static let policies = [
        "all": "{ policy: all }",
        "fraction": "{ policy: fraction, fraction: 0.4 }",
        "k-of-m": "{ policy: k-of-m, select: 4, wait-for: 2 }",
        "k-of-m-stale": "{ policy: k-of-m, select: 3, wait-for: 2, late: accept-stale }",
        "deadline": "{ policy: deadline, deadline: 25s }",
        "deadline-minimum": "{ policy: deadline, deadline: 25s, minimum: 4 }",
        "deadline-stale": "{ policy: deadline, deadline: 25s, late: accept-stale }",
    ]

    static func run(_ participation: String, _ overrides: [String] = [], jobs: Int = 2) throws -> String {
        try ExperimentTests.run(
            scenario, overrides: ["participation=\(participation)"] + overrides, jobs: jobs)
    }

    /// How long each client of a run needs for a round by itself, by the closed form
    /// 2 · latency + download ÷ downlink + FLOPs · slowdown ÷ speed + upload ÷ uplink.
    static func roundSeconds(_ path: String) throws -> [Double] {
        let flops = Double(
            try RunTable.query(path, "SELECT max(flops) FROM work WHERE kind = 'train'")[0][0])!
        func bytes(_ direction: String) throws -> String {
            try RunTable.query(path, "SELECT max(bytes) FROM transfer WHERE direction = '\(direction)'")[0][0]
        }
        return try RunTable.query(
            path,
            """
            SELECT 2 * latency_s + \(bytes("down")) / downlink_Bps + \(flops) * slowdown / flops_per_s
                + \(bytes("up")) / uplink_Bps FROM client WHERE run_id = 1 ORDER BY client_id
            """
        ).map { Double($0[0])! }
    }

    @Test("The log of each policy is the golden one", arguments: policies.keys.sorted())
    func golden(name: String) throws {
        try GoldenLogTests.compare(Self.run(Self.policies[name]!), with: "policy-\(name)")
    }

    @Test("A deadline cuts exactly the clients whose download, training and upload take longer")
    func deadline() throws {
        let seconds = try Self.roundSeconds(Self.run("all", ["training.rounds=1"]))
        #expect(Set(seconds).count == 5)
        // Between any two clients, and a microsecond on either side of each.
        let edges = seconds.flatMap { [$0 - 1e-6, $0 + 1e-6] }
        for deadline in edges {
            let path = try Self.run(
                "{ policy: deadline, deadline: \(deadline)s }", ["training.rounds=1"])
            let cut = try RunTable.query(
                path, "SELECT client_id FROM event WHERE kind = 'client-cut' ORDER BY 1"
            ).map { Int($0[0])! }
            #expect(cut == seconds.indices.filter { seconds[$0] > deadline }, "deadline \(deadline)")
            let end = try RunTable.query(path, "SELECT t FROM event WHERE kind = 'round-end'")[0][0]
            // The round begins after the initialization and ends before the average: microseconds.
            #expect(abs(Double(end)! - min(deadline, seconds.max()!)) < 1e-5)
        }
    }

    @Test("K of M waits for the K fastest of those selected, and the others' bytes are lost")
    func overSelection() throws {
        let seconds = try Self.roundSeconds(Self.run("all", ["training.rounds=1"]))
        for (select, waitFor) in [(5, 1), (5, 3), (4, 2), (3, 3)] {
            let path = try Self.run(
                "{ policy: k-of-m, select: \(select), wait-for: \(waitFor) }", ["training.rounds=1"])
            let selected = try RunTable.query(
                path, "SELECT DISTINCT client_id FROM event WHERE kind = 'download-start' ORDER BY 1"
            ).map { Int($0[0])! }
            #expect(selected.count == select)
            let fastest = selected.sorted { seconds[$0] < seconds[$1] }
            let cut = try RunTable.query(
                path, "SELECT client_id FROM event WHERE kind = 'client-cut' ORDER BY 1"
            ).map { Int($0[0])! }
            #expect(cut == fastest.dropFirst(waitFor).sorted())
            let end = Double(try RunTable.query(path, "SELECT t FROM event WHERE kind = 'round-end'")[0][0])!
            #expect(abs(end - seconds[fastest[waitFor - 1]]) < 1e-5)
        }
    }

    @Test("The bytes of a cut upload are what had drained when it was cut")
    func lostBytes() throws {
        let path = try Self.run("{ policy: deadline, deadline: 25s }", ["training.rounds=1"])
        let rows = try RunTable.query(
            path,
            """
            SELECT transfer.bytes, (t_end - t_start - latency_s) * uplink_Bps, status
            FROM transfer JOIN client USING (run_id, client_id)
            WHERE status <> 'complete' AND direction = 'up'
            """)
        #expect(!rows.isEmpty)
        for row in rows {
            #expect(abs(Double(row[0])! - Double(row[1])!) <= 1 && row[2] == "lost")
        }
        let lost = try RunTable.query(path, "SELECT count(*) FROM event WHERE kind = 'upload-lost'")
        #expect(lost == [["\(rows.count)"]])
    }

    @Test("Accepting late updates loses none but those on their way when the run ends, and counts staleness")
    func stale() throws {
        let path = try Self.run(
            "{ policy: k-of-m, select: 3, wait-for: 1, late: accept-stale }", ["training.rounds=12"])
        #expect(try RunTable.query(path, "SELECT count(*) FROM transfer WHERE status = 'lost'") == [["0"]])
        let stale = try RunTable.query(
            path,
            "SELECT client_id, value FROM metric WHERE name = 'staleness' ORDER BY t, client_id")
        let events = try RunTable.query(
            path,
            """
            SELECT client_id, json_extract(detail, '$.staleness') FROM event WHERE kind = 'update-stale'
            ORDER BY t, client_id
            """)
        #expect(stale.count > 3 && stale.map { [$0[0], "\(Int(Double($0[1])!))"] } == events)
        // A client at work is not selected again.
        let twice = try RunTable.query(
            path,
            """
            SELECT count(*) FROM transfer a JOIN transfer b USING (run_id, client_id, direction)
            WHERE a.transfer_id < b.transfer_id AND a.t_end > b.t_start
            """)
        #expect(twice == [["0"]])
    }

    @Test("A round with too few updates leaves the model as it was; a first round of prompts ends the run")
    func minimum() throws {
        let path = try Self.run("{ policy: deadline, deadline: 1s, minimum: 2 }")
        #expect(
            try RunTable.query(path, "SELECT count(*) FROM event WHERE kind = 'round-abandoned'") == [["3"]])
        #expect(try RunTable.query(path, "SELECT count(*) FROM work WHERE kind = 'average'") == [["0"]])
        #expect(throws: FederationError.tooFewUpdates(round: 1, updates: 0, minimum: 1)) {
            try Self.run("{ policy: deadline, deadline: 5ms }", ["methods=[fgl-one-shot]"])
        }
    }

    @Test("Every synchronous method runs under every policy, to its end and with balanced books")
    func matrix() throws {
        for name in Self.policies.keys.sorted() {
            let path = try Self.run(
                Self.policies[name]!, ["methods=[fgl-one-shot, fgl-5-round, fgl-5-round-syn, fedavg]"])
            let runs = try RunLogReader(path: path).comparison()
            #expect(runs.map(\.status) == Array(repeating: .finished, count: 4), "\(name)")
            #expect(runs.map(\.rounds) == [1, 3, 3, 3], "\(name)")
        }
    }

    @Test("The same log twice and for any number of workers", arguments: policies.keys.sorted())
    func determinism(name: String) throws {
        let hashes = try [1, 2, 2].map { jobs in
            try RunLogReader(
                path: Self.run(Self.policies[name]!, ["methods=[fedavg, fgl-5-round]"], jobs: jobs)
            ).runs().map(\.logSHA256)
        }
        #expect(hashes[0] == hashes[1] && hashes[1] == hashes[2] && hashes[0].allSatisfy { $0 != nil })
    }

    @Test("A fraction selects so many clients, other ones in other rounds")
    func fraction() throws {
        let path = try Self.run("{ policy: fraction, fraction: 0.4 }", ["training.rounds=20"])
        let counts = try RunTable.query(
            path, "SELECT count(DISTINCT client_id) FROM transfer WHERE direction = 'up' GROUP BY round")
        #expect(counts == Array(repeating: ["2"], count: 20))
        #expect(try RunTable.query(path, "SELECT count(DISTINCT client_id) FROM transfer") == [["5"]])
    }
}
