import Foundation
import TestSupport
import Testing

/// The same run asked for again, and what commands print of what a file holds.
@Suite("Runs that a file holds already")
struct RepeatedRunTests {
    private static let scenario = """
        name: again
        seed: 1
        clients: 4
        methods: [fedavg]
        data: { set: shapes, train-per-class: 4, test-per-class: 2, partition: { kind: iid } }
        training: { mode: none, rounds: 2 }
        """

    private let file = TestFiles.path("again.sqlite")

    private func run(_ arguments: String...) throws -> Program.Outcome {
        let scenario = try TestFiles.write(Self.scenario, "again.yaml")
        return try Program.run(["run", scenario, "--jobs", "1", "--output", file] + arguments)
    }

    /// Changes the file by another way than the program.
    private func change(_ sql: String) throws {
        let outcome = try Program.run(URL(fileURLWithPath: "/usr/bin/sqlite3"), [file, sql])
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test("What is going to be run is told with the numbers of clients that a sweep has")
    func announced() throws {
        let swept = try run("--set", "sweep={ clients: [3, 4] }")
        #expect(swept.code == 0)
        #expect(swept.errors.hasPrefix("again: 2 runs, 3, 4 clients, seed 1, into "), "\(swept.errors)")
        #expect(try run("--set", "training.rounds=3").errors.hasPrefix("again: 1 run, 4 clients, seed 1, "))
    }

    @Test("A trace that is wrong in a sweep's last variant is told before the first run")
    func tracesFirst() throws {
        let good = try TestFiles.write("t_s,uplink_Bps,downlink_Bps\n0,1e6,1e6\n", "good.csv")
        let bad = try TestFiles.write("t_s,uplink_Bps,downlink_Bps\n0,-1,1e6\n", "links.csv")
        let links = try run("--set", "sweep={ network.changes.trace: [\(good), \(bad)] }")
        #expect(links.code == 65 && links.errors.contains("links.csv:2"), "\(links.errors)")
        #expect(!FileManager.default.fileExists(atPath: file))
        let trace = try TestFiles.write("client,flops\n0,-1\n", "devices.csv")
        let outcome = try run("--set", "sweep={ devices.client: [1GFLOPS, { trace: \(trace) }] }")
        #expect(outcome.code == 65 && outcome.errors.contains("devices.csv:"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test("A run with the same settings and seed is not made again, and that is said")
    func again() throws {
        #expect(try run().code == 0)
        let second = try run("--quiet")
        #expect(
            second.code == 0 && second.errors.contains("warning: again, fedavg, seed 1 is run 1 of"),
            "\(second.errors)")
        #expect(second.errors.contains("not made again"))
        #expect(Program.count(file, "SELECT count(*) FROM run") == 1)
        #expect(Program.count(file, "SELECT count(*) FROM planned_run") == 1)
        #expect(try run("--seeds", "1..3", "--quiet").code == 0)
        #expect(Program.count(file, "SELECT count(*) FROM run") == 3)
        #expect(Program.count(file, "SELECT seeds FROM run_group") == 3)
        #expect(try run("--set", "training.rounds=3", "--quiet").code == 0)
        #expect(Program.count(file, "SELECT count(*) FROM run_group") == 2)
        let whatIf = ["replay", file, "--run", "1", "--set", "network.client.uplink=1Mbps"]
        #expect(try Program.run(whatIf).code == 0)
        let repeated = try Program.run(whatIf)
        #expect(repeated.code == 0 && repeated.errors.contains("is this what-if already: not made again"))
        #expect(Program.count(file, "SELECT count(*) FROM run") == 5)
        #expect(Program.count(file, "SELECT seeds FROM run_group WHERE origin = 'what-if'") == 1)
    }

    @Test("A run that failed is made anew, and resume is named")
    func failed() throws {
        #expect(try run().code == 0)
        try change("UPDATE run SET status = 'failed'")
        let second = try run()
        #expect(
            second.code == 0 && second.errors.contains("was begun as run 1 and is made anew"),
            "\(second.errors)")
        #expect(second.errors.contains("fgl-sim resume"))
        #expect(Program.count(file, "SELECT seeds FROM run_group") == 1)
        #expect(Program.count(file, "SELECT unfinished FROM run_group") == 0)
    }

    @Test("The last line of a run and the table tell one number of bytes, cut-off transfers among them")
    func uplinks() throws {
        let outcome = try run(
            "--set", "methods=[fedasync]", "--set", "clients=30", "--set", "asynchronous.concurrency=12",
            "--set", "training.rounds=4")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(Program.count(file, "SELECT count(*) FROM transfer WHERE status <> 'complete'") > 0)
        let last = try #require(outcome.errors.firstMatch(of: /done .* up ([0-9.]+ \w+), down ([0-9.]+ \w+)/))
        #expect(
            outcome.output.contains("  \(last.1)  ") && outcome.output.contains("  \(last.2)  "), "\(outcome)"
        )
    }

    @Test("Names and configurations of a file do not reach the terminal as commands to it")
    func controlCharacters() throws {
        #expect(try run().code == 0)
        let other = TestFiles.path("other.sqlite")
        try FileManager.default.copyItem(atPath: file, toPath: other)
        try change(
            """
            UPDATE run SET name = char(27) || '[2J' || char(10) || 'x', method = char(155) || 'm', \
            build = char(27) || 'c', scenario = 'name: ' || char(27) || '[31m';
            UPDATE event SET kind = char(7) || char(8238) WHERE seq = 1;
            """)
        for command in [["compare", file], ["diff", file, other], ["replay", file], ["claims", file]] {
            let outcome = try Program.run(command)
            let text = outcome.output + outcome.errors
            let isClean = text.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.value >= 32 && !(0x7F..<0xA0).contains($0.value) && $0.value != 8238
            }
            #expect(isClean && !text.isEmpty, "\(command[0]): \(text.debugDescription)")
            #expect([0, 65].contains(outcome.code))
        }
    }
}
