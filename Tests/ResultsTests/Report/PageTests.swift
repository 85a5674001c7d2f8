import Foundation
import Results
import RunLog
import Simulator
import TestSupport
import Testing

/// What stands where on the page, for files of different kinds.
@Suite("Report pages")
struct PageTests {
    /// One round of one method.
    private func file(accuracy: Double?, clients: Int = 3, accuracies: [Double] = []) throws -> String {
        let path = TestFiles.path("page.sqlite")
        let log = try RunLog(path: path)
        let recorder = try log.begin(
            RunDescription(
                name: "x", method: "fgl-one-shot", seed: 1, clients: clients, scenario: "", build: ""))
        for client in 0..<clients { recorder.client(ClientRow(client: client, samples: 1)) }
        let end = SimInstant.start + .seconds(4.2)
        recorder.messageSent(bytes: 856, direction: .up)
        recorder.transfer(
            round: 1, client: 0, direction: .up, payload: .prompts, bytes: 856, start: .start, end: end)
        recorder.metric(at: end, round: 1, split: .participation, name: .updates, value: Double(clients))
        if let accuracy {
            recorder.metric(at: end, round: 1, split: .test, name: .accuracy, value: accuracy)
        }
        for (client, value) in accuracies.enumerated() {
            recorder.metric(at: end, client: client, split: .own, name: .accuracy, value: value)
        }
        try recorder.finish(.finished, at: end)
        try log.close()
        return path
    }

    private func place(of text: String, in html: String) throws -> String.Index {
        try #require(html.range(of: text), "\(text)").lowerBound
    }

    @Test("One method with one round has no figure of a single point over rounds, and axes with ticks")
    func single() throws {
        let html = try Report(path: file(accuracy: 0.85)).html()
        for kind in ["accuracy-rounds", "participants"] { #expect(!html.contains("data-chart=\"\(kind)\"")) }
        let time = try #require(
            html.components(separatedBy: "data-chart=\"time-to-accuracy\"").dropFirst().first)
        #expect(time.contains(">3 s</text>") && time.contains(">5 s</text>"))
        // Of the accuracies that it has at once, the highest is marked.
        let marks = time.components(separatedBy: "</svg></div><div class=\"narrow\">")[0]
        #expect(marks.components(separatedBy: "fgl-one-shot reaches ").count == 2)
        #expect(marks.contains("fgl-one-shot reaches 80 %"))
        // An axis that does not begin at zero says so.
        #expect(html.contains("The vertical axis begins at 80.0 %."))
        #expect(try !Report(path: SampleLog.path()).html().contains("The vertical axis begins"))
    }

    /// Four rounds of FedAvg that come to 45 %, and epochs of centralized training that come to 90 %.
    private func file(epochs: Int) throws -> String {
        let path = TestFiles.path("epochs.sqlite")
        let log = try RunLog(path: path)
        for (method, rounds, top) in [("fedavg", 4, 0.45), ("centralized", epochs, 0.9)] {
            let recorder = try log.begin(
                RunDescription(name: "x", method: method, seed: 1, clients: 2, scenario: "", build: ""))
            for client in 0..<2 { recorder.client(ClientRow(client: client, samples: 1)) }
            var end = SimInstant.start
            for round in 1...rounds {
                let start = end
                end = end + .seconds(2.0)
                if method == "fedavg" {
                    recorder.messageSent(bytes: 100, direction: .up)
                    recorder.transfer(
                        round: round, client: 0, direction: .up, payload: .weights, bytes: 100, start: start,
                        end: end)
                }
                recorder.metric(
                    at: end, round: round, split: .test, name: .accuracy,
                    value: top * Double(round) / Double(rounds))
            }
            try recorder.finish(.finished, at: end)
        }
        try log.close()
        return path
    }

