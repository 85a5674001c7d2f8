import Foundation
import Results
import RunLog
import TestSupport
import Testing

@Suite("Report")
struct ReportTests {
    @Test("Every chart that the file has data for is there once, wide and narrow, with its data and its SQL")
    func charts() throws {
        let html = try Report(path: SampleLog.path()).html()
        let expected = [
            "accuracy-bytes", "accuracy-rounds", "accuracy-time", "communication", "time-shares", "losses",
            "staleness", "splits", "labels", "time-to-accuracy",
        ]
        for kind in expected {
            #expect(html.components(separatedBy: "data-chart=\"\(kind)\"").count == 2, "\(kind)")
        }
        // One-shot and FedAvg have clients.
        #expect(html.components(separatedBy: "data-chart=\"timeline\"").count == 3)
        let figures = html.components(separatedBy: "data-chart=").count - 1
        #expect(html.components(separatedBy: "<div class=\"wide\"><svg").count - 1 == figures)
        #expect(html.components(separatedBy: "<div class=\"narrow\"><svg").count - 1 == figures)
        #expect(html.components(separatedBy: "<summary>Data and SQL</summary>").count - 1 == figures)
    }

    @Test("A page needs nothing from elsewhere")
    func selfContained() throws {
        let html = try Report(path: SampleLog.path()).html()
        for reference in ["http://", "https://", "src=\"/", "@import", "url("] {
            #expect(!html.contains(reference), "\(reference)")
        }
    }

    @Test("The SQL under a chart, given to sqlite3, gives the rows of its table")
    func queries() throws {
        let path = try SampleLog.path()
        let html = try Report(path: path).html()
        var checked = 0
        for part in html.components(separatedBy: "<summary>Data and SQL</summary>").dropFirst() {
            let sql = Self.unescaped(Self.between("<pre><code>", "</code></pre>", part))
            let rows = Self.between("<tbody>", "</tbody>", part).components(separatedBy: "<tr>").dropFirst()
            let answer = try RunTable.query(path, sql)
            #expect(answer.count == rows.count, "\(sql)")
            for (row, cells) in zip(rows, answer) {
                #expect(row.components(separatedBy: "<td").count - 1 == cells.count)
            }
            checked += 1
        }
        #expect(checked == 12)
    }

    @Test("Names from outside are text, not markup")
    func escaping() throws {
        let html = try Report(path: SampleLog.path(name: "x</title><script>alert(1)</script>")).html()
        #expect(!html.contains("<script>alert"))
        #expect(html.contains("x&lt;/title&gt;&lt;script&gt;alert(1)"))
        #expect(!html.contains("a <b> &"))
    }

    @Test("A name with a quote still finds its rows")
    func quotes() throws {
        let html = try Report(path: SampleLog.path(name: "it's")).html()
        #expect(html.contains("data-chart=\"accuracy-bytes\""))
    }

    @Test("Means, bands and ratios are those of the comparison")
    func figures() throws {
        let html = try Report(path: SampleLog.path()).html()
        // One-shot: 0.81 and 0.82, 800 bytes a run; FedAvg: 0.62 and 0.64, 4 clients · 3 rounds · 1 MB less
        // 0.6 MB lost.
        #expect(html.contains("81.5 ± 0.7 %"))
        #expect(html.contains("63.0 ± 1.4 %"))
        #expect(html.contains("1 / 14,300"))
        #expect(html.contains("class=\"band\""))
    }

