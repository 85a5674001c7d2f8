import Foundation
import RunLog
import Simulator
import Testing

@Suite("The first row at which two runs differ")
struct RowComparisonTests {
    let folder: RunLogFolder
    private let original: String
    private let copy: String

    init() throws {
        folder = try RunLogFolder()
        original = folder.path()
        copy = folder.path("copy.sqlite")
        let log = try RunLog(path: original)
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        for number in 0..<3000 { recorder.event(at: .seconds(2), kind: "tick", bytes: number) }
        try recorder.finish(.finished, at: .seconds(2))
        try log.close()
        try FileManager.default.copyItem(atPath: original, toPath: copy)
    }

    private func comparison() throws -> RowComparison {
        let (one, other) = (try RunLogReader(path: original), try RunLogReader(path: copy))
        return try one.comparison(ofRowsOf: one.run(1), with: other.run(1), in: other)
    }

    @Test("Equal runs have no such row, and the hash that was recorded")
    func equal() throws {
        let found = try comparison()
        #expect(found.difference == nil)
        let recorded = try RunLogReader(path: original).run(1).logSHA256
        #expect(found.leftHash == recorded && found.rightHash == recorded)
    }

    @Test(
        "A row of any table that was changed is found with both sides; the hash is no longer its file's",
        arguments: [
            ("UPDATE client SET samples = 4 WHERE client_id = 1", "client", 1, "samples=4"),
            ("UPDATE label_count SET samples = 9 WHERE client_id = 0", "label_count", 0, "samples=9"),
            ("UPDATE event SET t = t + 1 WHERE seq = 2500", "event", 2500, "t=3.0"),
            ("UPDATE transfer SET payload = 'weights'", "transfer", 0, "payload=weights"),
            ("UPDATE metric SET value = 0.5 WHERE split = 'test'", "metric", 0, "value=0.5"),
            ("UPDATE prompt SET text = 'A photo of a moon'", "prompt", 0, "text=A photo of a moon"),
            ("UPDATE work SET flops = 2e12", "work", 0, "flops="),
        ] as [(String, String, Int, String)])
    func changed(sql: String, table: String, index: Int, words: String) throws {
        try onDatabase(copy) { try $0.execute(sql: sql) }
        let found = try comparison()
        let difference = try #require(found.difference)
        #expect(difference.table == table && difference.index == index)
        #expect(difference.right?.contains(words) == true, "\(difference)")
        #expect(difference.left != difference.right)
        let recorded = try RunLogReader(path: original).run(1).logSHA256
        #expect(found.leftHash == recorded && found.rightHash != recorded)
    }

    @Test("A row that is missing at the end is found")
    func missing() throws {
        try onDatabase(copy) { try $0.execute(sql: "DELETE FROM event WHERE seq > 2900") }
        let difference = try #require(try comparison().difference)
        #expect(difference.table == "event" && difference.index == 2901)
        #expect(difference.left != nil && difference.right == nil)
    }

    @Test("A changed end of the run changes the hash, wall time does not")
    func ends() throws {
        try onDatabase(copy) { try $0.execute(sql: "UPDATE run SET wall_s = 9; UPDATE work SET wall_s = 9") }
        let same = try comparison()
        #expect(same.difference == nil && same.leftHash == same.rightHash)
        try onDatabase(copy) { try $0.execute(sql: "UPDATE run SET virtual_s = 3") }
        let other = try comparison()
        #expect(other.difference == nil && other.leftHash != other.rightHash)
    }
}
