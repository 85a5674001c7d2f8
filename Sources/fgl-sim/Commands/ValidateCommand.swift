import ArgumentParser
import Core
import Scenarios

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks a scenario file: every error with line, key, value and what is allowed.",
        discussion: """
            Example:
              fgl-sim validate scenarios/quickstart.yaml
            """)

    @Argument(help: "The scenario file.", completion: .file(extensions: ["yaml", "yml"]))
    var scenario: String

    @Option(name: .customLong("set"), help: "Overrides a key of the scenario, as for `run`.")
    var overrides: [String] = []

    @OptionGroup
    var words: StrictOption

    func run() throws {
        let scenario: Scenario
        do {
            scenario = try .load(
                path: self.scenario, overrides: overrides, knownMethods: FederatedMethods.names)
            try scenario.checkPaths(file: self.scenario)
            for notice in scenario.pathNotices + scenario.energyNotices {
                Terminal.standardError.write("\(notice)\n")
            }
            try scenario.checkTraces()
            for sentence in try scenario.notLearntWords() { try words.note(sentence) }
        } catch {
            // A file that is not there is not valid either: this command knows 0 and 65 alone.
            Terminal.standardError.write(TerminalText.lines("\(error)") + "\n")
            throw ExitCode(ExitStatus.badInput)
        }
        let runs = scenario.runCount
        Terminal.standardOutput.write("\(self.scenario): valid; \(runs) run\(runs == 1 ? "" : "s") a seed\n")
    }
}