    @Test("Runs with other settings, what-ifs and the same run again are no seeds in the charts")
    func variants() throws {
        let path = TestFiles.path("variants.sqlite")
        let log = try RunLog(path: path)
        let scenario = "name: x\nseed: 1\nnetwork:\n  client:\n    uplink: "
        for (uplink, end, origin) in [
            ("20Mbps", 24.4, nil), ("20Mbps", 24.4, nil), ("1Mbps", 364.7, nil),
            ("2Mbps", 99.9, RunOrigin(parent: 1, changes: [])),
        ] {
            let recorder = try log.begin(
                RunDescription(
                    name: "x", method: "fedavg", seed: 1, clients: 1, scenario: scenario + uplink + "\n",
                    build: ""), origin: origin)
            recorder.metric(
                at: .seconds(end), round: 1, split: .test, name: .accuracy, value: 0.09)
            try recorder.finish(.finished, at: .seconds(end))
        }
        try log.close()
        let html = try Report(path: path).html()
        for line in [
            "fedavg", "fedavg, network.client.uplink=1Mbps", "fedavg, what-if: network.client.uplink=2Mbps",
        ] { #expect(html.contains("data-name=\"\(line)\""), "\(line)") }
        // In the table, the path of a key may be broken at its points, a number not.
        #expect(html.contains("fedavg, network.<wbr>client.<wbr>uplink=1Mbps</th>"))
        for time in ["24.4", "364.7", "99.9"] { #expect(html.contains("<td>\(time)</td>"), "\(time)") }
        #expect(!html.contains("9.0 ± 0.0 %") && html.contains("Left out: 1 that repeat"))
        #expect(try Comparison(path: path).table().contains("run 2 is run 1 once more (fedavg, seed 1)"))
    }

    @Test("An empty file and one without evaluations give a page all the same")
    func little() throws {
        let path = SampleLog.temporaryPath("sqlite")
        try RunLog(path: path).close()
        #expect(try Report(path: path).html().contains("This file holds no runs."))
        let log = try RunLog(path: path)
        _ = try log.begin(
            RunDescription(name: "x", method: "fedavg", seed: 1, clients: 3, scenario: "", build: ""))
        try log.close()
        let html = try Report(path: path).html()
        #expect(html.contains("1 interrupted") && !html.contains("data-chart=\"accuracy"))
    }

    @Test("Pictures are embedded; without any the page says how to make them")
    func images() throws {
        let path = try SampleLog.path()
        #expect(try Report(path: path).html().contains("fgl-sim synthesize"))
        let picture = Report.Image(name: "star", bytes: [0x89, 0x50, 0x4E, 0x47, 1, 2, 3])
        let html = try Report(path: path, images: [picture]).html()
        #expect(html.contains("src=\"data:image/png;base64,iVBORwECAw==\""))
        #expect(!html.contains("fgl-sim synthesize"))
    }

    @Test("Sample images of a run stand side by side by class, with their captions; too many are left out")
    func samples() throws {
        let path = try SampleLog.path(seeds: [1])
        func image(_ label: Int, _ caption: String?, bytes: Int = 3) -> SampleImage {
            SampleImage(
                label: label, className: ["star", "a <b>"][label], caption: caption,
                jpeg: [UInt8](repeating: 0xFF, count: bytes))
        }
        try Self.addRun("pictures", to: path) { recorder in
            try recorder.samples(.synthetic, ofSet: "s") {
                [image(0, "A photo of a star"), image(1, nil), image(1, nil)]
            }
            try recorder.samples(.real, ofSet: "r") { [image(0, nil)] }
            // A set that the file knows is not asked for again.
            try recorder.samples(.real, ofSet: "r") { fatalError("asked again") }
        }
        let html = try Report(path: path).html()
        #expect(html.components(separatedBy: "class=\"sheet\"").count == 2)
        #expect(html.components(separatedBy: "src=\"data:image/jpeg;base64,////\"").count == 5)
        #expect(html.contains("data-tip=\"synthetic · A photo of a star\""))
        #expect(html.contains("alt=\"real star\"") && html.contains("<h4>a &lt;b&gt;</h4>"))

        try Self.addRun("large", to: path) { recorder in
            try recorder.samples(.synthetic, ofSet: "l") { [image(0, nil, bytes: 600_000)] }
        }
        let second = try Report(path: path).html()
        #expect(second.components(separatedBy: "class=\"sheet\"").count == 2 && second.utf8.count < 2_000_000)
    }

    @Test(
        "A page that follows a file says which state it shows; the version changes with commits and not with readers"
    )
    func live() throws {
        let path = try SampleLog.path(seeds: [1])
        let report = try LiveReport(path: path)
        let page = try report.page()
        #expect(page.html.contains("data-version=\"\(page.version)\"") && page.html.contains("EventSource"))
        // Read twice: the same page, and no new version by reading.
        #expect(try report.page().html == page.html && report.version == page.version)
        let log = try RunLog(path: path)
        var versions: Set<String> = [report.version]
        let recorder = try log.begin(
            RunDescription(name: "more", method: "fedavg", seed: 1, clients: 1, scenario: "", build: ""))
        for event in 0..<20 {
            recorder.event(at: .start, kind: .other("x\(event)"))
            try recorder.flush()
            #expect(versions.insert(report.version).inserted, "commit \(event)")
            #expect(try RunLogReader(path: path).runs().count == 4)
            #expect(!versions.insert(report.version).inserted)
        }
        #expect(try report.page().html.contains("more"))
        try recorder.finish(.finished, at: .start)
        try log.close()
        #expect(throws: RunLogError.self) { try LiveReport(path: "/no/such.sqlite") }
    }

    @Test(
        "A hundred clients over two hundred rounds: under 2 MB; optimized, a report in 3 s, a comparison in 0.3 s"
    )
    func large() throws {
        let path = try SampleLog.path(clients: 100, rounds: 200, seeds: [1])
        var html = ""
        let report = try Self.leastSeconds(of: 2) { html = try Report(path: path).html() }
        #expect(html.utf8.count < 2_000_000, "\(html.utf8.count) bytes")
        let comparison = try Self.leastSeconds(of: 4) {
            _ = try Comparison(path: path, targetAccuracy: 0.5).table()
        }
        #if !DEBUG
            #expect(
                report < Patience.seconds(3) && comparison < Patience.seconds(0.3),
                "\(report) s, \(comparison) s")
        #endif
    }

    @Test("Work of an engine is shown by worker, and counted in processor hours")
    func workers() throws {
        let path = try SampleLog.path(seeds: [1])
        #expect(try !Report(path: path).html().contains("data-chart=\"workers\""))
        #expect(try !Comparison(path: path).table().contains("processor hours"))
        try Self.addRun("sample", to: path) { recorder in
            recorder.client(ClientRow(client: 0, samples: 1))
            recorder.work(
                kind: .train, round: 1, client: 0, key: "a", wallSeconds: 1800,
                performer: ("node7:1", "type", attempts: 1, beganSeconds: 0, waitedSeconds: 2))
            recorder.work(
                kind: .train, round: 1, client: 0, key: "b", wallSeconds: 900,
                performer: ("node8:2", "type", attempts: 2, beganSeconds: 900, waitedSeconds: 4))
            recorder.work(kind: .average, round: 1, key: "c", wallSeconds: 900)
        }
        let comparison = try Comparison(path: path)
        #expect(
            comparison.table().contains("1 processor hours, 75.0 % of them by 2 workers of an engine"))
        #expect(try comparison.json().contains("\"processor_s\" : 3600"))
        let page = try Report(path: path).html()
        #expect(page.contains("node7:1") && page.contains("1 piece, 100.0 % busy; a piece waited 2.0 s"))
        #expect(page.contains("1 piece, 50.0 % busy; a piece waited 4.0 s"))
    }

    private static func addRun(_ name: String, to path: String, _ body: (RunRecorder) throws -> Void) throws {
        let log = try RunLog(path: path)
        let recorder = try log.begin(
            RunDescription(name: name, method: "fgl-one-shot", seed: 1, clients: 1, scenario: "", build: ""))
        try body(recorder)
        try recorder.finish(.finished, at: .start)
        try log.close()
    }

    /// The quickest of some repetitions: other tests run at the same time.
    private static func leastSeconds(of repetitions: Int, _ body: () throws -> Void) rethrows -> Double {
        var least = Double.infinity
        for _ in 0..<repetitions {
            let start = ContinuousClock.now
            try body()
            least = min(least, (ContinuousClock.now - start) / .seconds(1))
        }
        return least
    }

    private static func between(_ start: String, _ end: String, _ text: String) -> String {
        let rest = text.components(separatedBy: start)
        return rest.count > 1 ? rest[1].components(separatedBy: end)[0] : ""
    }

    private static func unescaped(_ text: String) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}
