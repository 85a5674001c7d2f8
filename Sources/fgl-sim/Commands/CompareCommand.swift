import ArgumentParser
import Core
import Results
import Scenarios

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compares the runs in a file: rounds, bytes, virtual time, accuracy.",
        usage: "fgl-sim compare <file> [<options>]",
        discussion: """
            Example:
              fgl-sim compare results/quickstart.sqlite --target-accuracy 0.7
            """)

    enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
        case table, csv, json
    }

    @Argument(help: "The file that runs were written to.", completion: .file(extensions: ["sqlite"]))
    var file: String

    @Option(help: "Adds rounds, bytes, time and energy until this test accuracy, a fraction, is reached.")
    var targetAccuracy: Double?

    @Option(help: "table for reading, csv or json with raw numbers.")
    var format: OutputFormat = .table

    func validate() throws {
        guard let targetAccuracy else { return }
        guard targetAccuracy > 0, targetAccuracy <= 1 else {
            throw ValidationError(
                "--target-accuracy is \(targetAccuracy); allowed is a fraction above 0, at most 1.")
        }
    }

    func run() throws {
        let comparison = try Comparison(path: file, targetAccuracy: targetAccuracy)
        let text =
            switch format {
            case .table: comparison.table(width: Terminal.standardOutput.width)
            case .csv: comparison.csv()
            case .json: try comparison.json()
            }
        let output = Terminal.standardOutput
        // A file gets names as they are, a terminal what it prints and does not obey.
        output.write(output.isInteractive ? TerminalText.lines(text.replacing("\r\n", with: "\n")) : text)
    }
}
