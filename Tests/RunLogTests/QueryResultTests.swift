import Foundation
import RunLog
import Simulator
import TestSupport
import Testing

@Suite("Queries of a run log")
struct QueryResultTests {
    private func reader() throws -> (RunLogReader, String) {
        let path = TestFiles.path("query.sqlite")
        let log = try RunLog(path: path)
        let recorder = try log.begin(
            RunDescription(name: "a\0b", method: "fedavg", seed: 1, clients: 2, scenario: "", build: ""))
        recorder.client(ClientRow(client: 0, samples: 3, uplinkBytesPerSecond: .infinity))
        recorder.client(ClientRow(client: 1, domain: "sketch", samples: 4))
        for (round, accuracy) in [(1, 0.2), (2, 0.5), (3, 0.4), (4, 0.6)] {
            let end = SimInstant.start + .seconds(Double(round))
            recorder.messageSent(bytes: 100, direction: .up)
            recorder.transfer(
                round: round, client: 0, direction: .up, payload: "weights", bytes: 100, start: .start,
                end: end)
            recorder.metric(at: end, round: round, split: "test", name: "accuracy", value: accuracy)
            recorder.metric(at: end, round: round, client: 1, split: "test", name: "accuracy", value: 1)
        }
        try recorder.finish(.finished, at: .start + .seconds(4))
        try log.close()
        return (try RunLogReader(path: path), path)
    }

    @Test("Columns have their names, values their types, and texts are whole")
    func values() throws {
        let result = try reader().0.query(
            "SELECT name, clients AS n, domain, uplink_Bps, 0.5 FROM run JOIN client USING (run_id) ORDER BY "
                + "client_id"
        )
        #expect(result.columns == ["name", "n", "domain", "uplink_Bps", "0.5"])
        #expect(
            result.rows == [
                [.text("a\0b"), .integer(2), .null, .real(.infinity), .real(0.5)],
                [.text("a\0b"), .integer(2), .text("sketch"), .null, .real(0.5)],
            ])
        #expect(result.rows[0].map(\.number) == [nil, 2, nil, .infinity, 0.5])
    }

    @Test("Arguments are values, not SQL")
    func arguments() throws {
        let result = try reader().0.query(
            "SELECT ?, ?, ?, ?", [.text("'; DROP TABLE run"), .integer(-1), .real(1.5), .null])
        #expect(result.rows == [[.text("'; DROP TABLE run"), .integer(-1), .real(1.5), .null]])
    }

    @Test("Nothing can be changed, and what is not SQL is told")
    func readOnly() throws {
        let (reader, path) = try reader()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(throws: (any Error).self) { _ = try reader.query("DELETE FROM metric") }
        #expect(throws: (any Error).self) { _ = try reader.query("SELECT no_such_column FROM run") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("The first evaluation that reaches a target counts, with the bytes until then")
    func target() throws {
        let reader = try reader().0
        let reached = try #require(try reader.firstAccuracy(ofAtLeast: 0.45)[1])
        #expect(reached.round == 2 && reached.seconds == 2 && reached.value == 0.5)
        #expect(reached.uplinkBytes == 200 && reached.downlinkBytes == 0)
        // Exactly the value counts; more than any does not. The client's own 1.0 is not the global model's.
        #expect(try reader.firstAccuracy(ofAtLeast: 0.6)[1]?.round == 4)
        #expect(try reader.firstAccuracy(ofAtLeast: 0.61).isEmpty)
    }

    @Test("The reference names every table, view and column of the schema")
    func reference() throws {
        let text = try SchemaReference.markdown()
        let reader = try reader().0
        let names = try reader.query(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'grdb_%'"
        ).rows.compactMap { $0[0].text }
        #expect(names.count >= 11)
        for name in names {
            #expect(text.contains("\n### `\(name)`\n"))
            let section = text.components(separatedBy: "\n### `\(name)`\n")[1].components(separatedBy: "\n#")[
                0]
            for column in try reader.query("SELECT * FROM \(name) LIMIT 0").columns {
                #expect(section.contains("| `\(column)` |"), "\(name).\(column)")
            }
        }
    }
}
