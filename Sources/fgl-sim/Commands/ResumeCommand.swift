import ArgumentParser
import Core
import Results
import RunLog
import Scenarios

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Goes on with runs that were interrupted, killed or not yet begun.",
        discussion: """
            A run that was begun is re-enacted from its log, then goes on from there: it ends with the log, \
            the \
            metrics and the model of one that was never interrupted.

            Example:
              fgl-sim resume results/quickstart.sqlite
            """)

    @Argument(help: "The file that runs were written to.", completion: .file(extensions: ["sqlite"]))
    var file: String

    @OptionGroup
    var workers: WorkerOptions

    @OptionGroup
    var engineOptions: EngineOptions

    @OptionGroup
    var cacheOptions: CacheOptions

    @OptionGroup
    var models: ModelOption

    @Flag(help: "No progress on stderr.")
    var quiet = false

    func run() throws {
        let board = ProgressBoard(isQuiet: quiet)
        let experiment: Experiment
        do {
            experiment = try Experiment(
                resuming: file, jobs: workers.count,
                engine: try engineOptions.settings(notice: board.say),
                build: BuildDescription.text, cache: try cacheOptions.cache(), models: models.keeping)
        } catch let error as FederationError where error == .nothingToResume(path: file) {
            // Whoever resumes in a loop until all is done is done.
            if !quiet { Terminal.standardError.write("\(TerminalText.lines("\(error)"))\n") }
            return Terminal.standardOutput.write(
                try Comparison(path: file).table(width: Terminal.standardOutput.width))
        } catch RunLogError.unbegun(let path) {
            throw FederationError.noRunToResume(path: path)
        }
        board.expect(experiment.runs)
        board.say(
            "\(file): \(experiment.runs.count) run\(experiment.runs.count == 1 ? "" : "s") to go on with")
        try ExperimentTerminal.make(experiment, on: board, paces: cacheOptions.paces, quiet: quiet)
    }
}
