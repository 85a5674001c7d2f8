import RunLog

/// How much longer an experiment takes: what is left to do, at the pace at which the like was done.
///
/// What is ahead is known from the runs' timing-only plays, in floating-point operations. A pace belongs to a
/// kind of work with a model (`WorkAhead.Piece.pace`) and is measured as work is finished, under whatever
/// load the machine has; before that a former experiment's pace stands in, and before any the mean of the
/// kinds that are known. Runs share the workers: together they take as long as all work on all workers, or as
/// the run with the longest way to go.
public struct TimeLeft: Sendable {
    /// How fast one worker does work of a kind.
    private struct Pace {
        var operations = 0.0
        var seconds = 0.0
        var operationsPerSecond: Double? { operations > 0 && seconds > 0 ? operations / seconds : nil }
    }

    /// A run with what it has still to do.
    private struct Run {
        var pieces: [WorkAhead.Piece]
        let seed: UInt64
        /// How much of a long piece of the server is done, by kind.
        var parts: [WorkKind: Double] = [:]
    }

    /// Shared work of a seed that some run has done.
    private struct Shared: Hashable {
        let seed: UInt64
        let key: String
    }

    private let workers: Int
    private let guesses: [String: Double]
    private var runs: [Int64: Run] = [:]
    private var waiting: [(place: RunPlace, run: Run)] = []
    private var paces: [String: Pace] = [:]
    private var partialPaces: [String: Double] = [:]
    private var shared: Set<Shared> = []

    /// - Parameters:
    ///   - workers: how many pieces of work are done at a time.
    ///   - guesses: operations a second of each pace, from former experiments on this machine.
    public init(workers: Int, guesses: [String: Double] = [:]) {
        self.workers = workers
        self.guesses = guesses
    }

    /// The runs that are going to be made.
    public mutating func expect(_ ahead: ExperimentAhead) {
        waiting += ahead.runs.map { ($0.place, Run(pieces: $0.work.pieces, seed: $0.place.seed)) }
    }

    /// A run that was expected begins.
    public mutating func begin(_ id: Int64, _ place: RunPlace) {
        guard let index = waiting.firstIndex(where: { $0.place == place }) else { return }
        runs[id] = waiting.remove(at: index).run
    }

    /// A piece of work has been finished.
    public mutating func finish(_ work: FinishedWork, of id: Int64) {
        guard var run = runs[id] else { return }
        let place = run.pieces.firstIndex { $0.isOf(work) }
        let piece = place.map { run.pieces.remove(at: $0) }
        run.parts[work.kind] = nil
        runs[id] = run
        if let key = piece?.share, !shared.insert(Shared(seed: run.seed, key: key)).inserted { return }
        guard let name = piece?.pace, work.seconds > 0 else { return }
        paces[name, default: Pace()].operations += work.operations
        paces[name, default: Pace()].seconds += work.seconds
    }

    /// A long piece of work of the server has come so far, after so many seconds.
    public mutating func advance(_ kind: WorkKind, to part: Double, after seconds: Double, of id: Int64) {
        guard var run = runs[id], kind != .synthesize, (0...1).contains(part) else { return }
        run.parts[kind] = part
        runs[id] = run
        guard let piece = run.pieces.first(where: { $0.kind == kind && $0.client == nil }), seconds > 0 else {
            return
        }
        partialPaces[piece.pace] = part * piece.operations / seconds
    }

    /// A run is over, whatever of its work has not been needed.
    public mutating func end(_ id: Int64) { runs[id] = nil }

    /// Operations a second of the paces that this experiment has measured, for the next one.
    public var measured: [String: Double] { paces.compactMapValues(\.operationsPerSecond) }

    /// Wall time until all runs are over, in seconds; `nil` before any pace is known.
    public var seconds: Double? {
        guard let usual else { return nil }
        var counted = shared
        let ahead = (runs.sorted { $0.key < $1.key }.map(\.value) + waiting.map(\.run)).map { run in
            steps(of: run, counted: &counted, usual: usual)
        }
        let total = ahead.reduce(0) { $0 + $1.reduce(0) { $0 + $1.total } }
        let longest = ahead.map { $0.reduce(0) { $0 + $1.seconds(workers: workers) } }.max() ?? 0
        return max(longest, total / Double(workers))
    }

    /// Wall time until one run is over, in seconds, which shares the workers with those that go on beside it.
    public func seconds(of id: Int64) -> Double? {
        guard let usual, let run = runs[id], let all = seconds else { return nil }
        var counted = shared
        let steps = steps(of: run, counted: &counted, usual: usual)
        let share = max(1, workers / max(1, runs.count))
        return min(all, steps.reduce(0) { $0 + $1.seconds(workers: share) })
    }

    /// The pace of work about which nothing is known: the mean of the others.
    private var usual: Double? {
        let known = paces.values.compactMap(\.operationsPerSecond) + guesses.values
            + partialPaces.values
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }

    private func operationsPerSecond(_ name: String, usual: Double) -> Double {
        paces[name]?.operationsPerSecond ?? partialPaces[name] ?? guesses[name] ?? usual
    }

    /// What a run has still to do, round by round.
    private func steps(of run: Run, counted: inout Set<Shared>, usual: Double) -> [Step] {
        var steps: [Int: Step] = [:], parts = run.parts
        for piece in run.pieces {
            if let key = piece.share, !counted.insert(Shared(seed: run.seed, key: key)).inserted { continue }
            var seconds = piece.operations / operationsPerSecond(piece.pace, usual: usual)
            if piece.client == nil, let part = parts.removeValue(forKey: piece.kind) { seconds *= 1 - part }
            steps[piece.round, default: Step()].add(seconds, of: piece)
        }
        return steps.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The work of a round: what goes on side by side, by kind, and what the server does one after the other.
    private struct Step {
        private var longest: [WorkKind: Double] = [:]
        private var parallel: [WorkKind: Double] = [:]
        private var serial = 0.0
        private var beside = 0.0

        mutating func add(_ seconds: Double, of piece: WorkAhead.Piece) {
            if piece.kind == .evaluate {
                // Beside the next round.
                beside += seconds
            } else if piece.client != nil || piece.kind == .synthesize {
                longest[piece.kind] = max(longest[piece.kind] ?? 0, seconds)
                parallel[piece.kind, default: 0] += seconds
            } else {
                serial += seconds
            }
        }

        /// One after the other, in seconds.
        var total: Double { parallel.values.sorted().reduce(serial + beside, +) }

        func seconds(workers: Int) -> Double {
            var seconds = serial
            for (kind, sum) in parallel.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                seconds += max(longest[kind] ?? 0, sum / Double(workers))
            }
            return seconds
        }
    }
}
