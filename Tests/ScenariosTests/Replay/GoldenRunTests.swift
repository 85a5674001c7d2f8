import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Recorded runs in git, one per method, prompts and upload form, replayed row by row: a change of an
/// identity, of an event or of a time is seen here before users' files see it.
///
/// `Golden/runs/*.sql` are the rows of runs that were really made. A replay computes no tensor, so they hold
/// on every machine. They are files of their version for good: what makes one of them fail breaks users'
/// files, too. `FGL_UPDATE_GOLDEN=1` makes those that are missing, for a new method or form.
@Suite("Golden runs", .serialized)
struct GoldenRunTests {
    private static let text = """
        name: golden
        seed: 5
        clients: 2
        data: { set: shapes, classes: [mug, star], side: 8, train-per-class: 4, test-per-class: 2, \
        partition: { kind: iid } }
        model: { kind: tiny }
        training: { rounds: 1, local-epochs: 1, batch: 2 }
        centralized: { epochs: 1, batch: 2 }
        synthesis: { foundation: builtin-small, per-class: 2, steps: 1, epochs: 1, batch: 2, rounds: 1, \
        fine-tune-epochs: 1 }
        """

    /// What each case changes; a method's own settings keep it small.
    private static let cases: [String: [String]] = {
        let settings = [
            "dense": ["dense.local-epochs=1", "dense.epochs=1", "dense.generator-steps=1", "dense.batch=2"],
            "co-boosting": [
                "co-boosting={local-epochs: 1, epochs: 2, generator-steps: 1, batch: 2, generator-width: 4, "
                    + "noise-width: 4}"
            ],
            "private-evolution": [
                "private-evolution={rounds: 2, candidates: 2, epsilon: 10}", "synthesis.steps=2",
            ],
            "fedpft": ["fedpft.epochs=2"],
            "fgl-lora": ["fgl-lora={rank: 1, steps: 1, batch: 1}"],
            "feddeo": ["feddeo={steps: 1, batch: 1}"],
            "fedbip": ["fedbip={steps: 1, batch: 1}"],
            "fedavg-one-shot": ["fedavg-one-shot.epochs=1"],
            "ensemble": ["ensemble.local-epochs=1"],
            "moon": ["training.rounds=2"],
            "fedproto": ["training.rounds=2"],
            "fedbuff": ["asynchronous.buffer=2", "asynchronous.concurrency=2"],
            "fedasync": ["asynchronous.concurrency=2"],
        ]
        var cases: [String: [String]] = [:]
        for name in FederatedMethods.names { cases[name] = ["methods=[\(name)]"] + (settings[name] ?? []) }
        let fedavg = "methods=[fedavg]", generative = "methods=[fgl-one-shot]"
        cases["upload-fp16"] = [fedavg, "compression.kind=fp16"]
        cases["upload-int8-zstd"] = [fedavg, "compression.kind=int8", "compression.zstd=true"]
        cases["upload-top-k"] = [fedavg, "compression.kind=top-k", "training.rounds=2"]
        cases["noise-at-clients"] = [fedavg, "privacy={clip: 1, noise: 0.1, at: client}"]
        cases["noise-at-server"] = [
            fedavg, "privacy={clip: 1, noise: 0.1, at: server}", "compression.kind=fp16",
        ]
        cases["prompts-instance"] = [generative, "synthesis.prompts=instance"]
        cases["prompts-embeddings"] = [generative, "synthesis.prompts=embeddings"]
        cases["prompts-tailored"] = [
            generative, "synthesis.prompts=tailored", "synthesis.tailoring={steps: 1, batch: 1}",
        ]
        cases["attack-sign-flip"] = [
            fedavg, "attack={kind: sign-flip, clients: [1]}", "aggregation={rule: median}",
        ]
        cases["attack-backdoor"] = [fedavg, "attack={kind: backdoor, clients: [0]}"]
        cases["attack-prompts"] = [
            generative, "attack={kind: wrong-label, clients: [1]}",
            "prompt-filter={rule: agreement, images: 2, epochs: 1}",
        ]
        cases["timing-only"] = ["methods=[scaffold]", "training.mode=none", "training.rounds=2"]
        cases["measurements"] = [
            generative, "evaluation={membership: true, retrieval: true}", "synthesis.real-per-class=1",
        ]
        return cases
    }()

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Golden/runs")

