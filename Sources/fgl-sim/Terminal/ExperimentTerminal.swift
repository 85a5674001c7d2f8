import Foundation
import Models
import Results
import Scenarios

/// What `run` and `resume` do with an experiment: progress, Ctrl-C, and the comparison at the end.
enum ExperimentTerminal {
    /// Makes the runs.
    ///
    /// - Throws: `CommandError.interrupted` after Ctrl-C, otherwise what `Experiment.run` throws.
    static func make(_ experiment: Experiment, on board: ProgressBoard, quiet: Bool) throws {
        try experiment.requireThreads()
        let interrupts = InterruptHandler {
            // Before the first run there is nothing to be stored, and loading may take long.
            if !experiment.hasBegun {
                Terminal.standardError.write("fgl-sim: interrupted before a run was begun\n")
                _exit(ExitStatus.interrupted)
            }
            board.say("interrupted: stopping at the next step; once more to stop at once")
            experiment.cancel()
        }
        defer { interrupts.stop() }
        do {
            try experiment.run(notice: board.say, loading: LoadingObserver(board.loading)) { run, id in
                board.line(for: run, id: id)
            }
        } catch {
            board.close()
            if error as? FederationError == .interrupted {
                throw CommandError.interrupted(path: experiment.output)
            }
            if let error = error as? EngineError, case .lost = error, experiment.hasBegun {
                throw CommandError.lost(error, path: experiment.output)
            }
            throw error
        }
        board.close()
        Terminal.standardOutput.write(try Comparison(path: experiment.output).table())
        if !quiet {
            Terminal.standardError.write(
                "\nresults in \(experiment.output); query them with sqlite3 \(experiment.output) "
                    + "'select * from comparison'\n")
        }
    }
}
