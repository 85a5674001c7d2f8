import Core
import Foundation
import Models
import Results
import Scenarios

/// What `run` and `resume` do with an experiment: progress, Ctrl-C, and the comparison at the end.
enum ExperimentTerminal {
    /// What can be done with results.
    private static func nextSteps(_ path: String) -> String {
        let file = ShellWord.quoted(path)
        return """

            results in \(path); next:
              fgl-sim report \(file) --output report.html     # figures
              fgl-sim serve \(file)                           # the same as a local page, live
              fgl-sim replay \(file) --set network.client.uplink=1Mbps   # re-timed without training
              sqlite3 \(file) 'select * from comparison'

            """
    }

    /// Makes the runs.
    ///
    /// - Parameter paces: how fast former experiments were.
    /// - Throws: `CommandError.interrupted` after Ctrl-C, otherwise what `Experiment.run` throws.
    static func make(
        _ experiment: Experiment, on board: ProgressBoard, paces: PaceBook?, quiet: Bool
    ) throws {
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
            let guesses = paces?.paces ?? [:]
            let ahead: @Sendable (ExperimentAhead?) -> Void = { board.expect($0, guesses: guesses) }
            try experiment.run(
                notice: board.say, loading: LoadingObserver(board.loading), ahead: quiet ? nil : ahead
            ) { run, id in
                board.line(for: run, id: id)
            }
            paces?.keep(board.measuredPaces)
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
        let output = Terminal.standardOutput
        output.write(try Comparison(path: experiment.output).table(width: output.width))
        if !quiet {
            Terminal.standardError.write(nextSteps(experiment.output))
        }
    }
}
