import Foundation
import RunLog
import Scenarios
import Testing

@Suite("Time left")
struct TimeLeftTests {
    private func piece(
        _ kind: WorkKind, round: Int = 1, client: Int? = nil, _ operations: Double, pace: String? = nil,
        share: String? = nil
    ) -> WorkAhead.Piece {
        WorkAhead.Piece(
            WorkOccasion(kind: kind, round: round, client: client), operations: operations,
            pace: pace ?? kind.rawValue, share: share)
    }

    private func work(
        _ kind: WorkKind, client: Int?, _ operations: Double, seconds: Double
    ) -> FinishedWork {
        FinishedWork(
            WorkOccasion(kind: kind, round: 1, client: client), operations: operations, seconds: seconds)
    }

    private func expectation(_ runs: [[WorkAhead.Piece]], workers: Int) -> ExperimentAhead {
        ExperimentAhead(
            runs: runs.enumerated().map {
                .init(place: RunPlace(name: "run \($0)", method: "m", seed: 1), work: WorkAhead(pieces: $1))
            }, workers: workers)
    }

    private func timeLeft(
        _ runs: [[WorkAhead.Piece]], workers: Int, guesses: [String: Double] = [:]
    ) -> TimeLeft {
        var left = TimeLeft(workers: workers, guesses: guesses)
        left.expect(expectation(runs, workers: workers))
        return left
    }

    @Test("Before anything is known there is no time; a former pace is the guess until one is measured")
    func guesses() {
        let pieces = (0..<4).map { piece(.train, client: $0, 10) }
        #expect(timeLeft([pieces], workers: 2).seconds == nil)
        // 4 pieces of 10 operations at 5 a second on two workers.
        var left = timeLeft([pieces], workers: 2, guesses: ["train": 5])
        #expect(left.seconds == 4)
        left.begin(1, RunPlace(name: "run 0", method: "m", seed: 1))
        left.finish(work(.train, client: 2, 10, seconds: 5), of: 1)
        // Three are left at 2 a second: two side by side, then the third.
        #expect(left.seconds == 10)
        #expect(left.ends?.runs[1] == 10)
        #expect(left.measured == ["train": 2])
        left.end(1)
        #expect(left.seconds == 0)
    }

    @Test("What goes on one after the other is not divided among the workers")
    func chain() {
        let chain = [piece(.train, 30), piece(.average, round: 2, 10)]
        let paces = ["train": 1.0, "average": 1.0]
        #expect(timeLeft([chain], workers: 8, guesses: paces).seconds == 40)
        // A second run beside it is no longer; of three on two workers one waits for 30 s and then takes 40.
        #expect(timeLeft([chain, chain], workers: 2, guesses: paces).seconds == 40)
        #expect(timeLeft([chain, chain, chain], workers: 2, guesses: paces).seconds == 70)
    }

    @Test("Work that runs of a seed share counts once, and is over for all when one has done it")
    func shared() {
        let own = [piece(.synthesize, 100, share: "images")]
        var left = timeLeft([own, own], workers: 1, guesses: ["synthesize": 10])
        #expect(left.seconds == 10)
        left.begin(7, RunPlace(name: "run 1", method: "m", seed: 1))
        left.finish(work(.synthesize, client: nil, 100, seconds: 50), of: 7)
        #expect(left.seconds == 0)
    }

    @Test("A long piece of the server is less by what is done of it, and tells its pace while it goes on")
    func part() {
        var left = timeLeft([[piece(.train, 100)]], workers: 2)
        left.begin(1, RunPlace(name: "run 0", method: "m", seed: 1))
        left.advance(.train, to: 0.25, gained: 0, in: 0, of: 1)
        #expect(left.seconds == nil, "how long it has waited is not known")
        left.advance(.train, to: 0.5, gained: 0.25, in: 10, of: 1)
        #expect(left.seconds == 20)
    }

    @Test("Work of which nothing is known is as much faster than the rest as it usually is")
    func unknown() throws {
        // Captions have 1.5 times the operations a second of trainings, whatever the model.
        let left = timeLeft(
            [[piece(.caption, 60)]], workers: 1, guesses: ["train resnet18 32 fp32 fedavg": 2])
        #expect(abs(try #require(left.seconds) - 20) < 1e-9)
    }

    /// Runs that were recorded, played again on two workers with the times that their work took then; a
    /// former experiment of that machine gives the first guess. These are recordings of a machine that did
    /// nothing else: in others the pace changes by up to a hundred times, which no estimate can foresee.
    @Test(
        "Over recorded runs the estimate is within 30 % of the truth from the tenth part on",
        arguments: [
            ("table2-feature-skew", "table3-membership"),
            ("table3-membership", "table2-feature-skew"),
            ("reviewers-unseen-data", "table3-membership"),
        ])
    func recorded(name: String, former: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        func schedule(_ name: String) throws -> RecordedSchedule {
            try RecordedSchedule(
                path: root.appendingPathComponent("results/paper/\(name).sqlite").path, workers: 2)
        }
        let said = try schedule(name).estimates(guesses: schedule(former).paces)
        #expect(said.count == 9)
        for (index, point) in said.enumerated() {
            let left = try #require(point.left)
            #expect(
                abs(left / point.truth - 1) < 0.3,
                "\(name), tenth \(index + 1): \(left) s were said and \(point.truth) s were left")
        }
    }
}

