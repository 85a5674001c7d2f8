import Foundation

/// What a piece of a benchmark took.
struct BenchmarkTime {
    /// By the wall clock, in seconds.
    let wall: Double
    /// Of the calling thread's processor time, in seconds: what others do on the machine matters less.
    let processor: Double

    /// Times `body` on the calling thread.
    static func measure(_ body: () throws -> Void) rethrows -> BenchmarkTime {
        let processor = threadNanoseconds()
        let wall = try ContinuousClock().measure(body)
        return BenchmarkTime(
            wall: wall / .seconds(1), processor: Double(threadNanoseconds() - processor) * 1e-9)
    }

    /// The thread's processor time so far, in nanoseconds.
    private static func threadNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
