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
            Runs of the same scenario, method and seed are compared, where there are none those most \
            alike; --left and --right name others. The exit code is 0 where all are equal, otherwise 65.

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
        var unpaired = 0
        if let left, let right {
            differences = [try RunDifference(one.run(left), in: one, other.run(right), in: other)]
        } else {
            (differences, unpaired) = try RunDifference.all(between: one, and: other)
        }
        for difference in differences {
            Terminal.standardOutput.write(text(of: difference))
        }
        if unpaired > 0 {
            Terminal.standardOutput.write(
                unpaired == 1 ? "1 run has no counterpart\n" : "\(unpaired) runs have no counterpart\n")
        }
        if unpaired > 0 || !differences.allSatisfy(\.isSame) { throw ExitCode(ExitStatus.badInput) }
    }

    private func text(of difference: RunDifference) -> String {
        let title = "\(name(of: difference.left)) | \(name(of: difference.right)): "
        let hash = Self.short(difference.left.logSHA256 ?? "")
        if difference.isSame {
            return title
                + (difference.leftIsAltered
                    ? "equal, but their rows were changed after the run: they are not those of the log hash "
                        + "\(hash)\n"
                    : "equal, log hash \(hash)\n")
        }
        var text = title + "different\n"
        if difference.hasEqualHashes { text += alteration(difference, hash) }
        for input in difference.inputs {
            text += "  \(Self.short(input.name)): \(Self.short(input.left)) | \(Self.short(input.right))\n"
        }
        if difference.inputs.isEmpty {
            text += "  no input differs: seed, scenario, build and data are the same\n"
        }
        if let events = difference.events {
            text += "  first event that differs: number \(events.index)\n"
            for event in events.context { text += "    both  \(Self.short(event.text))\n" }
            text += "    left  \(events.left.map { Self.short($0.text) } ?? "no more events")\n"
            text += "    right \(events.right.map { Self.short($0.text) } ?? "no more events")\n"
        } else if let rows = difference.rows {
            text += "  all events are equal; first row that differs: number \(rows.index) of the table "
            text += "\(rows.table)\n"
            text += "    left  \(rows.left.map(Self.short) ?? "no more rows")\n"
            text += "    right \(rows.right.map(Self.short) ?? "no more rows")\n"
        } else {
            text += "  all rows are equal\n"
        }
        for end in difference.ends {
            text += "  \(end.name): \(Self.short(end.left)) | \(Self.short(end.right))\n"
        }
        if difference.left.logSHA256 == nil || difference.right.logSHA256 == nil {
            text += "  a run that has not finished has no log hash: fgl-sim resume completes it\n"
        }
        return text
    }

    /// The line about rows that are not those of the hash that both runs have.
    private func alteration(_ difference: RunDifference, _ hash: String) -> String {
        let files =
            switch (difference.leftIsAltered, difference.rightIsAltered) {
            case (true, false): Self.short(first)
            case (false, true): Self.short(second)
            default: "both files"
            }
        return "  both have the log hash \(hash), but the rows in \(files) were changed after the run\n"
    }

    private func name(of run: RunSummary) -> String {
        "run \(run.runID) (\(Self.short("\(run.name) \(run.method)")), seed \(run.seed))"
    }

    /// A value from a file, on one line.
    private static func short(_ text: String) -> String { TerminalText.line(text, limit: 1000) }
}
