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
    private var estimate = Estimate()
    /// Since the summary was last written into a file.
    private var summaryPace = ProgressPace(every: .seconds(60))
    /// Finished runs by seed, and all.
    private var finished: [UInt64: Int] = [:]
    private var seeds: [UInt64: Int] = [:]

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        isInteractive = terminal.movesCursor
        if isQuiet { estimate.know(nil, [:]) }
    }

    /// Notes all runs that will be made.
    func expect(_ runs: [PlannedRun]) {
        lock.withLock {
            total = runs.count
            seeds = Dictionary(grouping: runs, by: \.seed).mapValues(\.count)
        }
    }

    /// Notes how much work all runs are, `nil` where that is not known, and how fast former experiments were.
    func expect(_ ahead: ExperimentAhead?, guesses: [String: Double]) {
        lock.withLock { estimate.know(ahead, guesses) }
    }

    /// How fast work was, for the next experiment.
    var measuredPaces: [String: Double] { lock.withLock { estimate.measured } }

    /// What is going to be run, so that a log of the terminal tells it all.
    func announce(_ name: String, _ runs: [PlannedRun], output: String) {
        func listed(_ values: some Sequence<some FixedWidthInteger>) -> String {
            Set(values).sorted().map { "\($0)" }.joined(separator: ", ")
        }
        say(
            "\(name): \(runs.count) run\(runs.count == 1 ? "" : "s"), "
                + "\(listed(runs.lazy.map(\.scenario.clients))) clients, "
                + "seed \(listed(runs.lazy.map(\.seed))), into \(output)"
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
        let line = RunLine(run, id: id)
        lock.withLock {
            lines.append(line)
            estimate.note { $0.begin(id, line.place) }
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
        if let left = estimate.seconds() { text += ", \(TimeLeftText.of(left)) left" }
        return text
    }

    fileprivate func note(_ work: FinishedWork, of line: RunLine) {
        lock.withLock { estimate.note { $0.finish(work, of: line.id) } }
    }

    fileprivate func noteStage(_ kind: WorkKind, of line: RunLine) {
        lock.withLock {
            guard let part = line.part else { return }
            estimate.note {
                $0.advance(kind, to: part.done, gained: part.gained, in: part.seconds, of: line.id)
            }
        }
    }

    fileprivate func update(_ line: RunLine, plain: Bool = false, _ change: (RunLine) -> Void) {
        lock.withLock {
            change(line)
            if line.isOver {
                finished[line.seed, default: 0] += 1
                estimate.note { $0.end(line.id) }
            }
            guard !isQuiet else { return }
            if isInteractive {
                if line.isOver {
                    erase()
                    terminal.write(text(of: line) + "\n")
                    lines.removeAll { $0 === line }
                    draw(force: true)
                } else {
                    draw(force: false)
                }
            } else if plain || line.isOver || line.silence.isDue() {
                line.silence.restart()
                terminal.write(text(of: line) + "\n")
                if line.isOver || summaryPace.isDue(), total > 1 {
                    summaryPace.restart()
                    terminal.write("\(summary)\n")
                }
            }
        }
    }

    private func text(of line: RunLine) -> String {
        line.text(after: elapsed, left: estimate.seconds(of: line.id))
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
        let rows =
            (total > 1 ? [summary] : [])
            + lines.flatMap { $0.rows(after: elapsed, left: estimate.seconds(of: $0.id), width: width) }
        for row in rows { terminal.write(row.prefix(width) + "\n") }
        drawn = rows.count
        lastDraw = .now
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
        board.noteStage(kind, of: line)
    }

    func finished(_ work: FinishedWork) { board.note(work, of: line) }

    func warned(_ text: String) { board.warn("\(line.name): \(text)") }

    func ended(at instant: SimInstant) {
        board.update(line) {
            $0.isOver = true
            $0.instant = instant
        }
    }
}
