import Core
import Foundation
import RunLog
import Scenarios
import Simulator

/// Progress of an experiment on stderr: a line per run that is going on, redrawn in place for a person. In a
/// file, a line at the end of each round, and each minute of a run that has nothing else to say.
final class ProgressBoard: @unchecked Sendable {
    // @unchecked because everything below is touched only while `lock` is held.
    private let lock = NSLock()
    private let terminal = Terminal.standardError
    private let isQuiet: Bool
    private let isInteractive: Bool
    private var total = 0
    private var lines: [RunLine] = []
    private var drawn = 0
    private lazy var step = ProgressPace(isInteractive: isInteractive)
    private var lastDraw = ContinuousClock.now - .seconds(1)
    private let start = ContinuousClock.now
    /// Draws once a second, so that the clock goes on while nothing happens.
    private var clock: (any DispatchSourceTimer)?
    /// Finished runs by seed, and all.
    private var finished: [UInt64: Int] = [:]
    private var seeds: [UInt64: Int] = [:]

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        isInteractive = terminal.isInteractive && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Notes all runs that will be made.
    func expect(_ runs: [PlannedRun]) {
        lock.withLock {
            total = runs.count
            seeds = Dictionary(grouping: runs, by: \.seed).mapValues(\.count)
        }
    }

    /// What is going to be run: seeds and the resolved scenario, so that a log of the terminal tells it all.
    func announce(_ scenario: Scenario, seeds: [UInt64], output: String) {
        let seedText = seeds.map(String.init).joined(separator: ", ")
        say(
            "\(scenario.name): \(total) run\(total == 1 ? "" : "s"), \(scenario.clients) clients, "
                + "seed \(seedText), into \(output)"
        )
    }

    /// Prints a line above the progress.
    func say(_ text: String) {
        if !isQuiet { write(text) }
    }

    /// Prints a warning above the progress, also where nothing else is said.
    func warn(_ text: String) { write("warning: \(text)") }

    /// Prints a notice above the progress; a warning also where nothing else is said.
    func say(_ notice: Notice) {
        if !isQuiet || notice.isWarning { write("\(notice)") }
    }

    private func write(_ text: String) {
        lock.withLock {
            erase()
            terminal.write(text + "\n")
            if !isQuiet { draw(force: true) }
        }
    }

    /// How far reading images is; the line goes away when the runs begin.
    func loading(done: Int, of total: Int) {
        guard !isQuiet else { return }
        lock.withLock {
            guard step.isDue() else { return }
            let text = "reading images \(ProgressBar.text(done: done, of: total, width: 40))\n"
            erase()
            terminal.write(text)
            // On a terminal the next drawing takes its place.
            if isInteractive { drawn = 1 }
        }
    }

    /// The progress of one run.
    func line(for run: PlannedRun, id: Int64) -> any RunProgress {
        let line = RunLine(
            name: "\(run.name) \(run.method.name)" + (run.seed == 1 ? "" : " seed \(run.seed)"),
            rounds: run.method.plannedRounds(in: run.scenario))
        line.seed = run.seed
        lock.withLock {
            lines.append(line)
            startClock()
        }
        return BoardProgress(board: self, line: line)
    }

    /// Ends the display.
    func close() {
        lock.withLock {
            clock?.cancel()
            clock = nil
            lines = []
            erase()
        }
    }

