import Foundation
import Results
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Outcomes recorded elsewhere, by the documented format.
@Suite("Import")
struct ImportTests {
    private static let scenario = """
        name: elsewhere
        methods: [fedavg]
        network: { server: { uplink: 1Gbps, downlink: 1Gbps }, client: { uplink: 8Mbps, downlink: 80Mbps, \
        latency: 0s } }
        devices: { client: 1TFLOPS, server: 100TFLOPS }
        """

    /// Two clients, two rounds: 1 MB up each, 3 and 5 seconds of training.
    private static let outcomes = """
        {"round": 1, "client": 0, "bytes": 1000000, "seconds": 3, "samples": 10, "metrics": {"loss": 2.0}}
        {"round": 1, "client": 1, "bytes": 1000000, "seconds": 5, "samples": 30, "metrics": {"loss": 1.5}}
        {"round": 1, "metrics": {"accuracy": 0.4, "loss": 1.8}}
        {"round": 2, "client": 0, "bytes": 1000000, "flops": 3e12, "samples": 10, "metrics": {"loss": 1.0}}
        {"round": 2, "client": 1, "bytes": 1000000, "seconds": 5, "samples": 30, "metrics": {"loss": 0.5}}
        {"round": 2, "metrics": {"accuracy": 0.6, "loss": 0.9}}
        """

    private func imported(_ outcomes: String, overrides: [String] = []) throws -> (path: String, runID: Int64)
    {
        let result = try OutcomeImport.run(
            TestFiles.write(outcomes, "outcomes.jsonl"),
            scenario: TestFiles.write(Self.scenario, "scenario.yaml"), overrides: overrides,
            output: TestFiles.path("imported.sqlite"), build: "test")
        #expect(result.isNew)
        return (result.path, result.runID)
    }

