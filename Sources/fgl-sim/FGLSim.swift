import ArgumentParser
import Core
import Foundation
import Memory
import Models
import RunLog
import Scenarios

/// The command line: one file per command, no logic that a user of the libraries would miss.
@main
struct FGLSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fgl-sim",
        abstract:
            "Simulates Federated Generative Learning and its baselines: virtual clock, exact bytes, "
            + "real training.",
        discussion: """
            A scenario file says who takes part, over which links and devices, and by which methods; a run \
            goes into \
            one SQLite file. Start with:

              fgl-sim run scenarios/quickstart.yaml
              fgl-sim compare results/quickstart.sqlite
              sqlite3 results/quickstart.sqlite 'select * from comparison'

            Exit codes: 0, 64 usage, 65 bad input, 70 bug, 73/74 cannot write/read, 130 interrupted.
            """,
        version: BuildDescription.versionLines,
        subcommands: [
            RunCommand.self, ValidateCommand.self, CompareCommand.self, ClaimsCommand.self,
            ReplayCommand.self,
            ResumeCommand.self, DiffCommand.self, ImportCommand.self, ReportCommand.self, ServeCommand.self,
            ExportCommand.self, RetrieveCommand.self, SynthesizeCommand.self, CaptionCommand.self,
            CheckpointCommand.self,
            PretrainCommand.self, WorldCommand.self,
            NetworkCommand.self, CalibrateCommand.self, BenchCommand.self, ReferenceCommand.self,
            PlanCommand.self, WorkerCommand.self,
        ])

    /// The argument parser takes the square of their number: half a second for a thousand, half a minute for
    /// ten thousand.
    private static func refuseManyOverrides() {
        let limit = 1000
        let count = CommandLine.arguments.count { $0 == "--set" || $0.hasPrefix("--set=") }
        guard count > limit else { return }
        Terminal.standardError.write(
            "Error: \(count) times --set; allowed: at most \(limit). Write the values into the scenario "
                + "file.\n"
        )
        Foundation.exit(ExitStatus.usage)
    }

    /// The library that reads this variable takes its own number where it has none.
    private static func refuseNonsense() {
        let name = QueryDeadline.variable
        guard let text = ProcessInfo.processInfo.environment[name], QueryDeadline.seconds(text) == nil else {
            return
        }
        let shown = TerminalText.line(text, limit: 100)
        Terminal.standardError.write("Error: \(name) is \(shown); allowed are seconds above 0, such as 60\n")
        Foundation.exit(ExitStatus.usage)
    }

    /// The arguments with `~/` for the home folder at the beginning of a path, which shells leave as it is in
    /// `--output=~/x`.
    private static var arguments: [String] {
        CommandLine.arguments.dropFirst().map { argument in
            if argument.hasPrefix("~/") { return UserPath.expanded(argument) }
            guard argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") else { return argument }
            let value = String(argument[argument.index(after: equals)...])
            guard value.hasPrefix("~/") else { return argument }
            return argument[...equals] + UserPath.expanded(value)
        }
    }

    /// Says what `rounds=3` on its own should have been, before the parser's error.
    private static func noteMisplacedOverride(in message: String) {
        guard message.contains("nexpected argument") else { return }
        for text in CommandLine.arguments.dropFirst() where message.contains("'\(text)'") {
            guard let equals = text.firstIndex(of: "="), !text.hasPrefix("-"),
                let key = Scenario.keyPath(near: String(text[..<equals]))
            else { continue }
            let value = String(text[text.index(after: equals)...])
            let line = TerminalText.line("--set \(key)=\(value)", limit: 200)
            Terminal.standardError.write("\(TerminalText.line(text, limit: 100)): did you mean \(line)?\n")
        }
    }

    /// Ends the process without taking libraries down: a thread whose work is no longer wanted, and which
    /// nobody waits for, may still be in libtorch.
    private static func end(_ code: Int32) -> Never {
        fflush(nil)
        _exit(code)
    }

    /// Parses, runs, and turns every error into one clear line and its exit code.
    static func main() {
        // First: files that are opened later would take their places, and be written to.
        Terminal.fillClosedStreams()
        // Linked and at work from the start; see there.
        _ = memory_guard()
        Torch.prepareProcess()
        Torch.tells { Terminal.standardError.write("\(TerminalText.line($0))\n") }
        // A file-size limit is then an error of the write, with exit code 73, instead of the end of the
        // process.
        signal(SIGXFSZ, SIG_IGN)
        refuseManyOverrides()
        refuseNonsense()
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            if let reason = Terminal.outputFailure { throw CommandError.incompleteOutput(reason: reason) }
            end(0)
        } catch let error where ExitStatus.isOurs(error) {
            let status = ExitStatus(error)
            // Paths and values in it come from outside.
            Terminal.standardError.write("\(TerminalText.lines(status.message))\n")
            end(status.code)
        } catch {
            noteMisplacedOverride(in: fullMessage(for: error))
            exit(withError: error)
        }
    }
}
