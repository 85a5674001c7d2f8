import Foundation
import Results
import RunLog
import Simulator
import TestSupport
import Testing

/// Exports of runs that are long or have strange names.
@Suite("Exports of unusual runs")
struct StrangeExportTests {
    @Test("After years of virtual time slices still meet to the nanosecond")
    func longTimes() throws {
        let path = TestFiles.path("long.sqlite")
        let log = try RunLog(path: path)
        let recorder = try log.begin(
            RunDescription(name: "x", method: "fedavg", seed: 1, clients: 1, scenario: "", build: ""))
        recorder.client(ClientRow(client: 0, samples: 1))
        var instant = SimInstant.start
        for step in 0..<400 {
            // A day, and nanoseconds that doubles of seconds do not tell.
            let end = instant.advanced(by: SimDuration(nanoseconds: 86_400_000_000_007 * Int64(1 + step % 9)))
            recorder.event(at: instant, kind: .started(.train), client: 0)
            recorder.messageSent(bytes: 1, direction: .up)
            recorder.event(at: end, kind: .ended(.train), client: 0)
            instant = end.advanced(by: SimDuration(nanoseconds: Int64(step % 3)))
            recorder.transfer(
                client: 0, direction: .up, payload: .weights, bytes: 1, start: end, end: instant)
        }
        try recorder.finish(.finished, at: instant)
        try log.close()
        let text = String(decoding: try RunExport(path: path).perfetto(), as: UTF8.self)
        var ends: [String: Decimal] = [:], slices = 0
        for line in text.split(separator: "\n") where line.contains(#""ph":"X""#) {
            let track = String(try #require(line.firstMatch(of: /"tid":(\d+)/)).1)
            let start = try #require(line.firstMatch(of: /"ts":([0-9.]+)/)).1
            let length = try #require(line.firstMatch(of: /"dur":([0-9.]+)/)).1
            let from = try #require(Decimal(string: String(start)))
            let takes = try #require(Decimal(string: String(length)))
            let free = ends[track] ?? Decimal(0)
            #expect(from >= free || takes == 0, "\(line)")
            ends[track] = max(free, from + takes)
            slices += 1
        }
        #expect(slices == 1200)
    }

    @Test("Names with commas, quotes, line breaks, markup and paths are quoted, escaped and no paths")
    func strangeNames() throws {
        let name = "a,\"b\"\r\nc</script>/../=cmd()\u{1B}[2J\u{0}"
        let path = try SampleLog.path(name: name, seeds: [1])
        let csv = try Comparison(path: path).csv()
        #expect(
            csv.contains("1,\"a,\"\"b\"\"\r\nc</script>/../=cmd()\u{1B}[2J\u{0}\",fgl-one-shot,1,finished"))
        let objects = try JSONSerialization.jsonObject(with: Data(Comparison(path: path).json().utf8))
        #expect((objects as? [[String: Any]])?.first?["name"] as? String == name)
        let table = try Comparison(path: path).table()
        #expect(table.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 32 })
        #expect(table.hasPrefix(#"a,"b"\r\nc</script>/../=cmd()\u{1B}[2J\0"#))
        let html = try Report(path: path).html()
        #expect(html.contains("data-chart=\"accuracy-bytes\""), "the name finds its rows")
        #expect(
            !html.contains("c</script>")
                && !html.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0 })
        var files: [String] = []
        try RunExport(path: path).tensorBoard { file, _ in files.append(file) }
        #expect(
            files.allSatisfy {
                $0.split(separator: "/").count == 2 && !$0.contains("\n") && !$0.contains("\u{0}")
            })
        #expect(
            try JSONSerialization.jsonObject(with: Data(RunExport(path: path).perfetto())) is [String: Any])
        var tables: [String: String] = [:]
        try RunExport(path: path).csv { tables[$0] = String(decoding: $1, as: UTF8.self) }
        #expect(tables["run.csv"]?.contains("\"a,\"\"b\"\"\r\nc</script>") == true)
    }
}
