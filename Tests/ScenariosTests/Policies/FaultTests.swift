import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// What goes wrong in scenarios, timing only.
@Suite("Faults in scenarios", .serialized)
struct FaultTests {
    static func run(_ faults: String, _ overrides: [String] = [], jobs: Int = 2) throws -> String {
        try ExperimentTests.run(
            PolicyTests.scenario, overrides: ["training.rounds=1", "faults=\(faults)"] + overrides, jobs: jobs
        )
    }

    private func count(_ path: String, _ condition: String, table: String = "event") throws -> Int {
        Int(try RunTable.query(path, "SELECT count(*) FROM \(table) WHERE \(condition)")[0][0])!
    }

    /// When each client's upload ended.
    private func uploadEnds(_ path: String) throws -> [Double] {
        try RunTable.query(
            path, "SELECT t FROM event WHERE kind = 'upload-end' ORDER BY client_id"
        ).map { Double($0[0])! }
    }

    @Test("Dropout at each stage stops clients there, and the books balance")
    func stages() throws {
        let before = try Self.run("{ dropout: { before-training: 1 } }")
        #expect(try count(before, "1", table: "transfer") == 0)
        #expect(try count(before, "kind = 'client-dropped'") == 5)
        #expect(try count(before, "kind = 'round-abandoned'") == 1)

        let during = try Self.run("{ dropout: { during-training: 1 } }")
        #expect(try count(during, "kind = 'train-start'") == 5)
        #expect(try count(during, "kind = 'train-end'") == 0)
        #expect(try count(during, "direction = 'up'", table: "transfer") == 0)

        let after = try Self.run("{ dropout: { after-training: 1 } }")
        #expect(try count(after, "kind = 'train-end'") == 5)
        #expect(try count(after, "direction = 'up'", table: "transfer") == 0)

        let upload = try Self.run("{ dropout: { during-upload: 1 } }")
        let condition = "direction = 'up' AND status = 'lost' AND bytes < 44775976"
        #expect(try count(upload, condition, table: "transfer") == 5)
        #expect(try count(upload, "kind = 'upload-lost'") == 5)
        for path in [before, during, after, upload] {
            #expect(try RunLogReader(path: path).runs()[0].status == .finished)
        }
    }

    @Test("A client that stops in its training stops within it")
    func stopsWithin() throws {
        let whole = try Self.run("{}"), path = try Self.run("{ dropout: { during-training: 1 } }")
        let ends = try RunTable.query(
            whole, "SELECT t FROM event WHERE kind = 'train-end' ORDER BY client_id"
        ).map { Double($0[0])! }
        let stops = try RunTable.query(
            path,
            """
            SELECT (SELECT s.t FROM event s WHERE s.kind = 'train-start' AND s.client_id = e.client_id), e.t
            FROM event e WHERE e.kind = 'client-dropped' ORDER BY client_id
            """
        ).map { ($0[0], $0[1]) }
        #expect(stops.count == 5)
        for (stop, end) in zip(stops, ends) {
            #expect(Double(stop.0)! < Double(stop.1)! && Double(stop.1)! < end)
        }
    }

    @Test("A probability is that of a client and round, four standard errors")
    func frequency() throws {
        let path = try Self.run(
            "{ dropout: { before-training: 0.1, during-upload: 0.2 } }",
            [
                "clients=40", "data.train-per-class=40", "training.rounds=50",
            ])
        for (stage, probability) in [("before-training", 0.1), ("during-upload", 0.2)] {
            let found = try count(
                path, "kind = 'client-dropped' AND json_extract(detail, '$.stage') = '\(stage)'")
            let trials = 2000.0
            let error = 4 * (trials * probability * (1 - probability)).squareRoot()
            #expect(abs(Double(found) - trials * probability) < error, "\(stage): \(found)")
        }
    }

    @Test("What happens to a client does not depend on how many others there are")
    func independence() throws {
        func dropped(_ clients: Int) throws -> [[String]] {
            let path = try Self.run(
                "{ dropout: { before-training: 0.2, after-training: 0.2 } }",
                ["clients=\(clients)", "data.train-per-class=20", "training.rounds=10"])
            return try RunTable.query(
                path,
                """
                SELECT round, client_id, json_extract(detail, '$.stage') FROM event
                WHERE kind = 'client-dropped' AND client_id < 5 ORDER BY 1, 2
                """)
        }
        let few = try dropped(5), many = try dropped(9)
        #expect(few == many && few.count > 5)
    }

