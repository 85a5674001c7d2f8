import Core
import Foundation
import Testing

/// Runs with real training, from the command line to `sqlite3`.
@Suite("The run command", .serialized)
struct RunCommandTests {
    private static let small = [
        "--set", "data.train-per-class=8", "--set", "data.test-per-class=4", "--set", "training.rounds=2",
        "--set", "training.local-epochs=1", "--set", "training.batch=8", "--set", "centralized.epochs=2",
        "--set", "data.partition={kind: iid}",
    ]

    @Test("A run ends with a table on stdout, progress on stderr, a file that sqlite3 reads, and its models")
    func run() throws {
        let path = Program.temporaryPath("run.sqlite"), models = Program.temporaryPath("models")
        let outcome = try Program.run(
            [
                "run", "scenarios/quickstart.yaml", "--output", path, "--keep-models", models,
                "--set", "methods=[fedavg, centralized]",
            ] + Self.small)
        #expect(outcome.code == 0, "\(outcome.errors)")
        for line in try sqlite(path, "select run_id || '-' || method, model_sha256 from run") {
            let words = line.components(separatedBy: "|")
            let model = try Data(contentsOf: URL(fileURLWithPath: "\(models)/run-\(words[0]).safetensors"))
            #expect(SHA256.hash(data: [UInt8](model)).hexadecimal == words[1])
        }
        #expect(outcome.output.contains("fedavg") && outcome.output.contains("centralized"))
        #expect(outcome.errors.contains("round 2/2"))
        let rows = try sqlite(path, "select method, status, uplink_bytes from comparison order by run_id")
        #expect(
            rows.map { $0.split(separator: "|").prefix(2).joined(separator: "|") } == [
                "fedavg|finished", "centralized|finished",
            ])
        #expect(try sqlite(path, "select count(*) from transfer where status <> 'complete'") == ["0"])
        #expect(try sqlite(path, "pragma integrity_check") == ["ok"])
        #expect(
            try sqlite(
                path,
                "select (select sum(bytes) from transfer) = (select sum(bytes) from event where kind like "
                    + "'%load-start')"
            )
                == ["1"])
    }

    @Test("--quiet keeps stderr empty; compare prints the same table again, and csv and json")
    func compare() throws {
        let path = Program.temporaryPath("compare.sqlite")
        let run = try Program.run(
            ["run", "scenarios/quickstart.yaml", "--quiet", "--output", path, "--set", "methods=[fedavg]"]
                + Self.small)
        #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
        #expect(try Program.run("compare", path).output == run.output)
        let csv = try Program.run("compare", path, "--format", "csv", "--target-accuracy", "0.01").output
        #expect(csv.hasPrefix("run_id,name,method,seed,status,rounds,uplink_bytes,"))
        #expect(csv.split(separator: "\r\n").count == 2)
        let json = try Program.run("compare", path, "--format", "json").output
        let objects = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
        #expect(objects?.count == 1)
        #expect(objects?[0]["method"] as? String == "fedavg")
    }

    @Test("A scenario that cannot go on ends with 65, a line that says why, and a run stored as failed")
    func hopeless() throws {
        let everybody = (0..<5).map { "{ at: 1s, client: \($0) }" }.joined(separator: ", ")
        for (faults, sentence) in [
            (
                "[{ at: 1s, server: down }]",
                "the server is down from 1 s for good; see faults in the scenario"
            ),
            ("[\(everybody)]", "no client is there, and none will come back; see faults in the scenario"),
        ] {
            let path = Program.temporaryPath("hopeless.sqlite")
            let outcome = try Program.run(
                [
                    "run", "scenarios/quickstart.yaml", "--quiet", "--output", path, "--set",
                    "methods=[fedavg]",
                ]
                    + ["--set", "training=none", "--set", "faults.listed=\(faults)"])
            #expect(outcome.code == 65 && outcome.errors.contains(sentence), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
            #expect(try sqlite(path, "select status from run") == ["failed"])
        }
    }

    private func sqlite(_ path: String, _ sql: String) throws -> [String] {
        let outcome = try Program.run(URL(fileURLWithPath: "/usr/bin/sqlite3"), [path, sql])
        #expect(outcome.code == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n").map(String.init)
    }
}
