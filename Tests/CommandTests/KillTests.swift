import Core
import Foundation
import Models
import TestSupport
import Testing

/// Runs with real training whose process is ended by signals, and the runs that are made of them.
///
/// At full scale, fifty runs with up to three kills each: `Tests/crash-test.sh`.
@Suite("Killed and interrupted runs", .serialized)
struct KillTests {
    /// Two methods with synthesis, training, averaging and evaluation: some forty pieces of work.
    static let scenario: String = {
        let file = Program.root.appendingPathComponent("Tests/crash-test.yaml")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            preconditionFailure("no \(file)")
        }
        return text
    }()

    /// What Ctrl-C may take.
    private static let promptly = Duration.seconds(Patience.seconds(1))

    private let file = TestFiles.path("killed.sqlite")

    private func start(_ arguments: [String] = [], scenario: String = scenario) throws -> RunningProgram {
        try RunningProgram(
            ["run", TestFiles.write(scenario, "crash.yaml"), "--quiet", "--output", file, "--jobs", "2"]
                + arguments)
    }

    private func resume() throws -> RunningProgram {
        try RunningProgram(["resume", file, "--quiet", "--jobs", "2"])
    }

    private var pieces: Int { Program.count(file, "SELECT count(*) FROM work") }

    /// What the scenario comes to where nobody disturbs it, and how many pieces of work that is.
    private static let undisturbed: Result<(ending: RunEnding, pieces: Int), any Error> = Result {
        let path = TestFiles.path("whole.sqlite")
        let outcome = try Program.run(
            ["run", TestFiles.write(scenario, "whole.yaml"), "--quiet", "--output", path, "--jobs", "2"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        return (try RunEnding(of: path), Program.count(path, "SELECT count(*) FROM work"))
    }

    /// Completes the file and checks that nothing tells it from one whose process was left in peace.
    private func checkResumed(_ note: String) throws {
        if Program.count(file, "SELECT count(*) FROM run WHERE status <> 'finished'") > 0
            || Program.count(file, "SELECT count(*) FROM planned_run WHERE run_id IS NULL") > 0
        {
            let end = try resume().end()
            #expect(end.code == 0, "\(note): \(end.errors)")
        } else if FileManager.default.fileExists(atPath: "\(file)-states") {
            // Killed between its last commit and its own end.
            #expect(try resume().end().code == 0, "\(note)")
        }
        #expect(try RunEnding(of: file) == Self.undisturbed.get().ending, "\(note)")
        #expect(!FileManager.default.fileExists(atPath: "\(file)-states"), "\(note): states are left")
        let replay = try Program.run("replay", file)
        #expect(replay.code == 0 && replay.output.contains("verified"), "\(note): \(replay.errors)")
    }

    @Test(
        "Killed three times at random instants, the run ends as one that was left in peace",
        arguments: [1, 2, 3])
    func kills(seed: UInt64) throws {
        var random = RandomStream(seed: seed)
        let whole = try Self.undisturbed.get()
        var landed = 0
        for kill in 0..<3 {
            let program = pieces == 0 && !isPlanned ? try start() : try resume()
            // The instant: some time after some piece of work; the first in the first half, so that one is in
            // time.
            let last = kill == 0 ? whole.pieces / 2 : whole.pieces
            let target = Int.random(in: min(pieces, last)...last, using: &random)
            _ = program.waits { pieces >= target || kill == 0 && seed == 1 }
            usleep(UInt32.random(in: 0...200_000, using: &random))
            if program.isRunning { landed += 1 }
            program.send(SIGKILL)
            _ = try program.end()
            if FileManager.default.fileExists(atPath: file) {
                #expect(
                    try Program.sqlite(file, "PRAGMA integrity_check") == ["ok"], "seed \(seed), kill \(kill)"
                )
            }
        }
        #expect(landed >= 1, "every kill came too late")
        if !isPlanned { #expect(try start().end().code == 0) }
        try checkResumed("seed \(seed)")
    }

    /// Whether the file has what a resumed run begins with.
    private var isPlanned: Bool { Program.count(file, "SELECT count(*) FROM planned_run") > 0 }

    @Test("While a run goes on, sqlite3 reads it, and no other process may write to it")
    func company() throws {
        let program = try start(["--set", "training.rounds=200", "--set", "methods=[fedavg]"])
        #expect(program.waits { pieces >= 3 })
        let events = Program.count(file, "SELECT count(*) FROM event")
        #expect(events > 5)
        #expect(try Program.sqlite(file, "SELECT status FROM comparison") == ["running"])
        #expect(try Program.run("compare", file).output.contains("fedavg"))
        for arguments in [["run", "scenarios/quickstart.yaml", "--output", file], ["resume", file]] {
            let other = try Program.run(arguments + ["--quiet"])
            #expect(other.code == 73)
            #expect(
                other.errors.contains("another fgl-sim process (\(program.processID)) is writing"),
                "\(other.errors)")
        }
        #expect(program.isRunning)
        #expect(program.waits { Program.count(file, "SELECT count(*) FROM event") > events })
    }

    @Test("Ctrl-C in a command without a log leaves nothing in the temporary folder", arguments: [
        ["plan", "scenarios/quickstart.yaml"],
        ["synthesize", "--scenario", "scenarios/quickstart.yaml", "--output", "/proc/no"],
    ])
    func scratch(arguments: [String]) throws {
        let folder = TestFiles.path("scratch")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }
        let program = try RunningProgram(arguments, environment: ["TMPDIR": folder])
        #expect(program.waits { !names.isEmpty })
        program.send(SIGTERM)
        #expect(try program.end().code == 143)
        #expect(names.isEmpty, "\(names)")
    }

    @Test("Ctrl-C: within a second the run is interrupted, and the last line says how to go on")
    func interrupt() throws {
        var interruptions = 0
        for target in [1, 10, 20] {
            let program = pieces == 0 ? try start() : try resume()
            guard program.waits(for: { pieces >= target }), program.isRunning else { continue }
            let signal = ContinuousClock.now
            program.send(SIGINT)
            let end = try program.end()
            let span = ContinuousClock.now - signal
            // It may have been over before the signal came.
            if end.code == 0 { break }
            interruptions += 1
            #expect(end.code == 130, "\(end.errors)")
            #expect(span < Self.promptly, "\(span) after \(target) pieces of work")
            #expect(end.lastLine == "fgl-sim: interrupted; go on with: fgl-sim resume \(file)")
            #expect(
                try Program.sqlite(file, "SELECT DISTINCT status FROM run WHERE status <> 'finished'") == [
                    "interrupted"
                ])
            #expect(try Program.sqlite(file, "PRAGMA integrity_check") == ["ok"])
        }
        #expect(interruptions >= 1)
        try checkResumed("after Ctrl-C")
    }

    @Test("SIGTERM and SIGHUP end a run as Ctrl-C does", arguments: [SIGTERM, SIGHUP])
    func otherSignals(signal: Int32) throws {
        let program = try start()
        #expect(program.waits { pieces >= 2 } && program.isRunning)
        program.send(signal)
        let end = try program.end()
        #expect(end.code == 128 + signal, "\(end.errors)")
        #expect(end.lastLine == "fgl-sim: interrupted; go on with: fgl-sim resume \(file)")
        try checkResumed("after signal \(signal)")
    }

    @Test("A signal that a run was started to ignore, as nohup and scripts do, does not end it")
    func ignoredSignals() throws {
        let program = try RunningProgram(
            ["run", TestFiles.write(Self.scenario, "crash.yaml"), "--quiet", "--output", file, "--jobs", "2"],
            ignoring: ["INT", "HUP"])
        #expect(program.waits { pieces >= 2 } && program.isRunning)
        program.send(SIGINT)
        program.send(SIGHUP)
        #expect(try program.end().code == 0)
        try checkResumed("after ignored signals")
    }

    @Test("A second Ctrl-C ends it at once, and it can be resumed all the same")
    func secondInterrupt() throws {
        let program = try start()
        #expect(program.waits { pieces >= 5 })
        program.send(SIGINT)
        let signal = ContinuousClock.now
        program.send(SIGINT)
        usleep(1000)
        program.send(SIGINT)
        #expect(try program.end().code == 130)
        #expect(ContinuousClock.now - signal < Self.promptly)
        try checkResumed("after two Ctrl-C")
    }

    @Test("Ctrl-C in the middle of a step that takes long does not wait for it")
    func interruptedStep() throws {
        // A step of 256 images of 96 pixels takes seconds on one thread.
        let slow = Self.scenario.replacing(
            "side: 32, train-per-class: 6", with: "side: 96, train-per-class: 60"
        )
        .replacing("batch: 8, learning-rate", with: "batch: 256, learning-rate")
        let program = try start(
            ["--set", "methods=[centralized]", "--set", "centralized={epochs: 9, batch: 256}"], scenario: slow
        )
        #expect(
            program.waits { Program.count(file, "SELECT count(*) FROM event WHERE kind = 'train-start'") > 0 }
        )
        usleep(500_000)
        let signal = ContinuousClock.now
        program.send(SIGINT)
        #expect(try program.end().code == 130)
        #expect(ContinuousClock.now - signal < Self.promptly)
        #expect(try Program.sqlite(file, "SELECT status FROM run") == ["interrupted"])
    }

    @Test("Ctrl-C before a run is begun leaves no file")
    func earlyInterrupt() throws {
        let program = try start(["--set", "data.train-per-class=3000"])
        usleep(300_000)
        program.send(SIGINT)
        let end = try program.end()
        // Whoever is that early meets the program before it listens, too.
        #expect(end.code == 130 || end.code == nil, "\(end.errors)")
        #expect(!FileManager.default.fileExists(atPath: file) || isPlanned)
    }
}