    private func startClock() {
        guard isInteractive, !isQuiet, clock == nil else { return }
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + 1, repeating: 1)
        timer.setEventHandler { [weak self] in
            guard let self else { return }
            lock.withLock { if !self.lines.isEmpty { self.draw(force: true) } }
        }
        timer.resume()
        clock = timer
    }

    /// How far the experiment is: `[12 s] 4 of 9 runs done, seeds 1 of 3`.
    private var summary: String {
        var text = "[\(Int(elapsed)) s] \(finished.values.reduce(0, +)) of \(total) runs done"
        if seeds.count > 1 {
            let whole = seeds.count { finished[$0.key] == $0.value }
            text += ", \(whole) of \(seeds.count) seeds"
        }
        return text
    }

    fileprivate func update(_ line: RunLine, plain: Bool = false, _ change: (RunLine) -> Void) {
        lock.withLock {
            change(line)
            if line.isOver { finished[line.seed, default: 0] += 1 }
            guard !isQuiet else { return }
            if isInteractive {
                if line.isOver {
                    erase()
                    terminal.write(line.text(after: elapsed) + "\n")
                    lines.removeAll { $0 === line }
                    draw(force: true)
                } else {
                    draw(force: false)
                }
            } else if plain || line.isOver || line.silence.isDue() {
                line.silence.restart()
                terminal.write(line.text(after: elapsed) + "\n")
                if line.isOver, total > 1 { terminal.write("\(summary)\n") }
            }
        }
    }

    private var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }

    private func erase() {
        if isInteractive, drawn > 0 { terminal.write("\u{1B}[\(drawn)A\u{1B}[0J") }
        drawn = 0
    }

    private func draw(force: Bool) {
        guard isInteractive, force || ContinuousClock.now - lastDraw > .milliseconds(100) else { return }
        erase()
        let width = terminal.columns - 1
        let rows = (total > 1 ? [summary] : []) + lines.flatMap { $0.rows(after: elapsed, width: width) }
        for row in rows { terminal.write(row.prefix(width) + "\n") }
        drawn = rows.count
        lastDraw = .now
    }
}

/// What is known of a run that is going on.
private final class RunLine {
    let name: String
    let rounds: Int?
    var seed: UInt64 = 0
    var round = 0
    var instant = SimInstant.start
    var accuracy: Double?
    /// The round after which that was measured.
    var accuracyRound = 0
    var uplinkBytes = 0
    var downlinkBytes = 0
    var activity: WorkKind?
    var isOver = false
    /// Since this run's last line in a file.
    var silence = ProgressPace(every: .seconds(60))
    /// Images trained on and synthesized.
    var images = 0
    /// How far a long piece of work at the server is.
    var stage: (kind: WorkKind, done: Int, total: Int, began: ContinuousClock.Instant)?
    private let start = ContinuousClock.now

    init(name: String, rounds: Int?) {
        self.name = name
        self.rounds = rounds
    }

    /// The line for a terminal, wrapped between its parts.
    func rows(after elapsed: Double, width: Int) -> [String] {
        var rows: [String] = []
        for part in parts(after: elapsed) {
            if let last = rows.last, last.count + 2 + part.count <= width {
                rows[rows.count - 1] += "  \(part)"
            } else {
                rows.append(rows.isEmpty ? part : "    \(part)")
            }
        }
        return rows
    }

    func text(after elapsed: Double) -> String { parts(after: elapsed).joined(separator: "  ") }

    private func parts(after elapsed: Double) -> [String] {
        var parts = ["[\(Int(elapsed)) s] \(name)"]
        if isOver {
            parts.append("done")
        } else if round > 0 {
            parts.append("round \(round)" + (rounds.map { "/\($0)" } ?? ""))
        }
        parts.append("t \(Format.duration(instant.seconds))")
        if let accuracy {
            let text = accuracy.isNaN ? "not a number" : Format.percent(accuracy)
            parts.append("accuracy \(text) after round \(accuracyRound)")
        }
        parts.append("up \(Format.bytes(uplinkBytes)), down \(Format.bytes(downlinkBytes))")
        if let imagesPerSecond { parts.append("\(Format.grouped(imagesPerSecond)) images/s") }
        if !isOver {
            if let left { parts.append("\(Format.duration(left)) left") }
            if let stage {
                parts.append(Self.text(of: stage))
            } else if let activity {
                parts.append(activity.rawValue)
            }
        }
        return parts
    }

    /// A bar, and the time left where no rounds tell it.
    private static func text(
        of stage: (kind: WorkKind, done: Int, total: Int, began: ContinuousClock.Instant)
    )
        -> String
    {
        "\(stage.kind) " + ProgressBar.text(done: stage.done, of: stage.total, width: 12)
    }

    /// Starts or continues a stage. Its pace counts from its first step.
    func advance(_ kind: WorkKind, _ done: Int, of total: Int) {
        let began = stage?.kind == kind && stage?.total == total ? stage!.began : lastStep
        stage = done < total ? (kind, done, total, began) : nil
        lastStep = .now
    }

