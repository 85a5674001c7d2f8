import Core
import Scenarios

/// The time left, which begins to be known some seconds after the runs have begun; what happens before that
/// is kept until then.
struct Estimate {
    private enum Knowledge {
        /// Not yet.
        case awaited([(inout TimeLeft) -> Void])
        case known(TimeLeft)
        /// It takes too long to find out, or nobody asks.
        case none
    }

    private var knowledge = Knowledge.awaited([])
    private var last: (all: Double, runs: [Int64: Double])?
    private var next = ContinuousClock.now

    /// Learns what is ahead; `nil` where that is not found out.
    mutating func know(_ ahead: ExperimentAhead?, _ guesses: [String: Double]) {
        guard let ahead, case .awaited(let changes) = knowledge else { return knowledge = .none }
        var known = TimeLeft(workers: ahead.workers, guesses: guesses)
        known.expect(ahead)
        for change in changes { change(&known) }
        knowledge = .known(known)
    }

    /// Something has happened.
    mutating func note(_ change: @escaping (inout TimeLeft) -> Void) {
        switch knowledge {
        case .awaited(var changes):
            knowledge = .none
            changes.append(change)
            knowledge = .awaited(changes)
        case .known(var known):
            // Let go of first, so that it is changed in its place.
            knowledge = .none
            change(&known)
            knowledge = .known(known)
        case .none: break
        }
    }

    /// Until all runs are over, in seconds.
    mutating func seconds() -> Double? { ends()?.all }

    /// Until one is, in seconds.
    mutating func seconds(of run: Int64) -> Double? { ends()?.runs[run] }

    /// Worked out at most once a second and in a fiftieth of the time: there may be many thousand pieces.
    private mutating func ends() -> (all: Double, runs: [Int64: Double])? {
        let now = ContinuousClock.now
        guard now >= next, case .known(let known) = knowledge else { return last }
        last = known.ends
        let spent = ContinuousClock.now - now
        next = ContinuousClock.now + max(.seconds(1), spent * 50)
        return last
    }

    /// Operations a second, as measured.
    var measured: [String: Double] { if case .known(let known) = knowledge { known.measured } else { [:] } }
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
