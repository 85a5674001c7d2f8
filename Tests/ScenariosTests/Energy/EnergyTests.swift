import Foundation
import Results
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Joules and grams of runs, compared with their closed forms over the rows of the log.
@Suite("Energy and carbon", .serialized)
struct EnergyTests {
    private static let section = [
        "energy.client.idle=2W", "energy.client.compute=6W", "energy.client.transmit=4W",
        "energy.client.receive=3W", "energy.server.idle=50W", "energy.server.compute=400W",
        "energy.server.transmit=60W", "energy.network.per-byte=2uJ/B", "energy.carbon-intensity=360g/kWh",
        "energy.server.carbon-intensity=36g/kWh", "training=none",
    ]

    private func run(_ overrides: [String]) throws -> String {
        try ExperimentTests.run(ExperimentTests.resNet, overrides: Self.section + overrides)
    }

    private func number(_ path: String, _ sql: String) throws -> Double {
        try #require(Double(try RunTable.query(path, sql)[0][0]))
    }

    private func energy(_ path: String, _ activity: String, client: Int? = nil) throws -> Double {
        try number(
            path,
            "SELECT energy_J FROM energy WHERE activity = '\(activity)' AND client_id IS "
                + (client.map(String.init) ?? "NULL"))
    }

    private func isNear(_ left: Double, _ right: Double) -> Bool {
        abs(left - right) <= 1e-9 * max(1, abs(right))
    }

