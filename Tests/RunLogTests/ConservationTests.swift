import RunLog
import Simulator
import Testing

@Suite("The books of a run")
struct ConservationTests {
    let folder: RunLogFolder
    let log: RunLog
    let recorder: RunRecorder

    init() throws {
        folder = try RunLogFolder()
        log = try RunLog(path: folder.path())
        recorder = try log.begin(.sample())
        recorder.client(ClientRow(client: 0, samples: 1))
    }

    private func expectFailure(_ record: InconsistentRecord, outcome: RunOutcome = .finished) throws {
        #expect(throws: RunLogError.inconsistent(runID: recorder.runID, record)) {
            try recorder.finish(outcome, at: .seconds(100))
        }
        let run = try log.reader.run(recorder.runID)
        #expect(run.status == .failed)
        #expect(run.error == "run \(recorder.runID): bug: \(record)")
    }

    @Test("A message that no transfer accounts for fails the run")
    func missingTransfer() throws {
        recorder.messageSent(bytes: 229, direction: .up)
        try expectFailure(.bytesDiffer(direction: .up, messages: 229, transfers: 0))
    }

    @Test("A transfer without a message fails the run")
    func missingMessage() throws {
        recorder.transfer(
            client: 0, direction: .down, payload: "weights", bytes: 10, start: .start, end: .seconds(1))
        try expectFailure(.bytesDiffer(direction: .down, messages: 0, transfers: 10))
    }

    @Test("A lost transfer accounts for its whole message; up and down are separate books")
    func balanced() throws {
        recorder.exchange(.up, client: 0, bytes: 3, of: 10, from: 0, to: 1, status: .lost)
        recorder.exchange(.down, client: 0, bytes: 20, from: 0, to: 1)
        try recorder.finish(.finished, at: .seconds(1))
        #expect(try log.reader.run(recorder.runID).status == .finished)
    }

    @Test(
        "Work of some operations that takes no time, or less, fails the run",
        arguments: [(1e9, 5.0, 5.0), (1e9, 5, 4), (0, 5, 4), (-1, 5, 6), (.nan, 5, 6), (.infinity, 5, 6)])
    func timelessWork(flops: Double, start: Double, end: Double) throws {
        recorder.computed(kind: "train", flops: flops, from: .seconds(start), to: .seconds(end))
        let error = try #require(throws: RunLogError.self) { try recorder.finish(.finished, at: .seconds(9)) }
        #expect(
            "\(error)".hasSuffix("'train' of \(flops) FLOPs took from \(Int(start)) s to \(Int(end)) s"))
    }

    @Test("Work of some operations that takes time, and no work that takes none, are sound")
    func soundWork() throws {
        recorder.computed(kind: "train", flops: 1, from: .start, to: SimInstant(nanoseconds: 1))
        recorder.computed(kind: "describe", flops: 0, from: .seconds(1), to: .seconds(1))
        try recorder.finish(.finished, at: .seconds(1))
        #expect(try log.reader.run(recorder.runID).status == .finished)
    }

    @Test("An interrupted run may have messages under way")
    func interrupted() throws {
        recorder.messageSent(bytes: 229, direction: .up)
        try recorder.finish(.interrupted, at: .seconds(1))
        #expect(try log.reader.run(recorder.runID).status == .interrupted)
    }

    @Test("Virtual time that goes back is reported with both instants, by flush and by finish")
    func timeDecreases() throws {
        recorder.event(at: .seconds(2), kind: "a")
        recorder.event(at: .seconds(1.5), kind: "b")
        recorder.event(at: .seconds(1), kind: "c")
        let record = InconsistentRecord.timeDecreased(kind: "b", from: .seconds(2), to: .seconds(1.5))
        #expect(throws: RunLogError.inconsistent(runID: recorder.runID, record)) { try recorder.flush() }
        try expectFailure(record, outcome: .interrupted)
    }

    @Test("A run cannot end before its last event")
    func endBeforeEvent() throws {
        recorder.event(at: .seconds(101), kind: "a")
        try expectFailure(.timeDecreased(kind: "end of run", from: .seconds(101), to: .seconds(100)))
    }

    @Test("A metric before the start of time is impossible")
    func negativeTime() throws {
        let instant = SimInstant(nanoseconds: -1)
        recorder.metric(at: instant, split: "test", name: "accuracy", value: 0)
        try expectFailure(.impossibleInterval(what: "metric 'accuracy'", start: instant, end: instant))
    }

    @Test(
        "A complete transfer moves its whole message, another at most that",
        arguments: [
            (9, 10, TransferStatus.complete), (11, 10, .complete), (11, 10, .lost), (11, 10, .aborted),
        ])
    func impossibleBytes(moved: Int, message: Int, status: TransferStatus) throws {
        recorder.exchange(.up, client: 0, bytes: moved, of: message, from: 0, to: 1, status: status)
        try expectFailure(.impossibleBytes(moved: moved, message: message, status: status))
    }

    @Test("A row that names a client never recorded is refused with the statement that failed")
    func unknownClient() throws {
        recorder.exchange(.up, client: 7, bytes: 1, from: 0, to: 1)
        let error = #expect(throws: RunLogError.self) { try recorder.flush() }
        #expect(error?.exitCode == 70)
        #expect(error?.description.contains("FOREIGN KEY constraint failed, in INSERT INTO transfer") == true)
        #expect(throws: RunLogError.self) { try recorder.finish(.finished, at: .seconds(1)) }
        #expect(try log.reader.run(recorder.runID).status == .failed)
    }
}