    @Test(
        "A recorded run comes out row by row, with the keys that it was recorded with",
        arguments: cases.keys.sorted())
    func replay(name: String) throws {
        let file = Self.folder.appendingPathComponent("\(name).sql")
        if ProcessInfo.processInfo.environment["FGL_UPDATE_GOLDEN"] != nil,
            !FileManager.default.fileExists(atPath: file.path)
        {
            let path = try ExperimentTests.run(Self.text, overrides: Self.cases[name]!, jobs: 1)
            try GoldenDump.write(path, to: file)
        }
        let path = try GoldenDump.read(file)
        let replay = try Replay(path: path)
        let result = try replay.verify(#require(replay.runs.first))
        #expect(result.isWhole && result.rows > 10)
        #expect(try RunLogReader(path: path).identities(run: 1) == 2)
    }

    /// Runs made by rules, of the kinds that the next rules decide otherwise.
    private static let earlier = [
        2: [
            "scaffold-ties", "feddyn-abandoned", "top-k-stale", "oort", "oort-without-rounds",
            "equal-prompts",
        ],
        3: ["epsilon", "private-evolution"],
    ]

    @Test(
        "A run made by earlier rules comes out row by row, by its own",
        arguments: earlier.sorted { $0.key < $1.key }.flatMap { rules, names in names.map { (rules, $0) } })
    func earlierRules(rules: Int, name: String) throws {
        let path = try GoldenDump.read(Self.folder.appendingPathComponent("rules-\(rules)-\(name).sql"))
        let replay = try Replay(path: path)
        #expect(try RunLogReader(path: path).rules(run: 1) == rules)
        #expect(try replay.verify(#require(replay.runs.first)).isWhole)
        // By the next rules it is another run: else it would show nothing.
        _ = try RunTable.change(path, "UPDATE run_rules SET rules = \(rules + 1)")
        let later = try Replay(path: path)
        #expect(throws: (any Error).self) {
            let result = try later.verify(#require(later.runs.first))
            if !result.isWhole { throw FederationError.noClients(round: 0) }
        }
    }

    @Test("A what-if of rules 3 asks for an epsilon that only later ones tell: refused with the least")
    func unreachableEpsilon() throws {
        let path = try GoldenDump.read(
            Self.folder.appendingPathComponent("rules-3-private-evolution.sql"))
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let replay = try Replay(path: path)
        let error = #expect(throws: FederationError.self) {
            _ = try replay.whatIf(
                replay.runs[0],
                overrides: ["private-evolution.noise=", "private-evolution.epsilon=0.05"],
                trainMissing: false, pool: pool, build: "test")
        }
        guard case .unreachableEpsilon(0.05, let delta, let least)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // Orders up to 63: log(1/δ) / 62 and less.
        #expect(delta == 1e-5 && (0.09...0.2).contains(least))
        #expect(
            "\(FederationError.unreachableEpsilon(epsilon: 0.05, delta: 1e-5, least: 0.1028))"
                == "private-evolution.epsilon: 0.05 is below what the run's rules can tell at privacy.delta "
                + "1e-05; allowed: above 0.1028, or a run of its own, which has the rules of today")
    }

    @Test("Another link is another time and nothing else: every piece of work is found by its key")
    func whatIf() throws {
        let path = try GoldenDump.read(Self.folder.appendingPathComponent("fgl-5-round-syn.sql"))
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let replay = try Replay(path: path)
        let id = try replay.whatIf(
            replay.runs[0], overrides: ["network.client.uplink=1Mbps"], pool: pool, build: "test"
        ).runID
        let works = "SELECT kind, round, client_id, key, output_sha256 FROM work WHERE run_id = %"
        func rows(_ run: Int64) throws -> Set<[String]> {
            Set(try RunTable.query(path, works.replacing("%", with: "\(run)")))
        }
        #expect(try rows(id) == rows(1) && rows(1).count > 8)
    }
}

/// A run as the SQL statements that put it into a fresh file.
enum GoldenDump {
    private static let tables = [
        "run", "client", "label_count", "event", "transfer", "metric", "prompt", "work", "input", "run_input",
        "run_rules", "identity_version", "run_identity",
    ]

    static func write(_ path: String, to file: URL) throws {
        var lines: [String] = []
        for table in tables {
            let columns = try RunTable.query(path, "SELECT name FROM pragma_table_info('\(table)')").map {
                $0[0]
            }
            // Wall times and the program say nothing about the run.
            let values = columns.map { column in
                switch column {
                case "wall_s": "'0.0'"
                case "started_at", "finished_at": "'''2026-11-29T00:00:00Z'''"
                case "build": "'''golden'''"
                // A line of SQL for each row, whatever lines the value has.
                default: "replace(quote(\(column)), char(10), '''||char(10)||''')"
                }
            }
            let rows = try RunTable.query(
                path, "SELECT \(values.joined(separator: " || ',' || ")) FROM \(table)")
            for row in rows {
                lines.append(
                    "INSERT INTO \(table) (\(columns.joined(separator: ","))) VALUES "
                        + "(\(row.joined(separator: "")));"
                )
            }
        }
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    }

    /// A fresh results file with the run of a dump.
    static func read(_ file: URL) throws -> String {
        let path = TestFiles.path("golden.sqlite")
        try RunLog(path: path).close()
        let sql = try String(contentsOf: file, encoding: .utf8)
        _ = try RunTable.change(path, "BEGIN;\n\(sql)COMMIT;")
        return path
    }
}
