import Foundation
import Simulator
import Testing

/// What is allowed of a rate.
private let aRate = "must be greater than 0: 1e-9 to 1e18 (bytes per second)"

@Suite("Network cases: reading, checking, computing")
struct NetworkCaseTests {
    /// A valid case; `edit` replaces text in it.
    private func json(_ old: String = "", _ new: String = "") -> Data {
        let text = """
            {"server": {"uplink_Bps": 1000, "downlink_Bps": 2000},
             "clients": [{"uplink_Bps": 100, "downlink_Bps": 200, "latency_s": 0.5}],
             "flows": [{"id": 7, "client": 0, "direction": "up", "start_s": 1, "bytes": 50},
                       {"id": 3, "client": 0, "direction": "down", "start_s": 0, "bytes": 400}]}
            """
        precondition(old.isEmpty || text.contains(old))
        return Data((old.isEmpty ? text : text.replacingOccurrences(of: old, with: new)).utf8)
    }

    @Test("the completions come in the order of the flows, latency included")
    func completions() throws {
        // Flow 7: 1 + 0.5 + 50/100 = 2 s. Flow 3: 0 + 0.5 + 400/200 = 2.5 s.
        let completions = try NetworkCase(json: json()).completions()
        #expect(
            completions == [
                NetworkCase.Completion(id: 7, endSeconds: 2), NetworkCase.Completion(id: 3, endSeconds: 2.5),
            ])
    }

    @Test("SimGrid's own times may be present and are kept")
    func expectedTimes() throws {
        let networkCase = try NetworkCase(json: json("\"bytes\": 50", "\"bytes\": 50, \"end_s\": 2.25"))
        #expect(networkCase.flows.map(\.expectedEndSeconds) == [2.25, nil])
        #expect(try networkCase.completions()[0].endSeconds == 2)
    }

    @Test("a case without flows has no completions; empty flows take their latency")
    func degenerateCases() throws {
        let empty = Data(
            #"{"server": {"uplink_Bps": 1, "downlink_Bps": 1}, "clients": [], "flows": []}"#.utf8)
        #expect(try NetworkCase(json: empty).completions() == [])
        let nothing = try NetworkCase(json: json("\"bytes\": 50", "\"bytes\": 0"))
        #expect(try nothing.completions()[0].endSeconds == 1.5)
    }

    @Test("latency smaller than a nanosecond is not rounded away")
    func tinyLatency() throws {
        let networkCase = try NetworkCase(json: json("\"latency_s\": 0.5", "\"latency_s\": 1e-12"))
        #expect(relativeError(try networkCase.completions()[1].endSeconds, 2 + 1e-12) < 1e-15)
    }

    @Test(
        "bad input is an error that names field, value and what is allowed",
        arguments: [
            (
                "\"uplink_Bps\": 1000", "\"uplink_Bps\": -5",
                "server.uplink_Bps: -5.0 is not allowed, " + aRate
            ),
            (
                "\"downlink_Bps\": 2000", "\"downlink_Bps\": 0",
                "server.downlink_Bps: 0.0 is not allowed, " + aRate
            ),
            (
                "\"uplink_Bps\": 100,", "\"uplink_Bps\": -1,",
                "clients[0].uplink_Bps: -1.0 is not allowed, " + aRate
            ),
            (
                "\"downlink_Bps\": 200,", "\"downlink_Bps\": 0,",
                "clients[0].downlink_Bps: 0.0 is not allowed, " + aRate
            ),
            (
                "\"latency_s\": 0.5", "\"latency_s\": -0.5",
                "clients[0].latency_s: -0.5 is not allowed, must be 0 or more, at most 1e12 (seconds)"
            ),
            (
                "\"start_s\": 1", "\"start_s\": -1",
                "flows[0].start_s: -1.0 is not allowed, must be 0 or more, at most 1e12 (seconds)"
            ),
            ("\"bytes\": 400", "\"bytes\": -400", "flows[1].bytes: -400.0 is not allowed, must be 0 or more"),
            (
                "\"id\": 7, \"client\": 0", "\"id\": 7, \"client\": 1",
                "flows[0].client: there is no client 1, clients are numbered 0 to 0"
            ),
            (
                "\"id\": 7, \"client\": 0", "\"id\": 7, \"client\": -1",
                "flows[0].client: there is no client -1, clients are numbered 0 to 0"
            ),
            ("\"id\": 3", "\"id\": 7", "flows[1].id: flow id 7 is used twice, ids must differ"),
        ])
    func invalidQuantities(old: String, new: String, sentence: String) throws {
        let error = try #require(throws: SimulatorError.self) { try NetworkCase(json: json(old, new)) }
        #expect("\(error)" == sentence)
    }

    @Test(
        "malformed JSON is an error of one line with the path",
        arguments: [
            ("\"bytes\": 400", "\"bites\": 400", "not a network case: flows[1]: key \"bytes\" is missing"),
            (
                "\"bytes\": 400", "\"bytes\": \"many\"",
                "not a network case: flows[1].bytes: must be a whole number"
            ),
            (
                "\"start_s\": 1", "\"start_s\": \"noon\"",
                "not a network case: flows[0].start_s: must be a number"
            ),
            (
                "\"id\": 7", "\"id\": null",
                "not a network case: flows[0].id: must be a whole number, not null"
            ),
            (
                "\"latency_s\": 0.5", "\"latency\": 0.5",
                "not a network case: clients[0]: key \"latency_s\" is missing"
            ),
        ])
    func malformed(old: String, new: String, sentence: String) throws {
        let error = try #require(throws: SimulatorError.self) { try NetworkCase(json: json(old, new)) }
        #expect("\(error)" == sentence)
    }

    @Test(
        "where a file stops being JSON, or text, is told",
        arguments: [
            ("{\n  \"server\": 1,\n  é: 2}", "line 3, column 3: no JSON: Invalid value"),
            ("{\"flows\": [\n01]}", "line 2, column 2: no JSON: Number with leading zero"),
            ("{\"flows\": [", "no JSON: Unexpected end of file during JSON parse."),
            ("version https://git-lfs.github.com/spec/v1\n", "the file is a git-lfs pointer, not the file"),
        ])
    func places(text: String, reason: String) throws {
        let error = #expect(throws: SimulatorError.self) { try NetworkCase(json: Data(text.utf8)) }
        let sentence = "\(try #require(error))"
        #expect(sentence.hasPrefix("not a network case: \(reason)"), "\(sentence)")
        let latin = #expect(throws: SimulatorError.self) { try NetworkCase(json: Data([0x7B, 0x0A, 0xE4])) }
        #expect("\(try #require(latin))".hasPrefix("not a network case: line 2, column 1: the byte 0xE4"))
    }

    @Test(
        "what is no case at all is an error of one line",
        arguments: [
            "", "{", "[]", "42", "{}", "{\"server\": 1}", "not JSON", "\u{0}",
        ])
    func noCaseAtAll(text: String) throws {
        let error = try #require(throws: SimulatorError.self) { try NetworkCase(json: Data(text.utf8)) }
        #expect("\(error)".hasPrefix("not a network case: "))
        #expect(!"\(error)".contains("\n"))
    }

    @Test("an unknown direction is an error that names the field")
    func unknownDirection() throws {
        let error = try #require(throws: SimulatorError.self) {
            try NetworkCase(json: json("\"up\"", "\"sideways\""))
        }
        #expect("\(error)".hasPrefix("not a network case: flows[0].direction: "))
    }

    @Test("words and numbers that are not allowed are named with what is", arguments: [
        ("\"direction\": \"left\"", "flows[0].direction: left is not allowed; allowed: up, down"),
        ("\"bytes\": 1.5", "flows[0].bytes: 1.5 is not allowed; allowed: a whole number"),
        ("\"bytes\": 1e30", "flows[0].bytes: 1e+30 is not allowed; allowed: a whole number"),
    ])
    func refusedWords(field: String, sentence: String) throws {
        let key = field.prefix { $0 != ":" }
        let whole = ["\"id\": 0", "\"client\": 0", "\"direction\": \"up\"", "\"start_s\": 0", "\"bytes\": 5"]
        let fields = whole.map { $0.hasPrefix(key) ? field : $0 }
        let text = """
            {"server": {"uplink_Bps": 1, "downlink_Bps": 1}, "losss": 1,
             "clients": [{"uplink_Bps": 1, "downlink_Bps": 1, "latency_s": 0, "Loss": 1}],
             "flows": [{\(fields.joined(separator: ", "))}]}
            """
        let error = #expect(throws: SimulatorError.self) { try NetworkCase(json: Data(text.utf8)) }
        #expect("\(try #require(error))".contains(sentence))
        let right = text.replacing(field, with: try #require(whole.first { $0.hasPrefix(key) }))
        #expect(try NetworkCase(json: Data(right.utf8)).unknownKeys == ["losss", "clients[0].Loss"])
    }

    @Test("values that JSON cannot carry are refused when computing")
    func notANumber() throws {
        var networkCase = try NetworkCase(json: json())
        networkCase.server.uplinkBytesPerSecond = .nan
        #expect(throws: SimulatorError.self) { try networkCase.completions() }
        networkCase.server.uplinkBytesPerSecond = .infinity
        #expect(throws: SimulatorError.self) { try networkCase.completions() }
        networkCase.server.uplinkBytesPerSecond = 1
        networkCase.clients = []
        let error = try #require(throws: SimulatorError.self) { try networkCase.completions() }
        #expect("\(error)" == "flows[0].client: there is no client 0, the case has no clients")
    }
}