    @Test("Bytes, times and accuracies are the file's under the scenario's network")
    func figures() throws {
        let (path, run) = try imported(Self.outcomes)
        let reader = try RunLogReader(path: path)
        let row = try reader.comparison()[0]
        #expect(row.uplinkBytes == 4_000_000 && row.downlinkBytes == 4_000_000)
        #expect(row.finalAccuracy == 0.6 && row.rounds == 2)
        // A round: 1 MB down at 10 MB/s, at the slower client 5 s of training, 1 MB up at 1 MB/s. The
        // server's averages, of 2 · 2 · 250,000 operations at 100 TFLOPS, take 10 ns.
        let expected = 2 * (0.1 + 5 + 1) + 2 * 1e-8 + 250_000 / 100e12
        #expect(abs(try reader.run(run).virtualSeconds! - expected) < 1e-8)
        #expect(
            try RunTable.query(path, "SELECT samples FROM client ORDER BY client_id") == [["10"], ["30"]])
    }

    @Test(
        "Every classifier may stand in the scenario: its shape is the scenario's",
        arguments: ["cnn", "tiny", "resnet18", "resnet50"])
    func classifiers(kind: String) throws {
        let (path, run) = try imported(Self.outcomes, overrides: ["model.kind=\(kind)", "data.side=16"])
        #expect(try RunLogReader(path: path).run(run).status == .finished)
        let replay = try Replay(path: path)
        #expect(try replay.verify(replay.runs[0]).isWhole)
    }

    @Test("Methods are imported whose work outcomes tell; the others are refused before anything is written")
    func methods() throws {
        var allowed: [String] = []
        for method in FederatedMethods.all {
            // A norm for FedBN and for DENSE.
            let overrides = ["methods=[\(method.name)]", "model.kind=tiny", "training.rounds=2"]
            do {
                let (path, run) = try imported(Self.outcomes, overrides: overrides)
                #expect(try RunLogReader(path: path).run(run).status == .finished)
                allowed.append(method.name)
            } catch let error as FederationError {
                #expect(!method.takesOutcomes && error.exitCode == 65, "\(method.name): \(error)")
                #expect("\(error)".contains("work that outcomes do not tell; allowed: fedavg,"), "\(error)")
            } catch is ScenarioError {
                #expect(!method.takesOutcomes, "\(method.name)")
            }
        }
        #expect(
            allowed.sorted() == ["ensemble", "fedavg", "fedavg-one-shot", "fedprox", "local", "moon"])
    }

    @Test(
        "Settings whose work no line tells are refused by key, and no file is made",
        arguments: [
            ("aggregation.rule=median", "aggregation.rule: median"), ("privacy.clip=1", "privacy.clip: 1"),
            ("compression.kind=int8", "compression.kind: int8"),
            ("compression.zstd=true", "compression.zstd: true"),
            ("attack.kind=sign-flip", "attack.kind: sign-flip"),
        ])
    func untold(override: String, setting: String) throws {
        let output = TestFiles.path("imported.sqlite")
        let error = #expect(throws: FederationError.self) {
            try OutcomeImport.run(
                TestFiles.write(Self.outcomes, "outcomes.jsonl"),
                scenario: TestFiles.write(Self.scenario, "scenario.yaml"), overrides: [override],
                output: output, build: "test")
        }
        #expect(
            "\(error!)".hasSuffix("\(setting) has work that outcomes do not tell; allowed: no value"),
            "\(error!)")
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    @Test("Lines that the scenario leaves out are told, and timing-only training is refused")
    func leftOutLines() throws {
        var notices: [String] = []
        func imports(_ overrides: [String]) throws {
            _ = try OutcomeImport.run(
                TestFiles.write(Self.outcomes, "outcomes.jsonl"),
                scenario: TestFiles.write(Self.scenario, "scenario.yaml"), overrides: overrides,
                output: TestFiles.path("imported.sqlite"), build: "test"
            ) { notices.append("\($0)") }
        }
        try imports([])
        #expect(notices.isEmpty)
        try imports(["participation={policy: fraction, fraction: 0.5}"])
        #expect(notices.count == 1, "\(notices)")
        #expect(notices.last?.contains("2 of the clients' lines are not used") == true)
        // A method with a single round has no use for the others.
        notices = []
        try imports(["methods=[fedavg-one-shot]"])
        let later = Self.outcomes.split(separator: "\n").count { $0.contains("\"round\": 2") }
        #expect(
            notices == [
                "warning: \(later) of the lines are not used, of later rounds: methods: fedavg-one-shot has "
                    + "1 round"
            ])
        // What the run itself has to say is said, too.
        notices = []
        try imports(["evaluation={clients: true}"])
        #expect(notices.count == 1 && notices[0].contains("evaluation.clients left out"), "\(notices)")
        let error = #expect(throws: FederationError.self) { try imports(["training=none"]) }
        #expect(error?.exitCode == 65 && "\(error!)".contains("does not go with outcomes"))
    }

    @Test("An imported run is verified and re-timed like any other")
    func replay() throws {
        let (path, _) = try imported(Self.outcomes)
        let replay = try Replay(path: path)
        #expect(try replay.verify(replay.runs[0]).isWhole)
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let id = try replay.whatIf(
            replay.runs[0], overrides: ["devices.client=2TFLOPS", "network.client.uplink=4Mbps"], pool: pool,
            build: "test"
        ).runID
        let varied = try RunLogReader(path: path).run(id)
        let expected = 2 * (0.1 + 2.5 + 2) + 2 * 1e-8 + 250_000 / 100e12
        #expect(abs(varied.virtualSeconds! - expected) < 1e-8)
        let again = try Replay(path: path, run: id)
        #expect(try again.verify(again.runs[0]).isWhole)
    }

    @Test("A what-if that asks for more than the outcomes tell is refused with what they have")
    func beyondOutcomes() throws {
        // Client 1 has no line in round 2.
        let lines = Self.outcomes.split(separator: "\n").filter {
            !$0.contains("\"round\": 2, \"client\": 1")
        }
        let (path, _) = try imported(lines.joined(separator: "\n"))
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        for (change, sentence) in [
            ("clients=9", "clients: 9 goes beyond the outcomes that the run was imported from; allowed: 2"),
            ("training.rounds=5", "training.rounds: 5 goes beyond"),
            ("model.kind=cnn", "model.kind: cnn goes beyond"),
        ] {
            let error = #expect(throws: FederationError.self, "\(change)") {
                let replay = try Replay(path: path)
                _ = try replay.whatIf(replay.runs[0], overrides: [change], pool: pool, build: "test")
            }
            #expect("\(error!)".hasPrefix(sentence) && error?.exitCode == 65, "\(error!)")
        }
    }

    @Test("Metrics under other names than accuracy are told, with their names")
    func otherMetrics() throws {
        var notices: [String] = []
        let outcomes = Self.outcomes.replacing("\"accuracy\"", with: "\"test_accuracy\"")
        _ = try OutcomeImport.run(
            TestFiles.write(outcomes, "outcomes.jsonl"),
            scenario: TestFiles.write(Self.scenario, "scenario.yaml"), overrides: [],
            output: TestFiles.path("imported.sqlite"), build: "test"
        ) { notices.append("\($0)") }
        #expect(notices.count == 1)
        #expect(notices[0].contains("no line has the metric 'accuracy'"))
        #expect(notices[0].hasSuffix("its metrics: loss, test_accuracy"))
    }

    @Test(
        "A line that cannot be taken is told with its number and what is allowed",
        arguments: [
            ("not json", 1, "JSON"), ("[1]", 1, "JSON"), ("{}", 1, "'round' is missing"),
            (#"{"round": 1.5, "client": 0}"#, 1, "whole"), (#"{"round": -1}"#, 1, "from 0"),
            (#"{"round": 1, "client": 0, "seconds": 1}"#, 1, "'bytes' is missing"),
            (#"{"round": 1, "client": 0, "bytes": 5}"#, 1, "one of 'flops' and 'seconds'"),
            (#"{"round": 1, "client": 0, "bytes": 5, "seconds": 1, "flops": 1}"#, 1, "both say"),
            (#"{"round": 0, "client": 0, "bytes": 5, "seconds": 1}"#, 1, "from 1"),
            (#"{"round": 1, "client": 0, "bytes": "5", "seconds": 1}"#, 1, "'bytes' is \"5\""),
            (#"{"round": 1, "client": 0, "bytes": 5, "seconds": -1}"#, 1, "'seconds'"),
            (#"{"round": 1, "clients": 0}"#, 1, "unknown name 'clients'"),
            (#"{"round": 1, "metrics": {"accuracy": "high"}}"#, 1, "'accuracy'"),
            ("{\"round\": 1}\n\n{\"round\": 1}", 3, "already"),
            (#"{"round": 1}"#, 1, "no line names a client"),
        ])
    func badLine(text: String, line: Int, words: String) throws {
        let error = #expect(throws: FederationError.self) { try imported(text) }
        guard case .badOutcome(_, line, _, let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains(words), "\(reason)")
        #expect(error?.exitCode == 65)
    }

    @Test("A client without a line took no part in that round, and the replay knows it")
    func partialParticipation() throws {
        let lines = Self.outcomes.split(separator: "\n").filter { !$0.contains(#""round": 2, "client": 1"#) }
        let (path, run) = try imported(lines.joined(separator: "\n"))
        let uploads = try RunTable.query(
            path, "SELECT round, client_id FROM transfer WHERE direction = 'up' ORDER BY round, client_id")
        #expect(uploads == [["1", "0"], ["1", "1"], ["2", "0"]])
        let replay = try Replay(path: path)
        #expect(try replay.verify(replay.runs[0]).isWhole)
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let varied = try replay.whatIf(
            replay.runs[0], overrides: ["network.client.uplink=4Mbps"], pool: pool, build: "test"
        ).runID
        #expect(try RunLogReader(path: path).comparison().map(\.uplinkBytes) == [3_000_000, 3_000_000])
        #expect(try RunLogReader(path: path).comparison().map(\.origin) == ["import", "what-if"])
        #expect(varied != run)
        var notices: [String] = []
        _ = try replay.whatIf(
            replay.runs[0], overrides: ["participation={ policy: fraction, fraction: 0.5 }"], pool: pool,
            build: "test"
        ) { notices.append("\($0)") }
        #expect(
            notices.contains(
                "warning: participation: the outcomes list who takes part in each round, "
                    + "so these keys have no effect"
            ), "\(notices)")
    }

    @Test("A round without any client's line is told, and no run is left behind")
    func missingRound() throws {
        let lines = Self.outcomes.split(separator: "\n").filter { !$0.contains(#""round": 1, "client""#) }
        let error = #expect(throws: FederationError.self) { try imported(lines.joined(separator: "\n")) }
        #expect(
            "\(error!)".contains("round 1 has no line of a client, though round 2 has lines"), "\(error!)")
    }

    @Test(
        "What was not measured is NULL",
        arguments: ["NaN", "Infinity", "-Infinity", "null"])
    func notMeasured(word: String) throws {
        let text = Self.outcomes.replacing(#""loss": 1.5"#, with: "\"loss\": \(word)")
            .replacing(#""accuracy": 0.4, "loss": 1.8"#, with: "\"accuracy\": \(word), \"loss\": \(word)")
        let (path, _) = try imported(text)
        #expect(
            try RunTable.query(
                path, "SELECT count(*) FROM metric WHERE value IS NULL AND name <> 'staleness'")
                == [["3"]])
        let comparison = try Comparison(path: path)
        #expect(comparison.entries[0].run.bestAccuracy == 0.6)
        #expect(try Report(path: path).html().contains("60.0 %"))
        let replay = try Replay(path: path)
        #expect(try replay.verify(replay.runs[0]).isWhole)
    }

    @Test("Line ends of any system, a byte order mark and empty lines make no difference")
    func lineEnds() throws {
        let plain = try imported(Self.outcomes)
        let windows = try imported(
            "\u{FEFF}" + Self.outcomes.replacing("\n", with: "\r\n\r\n") + "\r\n \r\n\t")
        let events = try [plain, windows].map {
            try RunTable.query($0.path, "SELECT t, kind, client_id, bytes FROM event ORDER BY seq")
        }
        #expect(events[0] == events[1])
    }

    @Test(
        "What is not JSON is told with its line and column",
        arguments: [
            (#"{"round": 1,}"#, 13, "'}' where a name in double quotes is expected"),
            (#"{"round": 1, "client": 0, "bytes": 5 "seconds": 1}"#, 38, "where ',' or '}' is expected"),
            (#"{"round": nan}"#, 11, "'nan' is no value"), (#"{"round": 01}"#, 11, "'01' is no value"),
            (#"{"round": 1e999}"#, 11, "too large"), (#"{'round': 1}"#, 2, "name in double quotes"),
            (#"{"round": 1"#, 12, "the end of the line"), (#"{"round": 1} x"#, 14, "after the end"),
            (#"{"round": 1, "round": 2}"#, 14, "'round' a second time"), ("[1,]", 4, "a value is expected"),
            (#"{"round": "ab"#, 11, "without its closing quote"), ("{\"a\u{1}\": 1}", 4, "control character"),
            (String(repeating: "[", count: 40), 17, "levels"), (#"{"round": "\q"}"#, 13, "an escape"),
            (#"{"é": 1, "round" 1}"#, 18, "where ':' is expected"),
            (#"{"round": +1}"#, 11, "'+1' is no value"),
        ])
    func syntax(text: String, column: Int, words: String) throws {
        let error = #expect(throws: FederationError.self) { try imported("\n" + text) }
        guard case .badOutcome(_, 2, column, let reason)? = error else {
            Issue.record("\(error!)")
            return
        }
        #expect(reason.contains(words), "\(reason)")
        #expect("\(error!)".contains("outcomes.jsonl:2:\(column): not JSON: "))
    }

    @Test(
        "A value that cannot be is told with its key and what is allowed",
        arguments: [
            (#"{"round": 1, "metrics": {"accuracy": 85.3}}"#, "is it percent? 85.3 % are 0.853"),
            (
                #"{"round": 1, "metrics": {"accuracy": -1}}"#,
                "metrics.accuracy is -1.0; allowed are fractions from 0 to 1"
            ),
            (#"{"round": 1, "metrics": {"accuracy": 1.0000001}}"#, "allowed are fractions"),
            (#"{"round": 1, "metrics": [1]}"#, "'metrics' is a list"),
            (#"{"round": true}"#, "'round' is true"),
            (#"{"round": 1, "sha256": 5}"#, "'sha256' is 5.0, not a text"),
            (#"{"round": 1, "client": 0, "bytes": 1e300, "seconds": 1}"#, "'bytes' is 1e+300"),
            (
                #"{"round": 1, "client": 0, "bytes": 5, "seconds": 1, "samples": 30000000}"#,
                "add up to 30000000"
            ),
            ("{\"a\\u001b[2J\": 1}", #"unknown name 'a\u{1B}[2J'"#),
            // Half of a character alone: what follows it stays.
            (#"{"a\ud800\u0041": 1}"#, "unknown name 'a\u{FFFD}A'"),
            (#"{"a\ud800\"b": 1}"#, "unknown name 'a\u{FFFD}\"b'"),
            (#"{"a\ud800\nb": 1}"#, #"unknown name 'a\#u{FFFD}\nb'"#),
            (#"{"a\ud800\ud83d\ude00": 1}"#, "unknown name 'a\u{FFFD}\u{1F600}'"),
            (#"{"a\udc00b": 1}"#, "unknown name 'a\u{FFFD}b'"),
            (#"{"a\ud83d\ude00\/": 1}"#, "unknown name 'a\u{1F600}/'"),
            (#"{"a\ud800\uzzzz": 1}"#, "an escape that JSON does not have"),
            (#"{"round": -0.5e1}"#, "'round' is -5.0"), (#"{"round": 1.}"#, "'1.' is no value"),
            (#"{"round": .5}"#, "'.5' is no value"), (#"{"round": 1e}"#, "'1e' is no value"),
            (#"{"round": -}"#, "'-' is no value"), (#"{"round": 1E+2x}"#, "'1E+2x' is no value"),
            (#"{"round": 0x1}"#, "'0x1' is no value"), (#"{"round": 2.5E-1}"#, "'round' is 0.25"),
        ])
    func values(text: String, words: String) throws {
        let error = #expect(throws: FederationError.self) { try imported(text) }
        #expect("\(error!)".contains(words), "\(error!)")
        #expect(error?.exitCode == 65)
    }

    @Test("A pipe is not waited for, and UTF-16 is told as such", .endsAtAll)
    func otherFiles() throws {
        let scenario = try TestFiles.write(Self.scenario, "scenario.yaml")
        func outcome(_ path: String) -> FederationError? {
            #expect(throws: FederationError.self) {
                try OutcomeImport.run(
                    path, scenario: scenario, overrides: [], output: TestFiles.path("x.sqlite"), build: "test"
                )
            }
        }
        let pipe = TestFiles.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        for (path, reason) in [
            (pipe, "it is a pipe"), ("/dev/zero", "it is a device"), ("/tmp", "it is a folder"),
            ("/nowhere", "there is no such file"),
        ] {
            #expect(outcome(path)?.exitCode == 74)
            #expect("\(outcome(path)!)" == "\(path): cannot be read: \(reason)")
        }
        let large = try TestFiles.write("", "large.jsonl")
        #expect(truncate(large, 1 << 30 + 1) == 0)
        let error = outcome(large)
        #expect(
            error?.exitCode == 65 && "\(error!)".contains("\(1 << 30 + 1) bytes; allowed are outcomes of"))
        let wide = TestFiles.path("wide.jsonl")
        try Data([0xFF, 0xFE, 0x7B, 0]).write(to: URL(fileURLWithPath: wide))
        #expect("\(outcome(wide)!)".contains("UTF-16; save it in UTF-8"))
    }

    @Test("The same outcomes are imported once; others are a variant of their own")
    func again() throws {
        let path = TestFiles.path("imported.sqlite")
        let scenario = try TestFiles.write(Self.scenario, "scenario.yaml")
        var notices: [String] = []
        var isNew: [Bool] = []
        func add(_ text: String) throws -> Int64 {
            let run = try OutcomeImport.run(
                TestFiles.write(text, "outcomes.jsonl"), scenario: scenario, overrides: [], output: path,
                build: "test"
            ) { notices.append("\($0)") }
            isNew.append(run.isNew)
            return run.runID
        }
        let first = try add(Self.outcomes)
        #expect(
            try add(Self.outcomes) == first && notices.count == 1 && notices[0].contains("not imported again")
        )
        #expect(try add(Self.outcomes.replacing("0.6", with: "0.7")) != first)
        #expect(isNew == [true, false, true])
        #expect(try Comparison(path: path).groups.map(\.variant) == ["imported", "imported, inputs 2"])
    }
}
