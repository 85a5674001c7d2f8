import Foundation
import TestSupport
import Testing

/// What diff, replay and resume say of files whose rows were changed, whose runs have not finished, or whose
/// process died at once.
@Suite("Altered and unfinished results files", .serialized)
struct AlteredFileTests {
    private static let scenario = """
        name: altered
        seed: 1
        clients: 4
        methods: [fedavg]
        data: { set: shapes, train-per-class: 4, test-per-class: 2, partition: { kind: iid } }
        training: { mode: none, rounds: 2 }
        """

    private static let whole: Result<String, any Error> = Result {
        let path = TestFiles.path("whole.sqlite")
        let file = try TestFiles.write(scenario, "altered.yaml")
        let outcome = try Program.run(["run", file, "--quiet", "--jobs", "1", "--output", path])
        #expect(outcome.code == 0, "\(outcome.errors)")
        return path
    }

    /// A copy of a whole file, changed by another way than the program.
    private func copy(_ sql: String = "") throws -> String {
        let path = TestFiles.path("copy.sqlite")
        try FileManager.default.copyItem(atPath: Self.whole.get(), toPath: path)
        if !sql.isEmpty { try sqlite(path, sql) }
        return path
    }

    private func sqlite(_ path: String, _ sql: String) throws {
        let outcome = try Program.run(URL(fileURLWithPath: "/usr/bin/sqlite3"), [path, sql])
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test("Files with equal rows are equal, one that was changed with its copy, too")
    func equal() throws {
        let same = try Program.run("diff", Self.whole.get(), copy())
        #expect(same.code == 0 && same.output.contains(": equal, log hash "), "\(same.output)")
        let changed = try copy("update event set t = t + 1 where seq = 10")
        let both = try Program.run("diff", changed, changed)
        #expect(both.code == 0, "\(both.output)")
        #expect(both.output.contains("equal, but their rows were changed after the run"), "\(both.output)")
    }

    @Test(
        "Rows that were changed after the run make a difference, whatever hash is recorded",
        arguments: [
            ("update event set t = t + 1 where seq = 10", "first event that differs: number 10\n"),
            (
                "update transfer set bytes = bytes + 1 where transfer_id = 2",
                "all events are equal; first row that differs: number 2 of the table transfer\n"
            ),
            ("update metric set value = 0.25 where rowid = 1", "number 0 of the table metric\n"),
            ("update run set virtual_s = virtual_s + 1", "  all rows are equal\n  virtual_s: "),
            ("update run set model_sha256 = 'ab'", "  model_sha256: "),
            ("update run set status = 'diverged'", "  status: finished | diverged\n"),
        ])
    func altered(sql: String, words: String) throws {
        let whole = try Self.whole.get()
        let changed = try copy(sql)
        let outcome = try Program.run("diff", whole, changed)
        #expect(outcome.code == 65, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains(": different\n"), "\(outcome.output)")
        #expect(outcome.output.contains(words), "\(outcome.output)")
        let notice = "but the rows in \(changed) were changed after the run\n"
        #expect(outcome.output.contains(notice), "\(outcome.output)")
        let reversed = try Program.run("diff", changed, whole)
        #expect(reversed.code == 65 && reversed.output.contains(notice), "\(reversed.output)")
    }

    @Test("Where no run has finished, there is nothing to re-time: bad input, and no table")
    func nothingToRetime() throws {
        let path = try copy("update run set status = 'interrupted', log_sha256 = null")
        let arguments = ["replay", path, "--set", "network.client.latency=1s"]
        let outcome = try Program.run(arguments)
        #expect(outcome.code == 65 && outcome.output.isEmpty, "\(outcome.output)")
        #expect(
            outcome.errors == "fgl-sim: no run of \(path) has finished: nothing to re-time\n",
            "\(outcome.errors)")
        let one = try Program.run(arguments + ["--run", "1"])
        #expect(one.code == 65 && one.output.isEmpty)
        #expect(
            one.errors == "fgl-sim: run 1 of \(path) has not finished: nothing to re-time\n", "\(one.errors)")
    }

    @Test("A file whose process died while it made it has nothing to resume; another program's is refused")
    func diedAtOnce() throws {
        let empty = try TestFiles.write("", "empty.sqlite"), page = TestFiles.path("page.sqlite")
        try sqlite(page, "pragma user_version = 1")
        for path in [empty, page] {
            let outcome = try Program.run("resume", path)
            #expect(outcome.code == 64 && outcome.output.isEmpty, "\(outcome.errors)")
            #expect(
                outcome.errors.contains("begin with: fgl-sim run SCENARIO --output \(path)"),
                "\(outcome.errors)")
        }
        let foreign = TestFiles.path("foreign.sqlite")
        try sqlite(foreign, "create table bookmarks (url)")
        let before = try Data(contentsOf: URL(fileURLWithPath: foreign))
        let outcome = try Program.run("resume", foreign)
        #expect(outcome.code == 65 && outcome.errors.contains("another program"), "\(outcome.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: foreign)) == before)
    }

    @Test("A process that may open few files says so")
    func fewFiles() throws {
        let scenario = try TestFiles.write(Self.scenario, "altered.yaml")
        let outcome = try Program.run(
            URL(fileURLWithPath: "/bin/bash"),
            [
                "-c", #"ulimit -n 11; exec "$0" "$@""#, Program.executable.path, "run", scenario, "--quiet",
                "--output", TestFiles.path("few.sqlite"),
            ])
        #expect([73, 74].contains(outcome.code), "\(outcome.code) \(outcome.errors)")
        #expect(outcome.errors.contains("Too many open files"), "\(outcome.errors)")
    }
}