    @Test("Each activity is its watts times the time between its events, for every client and in all")
    func closedForm() throws {
        let path = try run([])
        let end = try number(path, "SELECT virtual_s FROM run")
        var sums: [String: Double] = [:]
        for client in 0..<3 {
            let computed = try number(
                path,
                "SELECT sum(CASE kind WHEN 'train-end' THEN t ELSE -t END) FROM event "
                    + "WHERE client_id = \(client) AND kind IN ('train-start', 'train-end')")
            func transferred(_ direction: String) throws -> Double {
                try number(
                    path,
                    "SELECT sum(t_end - t_start) FROM transfer WHERE client_id = \(client) "
                        + "AND direction = '\(direction)'")
            }
            let up = try transferred("up"), down = try transferred("down")
            let bytes = try number(path, "SELECT sum(bytes) FROM transfer WHERE client_id = \(client)")
            let expected = [
                "compute": 6 * computed, "uplink": 4 * up, "downlink": 3 * down,
                "idle": 2 * (end - computed - up - down), "network": 2e-6 * bytes,
            ]
            for (activity, joules) in expected.sorted(by: { $0.key < $1.key }) {
                #expect(
                    isNear(try energy(path, activity, client: client), joules), "\(activity) of \(client)")
                sums[activity, default: 0] += joules
            }
            let total = expected.values.reduce(0, +)
            #expect(isNear(try energy(path, "total", client: client), total))
            let grams = try number(
                path, "SELECT carbon_g FROM energy WHERE activity = 'total' AND client_id = \(client)")
            #expect(isNear(grams, total / 3.6e6 * 360))
        }
        for (activity, joules) in sums.sorted(by: { $0.key < $1.key }) {
            #expect(isNear(try energy(path, activity), joules), "\(activity)")
        }
    }

    @Test("The server's time is divided among its work, transfers and idling; the total is the sum of all")
    func server() throws {
        let path = try run([])
        let end = try number(path, "SELECT virtual_s FROM run")
        let computed = try number(
            path,
            "SELECT sum(CASE WHEN kind LIKE '%-end' THEN t ELSE -t END) FROM event WHERE client_id IS NULL "
                + "AND (kind LIKE 'average-%' OR kind LIKE 'initialize-%')")
        #expect(isNear(try energy(path, "server-other"), 400 * computed))
        let transferring = try energy(path, "server-transfer") / 60,
            idle = try energy(path, "server-idle") / 50
        #expect(isNear(computed + transferring + idle, end))
        // Three clients download at once: the server's time counts once.
        let longest = try number(
            path,
            "SELECT sum(longest) FROM (SELECT max(t_end) - min(t_start) AS longest FROM transfer "
                + "GROUP BY round, direction)")
        #expect(transferring <= longest + 1e-9 && transferring > 0)
        let total = try number(
            path, "SELECT sum(energy_J) FROM energy WHERE client_id IS NULL AND activity <> 'total'")
        #expect(isNear(try energy(path, "total"), total))
        let grams = try number(
            path, "SELECT sum(carbon_g) FROM energy WHERE client_id IS NULL AND activity <> 'total'")
        #expect(
            isNear(try number(path, "SELECT carbon_g FROM energy WHERE activity = 'total' LIMIT 1"), grams))
    }

    @Test(
        "At one watt in every state a client takes a joule a second, also where it fails or is cut",
        arguments: [
            [], ["faults.dropout.during-training=0.5"], ["faults.dropout.during-upload=0.5"],
            ["participation.policy=deadline", "participation.deadline=20s"],
            ["faults.client-outages={ every: { exponential: { mean: 20s } }, for: 3s }"],
            [
                "faults.client-outages={ every: { exponential: { mean: 20s } }, for: 3s }",
                "faults.when-away=pause",
            ],
            ["methods=[fgl-one-shot]", "synthesis.per-class=3", "synthesis.epochs=1"],
        ])
    func conservation(overrides: [String]) throws {
        let path = try ExperimentTests.run(
            ExperimentTests.resNet,
            overrides: [
                "training=none", "energy.client={ idle: 1W, compute: 1W, transmit: 1W, receive: 1W }",
                "training.rounds=4", "clients=4", "data.train-per-class=12",
            ] + overrides)
        let end = try number(path, "SELECT virtual_s FROM run")
        for client in 0..<4 {
            #expect(
                isNear(try energy(path, "total", client: client), end), "client \(client) of \(overrides)")
        }
        #expect(
            try RunTable.query(path, "SELECT count(*) FROM energy WHERE activity LIKE 'server%'") == [["0"]])
    }

    @Test("Counting changes nothing else: the same events, transfers and metrics")
    func sameCourse() throws {
        let plain = try ExperimentTests.run(ExperimentTests.resNet, overrides: ["training=none"])
        let counted = try run([])
        #expect(try TimingOnlyTests.lines(plain) == TimingOnlyTests.lines(counted))
        let others = "SELECT * FROM metric WHERE split NOT LIKE 'energy%'"
        #expect(try RunTable.query(plain, others) == RunTable.query(counted, others))
        #expect(try RunTable.query(plain, "SELECT count(*) FROM energy") == [["0"]])
    }

    @Test("A replay has the rows of the run, and a what-if with other watts those of a new run")
    func whatIf() throws {
        let path = try run([]), change = ["energy.client.compute=60W", "energy.network={ class: 4g }"]
        let replay = try Replay(path: path, run: 1)
        #expect(try replay.verify(replay.runs[0]).isWhole)
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let id = try replay.whatIf(replay.runs[0], overrides: change, pool: pool, build: "test").runID
        let anew = try RunLogReader(path: run(change)).runs()[0]
        #expect(try RunLogReader(path: path).run(id).logSHA256 == anew.logSHA256)
    }

    @Test(
        "Energy until an evaluation ends with the run's, and the epochs of centralized training share it out")
    func soFar() throws {
        let path = try ExperimentTests.run(
            ExperimentTests.resNet,
            overrides: Self.section.filter { $0 != "training=none" } + [
                "methods=[fedavg, centralized]", "model.kind=tiny",
            ])
        for run in [1, 2] {
            let rows = try RunTable.query(
                path,
                "SELECT t, value FROM metric WHERE run_id = \(run) AND name = 'cumulative_energy_J' "
                    + "ORDER BY t"
            ).map { $0.compactMap { Double($0) } }
            #expect(rows.count == 2)
            let total = try number(
                path,
                "SELECT energy_J FROM energy WHERE run_id = \(run) AND activity = 'total' "
                    + "AND client_id IS NULL"
            )
            #expect(rows[0][1] > 0 && rows[0][1] < rows[1][1] && rows[1][1] <= total * (1 + 1e-12))
            // At constant watts the curve is a line through the start.
            if run == 2 { #expect(isNear(rows[0][1] / rows[1][1], rows[0][0] / rows[1][0])) }
        }
        let comparison = try Comparison(path: path, targetAccuracy: 0)
        #expect(comparison.entries.allSatisfy { ($0.targetJoules ?? 0) > 0 })
        #expect(comparison.table().contains("energy to 0.0 %"))
    }

    @Test("compare has columns and the report a figure for energy where it was counted, and only there")
    func columns() throws {
        let paths = try (
            counted: run([]), plain: ExperimentTests.run(ExperimentTests.resNet, overrides: ["training=none"])
        )
        let title = "Where the energy goes"
        #expect(try Report(path: paths.counted).html().contains(title))
        #expect(try !Report(path: paths.plain).html().contains(title))
        let counted = try Comparison(path: paths.counted), plain = try Comparison(path: paths.plain)
        let joules = try #require(counted.entries[0].energy).joules
        #expect(counted.csv().split(separator: "\r\n")[0].hasSuffix(",energy_J,carbon_g"))
        #expect(counted.csv().contains("\(joules)"))
        #expect(counted.table().contains(" kJ") && counted.table().contains("CO2e"))
        for text in [plain.csv(), plain.table(), try plain.json()] {
            #expect(!text.contains("energy") && !text.contains("CO2e"))
        }
        #expect(!plain.entries.contains { $0.energy != nil })
    }
}
