import Foundation
import Testing

/// The commands in README.md and docs/commands.md.
///
/// Done with them: `run` takes minutes, so its scenario is validated with the same `--set` options; `bench`
/// and `pretrain` measure or train for long, so only their `--help` is asked for; `synthesize` draws one
/// image of each prompt, or two of each class; everything else is executed as it stands, with a copy of the
/// results file of the repository in the place of the one that the reader would have made, and outputs in a
/// temporary folder.
@Suite("README")
struct ReadmeTests {
    private static func commands(of page: String) throws -> [String] {
        let text = try String(contentsOf: Program.root.appendingPathComponent(page), encoding: .utf8)
        let blocks = text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(
            \.element)
        return blocks.flatMap { $0.split(separator: "\n") }.map(String.init)
            .filter { $0.hasPrefix("fgl-sim ") || $0.hasPrefix("sqlite3 ") }
            .map { $0.replacing(/\s+# .*/, with: "").trimmingCharacters(in: .whitespaces) }
    }

    @Test(
        "There are commands, and each of them works", arguments: [("README.md", 7), ("docs/commands.md", 20)])
    func works(page: String, count: Int) throws {
        let commands = try Self.commands(of: page)
        #expect(commands.count >= count)
        let folder = Program.temporaryPath("readme")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for command in commands {
            let outcome = try Self.outcome(of: command, in: folder)
            #expect(outcome.code == 0, "\(command): \(outcome.errors)")
        }
    }

    private static func outcome(of command: String, in folder: String) throws -> Program.Outcome {
        // A copy of its own: a what-if adds its run to the file, and whoever closes a file locks it for a
        // moment.
        let results = "\(folder)/cookbook.sqlite"
        try? FileManager.default.removeItem(atPath: results)
        try FileManager.default.copyItem(
            atPath: Program.root.appendingPathComponent("results/cookbook.sqlite").path, toPath: results)
        var words = command.replacing(/results\/[a-z-]+\.sqlite/, with: results)
        if words.hasPrefix("sqlite3 ") {
            return try Program.run(URL(fileURLWithPath: "/bin/bash"), ["-c", words])
        }
        words = words.replacing(/(--output|-o|--write) (\S+)/) {
            "\($0.1) \(folder)/\($0.2.replacing("/", with: "-"))"
        }
        words = words.replacing(/> (\S+)/) { "> \(folder)/\($0.1.replacing("/", with: "-"))" }
        switch words.split(separator: " ")[1] {
        case "run":
            words = words.replacing("fgl-sim run", with: "fgl-sim validate")
                .replacing(/--(seeds|seed|jobs|output|keep-models) \S+/, with: "")
                .replacing("--quiet", with: "")
        case "bench", "pretrain", "resume", "diff", "caption":
            // These need a run of their own, a folder of the reader's, or minutes.
            words = words.split(separator: " ").prefix(2).joined(separator: " ") + " --help"
        case "serve":
            // Until somebody presses Ctrl-C.
            words = "timeout --preserve-status -s INT 5 \(words) --port 0"
        case "synthesize":
            words = words.replacing(/--count \d+/, with: "--count 1")
            if words.contains("--scenario") { words += " --set synthesis.per-class=2" }
        default: break
        }
        words = words.replacing(/^(timeout .*?)?fgl-sim/) { "\($0.1 ?? "")'\(Program.executable.path)'" }
        return try Program.run(URL(fileURLWithPath: "/bin/bash"), ["-c", words])
    }
}
