import ArgumentParser
import Core
import RunLog
import Scenarios
import Simulator

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compares the runs of two files: which inputs differ, and the first event that does.",
        discussion: """
            Runs of the same method and seed are compared; --left and --right name others. The exit code is \
            0 where \
            all are equal, otherwise 65.

            Examples:
              fgl-sim diff monday.sqlite tuesday.sqlite
              fgl-sim diff results/quickstart.sqlite results/quickstart.sqlite \\
                --left 1 --right 5
            """)

    @Argument(help: "The first file.", completion: .file(extensions: ["sqlite"]))
    var first: String

    @Argument(help: "The second file.", completion: .file(extensions: ["sqlite"]))
    var second: String

    @Option(help: "A run of the first file.")
    var left: Int64?

    @Option(help: "A run of the second file.")
    var right: Int64?

    func validate() throws {
        if (left == nil) != (right == nil) { throw ValidationError("--left and --right go together.") }
    }

    func run() throws {
        let (one, other) = (try RunLogReader(path: first), try RunLogReader(path: second))
        let differences: [RunDifference]
        if let left, let right {
            differences = [try RunDifference(one.run(left), in: one, other.run(right), in: other)]
        } else {
            differences = try RunDifference.all(between: one, and: other)
        }
        for difference in differences {
            Terminal.standardOutput.write(text(of: difference))
        }
        let unpaired = max(try one.runs().count, try other.runs().count) - differences.count
        let isPaired = left != nil || unpaired == 0
        if !isPaired { Terminal.standardOutput.write("\(unpaired) runs have no counterpart\n") }
        if !isPaired || !differences.allSatisfy(\.isSame) { throw ExitCode(ExitStatus.badInput) }
    }

    private func text(of difference: RunDifference) -> String {
        let title = "\(name(of: difference.left)) | \(name(of: difference.right)): "
        if difference.isSame {
            return title + "equal, log hash \(Self.short(difference.left.logSHA256 ?? ""))\n"
        }
        var text = title + "different\n"
        for input in difference.inputs {
            text += "  \(Self.short(input.name)): \(Self.short(input.left)) | \(Self.short(input.right))\n"
        }
        if difference.inputs.isEmpty {
            text += "  no input differs: seed, scenario, build and data are the same\n"
        }
        guard let events = difference.events else {
            return text + "  all events are equal; other rows or the ends of the runs differ\n"
        }
        text += "  first event that differs: number \(events.index)\n"
        for event in events.context { text += "    both  \(Self.short(event.text))\n" }
        text += "    left  \(events.left.map { Self.short($0.text) } ?? "no more events")\n"
        text += "    right \(events.right.map { Self.short($0.text) } ?? "no more events")\n"
        return text
    }

    private func name(of run: RunSummary) -> String {
        "run \(run.runID) (\(Self.short("\(run.name) \(run.method)")), seed \(run.seed))"
    }

    /// A value from a file, on one line.
    private static func short(_ text: String) -> String { TerminalText.line(text, limit: 1000) }
}
