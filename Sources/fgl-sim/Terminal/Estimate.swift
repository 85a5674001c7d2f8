import Core
import Scenarios

/// The time left, which begins to be known some seconds after the runs have begun; what happens before that
/// is kept until then.
struct Estimate {
    private var timeLeft: TimeLeft?
    private var last: (all: Double, runs: [Int64: Double])?
    private var asked = ContinuousClock.now - .seconds(2)
    private var kept: [(inout TimeLeft) -> Void] = []

    /// Learns what is ahead.
    mutating func know(_ ahead: ExperimentAhead, _ guesses: [String: Double]) {
        var known = TimeLeft(workers: ahead.workers, guesses: guesses)
        known.expect(ahead)
        for change in kept { change(&known) }
        kept = []
        timeLeft = known
    }

    /// Something has happened.
    mutating func note(_ change: @escaping (inout TimeLeft) -> Void) {
        if timeLeft != nil { change(&timeLeft!) } else { kept.append(change) }
    }

    /// Until all runs are over, in seconds.
    mutating func seconds() -> Double? { ends()?.all }

    /// Until one is, in seconds.
    mutating func seconds(of run: Int64) -> Double? { ends()?.runs[run] }

    /// Worked out at most once a second: with a hundred clients and rounds there are thousands of pieces.
    private mutating func ends() -> (all: Double, runs: [Int64: Double])? {
        if ContinuousClock.now - asked > .seconds(1) {
            asked = .now
            last = timeLeft?.ends
        }
        return last
    }

    /// Operations a second, as measured.
    var measured: [String: Double] { timeLeft?.measured ?? [:] }
}

/// A time that is not known better: `about 40 s`, `about 3 min`, `about 2.5 h`.
enum TimeLeftText {
    static func of(_ seconds: Double) -> String {
        switch seconds {
        case ..<7.5: "a few seconds"
        case ..<57.5: "about \(5 * Int((seconds / 5).rounded())) s"
        case ..<5370: "about \(max(1, Int((seconds / 60).rounded()))) min"
        case ..<345_600: "about \(Format.significant(seconds / 3600)) h"
        default: "about \(Int((min(seconds, 1e12) / 86_400).rounded())) days"
        }
    }
}