/// The work of a results file on some number of workers, as the pool does it: what a round's clients do and
/// what the server draws side by side, the rest one after the other, runs side by side.
private struct RecordedSchedule {
    private struct Run {
        let row: RunSummary
        let pieces: [(piece: WorkAhead.Piece, seconds: Double)]
    }

    private let runs: [Run]
    private let workers: Int

    init(path: String, workers: Int) throws {
        let reader = try RunLogReader(path: path)
        self.workers = workers
        runs = try reader.runs().map { row in
            var works = reader.works(run: row.runID), pieces: [(WorkAhead.Piece, Double)] = []
            while let work = try works.next() {
                // Evaluations cost no virtual time, and the log has no operations of them.
                let operations = work.kind == WorkKind.evaluate.rawValue ? 1e10 : work.flops ?? 0
                let piece = WorkAhead.Piece(
                    WorkOccasion(
                        kind: WorkKind(rawValue: work.kind), round: work.round ?? 0, client: work.client),
                    operations: operations,
                    pace: "\(work.kind) \(row.method)" + (work.client == nil ? "" : " at clients"),
                    share: work.key)
                pieces.append((piece, work.wallSeconds ?? 0))
            }
            return Run(row: row, pieces: pieces)
        }
    }

    /// A piece of work with when it was begun and ended; both the same where another run had done it.
    private struct Done {
        let start: Double
        let end: Double
        let run: Int
        let piece: WorkAhead.Piece
        let seconds: Double
    }

    /// In the order of their ends.
    private var works: [Done] {
        var free = Array(repeating: 0.0, count: workers), ready = Array(repeating: 0.0, count: runs.count)
        var next = Array(repeating: 0, count: runs.count), done: [String: Double] = [:]
        var found: [Done] = []
        // The run that has waited for longest goes on with the pieces that may go side by side.
        while true {
            let going = runs.indices.filter { next[$0] < runs[$0].pieces.count }.prefix(2 * workers)
            guard let run = going.min(by: { ready[$0] < ready[$1] }) else { break }
            let first = runs[run].pieces[next[run]].piece
            let isParallel = first.occasion.client != nil || first.occasion.kind == .synthesize
            var end = ready[run]
            repeat {
                let (piece, seconds) = runs[run].pieces[next[run]]
                next[run] += 1
                if let known = done[piece.share!] {
                    end = max(end, known)
                    let instant = max(known, ready[run])
                    found.append(Done(start: instant, end: instant, run: run, piece: piece, seconds: seconds))
                    continue
                }
                let worker = free.indices.min { free[$0] < free[$1] }!
                let start = max(free[worker], ready[run])
                free[worker] = start + seconds
                done[piece.share!] = free[worker]
                end = max(end, free[worker])
                found.append(
                    Done(start: start, end: free[worker], run: run, piece: piece, seconds: seconds))
            } while isParallel && next[run] < runs[run].pieces.count
                && runs[run].pieces[next[run]].piece.occasion.kind == first.occasion.kind
                && runs[run].pieces[next[run]].piece.occasion.round == first.occasion.round
            ready[run] = end
        }
        return found.sorted { $0.end < $1.end }
    }

    /// Operations a second of each pace.
    var paces: [String: Double] {
        var sums: [String: (operations: Double, seconds: Double)] = [:]
        for work in works where work.end > work.start {
            sums[work.piece.pace, default: (0, 0)].operations += work.piece.operations
            sums[work.piece.pace, default: (0, 0)].seconds += work.seconds
        }
        return sums.mapValues { $0.operations / $0.seconds }.filter { $0.value > 0 }
    }

    /// What is said at each tenth, and the truth.
    func estimates(guesses: [String: Double]) -> [(left: Double?, truth: Double)] {
        var left = TimeLeft(workers: workers, guesses: guesses)
        let places = runs.map { RunPlace(name: $0.row.name, method: $0.row.method, seed: $0.row.seed) }
        let ahead = zip(runs, places).map { run, place in
            ExperimentAhead.Run(place: place, work: WorkAhead(pieces: run.pieces.map(\.piece)))
        }
        left.expect(ExperimentAhead(runs: ahead, workers: workers))
        for (index, place) in places.enumerated() { left.begin(Int64(index), place) }
        let works = works, end = works.last?.end ?? 0
        var said: [(Double?, Double)] = [], position = 0
        for tenth in 1...9 {
            let now = end * Double(tenth) / 10
            while works[position].end <= now {
                let work = works[position], piece = work.piece
                left.finish(
                    FinishedWork(piece.occasion, operations: piece.operations, seconds: work.seconds),
                    of: Int64(work.run))
                position += 1
            }
            for work in works[position...] where work.start < now && work.piece.occasion.client == nil {
                let part = (now - work.start) / work.seconds
                left.advance(
                    work.piece.occasion.kind, to: part, gained: part, in: now - work.start,
                    of: Int64(work.run))
            }
            said.append((left.seconds, end - now))
        }
        return said
    }
}
