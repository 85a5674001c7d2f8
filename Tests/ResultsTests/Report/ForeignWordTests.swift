import Foundation
import Results
import RunLog
import Simulator
import TestSupport
import Testing

/// Results files of other versions, which have words that this one does not know.
@Suite("Words of other versions")
struct ForeignWordTests {
    private func file() throws -> String {
        let path = TestFiles.path("foreign.sqlite")
        let log = try RunLog(path: path)
        let recorder = try log.begin(
            RunDescription(name: "x", method: "sorcery", seed: 1, clients: 1, scenario: "", build: ""))
        recorder.client(ClientRow(client: 0, samples: 1))
        let end = SimInstant.start + .seconds(2)
        recorder.event(at: .start, kind: EventKind(rawValue: "teleported"), round: 1)
        recorder.event(at: .start, kind: EventKind(rawValue: "it's-start"), round: 1, client: 0)
        recorder.event(at: end, kind: EventKind(rawValue: "it's-end"), round: 1, client: 0)
        recorder.messageSent(bytes: 10, direction: .up)
        recorder.transfer(
            round: 1, client: 0, direction: .up, payload: .other("video"), bytes: 10, start: .start, end: end)
        recorder.metric(
            at: end, round: 1, split: .other("holdout"), name: MetricName(rawValue: "beauty"), value: 0.5)
        recorder.metric(at: end, round: 1, split: .test, name: .accuracy, value: 0.75)
        recorder.work(kind: WorkKind(rawValue: "it's"), round: 1, client: 0, key: "k")
        try recorder.finish(.finished, at: end)
        try log.close()
        return path
    }

    @Test("They are compared, shown and exported as they stand")
    func readers() throws {
        let path = try file()
        #expect(try Comparison(path: path).table().contains("sorcery"))
        let html = try Report(path: path, command: "").html()
        #expect(html.contains("video") && html.contains("it&#39;s · 2.0 s") || html.contains("it's · 2.0 s"))
        let trace = String(decoding: try RunExport(path: path).perfetto(), as: UTF8.self)
        #expect(trace.contains("\"name\":\"it's\"") && trace.contains("upload video"))
        var tables: [String: String] = [:]
        try RunExport(path: path).csv { tables[$0] = String(decoding: $1, as: UTF8.self) }
        #expect(tables["event.csv"]?.contains("teleported") == true)
        #expect(tables["metric.csv"]?.contains("holdout,beauty,0.5") == true)
    }
}
