import Core
import Foundation
import Models
import TestSupport
import Testing

/// What the commands say to disks that refuse and files that are not what they should be, and what is left.
@Suite("Faults of disks and results files", .serialized)
struct ResultsFaultTests {
    /// Without training: some 400 kB of log in a second.
    private static let quick = """
        name: quick
        seed: 3
        clients: 20
        methods: [fedavg]
        data:     { set: shapes, train-per-class: 20, test-per-class: 2, partition: { kind: iid } }
        training: { mode: none, rounds: 60, local-epochs: 1, batch: 5 }
        """

    private let file = TestFiles.path("runs.sqlite")

    /// The arguments of a run of the quick scenario into `path`.
    private static func run(into path: String) throws -> [String] {
        ["run", try TestFiles.write(quick, "quick.yaml"), "--quiet", "--output", path]
    }

    private static let whole: Result<String, any Error> = Result {
        let path = TestFiles.path("whole.sqlite")
        let outcome = try Program.run(run(into: path))
        #expect(outcome.code == 0, "\(outcome.errors)")
        return path
    }

    /// A copy of a results file that nothing is wrong with.
    private func copy() throws -> String {
        let path = TestFiles.path("copy.sqlite")
        try FileManager.default.copyItem(atPath: Self.whole.get(), toPath: path)
        return path
    }

    /// Runs a command line of the shell with the program's path as `$0` and arguments after it.
    private func shell(_ script: String, _ arguments: [String]) throws -> Program.Outcome {
        try Program.run(
            URL(fileURLWithPath: "/bin/bash"), ["-c", script, Program.executable.path] + arguments)
    }

    /// Checks that a run which a disk stopped has kept what was committed, and that `resume` completes it.
    private func checkKept(_ outcome: Program.Outcome, _ file: String) throws {
        #expect(outcome.code == 73, "\(outcome.code) \(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        let rows = Program.count(file, "SELECT count(*) FROM event")
        #expect(rows > 100)
        #expect(Program.count(file, "SELECT count(*) FROM event WHERE seq >= \(rows)") == 0)
        #expect(try Program.sqlite(file, "PRAGMA integrity_check") == ["ok"])
        let resumed = try Program.run("resume", file, "--quiet")
        #expect(resumed.code == 0, "\(resumed.errors)")
        #expect(try RunEnding(of: file) == RunEnding(of: Self.whole.get()))
    }

    @Test("At a limit on the size of files it ends with 73; what was committed is there, and resume goes on")
    func sizeLimit() throws {
        let outcome = try shell(#"ulimit -f 800; exec "$0" "$@""#, Self.run(into: file))
        #expect(
            outcome.errors.contains("what was committed before is still in the file"), "\(outcome.errors)")
        try checkKept(outcome, file)
    }

    @Test("A model state that cannot be written ends with 73, and resume goes on")
    func stateLimit() throws {
        let scenario = try TestFiles.write(KillTests.scenario, "states.yaml")
        let arguments = ["run", scenario, "--quiet", "--set", "methods=[fedavg]", "--output"]
        let outcome = try shell(#"ulimit -f 20000; exec "$0" "$@""#, arguments + [file])
        #expect(
            outcome.code == 73 && outcome.errors.contains("a model state cannot be written: File too large"))
        #expect(try Program.sqlite(file, "SELECT status FROM run") == ["failed"])
        #expect(try Program.run("resume", file, "--quiet").code == 0)
        let whole = TestFiles.path("states.sqlite")
        #expect(try Program.run(arguments + [whole]).code == 0)
        #expect(try RunEnding(of: file) == RunEnding(of: whole))
    }

    /// Whether this process may make a small disk: as root, and not in every container.
    private static let canMount: Bool = {
        let folder = TestFiles.path("mount")
        let script = """
            mkdir -p '\(folder)' && mount -t tmpfs -o size=600k tmpfs '\(folder)' && umount -l '\(folder)'
            """
        return (try? Program.run(URL(fileURLWithPath: "/bin/bash"), ["-c", script]))?.code == 0
    }()

    @Test(
        "On a full disk it says so and ends with 73; with room again, resume goes on", .enabled(if: canMount))
    func fullDisk() throws {
        let folder = TestFiles.path("disk")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        #expect(try shell("mount -t tmpfs -o size=600k tmpfs '\(folder)'", []).code == 0)
        defer { _ = try? shell("umount -l '\(folder)'", []) }
        let path = "\(folder)/runs.sqlite"
        let outcome = try Program.run(Self.run(into: path))
        #expect(outcome.errors.contains("no space left on the disk"), "\(outcome.errors)")
        #expect(try shell("mount -o remount,size=30m '\(folder)'", []).code == 0)
        try checkKept(outcome, path)
    }

