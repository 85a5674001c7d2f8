import ArgumentParser
import Results
import Scenarios

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes a run from training outcomes that another program recorded.",
        discussion: """
            A line per round and client: bytes uploaded, FLOPs or seconds, what was measured. Links and \
            devices are \
            the scenario's; then the run can be compared, verified and re-timed. The format: docs/import.md.

            Example:
              fgl-sim import outcomes.jsonl --scenario scenario.yaml \\
                --output results/flower.sqlite
            """)

    @Argument(help: "The outcomes, JSON lines.", completion: .file(extensions: ["jsonl"]))
    var outcomes: String

    @Option(help: "The scenario: network, devices, and one method such as fedavg.", completion: .file())
    var scenario: String

    @Option(
        name: .shortAndLong,
        help: "The SQLite file; the run is added to one that exists. Default: results/<name>.sqlite.")
    var output: String?

    @Option(name: .customLong("set"), help: "Overrides a key of the scenario, as for `run`.")
    var overrides: [String] = []

    func run() throws {
        let result = try OutcomeImport.run(
            outcomes, scenario: scenario, overrides: overrides, output: output, build: BuildDescription.text
        ) { Terminal.standardError.write("\($0)\n") }
        Terminal.standardOutput.write(try Comparison(path: result.path).table())
        guard result.isNew else { return }
        Terminal.standardError.write("run \(result.runID) of \(result.path) was made from \(outcomes)\n")
    }
}