    /// When the last step of any stage ended, or the run began.
    private lazy var lastStep = start

    /// Images a second of wall time since the run began.
    private var imagesPerSecond: Int? {
        let spent = (ContinuousClock.now - start) / .seconds(1)
        return images > 0 && spent > 1 ? Int(Double(images) / spent) : nil
    }

    /// Wall time left, in seconds: at the pace of the rounds so far, or of the stage under way where there
    /// are no rounds to go by.
    private var left: Double? {
        if let rounds, rounds > 1, round > 1 {
            let spent = (ContinuousClock.now - start) / .seconds(1)
            return spent / Double(round - 1) * Double(rounds - round + 1)
        }
        guard let stage, stage.done > 0 else { return nil }
        let spent = (ContinuousClock.now - stage.began) / .seconds(1)
        return spent / Double(stage.done) * Double(stage.total - stage.done)
    }
}

/// How often progress is told: ten times a second to a person, every ten seconds to a file.
struct ProgressPace {
    private let interval: Duration
    private var last = ContinuousClock.now

    init(isInteractive: Bool) { self.init(every: isInteractive ? .milliseconds(100) : .seconds(10)) }

    init(every interval: Duration) { self.interval = interval }

    /// Whether a step that ends now is to be told.
    mutating func isDue() -> Bool {
        guard ContinuousClock.now - last > interval else { return false }
        last = .now
        return true
    }

    /// Something has been told just now.
    mutating func restart() { last = .now }
}

/// Progress of one long step on stderr: a bar that is redrawn for a person, a line every ten seconds
/// otherwise.
struct StepBar {
    private let name: String
    private var pace: ProgressPace
    private var isDrawn = false
    private let isQuiet: Bool
    private static var isInteractive: Bool {
        Terminal.standardError.isInteractive && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    init(_ name: String, isQuiet: Bool = false) {
        self.name = name
        self.isQuiet = isQuiet
        pace = ProgressPace(isInteractive: Self.isInteractive)
    }

    mutating func show(done: Int, of total: Int) {
        guard !isQuiet, pace.isDue() else { return }
        let text = "\(name) \(ProgressBar.text(done: done, of: total, width: 40))"
        Terminal.standardError.write(Self.isInteractive ? "\r\(text)\u{1B}[K" : text + "\n")
        isDrawn = true
    }

    /// Clears the bar.
    mutating func end() {
        if isDrawn, Self.isInteractive { Terminal.standardError.write("\r\u{1B}[K") }
        isDrawn = false
    }
}

/// A bar of signs that every terminal has.
enum ProgressBar {
    /// `[####......] 4/10`.
    static func text(done: Int, of total: Int, width: Int) -> String {
        let share = min(width, max(0, width * done / max(1, total)))
        return "[" + String(repeating: "#", count: share) + String(repeating: ".", count: width - share)
            + "] \(done)/\(total)"
    }
}

/// Passes what happens in a run on to its line.
private struct BoardProgress: RunProgress, @unchecked Sendable {
    // @unchecked because the line is touched only by the board, under its lock.
    let board: ProgressBoard
    let line: RunLine

    func began(round: Int, at instant: SimInstant) {
        board.update(line) {
            $0.round = round
            $0.instant = instant
        }
    }

    func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {
        board.update(line) {
            if direction == .up { $0.uplinkBytes += bytes } else { $0.downlinkBytes += bytes }
            $0.instant = instant
        }
    }

    func measured(accuracy: Double, round: Int) {
        board.update(line, plain: true) {
            $0.accuracy = accuracy
            $0.accuracyRound = round
        }
    }

    func worked(kind: WorkKind, at instant: SimInstant) {
        board.update(line) {
            $0.activity = kind
            $0.instant = instant
        }
    }

    func processed(images: Int) {
        board.update(line) { $0.images += images }
    }

    func advanced(kind: WorkKind, done: Int, of total: Int) {
        board.update(line) { $0.advance(kind, done, of: total) }
    }

    func warned(_ text: String) { board.warn("\(line.name): \(text)") }

    func ended(at instant: SimInstant) {
        board.update(line) {
            $0.isOver = true
            $0.instant = instant
        }
    }
}
