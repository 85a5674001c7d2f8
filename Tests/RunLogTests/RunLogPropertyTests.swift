import Core
import GRDB
import RunLog
import Simulator
import Testing

/// A run with random transfers and evaluations, and the sums that the views must show, added up here in
/// Swift.
private struct RandomRun {
    struct Evaluation: Equatable {
        var round: Int
        var uplinkBytes: Int
        var downlinkBytes: Int
        var value: Double
    }

    var clients: Int
    var uplinkBytes = 0
    var downlinkBytes = 0
    var undelivered = 0
    var messages = 0
    var evaluations: [Evaluation] = []
    var end = SimInstant.start

    /// Records the run. Transfers end in the order of recording, and an evaluation comes at the end of each
    /// round.
    init(seed: UInt64, recorder: RunRecorder) {
        var random = RandomStream(seed: seed, entity: nil, purpose: "run log test")
        clients = Int.random(in: 1...8, using: &random)
        for client in 0..<clients {
            recorder.client(ClientRow(client: client, samples: Int.random(in: 0...500, using: &random)))
        }
        for round in 1...Int.random(in: 1...6, using: &random) {
            recorder.event(at: end, kind: "round-start", round: round)
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                exchange(round: round, recorder: recorder, using: &random)
            }
            let value = Double(Int.random(in: 0...100, using: &random)) / 100
            recorder.metric(at: end, round: round, split: "test", name: "accuracy", value: value)
            evaluations.append(
                Evaluation(
                    round: round, uplinkBytes: uplinkBytes, downlinkBytes: downlinkBytes, value: value))
            // One nanosecond keeps the transfers of the next round apart from this evaluation.
            end = end + .nanoseconds(1)
        }
    }

    private mutating func exchange(round: Int, recorder: RunRecorder, using random: inout RandomStream) {
        let message = Int.random(in: 0...50_000_000, using: &random)
        let status = TransferStatus.allCases.randomElement(using: &random)!
        let moved = status == .complete ? message : Int.random(in: 0...message, using: &random)
        let direction = Bool.random(using: &random) ? TransferDirection.up : .down
        let start = end
        end = end + .nanoseconds(Int64.random(in: 0...5_000_000_000, using: &random))
        recorder.messageSent(bytes: message, direction: direction)
        recorder.transfer(
            round: round, client: Int.random(in: 0..<clients, using: &random), direction: direction,
            payload: ["prompts", "weights"].randomElement(using: &random)!, bytes: moved,
            messageBytes: message,
            start: start, end: end, status: status)
        messages += 1
        undelivered += status == .complete ? 0 : 1
        switch direction {
        case .up: uplinkBytes += moved
        case .down: downlinkBytes += moved
        }
    }
}

@Suite("Run logs of random federations")
struct RunLogPropertyTests {
    let folder: RunLogFolder
    let log: RunLog

    init() throws {
        folder = try RunLogFolder()
        log = try RunLog(path: folder.path())
    }

    /// Records `count` random runs, all of them open at the same time, and finishes them in reverse order.
    private func randomRuns(_ count: Int) throws -> [(expected: RandomRun, runID: Int64, hash: String)] {
        var recorded: [(expected: RandomRun, recorder: RunRecorder)] = []
        for seed in 0..<UInt64(count) {
            let recorder = try log.begin(.sample(seed: seed, clients: Int(seed % 9)))
            recorded.append((RandomRun(seed: seed, recorder: recorder), recorder))
        }
        return try recorded.reversed().map { run in
            let hash = try run.recorder.finish(.finished, at: run.expected.end)
            return (run.expected, run.recorder.runID, hash)
        }
    }

    @Test("comparison, communication and accuracy agree with sums made outside the database")
    func sums() throws {
        for (expected, runID, _) in try randomRuns(30) {
            let row = try #require(try log.reader.comparison().first { $0.runID == runID })
            #expect(row.uplinkBytes == expected.uplinkBytes, "run \(runID)")
            #expect(row.downlinkBytes == expected.downlinkBytes, "run \(runID)")
            #expect(row.rounds == expected.evaluations.count, "run \(runID)")
            #expect(row.virtualSeconds == expected.end.seconds, "run \(runID)")
            #expect(row.bestAccuracy == expected.evaluations.map(\.value).max(), "run \(runID)")
            #expect(row.finalAccuracy == expected.evaluations.last?.value, "run \(runID)")
            let best = expected.evaluations.first { $0.value == row.bestAccuracy }
            #expect(row.bestRound == best?.round, "run \(runID)")

            let communication = try log.reader.communication(run: runID)
            #expect(
                communication.map(\.bytes).reduce(0, +) == expected.uplinkBytes + expected.downlinkBytes,
                "run \(runID)")
            #expect(communication.map(\.messages).reduce(0, +) == expected.messages, "run \(runID)")
            #expect(communication.map(\.undelivered).reduce(0, +) == expected.undelivered, "run \(runID)")

            let accuracy = try log.reader.accuracy(run: runID).map {
                RandomRun.Evaluation(
                    round: $0.round ?? 0, uplinkBytes: $0.uplinkBytes, downlinkBytes: $0.downlinkBytes,
                    value: $0.value ?? -1)
            }
            #expect(accuracy == expected.evaluations, "run \(runID)")
        }
    }

    @Test("The hash of a random run is that of its rows, of no other run, and the same when recorded again")
    func hashes() throws {
        let first = try randomRuns(20)
        for (_, runID, hash) in first {
            #expect(try log.reader.recomputedHash(run: runID) == hash, "run \(runID)")
        }
        #expect(Set(first.map(\.hash)).count == first.count)
        #expect(try randomRuns(20).map(\.hash) == first.map(\.hash))
    }

    @Test("Instants to the nanosecond come back exactly for the first 26 days of virtual time")
    func instants() throws {
        var random = RandomStream(seed: 3, entity: nil, purpose: "run log test")
        let recorder = try log.begin(.sample())
        // 2^51 ns: below it the seconds of two neighbouring nanoseconds differ by more than a rounding error.
        let instants = (0..<2000).map { _ in
            SimInstant(nanoseconds: Int64.random(in: 0..<(1 << 51), using: &random))
        }.sorted()
        for instant in instants { recorder.event(at: instant, kind: "tick") }
        try recorder.flush()
        #expect(try log.reader.events(run: recorder.runID, limit: 5000).map(\.instant) == instants)
    }

    @Test("A file cut off at any of many places is refused as bad input")
    func truncation() throws {
        _ = try randomRuns(20)
        try log.close()
        let content = try fileContent(folder.path())
        for part in 1..<20 {
            let path = folder.path("cut-\(part).sqlite")
            try write(content.prefix(content.count * part / 20), to: path)
            let error = #expect(throws: RunLogError.self, "part \(part)") { try RunLogReader(path: path) }
            #expect(error?.exitCode == 65, "part \(part): \(String(describing: error))")
        }
    }
}