    @Test("Many epochs of centralized training leave rounds their room: they are a line across")
    func epochs() throws {
        func figure(_ kind: String, _ html: String) throws -> String {
            let parts = html.components(separatedBy: "data-chart=\"")
            return try #require(parts.first { $0.hasPrefix("\(kind)\"") })
        }
        let long = try Report(path: file(epochs: 40)).html()
        let rounds = try figure("accuracy-rounds", long)
        #expect(
            long.contains("After each round. Dotted line: final accuracy of centralized after 40 epochs."))
        #expect(rounds.contains(">4</text>") && !rounds.contains(">40</text>"))
        let short = try Report(path: file(epochs: 12)).html()
        #expect(short.contains("Centralized training counts epochs."))
        #expect(try figure("accuracy-rounds", short).contains(">12</text>"))
        // Levels that federations reach, and not those of all data in one place.
        let times = try figure("time-to-accuracy", long)
        #expect(times.contains("fedavg reaches 40 %") && !times.contains("below"))
        #expect(!times.contains("90 %"))
    }

    @Test("The figure of accuracy against bytes is before the table; without accuracies there are no columns")
    func order() throws {
        let measured = try Report(path: file(accuracy: 0.85)).html()
        #expect(
            try place(of: "data-chart=\"accuracy-bytes\"", in: measured)
                < place(of: "<th scope=\"col\">final</th>", in: measured))
        let timed = try Report(path: file(accuracy: nil)).html()
        #expect(!timed.contains("<th scope=\"col\">final</th>") && !timed.contains(">best</th>"))
        #expect(timed.contains("<th scope=\"col\">uplink</th>"))
        #expect(timed.contains("No accuracy was measured."))
    }

    @Test("A sweep begins with its panels; the contents do not repeat the scenario's name")
    func sweep() throws {
        let html = try Report(path: SweepTableTests.file()).html()
        let overview = try place(of: "class=\"overview\"", in: html)
        let panels = try place(of: "class=\"multiples\"", in: html)
        let table = try place(of: "<th scope=\"col\">final</th>", in: html)
        #expect(overview < panels && panels < table)
        #expect(html.contains("style=\"--columns: 2\""))
        #expect(html.contains("<h2>Overview</h2>") && html.contains(">uplink=20Mbps, slowdown=1</a></li>"))
        // The overview has room for the varied keys.
        let part = html[table..<(try place(of: "id=\"scenario-1\"", in: html))]
        #expect(!part.contains(">rounds</th>") && part.contains("<th scope=\"col\">seeds</th>"))
    }

    @Test("A sweep without accuracies has panels of virtual time against bytes")
    func timedSweep() throws {
        let path = TestFiles.path("timed.sqlite")
        let log = try RunLog(path: path)
        for slowdown in [1, 5] {
            for (method, bytes) in [("fedavg", 1_000_000), ("fgl-one-shot", 800), ("local", 0)] {
                let recorder = try log.begin(
                    RunDescription(
                        name: "s slowdown=\(slowdown)", method: method, seed: 1, clients: 1,
                        scenario: "name: s\nseed: 1\ndevices:\n  slowdown: \(slowdown)\n", build: ""))
                let end = SimInstant.start + .seconds(Double(10 * slowdown))
                recorder.client(ClientRow(client: 0, samples: 1))
                if bytes > 0 {
                    recorder.messageSent(bytes: bytes, direction: .up)
                    recorder.transfer(
                        round: 1, client: 0, direction: .up, payload: .weights, bytes: bytes, start: .start,
                        end: end)
                }
                try recorder.finish(.finished, at: end)
            }
        }
        try log.close()
        let html = try Report(path: path).html()
        let overview = html.components(separatedBy: "class=\"overview\"").last?
            .components(separatedBy: "</section>")[0] ?? ""
        #expect(overview.contains("Virtual time against uplink bytes, by variant"))
        #expect(overview.components(separatedBy: "<h4>").count == 3)
        // A method that sends nothing has no place on a log scale of bytes.
        #expect(overview.components(separatedBy: "class=\"series ").count == 5)
        #expect(overview.contains("data-t=\"800 B, 50.0 s\""))
    }

    @Test("Accuracies of clients are a distribution, for any number of clients")
    func clients() throws {
        #expect(try !Report(path: file(accuracy: 0.8)).html().contains("data-chart=\"client-accuracies\""))
        let accuracies = (0..<1000).map { Double($0 % 50) / 100 + 0.4 }
        let html = try Report(path: file(accuracy: 0.8, clients: 1000, accuracies: accuracies)).html()
        let part = try #require(
            html.components(separatedBy: "data-chart=\"client-accuracies\"").dropFirst().first)
            .components(separatedBy: "</div>")[0]
        #expect(part.components(separatedBy: "class=\"stroke\"").count == 51)
        #expect(part.contains("mean 64.5 %, 40.0 % to 89.0 %") && part.contains("20 clients with 52.0 %"))
    }
}