    @Test(
        "Standard output on a full disk ends with 73 and says so; a run is stored all the same",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func fullOutput() throws {
        let whole = try Self.whole.get(), run = try Self.run(into: file)
        for arguments in [["compare", whole, "--format", "csv"], run] {
            let outcome = try shell(#"exec "$0" "$@" > /dev/full"#, arguments)
            #expect(outcome.code == 73, "\(outcome.code) \(outcome.errors)")
            #expect(
                outcome.errors
                    == "fgl-sim: standard output cannot be written: No space left on device\n")
        }
        #expect(try RunEnding(of: file) == RunEnding(of: whole))
    }

    @Test("A reader of standard output who has gone is no error worth telling")
    func goneReader() throws {
        let outcome = try shell(#""$0" "$@" | true; exit 0"#, ["compare", Self.whole.get()])
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    }

    @Test("Where no file can be made it ends with 73", arguments: ["/sys/x.sqlite", "/proc/self/x.sqlite"])
    func readOnly(path: String) throws {
        let outcome = try Program.run(Self.run(into: path))
        #expect(outcome.code == 73 && outcome.errors.contains(path), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }

    @Test("A transaction of another program that does not end stops the run with 73; resume goes on")
    func locked() throws {
        #expect(try Program.run(Self.run(into: file) + ["--set", "training.rounds=1"]).code == 0)
        let holder = try RunningProgram(
            [file], program: URL(fileURLWithPath: "/usr/bin/sqlite3"), input: "BEGIN IMMEDIATE; SELECT 1;\n")
        defer { holder.send(SIGKILL) }
        #expect(holder.waits { holder.output == "1\n" })
        let outcome = try Program.run(Self.run(into: file))
        #expect(outcome.code == 73, "\(outcome.errors)")
        #expect(outcome.errors.contains("another program holds a write transaction"), "\(outcome.errors)")
        #expect(try Program.run("replay", file).code == 0, "readers are not disturbed")
    }

    /// Spoils a whole results file.
    private static let damage: [String: @Sendable (inout Data) -> Void] = [
        "text": { $0 = Data("label,accuracy\n0,0.5\n".utf8) },
        "short": { $0 = $0.prefix(90) },
        "truncated": { $0 = $0.prefix($0.count / 2 + 77) },
        "truncated between pages": { $0 = $0.prefix($0.count / 8192 * 4096) },
        "flipped in its first bytes": { $0[3] ^= 0x40 },
    ]

    /// Everything that reads or writes a results file.
    private func commands(_ path: String) throws -> [[String]] {
        [
            ["compare", path], ["replay", path], ["replay", path, "--set", "network.client.latency=1s"],
            ["resume", path], ["diff", path, path],
            ["report", path, "--output", TestFiles.path("report.html")],
            ["export", path, "--format", "csv", "--output", TestFiles.path("csv")], try Self.run(into: path),
        ]
    }

    @Test(
        "A file that is no whole results file is bad input for every command, and stays as it is",
        arguments: damage.keys.sorted())
    func damaged(how: String) throws {
        let path = try copy()
        var content = try Data(contentsOf: URL(fileURLWithPath: path))
        Self.damage[how]!(&content)
        try content.write(to: URL(fileURLWithPath: path))
        try checkRefused(path, content)
    }

    @Test(
        "A database of another program, and a results file of a later version, are refused and left alone",
        arguments: [
            ("CREATE TABLE t (a); INSERT INTO t VALUES (1);", "an SQLite database of another program"),
            ("INSERT INTO grdb_migrations VALUES ('v99 from the future');", "a later version of fgl-sim"),
        ])
    func strangers(statement: String, words: String) throws {
        let path = words.contains("later") ? try copy() : TestFiles.path("other.sqlite")
        _ = try Program.run(URL(fileURLWithPath: "/usr/bin/sqlite3"), [path, statement])
        try checkRefused(path, Data(contentsOf: URL(fileURLWithPath: path)), words)
    }

    private func checkRefused(_ path: String, _ content: Data, _ words: String = "") throws {
        for command in try commands(path) {
            let outcome = try Program.run(command)
            #expect(outcome.code == 65, "\(command): \(outcome.code) \(outcome.errors)")
            #expect(
                outcome.errors.contains(path) && (words.isEmpty || outcome.errors.contains(words)),
                "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1 && outcome.output.isEmpty)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }

    @Test("A flipped byte in a row in the middle of the file is found by replay")
    func flippedRow() throws {
        for row in ["upload-end", "complete", "average"] {
            let path = try copy()
            var content = try Data(contentsOf: URL(fileURLWithPath: path))
            let places = content.ranges(of: Data(row.utf8))
            content[places[places.count / 2].lowerBound] ^= 0x01
            try content.write(to: URL(fileURLWithPath: path))
            let outcome = try Program.run("replay", path)
            #expect(outcome.code == 65, "\(outcome.output)\(outcome.errors)")
            #expect(
                outcome.errors.contains("run 1 diverges") || outcome.errors.contains("damaged"),
                "\(outcome.errors)")
            #expect(try Program.run("compare", path).code == 0, "what is readable is still shown")
        }
    }

    @Test("A flipped byte anywhere is found by replay, or is without effect; nothing crashes")
    func flippedAnywhere() throws {
        let content = try Data(contentsOf: URL(fileURLWithPath: Self.whole.get()))
        let expected = try Program.run("compare", Self.whole.get()).output
        var random = RandomStream(seed: 11)
        var found = 0
        for _ in 0..<16 {
            let path = TestFiles.path("flipped.sqlite")
            var flipped = content
            let place = Int.random(in: 100..<content.count, using: &random)
            flipped[place] ^= UInt8.random(in: 1...255, using: &random)
            try flipped.write(to: URL(fileURLWithPath: path))
            let outcome = try Program.run("replay", path)
            #expect([0, 65].contains(outcome.code), "byte \(place): \(outcome.code) \(outcome.errors)")
            if outcome.code == 65 { found += 1 }
            if outcome.code == 0 {
                #expect(try Program.run("compare", path).output == expected, "byte \(place)")
            }
        }
        #expect(found > 8)
    }
}
