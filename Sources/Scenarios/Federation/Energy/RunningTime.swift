import Simulator

/// How long activities have gone on so far, added up: any number at a time, ended or not.
///
/// Whole nanoseconds, so that the sum does not depend on the order.
struct RunningTime {
    /// How many are going on.
    private(set) var active = 0
    /// The ends of those that have ended less the beginnings of all.
    private var ended: Int128 = 0

    /// One begins.
    mutating func begin(at now: SimInstant) {
        active += 1
        ended -= Int128(now.nanoseconds)
    }

    /// One ends.
    mutating func end(at now: SimInstant) {
        active -= 1
        ended += Int128(now.nanoseconds)
    }

    /// The sum of their durations until `now`, in nanoseconds.
    func nanoseconds(at now: SimInstant) -> Int128 { ended + Int128(active) * Int128(now.nanoseconds) }
}

/// How long somebody was busy: the time in which at least one activity went on.
struct BusyTime {
    private var count = 0
    private(set) var time = RunningTime()

    /// An activity begins.
    ///
    /// - Returns: whether it is the only one.
    @discardableResult
    mutating func begin(at now: SimInstant) -> Bool {
        count += 1
        if count == 1 { time.begin(at: now) }
        return count == 1
    }

    /// An activity ends.
    ///
    /// - Returns: whether it was the last one.
    @discardableResult
    mutating func end(at now: SimInstant) -> Bool {
        count -= 1
        if count == 0 { time.end(at: now) }
        return count == 0
    }
}
