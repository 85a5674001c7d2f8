import ArgumentParser
import Foundation
import Scenarios

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Goes on with runs that were interrupted, killed or not yet begun.",
        discussion: """
            A run that was begun is re-enacted from its log, then goes on from there: it ends with the log, the \
            metrics and the model of one that was never interrupted.

            Example:
              fgl-sim resume results/quickstart.sqlite
            """)

    @Argument(help: "The file that runs were written to.", completion: .file(extensions: ["sqlite"]))
    var file: String

    @Option(help: "Worker threads. They change how long it takes, not what comes out. Default: one per processor.")
    var jobs: Int?

    @OptionGroup
    var cacheOptions: CacheOptions

    @Flag(help: "No progress on stderr.")
    var quiet = false

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) {
            throw ValidationError("--jobs is \(jobs); allowed are whole numbers from 1 to 1024.")
        }
    }

    func run() throws {
        let experiment = try Experiment(
            resuming: file, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount,
            build: BuildDescription.text, cache: try cacheOptions.cache())
        let board = ProgressBoard(runs: experiment.runs.count, isQuiet: quiet)
        board.say("\(file): \(experiment.runs.count) run\(experiment.runs.count == 1 ? "" : "s") to go on with")
        try ExperimentTerminal.make(experiment, on: board, quiet: quiet)
    }
}
