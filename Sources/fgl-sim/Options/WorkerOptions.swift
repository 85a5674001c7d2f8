import ArgumentParser
import Foundation

/// How many threads do the real work of a command.
struct WorkerOptions: ParsableArguments {
    @Option(
        help: "Worker threads. They change how long it takes, not what comes out. Default: one per processor."
    )
    var jobs: Int?

    /// What was asked for, or one per processor.
    var count: Int { jobs ?? ProcessInfo.processInfo.activeProcessorCount }

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) {
            throw ValidationError("--jobs is \(jobs); allowed are whole numbers from 1 to 1024.")
        }
    }
}
