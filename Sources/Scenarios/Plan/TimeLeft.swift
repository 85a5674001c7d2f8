import RunLog

/// How much longer an experiment takes: what is left to do, at the pace at which the like was done.
///
/// What is ahead is known from the runs' timing-only plays, in floating-point operations. A pace is measured
/// as work is finished, under whatever load the machine has; before that, work of the same kind elsewhere, a
/// former experiment and at last the usual proportions between kinds stand in. The rest is then laid out on
/// the workers as the pool does it: runs side by side, in each of them what clients do in a round and what
/// the server draws side by side, everything else one after the other.
public struct TimeLeft: Sendable {
    /// Operations done, and how long a worker took for them.
    private struct Pace {
        var operations = 0.0
        var seconds = 0.0
        var operationsPerSecond: Double? { operations > 0 && seconds > 0 ? operations / seconds : nil }

        mutating func add(_ operations: Double, _ seconds: Double) {
            self.operations += operations
            self.seconds += seconds
        }
    }

    /// A run with what it has still to do.
    private struct Run {
        /// All of it, in the order of the virtual clock; `nil` where it is done.
        private(set) var pieces: [WorkAhead.Piece?]
        /// Where the pieces of an occasion are that are not done, the next one last.
        private var places: [WorkOccasion: [Int]]
        let seed: UInt64
        /// How much of a long piece of the server is done, by kind.
        var parts: [WorkKind: Double] = [:]

        init(_ run: ExperimentAhead.Run) {
            pieces = run.work.pieces
            places = Dictionary(grouping: pieces.indices.reversed()) { run.work.pieces[$0].occasion }
            seed = run.place.seed
        }

        /// Takes the next piece of an occasion out.
        mutating func take(_ occasion: WorkOccasion) -> WorkAhead.Piece? {
            guard let place = places[occasion]?.popLast() else { return nil }
            defer { pieces[place] = nil }
            return pieces[place]
        }
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
    private var kinds: [WorkKind: Pace] = [:]
    private var partialPaces: [String: (kind: WorkKind, operationsPerSecond: Double)] = [:]
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
        waiting += ahead.runs.map { ($0.place, Run($0)) }
    }

    /// A run that was expected begins.
    public mutating func begin(_ id: Int64, _ place: RunPlace) {
        guard let index = waiting.firstIndex(where: { $0.place == place }) else { return }
        runs[id] = waiting.remove(at: index).run
    }

    /// A piece of work has been finished.
    public mutating func finish(_ work: FinishedWork, of id: Int64) {
        guard let piece = runs[id]?.take(work.occasion) else { return }
        let kind = work.occasion.kind
        runs[id]!.parts[kind] = nil
        if let key = piece.share, !shared.insert(Shared(seed: runs[id]!.seed, key: key)).inserted { return }
        guard work.seconds > 0 else { return }
        paces[piece.pace, default: Pace()].add(piece.operations, work.seconds)
        kinds[kind, default: Pace()].add(piece.operations, work.seconds)
    }

    /// A long piece of work of the server has come so far.
    ///
    /// - Parameters:
    ///   - kind: what it is.
    ///   - part: how much of it is done, from 0 to 1.
    ///   - gained: the part of it that was done in the last `seconds`; before its first step it may have
    ///     waited for a worker.
    ///   - seconds: how long that took.
    ///   - id: the run.
    public mutating func advance(
        _ kind: WorkKind, to part: Double, gained: Double, in seconds: Double, of id: Int64
    ) {
        // Images are drawn in many pieces, which are finished one by one.
        guard runs[id] != nil, kind != .synthesize, (0...1).contains(part) else { return }
        runs[id]!.parts[kind] = part
        guard gained > 0, seconds > 0 else { return }
        let next = runs[id]!.pieces.lazy.compactMap(\.self).first { piece in
            piece.occasion.kind == kind && piece.occasion.client == nil
        }
        guard let piece = next else { return }
        partialPaces[piece.pace] = (kind, gained * piece.operations / seconds)
    }

    /// A run is over, whatever of its work has not been needed.
    public mutating func end(_ id: Int64) { runs[id] = nil }

    /// Operations a second of the paces that this experiment has measured, for the next one.
    public var measured: [String: Double] { paces.compactMapValues(\.operationsPerSecond) }

    /// Wall time until all runs are over, in seconds; `nil` before any pace is known.
    ///
    /// - Complexity: O(pieces · workers).
    public var seconds: Double? { ends.map { $0.all } }

    /// Wall time until each run that has begun is over, and until all are; `nil` before any pace is known.
    public var ends: (all: Double, runs: [Int64: Double])? {
        guard let usual = usualPace else { return nil }
        let begun = runs.sorted { $0.key < $1.key }
        var counted = shared
        let left = (begun.map(\.value) + waiting.map(\.run)).map { run in
            timed(run, counted: &counted, usual: usual)
        }
        let ends = WorkLayout(left, workers: workers).ends
        let ofRuns = zip(begun.map(\.key), ends).map { ($0, $1) }
        return (ends.max() ?? 0, Dictionary(uniqueKeysWithValues: ofRuns))
    }

    /// What a run has still to do, with how long each piece takes.
    private func timed(_ run: Run, counted: inout Set<Shared>, usual: Double) -> [WorkLayout.Piece] {
        var parts = run.parts, found: [WorkLayout.Piece] = []
        for case let piece? in run.pieces {
            if let key = piece.share, !counted.insert(Shared(seed: run.seed, key: key)).inserted { continue }
            var seconds = piece.operations / operationsPerSecond(of: piece, usual: usual)
            let occasion = piece.occasion
            if occasion.client == nil, let part = parts.removeValue(forKey: occasion.kind) {
                seconds *= 1 - part
            }
            found.append(WorkLayout.Piece(occasion: occasion, seconds: seconds))
        }
        return found
    }

    private func operationsPerSecond(of piece: WorkAhead.Piece, usual: Double) -> Double {
        if let own = paces[piece.pace]?.operationsPerSecond ?? partialPaces[piece.pace]?.operationsPerSecond {
            return own
        }
        let kind = piece.occasion.kind
        let alike = partialPaces.sorted { $0.key < $1.key }.map(\.value).filter { $0.kind == kind }
            .map(\.operationsPerSecond)
        return guesses[piece.pace] ?? kinds[kind]?.operationsPerSecond
            ?? (alike.isEmpty ? nil : alike.reduce(0, +) / Double(alike.count))
            ?? usual * Self.proportion(of: kind)
    }

    /// How fast this machine is beside the one of `proportion`: the mean over what is known.
    private var usualPace: Double? {
        let done = kinds.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { kind, pace in
            pace.operationsPerSecond.map { $0 / Self.proportion(of: kind) }
        }
        let partial = partialPaces.sorted { $0.key < $1.key }.map { _, pace in
            pace.operationsPerSecond / Self.proportion(of: pace.kind)
        }
        let former = guesses.sorted { $0.key < $1.key }.map { name, pace in
            pace / Self.proportion(of: WorkKind(rawValue: String(name.prefix { $0 != " " })))
        }
        let known = done + partial
        let chosen = known.isEmpty ? former : known
        return chosen.isEmpty ? nil : chosen.reduce(0, +) / Double(chosen.count)
    }

    /// Operations a second of one worker on an AMD EPYC (results/paper): products of matrices are two orders
    /// faster than what only reads and writes weights.
    private static func proportion(of kind: WorkKind) -> Double {
        switch WorkNature(kind) {
        case .generation: 1.2e11
        case .training, .inference: 0.8e11
        case .weights: 6e8
        }
    }
}