    @Test("A client that goes away abandons its round there, or pauses and ends as much later")
    func listedClient() throws {
        let whole = try uploadEnds(Self.run("{}"))
        let listed = "listed: [ { at: 7s, client: 2, for: 10s } ]"
        let abandoned = try Self.run("{ when-away: abandon, \(listed) }")
        let left = try RunTable.query(
            abandoned, "SELECT t, client_id FROM event WHERE kind = 'client-left'")
        #expect(left == [["7.0", "2"]])
        #expect(try uploadEnds(abandoned).count == 4)
        let paused = try uploadEnds(Self.run("{ when-away: pause, \(listed) }"))
        for (client, (late, normal)) in zip(paused, whole).enumerated() {
            // Nobody shares a bottleneck, so the others are not touched.
            #expect(abs(late - normal - (client == 2 ? 10 : 0)) < 1e-6, "client \(client)")
        }
    }

    @Test("A link that is down makes a transfer as much later; a server that is down, all of them")
    func listedLinks() throws {
        let whole = try uploadEnds(Self.run("{}"))
        let linkFile = try Self.run("{ listed: [ { at: 1s, link: 3, for: 4s } ] }")
        let link = try uploadEnds(linkFile)
        for (client, (late, normal)) in zip(link, whole).enumerated() {
            #expect(abs(late - normal - (client == 3 ? 4 : 0)) < 1e-6, "client \(client)")
        }
        let serverFile = try Self.run("{ listed: [ { at: 1s, server: down, for: 4s } ] }")
        let server = try uploadEnds(serverFile)
        for (late, normal) in zip(server, whole) { #expect(abs(late - normal - 4) < 1e-6) }
        // The log tells of each once, however many transfers it stops.
        let outages = """
            SELECT t, kind, client_id, json_extract(detail, '$.until') FROM event WHERE kind LIKE '%-down'
            """
        #expect(try RunTable.query(linkFile, outages) == [["1.0", "link-down", "3", "5"]])
        #expect(try RunTable.query(serverFile, outages) == [["1.0", "server-down", "", "5"]])
    }

    @Test("A server that restarts while it averages goes on after that")
    func serverWork() throws {
        // An average of five models of 11 million weights takes 11.2 s at 10 MFLOPS.
        let path = try Self.run(
            "{ listed: [ { at: 40s, server: down, for: 100s } ] }", ["devices.server=10MFLOPS"])
        let whole = try Self.run("{}", ["devices.server=10MFLOPS"])
        func end(_ path: String) throws -> Double {
            Double(try RunTable.query(path, "SELECT t FROM event WHERE kind = 'average-end'")[0][0])!
        }
        #expect(try abs(end(path) - end(whole) - 100) < 1e-6)
    }

    @Test(
        "Who is away is not selected; a round waits where too few are there, and a run ends where nobody will be"
    )
    func absence() throws {
        let path = try Self.run("{ listed: [ { at: 0s, client: 0, for: 1h } ] }")
        #expect(try count(path, "client_id = 0", table: "event") == 0)
        #expect(try count(path, "direction = 'up'", table: "transfer") == 4)

        let all = (0..<5).map { "{ at: 0s, client: \($0), for: \(100 + 10 * $0)s }" }.joined(separator: ", ")
        let waiting = try Self.run("{ listed: [ \(all) ] }", ["participation.minimum=2"])
        #expect(try count(waiting, "kind = 'round-waits'") == 1)
        // Two are needed: the second comes back at 110 s.
        let first = try RunTable.query(waiting, "SELECT min(t) FROM event WHERE kind = 'download-start'")[0][
            0]
        #expect(Double(first) == 110)

        let gone = (0..<5).map { "{ at: 0s, client: \($0) }" }.joined(separator: ", ")
        #expect(throws: FederationError.noClients(round: 1)) { try Self.run("{ listed: [ \(gone) ] }") }
    }

    static let everything = """
        { dropout: { before-training: 0.05, during-training: 0.05, after-training: 0.05, during-upload: 0.1 \
        }, \
        client-outages: { every: { exponential: { mean: 60s } }, for: 5s }, \
        link-outages: { every: { exponential: { mean: 30s } }, for: 2s }, \
        server-restarts: { every: 50s, for: 3s } }
        """

    @Test(
        "Every method ends under every policy with everything going wrong, the same for any number of workers"
    )
    func matrix() throws {
        for away in ["pause", "abandon"] {
            for name in ["fraction", "deadline-stale", "k-of-m"] {
                let hashes = try [1, 2].map { jobs in
                    let path = try Self.run(
                        Self.everything,
                        [
                            "faults.when-away=\(away)", "training.rounds=4",
                            "participation=\(PolicyTests.policies[name]!)",
                            "methods=[fgl-5-round, fedavg, fedasync, fedbuff]",
                            "asynchronous={concurrency: 3, buffer: 2}",
                        ], jobs: jobs)
                    let runs = try RunLogReader(path: path).runs()
                    #expect(runs.allSatisfy { $0.status == .finished }, "\(away) \(name)")
                    return runs.map(\.logSHA256)
                }
                #expect(hashes[0] == hashes[1], "\(away) \(name)")
            }
        }
    }

    @Test("Windows: clients that are away are not selected, and each has its own shift")
    func windows() throws {
        // Nobody is there before 100 s; then all are.
        let late = try Self.run("{ availability: { windows: [ { from: 100s, to: 1h } ] } }")
        #expect(try count(late, "kind = 'download-start' AND t < 100") == 0)
        #expect(try count(late, "kind = 'download-start' AND t = 100") == 5)

        // Away for the first half of each period of 1000 s, each client so much later: who is there at the
        // start has a shift of more than 500 s.
        let windows = "windows: [ { from: 500s, to: 1000s } ], period: 1000s"
        let shifts = try Self.run(
            "{ availability: { \(windows), shift: { uniform: { from: 1s, to: 1000s } } } }",
            ["training.rounds=1"])
        let first = try count(shifts, "kind = 'download-start' AND t < 1")
        #expect((1...4).contains(first), "\(first) of five clients")
        let again = try Self.run(
            "{ availability: { \(windows), shift: { uniform: { from: 1s, to: 1000s } } } }",
            ["training.rounds=1"],
            jobs: 1)
        let hashes = try [shifts, again].map { try RunLogReader(path: $0).runs()[0].logSHA256 }
        #expect(hashes[0] == hashes[1])
    }

    @Test("A server that is down for good ends the run with a sentence")
    func serverGone() {
        #expect {
            try Self.run("{ listed: [ { at: 1s, server: down } ] }")
        } throws: { error in
            (error as? FaultSchedule.Down)?.target == .server
                && "\(error)" == "the server is down from 1 s for good"
        }
    }

