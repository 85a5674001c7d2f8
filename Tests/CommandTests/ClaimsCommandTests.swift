import Foundation
import TestSupport
import Testing

/// `claims`, `retrieve`, and the script behind `make results`.
@Suite("Experiments of the paper, by command", .serialized)
struct ClaimsCommandTests {
    private static let tiny = [
        "data.train-per-class=4", "data.test-per-class=2", "data.partition={ kind: iid }",
        "synthesis.per-class=2",
        "synthesis.steps=1", "synthesis.epochs=1", "synthesis.batch=8", "synthesis.rounds=1",
        "synthesis.fine-tune-epochs=1", "training.local-epochs=1", "clients=2",
        "methods=[fgl-one-shot, fgl-5-round]",
    ]

    private func makeResults(_ folder: String, _ experiments: [String]) throws -> Program.Outcome {
        try Program.run(
            Program.root.appendingPathComponent("scenarios/paper/run-all.sh"),
            experiments + ["--", "--quiet"] + Self.tiny.flatMap { ["--set", $0] },
            environment: [
                "FGL_CACHE_LIMIT": "0B", "FGL_SIM": Program.executable.path, "RESULTS": folder,
            ])
    }

    private func query(_ path: String, _ sql: String) throws -> String {
        try Program.run(URL(fileURLWithPath: "/usr/bin/sqlite3"), [path, sql]).output
    }

    @Test(
        "make results says how long it takes, makes the files, skips what is finished and resumes what is not"
    )
    func results() throws {
        let folder = Program.temporaryPath("paper")
        let names = ["figure4a-skewed-finetune", "figure7-retrieval"]
        let first = try makeResults(folder, names)
        #expect(first.code == 0, "\(first.errors.suffix(2000))")
        #expect(first.output.hasPrefix("2 experiments, about 0 h "))
        #expect(first.output.contains("[1/2] figure4a-skewed-finetune: about "))
        #expect(first.output.contains("claims: "))
        let files = names.map { "\(folder)/\($0).sqlite" }
        let hashes = "SELECT method, status, started_at, log_sha256 FROM run"
        let before = try files.map { try query($0, hashes) }
        #expect(before.allSatisfy { $0.components(separatedBy: "|finished|").count == 3 })
        #expect(FileManager.default.fileExists(atPath: "\(folder)/figure7-retrieval.png"))
        let readme = try String(contentsOfFile: "\(folder)/README.md", encoding: .utf8)
        #expect(readme.contains("### figure4a-skewed-finetune"))

        // Finished: nothing is done again.
        let again = try makeResults(folder, names)
        #expect(again.code == 0 && again.errors.contains("nothing to resume"))
        #expect(try files.map { try query($0, hashes) } == before)

        // As if it had been stopped in the second run: that one alone is taken up, to the same end.
        _ = try query(
            files[0],
            "UPDATE run SET status = 'interrupted', finished_at = NULL, log_sha256 = NULL WHERE run_id = 2")
        #expect(try makeResults(folder, [names[0]]).code == 0)
        #expect(try query(files[0], hashes) == before[0])
        #expect(try query(files[0], "SELECT count(*) FROM run") == "2\n")

        // A file without a run, of a process that was killed at once.
        _ = try query(
            files[1],
            "DELETE FROM planned_run; DELETE FROM run_images; DELETE FROM run_input; "
                + "DELETE FROM run_identity; DELETE FROM run_rules; DELETE FROM identity_version")
        _ = try query(
            files[1],
            ["cached_work", "work", "prompt", "metric", "transfer", "event", "label_count", "client", "run"]
                .map { "DELETE FROM \($0);" }.joined())
        #expect(try makeResults(folder, [names[1]]).code == 0)
        #expect(try query(files[1], "SELECT count(*) FROM run WHERE status = 'finished'") == "2\n")
    }

    @Test("An experiment that is not there is refused; one that fails is told, after the others were made")
    func failures() throws {
        let folder = Program.temporaryPath("paper")
        #expect(try makeResults(folder, ["table9"]).code == 64)
        let file = "\(folder)/figure7-retrieval.sqlite"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "not a results file".write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try makeResults(folder, ["figure7-retrieval"])
        #expect(outcome.code != 0 && outcome.errors.contains("figure7-retrieval"))
    }

    @Test("claims writes its document beside what was written by hand, and refuses what it cannot read")
    func claims() throws {
        let path = Program.temporaryPath("README.md")
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try "By hand.\n".write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try Program.run("claims", "results/cookbook.sqlite", "--write", path)
        #expect(outcome.code == 0 && outcome.output.contains("are not measured."))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            text.hasPrefix("By hand.\n\n## The paper's claims") && text.contains("### reviewers-compression"))
        #expect(try Program.run("claims").code == 64)
        #expect(try Program.run("claims", "/no/such.sqlite").code == 74)
        #expect(try Program.run("claims", "README.md").code == 65)
        #expect(try Program.run("claims", "results/cookbook.sqlite", "--write", "README.md/x.md").code == 73)
    }

    @Test("The tables of results/README.md are what the stored results say")
    func stored() throws {
        let path = Program.temporaryPath("README.md")
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let document = Program.root.appendingPathComponent("results/README.md").path
        try FileManager.default.copyItem(atPath: document, toPath: path)
        let folder = Program.root.appendingPathComponent("results/paper").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            .filter { $0.hasSuffix(".sqlite") }.map { "results/paper/\($0)" }
        let outcome = try Program.run(["claims"] + files + ["--write", path])
        #expect(outcome.code == 0 && !files.isEmpty)
        let written = try String(contentsOfFile: path, encoding: .utf8)
        #expect(try written == String(contentsOfFile: document, encoding: .utf8))
    }

    @Test("retrieve says so where a file holds no images, no run, or is none")
    func retrieve() throws {
        let outcome = try Program.run("retrieve", "results/cookbook.sqlite", "--output", "/tmp/x.png")
        #expect(outcome.code == 65 && outcome.errors.contains("no run holds retrieved images"))
        let run = try Program.run(
            "retrieve", "results/cookbook.sqlite", "--run", "1", "--output", "/tmp/x.png")
        #expect(run.code == 65 && run.errors.contains("run 1 holds no retrieved images"))
        #expect(try Program.run("retrieve", "/no/such.sqlite", "--output", "/tmp/x.png").code == 74)
        #expect(try Program.run("retrieve", "results/cookbook.sqlite").code == 64)
        #expect(
            try Program.run("retrieve", "results/cookbook.sqlite", "--run", "99", "--output", "/tmp/x.png")
                .code == 64)
    }
}
