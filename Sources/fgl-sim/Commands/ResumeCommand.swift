import ArgumentParser
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

    @Flag(help: "No progress on stderr.")
    var quiet = false

    func run() throws {
        let quiet = quiet
        let experiment = try Experiment(
            resuming: file, jobs: workers.count,
            engine: try engineOptions.settings { if !quiet { Terminal.standardError.write("\($0)\n") } },
            build: BuildDescription.text, cache: try cacheOptions.cache())
        let board = ProgressBoard(runs: experiment.runs.count, isQuiet: quiet)
        board.say(
            "\(file): \(experiment.runs.count) run\(experiment.runs.count == 1 ? "" : "s") to go on with")
        try ExperimentTerminal.make(experiment, on: board, quiet: quiet)
    }
}