    @Test("Availability in windows resolves to itself")
    func resolvedWindows() throws {
        let scenario = try parseScenario(
            minimalScenario
                + "faults: { availability: { windows: [ { from: 0h, to: 6h }, { from: 22h, to: 24h } ], "
                + "period: 24h, shift: { uniform: { from: 1s, to: 24h } } } }\n")
        #expect(scenario.faults.availability.windows.count == 2)
        #expect(try parseScenario(scenario.resolvedYAML) == scenario)
    }

    @Test("A scenario with faults resolves to itself")
    func resolved() throws {
        let scenario = try parseScenario(
            minimalScenario + "faults: "
                + String(Self.everything.dropLast(2))
                + ", when-away: pause, availability: { trace: nights.csv }, listed: [ { at: 1s, client: 2, "
                + "for: 3s }, "
                + "{ at: 2min, link: 0 }, { at: 1h, server: down, for: 1ms } ] }\n")
        #expect(scenario.faults.listed.count == 3)
        #expect(try parseScenario(scenario.resolvedYAML) == scenario)
    }

    @Test(
        "What the section does not allow is refused with line, key, value and what is allowed",
        arguments: [
            ("{ dropout: { before-training: 1.5 } }", "faults.dropout.before-training: 1.5 is not allowed"),
            ("{ dropout: { during-upload: -0.1 } }", "faults.dropout.during-upload: -0.1 is not allowed"),
            ("{ dropout: { after-training: nan } }", "faults.dropout.after-training: nan is not allowed"),
            ("{ dropout: { while-training: 1 } }", "faults.dropout.while-training: unknown key"),
            (
                "{ dropout: { before-training: 0.6, during-upload: 0.6 } }",
                "faults.dropout: a sum of 1.2 does not go with probabilities of one client and round; "
                    + "allowed: at most 1"
            ),
            ("{ client-outages: 5min }", "faults.client-outages: 5min is not allowed"),
            ("{ client-outages: { every: 1h } }", "faults.client-outages.for: this key is missing"),
            ("{ client-outages: { every: 0s, for: 1s } }", "faults.client-outages.every: 0s is not allowed"),
            ("{ link-outages: { every: 1h, for: -1s } }", "faults.link-outages.for: -1s is not allowed"),
            ("{ link-outages: { every: 1h, for: 1s, at: 1s } }", "faults.link-outages.at: unknown key"),
            ("{ server-restarts: { every: 10, for: 1s } }", "faults.server-restarts.every: 10 has no unit"),
            ("{ when-away: wait }", "faults.when-away: wait is not allowed; allowed: pause, abandon"),
            ("{ listed: none }", "faults.listed: none is not allowed"),
            ("{ listed: [ 5 ] }", "faults.listed[0]: 5 is not allowed"),
            (
                "{ listed: [ { client: 2 } ] }",
                "faults.listed[0]: a mapping is not allowed; allowed: at, and one of"
            ),
            ("{ listed: [ { at: 1s } ] }", "faults.listed[0]: a mapping is not allowed"),
            ("{ listed: [ { at: 1s, client: 1, link: 1 } ] }", "faults.listed[0]: a mapping is not allowed"),
            ("{ listed: [ { at: -1s, client: 1 } ] }", "faults.listed[0].at: -1s is not allowed"),
            ("{ listed: [ { at: 1s, client: 1, for: 0s } ] }", "faults.listed[0].for: 0s is not allowed"),
            ("{ listed: [ { at: 1s, client: -1 } ] }", "faults.listed[0].client: -1 is not allowed"),
            (
                "{ listed: [ { at: 1s, client: 5, for: 1s } ] }",
                "faults.listed[0]: client 5 does not go with clients: 5; allowed: 0 to 4"
            ),
            (
                "{ listed: [ { at: 1s, server: up } ] }",
                "faults.listed[0].server: up is not allowed; allowed: down"
            ),
            ("{ listed: [ { at: 2000000h, client: 1 } ] }", "faults.listed[0].at: 2000000h is not allowed"),
            ("{ availability: { trace: \"\" } }", "faults.availability.trace: "),
            (
                "{ availability: { trace: a.csv, windows: [ { from: 0s, to: 1h } ] } }",
                "faults.availability.windows: windows does not go with faults.availability.trace; allowed: "
                    + "one of them"
            ),
            (
                "{ availability: { period: 1h } }",
                "faults.availability.period: period does not go with no windows"
            ),
            (
                "{ availability: { windows: [ { from: 0s, to: 1h } ], shift: 1h } }",
                "faults.availability.shift: shift does not go with no period"
            ),
            ("{ availability: { windows: 1h } }", "faults.availability.windows: 1h is not allowed"),
            ("{ availability: { windows: [ 1h ] } }", "faults.availability.windows[0]: 1h is not allowed"),
            (
                "{ availability: { windows: [ { from: 1h } ] } }",
                "faults.availability.windows[0]: a mapping is not allowed"
            ),
            (
                "{ availability: { windows: [ { from: 2h, to: 1h } ] } }",
                "faults.availability.windows[0].to: 3600 s is not allowed; allowed: after the start of the "
                    + "window"
            ),
            (
                "{ availability: { windows: [ { from: 0s, to: 2h }, { from: 1h, to: 3h } ] } }",
                "faults.availability.windows[1].from: 3600 s is not allowed; allowed: not before the end"
            ),
            (
                "{ availability: { windows: [ { from: 0s, to: 2h } ], period: 1h } }",
                "faults.availability.windows[0].to: 7200 s is not allowed; allowed: within the period"
            ),
            (
                "{ availability: { windows: [ { from: 0s, to: 1ms } ], period: 10ms } }",
                "faults.availability.period: 0.01 s is not allowed; allowed: at least 1 s"
            ),
            (
                "{ availability: { windows: [ { from: 0s, to: 1h } ], period: 2h, shift: -1h } }",
                "faults.availability.shift: -1h is not allowed"
            ),
        ])
    func badInput(text: String, sentence: String) {
        let found = scenarioSentences(minimalScenario + "faults: \(text)\n")
        #expect(found.count == 1 && found.first?.contains(": \(sentence)") == true, "\(found)")
        #expect(found.first?.hasPrefix("test.yaml:3:") == true, "\(found)")
    }

    @Test("A trace that is not there is told before a run is begun")
    func missingTrace() {
        #expect(throws: TraceError.self) { try Self.run("{ availability: { trace: /nowhere.csv } }") }
    }
}
