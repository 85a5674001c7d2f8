import RunLog

/// Work laid out on workers, as the pool does it.
///
/// Runs go on side by side, twice as many as there are workers. In each, what the clients of a round do and
/// what the server draws goes on side by side, kind after kind; everything else is done one after the other,
/// and evaluations beside what follows.
struct WorkLayout {
    /// A piece of work with how long a worker takes.
    struct Piece {
        let occasion: WorkOccasion
        let seconds: Double

        private var isParallel: Bool { occasion.client != nil || occasion.kind == .synthesize }

        func goesBeside(_ other: Piece) -> Bool {
            isParallel && other.isParallel && occasion.kind == other.occasion.kind
                && occasion.round == other.occasion.round
        }
    }

    /// When each run ends, in seconds from now.
    let ends: [Double]

    /// - Complexity: O(pieces · (runs + workers)).
    init(_ runs: [[Piece]], workers: Int) {
        var free = Array(repeating: 0.0, count: max(1, workers))
        var ready = Array(repeating: 0.0, count: runs.count), ends = ready
        var next = Array(repeating: 0, count: runs.count)
        func book(_ seconds: Double, from start: Double) -> Double {
            let worker = free.indices.min { free[$0] < free[$1] }!
            free[worker] = max(free[worker], start) + seconds
            return free[worker]
        }
        while true {
            let going = runs.indices.filter { next[$0] < runs[$0].count }.prefix(2 * free.count)
            guard let run = going.min(by: { ready[$0] < ready[$1] }) else { break }
            let first = runs[run][next[run]]
            var end = ready[run]
            repeat {
                let piece = runs[run][next[run]]
                next[run] += 1
                let done = book(piece.seconds, from: ready[run])
                ends[run] = max(ends[run], done)
                if piece.occasion.kind != .evaluate { end = max(end, done) }
            } while next[run] < runs[run].count && runs[run][next[run]].goesBeside(first)
            ready[run] = end
        }
        self.ends = ends
    }
}
