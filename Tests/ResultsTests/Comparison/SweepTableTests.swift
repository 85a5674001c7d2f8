import Foundation
import Results
import RunLog
import Simulator
import TestSupport
import Testing

@Suite("Comparison of a sweep")
struct SweepTableTests {
    /// Two methods under two speeds and two uplinks, one of them with an accuracy each.
    static func file(clients: Int = 1, methods: [String] = ["fedavg", "fgl-one-shot"]) throws -> String {
        let path = TestFiles.path("sweep.sqlite")
        let log = try RunLog(path: path)
        for (variant, uplink) in ["20Mbps", "1Mbps"].enumerated() {
            for slowdown in [1, 10] {
                for (index, method) in methods.enumerated() {
                    let recorder = try log.begin(
                        RunDescription(
                            name: "s uplink=\(uplink), slowdown=\(slowdown)", method: method, seed: 1,
                            clients: clients,
                            scenario: "name: s\nseed: 1\nnetwork:\n  client:\n    uplink: \(uplink)\n"
                                + "devices:\n  slowdown: \(slowdown)\n", build: ""))
                    for client in 0..<clients {
                        recorder.client(ClientRow(client: client, samples: 10))
                        recorder.labelCount(client: client, label: 0, className: "star", samples: client % 7)
                    }
                    for round in 1...3 {
                        let end = SimInstant.start + .seconds(Double(round * slowdown * (variant + 1)))
                        let bytes = index == 0 ? 44_000_000 : 800 + index
                        recorder.messageSent(bytes: bytes, direction: .up)
                        recorder.transfer(
                            round: round, client: 0, direction: .up, payload: .weights, bytes: bytes,
                            start: .start, end: end)
                        recorder.metric(
                            at: end, round: round, split: .test, name: .accuracy,
                            value: 0.2 * Double(round) + 0.01 * Double(index))
                        recorder.metric(
                            at: end, round: round, split: .participation, name: .updates,
                            value: Double(clients - round % 2))
                    }
                    try recorder.finish(.finished, at: .start + .seconds(Double(3 * slowdown)))
                }
            }
        }
        try log.close()
        return path
    }

    @Test("The table has a column for each varied key and a line for each method and variant")
    func table() throws {
        let lines = try Comparison(path: Self.file()).table().split(separator: "\n").map(String.init)
        #expect(lines[0] == "s")
        let header = lines[1].split(separator: " ").prefix(3).map(String.init)
        #expect(header == ["method", "slowdown", "network.client.uplink"])
        let rows = lines[2..<10].map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
        #expect(
            rows == [
                "fedavg 1 20Mbps", "fgl-one-shot 1 20Mbps", "fedavg 10 20Mbps", "fgl-one-shot 10 20Mbps",
                "fedavg 1 1Mbps", "fgl-one-shot 1 1Mbps", "fedavg 10 1Mbps", "fgl-one-shot 10 1Mbps",
            ])
        #expect(lines[10].hasPrefix("slowdown=1, network.client.uplink=20Mbps: fgl-one-shot: "))
    }

    @Test("Variants whose runs are not in the order of their values are sorted; others stay as they are")
    func variantOrder() {
        // As a sweep that trains two and re-times four makes its runs.
        let made = [
            ["0.1", "1M"], ["5", "1M"], ["0.1", "20M"], ["0.1", "500M"], ["5", "20M"], ["5", "500M"],
        ]
        #expect(
            VariantOrder.order(made).map { made[$0] } == [
                ["0.1", "1M"], ["0.1", "20M"], ["0.1", "500M"], ["5", "1M"], ["5", "20M"], ["5", "500M"],
            ])
        let kept: [[[String]]] = [
            [], [["a"]], [["b"], ["a"], ["c"]], [["1", "x"], ["2", "x"], ["1", "y"], ["2", "y"]],
            [["0.01", "dirichlet"], ["0.5", "dirichlet"], ["0.5", "iid"]],
        ]
        for variants in kept { #expect(VariantOrder.order(variants) == Array(variants.indices)) }
    }

    @Test("In a narrow terminal the table is written in blocks of its width, the accuracies first")
    func narrow() throws {
        let comparison = try Comparison(path: Self.file())
        #expect(comparison.table(width: 500) == comparison.table())
        let table = comparison.table(width: 80).components(separatedBy: "\nslowdown=1")[0]
        #expect(table.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let headers = table.split(separator: "\n").filter { $0.hasPrefix("method") }.map(String.init)
        #expect(headers.count > 1, "\(headers)")
        #expect(headers.first?.contains(" final ") == true && headers.first?.contains(" best") == true)
        #expect(headers.allSatisfy { $0.contains("slowdown  network.client.uplink") })
        let words = Set(headers.joined(separator: "  ").split(separator: "  ").map { $0.drop { $0 == " " } })
        #expect(words.isSuperset(of: ["seeds", "rounds", "participants", "virtual time", "uplink/client"]))
    }

    @Test("CSV and JSON have the varied keys as columns, numbers as numbers")
    func machine() throws {
        let comparison = try Comparison(path: Self.file())
        let lines = comparison.csv().components(separatedBy: "\r\n")
        #expect(lines[0].hasSuffix(",repeats,devices.slowdown,network.client.uplink"))
        #expect(lines[3].hasSuffix(",10,20Mbps"))
        let objects = try #require(
            JSONSerialization.jsonObject(with: Data(comparison.json().utf8)) as? [[String: Any]])
        #expect(objects.map { $0["devices.slowdown"] as? Int } == [1, 1, 10, 10, 1, 1, 10, 10])
        #expect(objects[4]["network.client.uplink"] as? String == "1Mbps")
    }

    @Test("A key with the name of a column has a column of its own")
    func sameName() throws {
        let path = TestFiles.path("same-name.sqlite")
        let log = try RunLog(path: path)
        for status in ["a", "b"] {
            let recorder = try log.begin(
                RunDescription(
                    name: "x", method: "m", seed: 1, clients: 1, scenario: "name: x\nstatus: \(status)\n",
                    build: ""))
            try recorder.finish(.finished, at: .start + .seconds(1))
        }
        try log.close()
        let csv = try Comparison(path: path).csv()
        #expect(csv.hasPrefix("run_id,name,method,seed,status,"))
        #expect(csv.contains(",setting.status\r\n") && csv.contains(",b\r\n"))
    }

    @Test("A report begins with an overview, and each chart of a variant is on the same scales")
    func overview() throws {
        let html = try Report(path: Self.file()).html()
        #expect(html.components(separatedBy: "class=\"overview\"").count == 2)
        let overview = html.components(separatedBy: "class=\"overview\"")[1]
        #expect(
            overview.contains("<th scope=\"col\">slowdown</th><th scope=\"col\">network.client.uplink</th>"))
        #expect(overview.components(separatedBy: "<a href=\"#scenario-").count == 5)
        #expect(
            html.range(of: "class=\"overview\"")!.lowerBound < html.range(of: "id=\"scenario-1\"")!.lowerBound
        )
        // A file with one variant has none.
        #expect(try !Report(path: SampleLog.path()).html().contains("class=\"overview\""))
    }

    @Test("Many clients are shown as a distribution, and twenty methods by twenty styles")
    func many() throws {
        let html = try Report(
            path: Self.file(clients: 100, methods: (0..<20).map { "method-\($0)" })
        ).html()
        #expect(html.contains("How many clients hold how much of a class"))
        #expect(!html.contains("Who holds which classes"))
        #expect(html.contains("class=\"series s19\""))
        #expect(
            html.contains("data-chart=\"participants\"") && html.contains("data-chart=\"time-to-accuracy\""))
    }
}
