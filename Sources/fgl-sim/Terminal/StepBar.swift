import Foundation

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
    private static var isInteractive: Bool { Terminal.standardError.movesCursor }

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
