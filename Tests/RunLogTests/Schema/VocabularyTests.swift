import RunLog
import Simulator
import Testing

@Suite("The words of the log")
struct VocabularyTests {
    private func check<Word: LogWord>(_ words: [Word], _ separator: Character) {
        #expect(Set(words.map(\.rawValue)).count == words.count)
        for word in words {
            #expect(Word(rawValue: word.rawValue) == word)
            #expect(word.meaning.hasSuffix(".") && !word.meaning.contains("|"), "\(word.rawValue)")
            // Units keep their letters, and an activity stands behind its split.
            let text = word.rawValue.replacing("test/<domain>", with: "test")
                .replacing("energy/", with: "energy-").replacing("energy_J", with: "energy")
            #expect(text.allSatisfy { $0.isLowercase || $0.isNumber || $0 == separator }, "\(text)")
            #expect(word.sql == "'\(word.rawValue)'")
        }
    }

    @Test("Each has a text of its own, which gives it back, and a meaning")
    func texts() {
        check(EventKind.all, "-")
        check(WorkKind.all, "-")
        check(MetricSplit.all, "-")
        check(MetricName.all, "_")
        check(Payload.all, "-")
        check(Direction.all, "-")
        check(TransferStatus.all, "-")
        check(RunStatus.all, "-")
        check(RunProvenance.all, "-")
        check(InputKind.all, "-")
        check(ImageSource.all, "-")
        #expect(MetricName.all.allSatisfy { !$0.unit.isEmpty })
    }

    @Test("Work has an event at each end, also work that nobody here knows")
    func work() {
        #expect(EventKind.started(.train).rawValue == "train-start")
        #expect(EventKind(rawValue: "read-set-end") == .ended(.readSet))
        #expect(EventKind(rawValue: "my-work-start") == .started(WorkKind(rawValue: "my-work")))
        for kind in EventKind.all {
            #expect(EventKind(rawValue: kind.rawValue) == kind)
            if case .started = EventKind(rawValue: kind.rawValue) { Issue.record("\(kind) is no work") }
        }
        #expect(EventKind(rawValue: "upload-start") == .uploadStart)
    }

    @Test("The text of another version stays what it is")
    func otherVersions() {
        #expect(EventKind(rawValue: "teleported") == .other("teleported"))
        #expect(MetricSplit(rawValue: "holdout") == .other("holdout"))
        #expect(MetricSplit(rawValue: "test/sketch") == .domain("sketch"))
        #expect(MetricSplit(rawValue: "test/sketch").domain == "sketch")
        #expect(Payload(rawValue: "video").rawValue == "video")
        #expect(MetricName(rawValue: "accuracy") == .accuracy)
        #expect(WorkKind(rawValue: "it's").sql == "'it''s'")
    }

    @Test("Names of figures are those that files have")
    func figures() {
        #expect(MetricName.membership(.modifiedEntropy, .areaUnderCurve).rawValue == "modified_entropy_auc")
        #expect(MetricName.retrieval(.nearCopies, ofControl: true).rawValue == "control_near_copies")
        #expect(MetricName.all.count == 49)
    }

    @Test("Files of the schema keep to the words of statuses that the program has")
    func constraints() throws {
        let folder = try RunLogFolder()
        let log = try RunLog(path: folder.path())
        for status in TransferStatus.all {
            let recorder = try log.begin(.sample())
            recorder.client(ClientRow(client: 0, samples: 1))
            recorder.messageSent(bytes: 1, direction: .up)
            recorder.transfer(
                client: 0, direction: .up, payload: .weights, bytes: 1, start: .start, end: .start,
                status: status)
            try recorder.finish(.finished, at: .start)
        }
        let runs = try log.reader.runs()
        #expect(!runs.isEmpty && runs.allSatisfy { $0.status == .finished })
        try log.close()
    }
}
