import ArgumentParser
import Core
import Foundation
import Results
import RunLog
import Scenarios
import Simulator

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Re-enacts recorded runs without training: verifies them, or re-times them with --set.",
        discussion: """
            Without --set every event, transfer, byte count and metric must come out as it is in the log; \
            the first \
            difference is printed, and the exit code is then 65. With --set the recorded work is played \
            under \
            another network or on other devices, and the result is added to the file as a new run.

            Examples:
              fgl-sim replay results/quickstart.sqlite
              fgl-sim replay results/quickstart.sqlite --run 3 \\
                --set network.client.uplink=1Mbps
            """)

    @Argument(help: "The file that runs were written to.", completion: .file(extensions: ["sqlite"]))
    var file: String

    @Option(name: .customLong("run"), help: "The run; without it, all of the file.")
    var runID: Int64?

    @Option(
        name: .customLong("set"),
        help: "Overrides a key of the runs' scenario, any YAML value; several may be given.")
    var overrides: [String] = []

    @Flag(help: "With --set: does the work that the log does not know, instead of stopping there.")
    var trainMissing = false

    @OptionGroup
    var workers: WorkerOptions

    @OptionGroup
    var engineOptions: EngineOptions

    func validate() throws {
        if trainMissing, overrides.isEmpty { throw ValidationError("--train-missing goes with --set.") }
        if engineOptions.engine != "local", !trainMissing {
            throw ValidationError("--engine goes with --train-missing: nothing else does real work.")
        }
    }

    func run() throws {
        let replay = try Replay(path: file, run: runID)
        try overrides.isEmpty ? verify(replay) : retime(replay)
    }

    private func verify(_ replay: Replay) throws {
        for run in replay.runs {
            let start = ContinuousClock.now
            let result = try replay.verify(run)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let rows = "\(Format.grouped(result.rows)) rows equal"
            Terminal.standardOutput.write(
                name(of: run)
                    + (result.isWhole
                        ? ": verified, \(rows)"
                        : ": \(run.status.rawValue), verified as far as it goes, \(rows)")
                    + String(format: " (%.2f s)\n", seconds))
        }
    }

    private func retime(_ replay: Replay) throws {
        // What is a variation itself is varied only on request.
        let subjects = try replay.runs.filter { run in
            try run.status.isWhole && (runID != nil || !replay.isWhatIf(run))
        }
        if subjects.isEmpty {
            // Where there is nothing to play, a key that is not valid is said all the same.
            if let run = replay.runs.first { try replay.check(overrides, on: run) }
            throw CommandError.nothingToRetime(path: file, runID: runID)
        }
        let pool = WorkerPools.make(
            jobs: workers.count,
            engine: try engineOptions.settings { Terminal.standardError.write("\($0)\n") })
        defer { pool.close() }
        let interrupts = InterruptHandler { pool.cancel() }
        defer { interrupts.stop() }
        for run in subjects {
            let (id, isNew) = try replay.whatIf(
                run, overrides: overrides, trainMissing: trainMissing, pool: pool,
                build: BuildDescription.text,
                notice: { Terminal.standardError.write("\($0)\n") },
                progress: WarningsAlone(name: name(of: run)))
            guard isNew else { continue }
            Terminal.standardError.write(
                "run \(id) is \(name(of: run)) with \(overrides.joined(separator: ", ")): "
                    + (trainMissing
                        ? "missing work was done\n" : "exact, each piece of work has its recorded inputs\n"))
        }
        let comparison = try Comparison(path: file)
        Terminal.standardOutput.write(comparison.table())
    }

    private func name(of run: RunSummary) -> String {
        "run \(run.runID) (\(TerminalText.line("\(run.name) \(run.method)", limit: 200)), seed \(run.seed))"
    }
}

/// Tells nothing of a run but what its user should know.
private struct WarningsAlone: RunProgress {
    let name: String

    func began(round: Int, at instant: SimInstant) {}
    func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
    func measured(accuracy: Double, round: Int) {}
    func worked(kind: WorkKind, at instant: SimInstant) {}
    func ended(at instant: SimInstant) {}
    func warned(_ text: String) { Terminal.standardError.write("warning: \(name): \(text)\n") }
}
