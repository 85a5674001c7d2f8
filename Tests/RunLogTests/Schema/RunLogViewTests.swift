import GRDB
import RunLog
import Testing

@Suite("The views of a run log, on rows small enough to add up by hand")
struct RunLogViewTests {
    let folder: RunLogFolder
    let log: RunLog

    init() throws {
        folder = try RunLogFolder()
        log = try RunLog(path: folder.path())
    }

    /// Two clients, two rounds. Up: 100 + 200 (prompts), 1000 (weights), 300 of 1000 lost. Down: 5000, 50
    /// of 5000 aborted.
    private func federation(into log: RunLog) throws -> RunRecorder {
        let recorder = try log.begin(.sample(method: "fgl-one-shot", seed: .max, clients: 2))
        for client in 0..<2 { recorder.client(ClientRow(client: client, samples: 10)) }
        recorder.exchange(.up, client: 0, payload: "prompts", bytes: 100, from: 0, to: 1)
        recorder.exchange(.up, client: 1, payload: "prompts", bytes: 200, from: 0, to: 2)
        accuracy(0.5, round: 1, at: 2, recorder)
        recorder.exchange(.down, client: 0, bytes: 5000, from: 2, to: 3)
        recorder.exchange(.down, client: 1, bytes: 50, of: 5000, from: 2, to: 3, status: .aborted)
        recorder.exchange(.up, client: 0, bytes: 1000, from: 3, to: 4)
        recorder.exchange(.up, client: 1, bytes: 300, of: 1000, from: 3, to: 4.5, status: .lost)
        accuracy(0.75, round: 2, at: 4, recorder)
        accuracy(0.75, round: 3, at: 5, recorder)
        accuracy(0.625, round: 4, at: 5, recorder)
        recorder.metric(at: .seconds(5), round: 9, client: 1, split: "test", name: "accuracy", value: 1)
        recorder.metric(at: .seconds(5), round: 4, split: "train", name: "accuracy", value: 1)
        recorder.metric(at: .seconds(5), round: 4, split: "test", name: "loss", value: 3)
        return recorder
    }

    private func accuracy(_ value: Double, round: Int, at seconds: Double, _ recorder: RunRecorder) {
        recorder.metric(at: .seconds(seconds), round: round, split: "test", name: "accuracy", value: value)
    }

    @Test("communication counts the bytes that moved, also of lost and aborted transfers")
    func communication() throws {
        let recorder = try federation(into: log)
        try recorder.finish(.finished, at: .seconds(6))
        let rows = try log.reader.communication(run: recorder.runID)
        #expect(rows.map(\.direction) == [.up, .up, .down])
        #expect(rows.map(\.payload) == ["prompts", "weights", "weights"])
        #expect(rows.map(\.messages) == [2, 2, 2])
        // 100 + 200; 1000 + 300 that moved before the loss; 5000 + 50 before the abort.
        #expect(rows.map(\.bytes) == [300, 1300, 5050])
        #expect(rows.map(\.undelivered) == [0, 1, 1])
        let mebibytes: [Double] = try column("SELECT MiB FROM communication", of: folder.path())
        #expect(mebibytes == rows.map { Double($0.bytes) / 1_048_576 })
    }

    @Test("accuracy is the global model's on the test split, with the bytes moved until then")
    func accuracy() throws {
        let recorder = try federation(into: log)
        try recorder.finish(.finished, at: .seconds(6))
        let rows = try log.reader.accuracy(run: recorder.runID)
        #expect(rows.map(\.round) == [1, 2, 3, 4])
        #expect(rows.map(\.seconds) == [2, 4, 5, 5])
        #expect(rows.map(\.value) == [0.5, 0.75, 0.75, 0.625])
        // A transfer that ends at the instant of the evaluation counts; the lost one ends at 4.5 s.
        #expect(rows.map(\.uplinkBytes) == [300, 1300, 1600, 1600])
        #expect(rows.map(\.downlinkBytes) == [0, 5050, 5050, 5050])
    }

    @Test("comparison has one row for a run, with best and final accuracy")
    func comparison() throws {
        let recorder = try federation(into: log)
        try recorder.finish(.finished, at: .seconds(6))
        let row = try #require(try log.reader.comparison().first)
        #expect(row.method == "fgl-one-shot")
        #expect(row.seed == .max)
        #expect(row.status == .finished)
        #expect(row.rounds == 4)
        #expect(row.uplinkBytes == 1600)
        #expect(row.downlinkBytes == 5050)
        #expect(row.uplinkBytesPerClient == 800)
        #expect(row.virtualSeconds == 6)
        #expect(row.bestAccuracy == 0.75)
        #expect(row.bestRound == 2)
        #expect(row.finalAccuracy == 0.625)
        #expect(row.error == nil)
        #expect(try #require(row.wallSeconds) >= 0)
    }

    @Test("A run that goes on is in the comparison with what it has until now")
    func runningRun() throws {
        let recorder = try federation(into: log)
        try recorder.flush()
        let row = try #require(try log.reader.comparison().first)
        #expect(row.status == .running)
        #expect(row.virtualSeconds == 5)
        #expect(row.finalAccuracy == 0.625)
    }

    @Test("A run without clients, transfers or evaluations has zeros and NULLs, not another run's figures")
    func emptyRun() throws {
        let federated = try federation(into: log)
        let empty = try log.begin(.sample(method: "centralized", clients: 0))
        try federated.finish(.finished, at: .seconds(6))
        try empty.finish(.failed(reason: "no images"), at: .seconds(1))
        let rows = try log.reader.comparison()
        #expect(rows.map(\.runID) == [federated.runID, empty.runID])
        let row = rows[1]
        #expect(row.rounds == 0 && row.uplinkBytes == 0 && row.downlinkBytes == 0)
        #expect(row.uplinkBytesPerClient == nil && row.bestAccuracy == nil && row.finalAccuracy == nil)
        #expect(row.virtualSeconds == 1)
        #expect(row.status == .failed)
        #expect(row.error == "no images")
        #expect(try log.reader.accuracy(run: empty.runID).isEmpty)
        #expect(try log.reader.communication(run: empty.runID).isEmpty)
    }
}
