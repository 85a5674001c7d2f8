import RunLog
import Testing

@Suite("The views of random runs, against the same sums in Swift")
struct RunLogModelTests {
    let folder: RunLogFolder
    let log: RunLog

    init() throws {
        folder = try RunLogFolder()
        log = try RunLog(path: folder.path())
    }

    /// Records eight runs of different sizes, all open at the same time.
    private func runs(from seed: UInt64) throws -> [(run: RandomLog, recorder: RunRecorder)] {
        let runs = try (UInt64(0)..<8).map { offset in
            let run = RandomLog(seed: seed * 8 + offset, count: [0, 1, 5, 20, 50, 100, 200, 400][Int(offset)])
            return (run: run, recorder: try log.begin(.sample(seed: offset, clients: run.clients)))
        }
        for (run, recorder) in runs { run.record(on: recorder) }
        return runs
    }

    private func compare(_ row: ComparisonRow, with model: RunLogModel, clients: Int) {
        #expect(row.rounds == model.rounds)
        #expect(row.uplinkBytes == model.bytes(.up))
        #expect(row.downlinkBytes == model.bytes(.down))
        #expect(
            row.uplinkBytesPerClient == Int((Double(model.bytes(.up)) / Double(clients)).rounded()))
        #expect(row.bestAccuracy == model.best?.value)
        #expect(row.bestRound == model.best?.round)
        #expect(row.finalAccuracy == model.accuracy.last?.value)
    }

    @Test("communication, accuracy and comparison agree for every run of the file", arguments: 0..<6)
    func views(seed: UInt64) throws {
        for (run, recorder) in try runs(from: seed) {
            try recorder.finish(.finished, at: run.end)
            let model = RunLogModel(run.entries)
            let communication = try log.reader.communication(run: recorder.runID).map {
                RunLogModel.Communication(
                    direction: $0.direction, payload: $0.payload, messages: $0.messages, bytes: $0.bytes,
                    undelivered: $0.undelivered)
            }
            #expect(Set(communication) == model.communication)
            #expect(communication.count == model.communication.count)
            let order = communication.map { ($0.direction == .up ? "0" : "1") + $0.payload }
            #expect(order == order.sorted())

            let accuracy = try log.reader.accuracy(run: recorder.runID).map {
                RunLogModel.Accuracy(
                    round: $0.round, seconds: $0.seconds, uplinkBytes: $0.uplinkBytes,
                    downlinkBytes: $0.downlinkBytes, value: $0.value)
            }
            #expect(accuracy == model.accuracy)

            let row = try #require(try log.reader.comparison().first { $0.runID == recorder.runID })
            compare(row, with: model, clients: run.clients)
            #expect(row.virtualSeconds == run.end.seconds)
        }
    }

    @Test("They agree at any instant of a run that goes on", arguments: 6..<9)
    func prefixes(seed: UInt64) throws {
        let run = RandomLog(seed: seed, count: 120)
        let recorder = try log.begin(.sample(clients: run.clients))
        for (number, entry) in run.entries.enumerated() {
            entry.record(on: recorder)
            guard number % 13 == 0 else { continue }
            try recorder.flush()
            let model = RunLogModel(Array(run.entries[...number]))
            let row = try #require(try log.reader.comparison().first)
            compare(row, with: model, clients: run.clients)
            #expect(row.status == .running)
            #expect(row.virtualSeconds == model.latest)
        }
    }

    @Test("An accuracy that is not a number is never the best, and is the final one if it came last")
    func notANumber() throws {
        let values = [Double.nan, 0.25, .nan, 0.5, 0.5, .nan]
        let entries = values.enumerated().map { round, value in
            LogEntry.metric(
                at: .seconds(1), round: round, client: nil, split: "test", name: "accuracy", value: value)
        }
        let recorder = try log.begin(.sample())
        for entry in entries { entry.record(on: recorder) }
        try recorder.flush()
        let row = try #require(try log.reader.comparison().first)
        compare(row, with: RunLogModel(entries), clients: 2)
        #expect(row.bestAccuracy == 0.5 && row.bestRound == 3 && row.finalAccuracy == nil)
    }
}
