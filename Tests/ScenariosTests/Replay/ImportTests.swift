import Foundation
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
        network: { server: { uplink: 1Gbps, downlink: 1Gbps }, client: { uplink: 8Mbps, downlink: 80Mbps, latency: 0s } }
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
        try OutcomeImport.run(
            TestFiles.write(outcomes, "outcomes.jsonl"),
            scenario: TestFiles.write(Self.scenario, "scenario.yaml"), overrides: overrides,
            output: TestFiles.path("imported.sqlite"), build: "test")
    }

    @Test("Bytes, times and accuracies are the file's under the scenario's network")
    func figures() throws {
        let (path, run) = try imported(Self.outcomes)
        let reader = try RunLogReader(path: path)
        let row = try reader.comparison()[0]
        #expect(row.uplinkBytes == 4_000_000 && row.downlinkBytes == 4_000_000)
        #expect(row.finalAccuracy == 0.6 && row.rounds == 2)
        // A round: 1 MB down at 10 MB/s, at the slower client 5 s of training, 1 MB up at 1 MB/s. The server's
        // averages, of 2 · 2 · 250,000 operations at 100 TFLOPS, take 10 ns.
        let expected = 2 * (0.1 + 5 + 1) + 2 * 1e-8 + 250_000 / 100e12
        #expect(abs(try reader.run(run).virtualSeconds! - expected) < 1e-8)
        #expect(
            try RunTable.query(path, "SELECT samples FROM client ORDER BY client_id") == [["10"], ["30"]])
    }

    @Test("An imported run is verified and re-timed like any other")
    func replay() throws {
        let (path, _) = try imported(Self.outcomes)
        let replay = try Replay(path: path)
        #expect(try replay.verify(replay.runs[0]).isWhole)
        let pool = WorkPool(workers: 1)
        defer { pool.close() }
        let id = try replay.whatIf(
            replay.runs[0], overrides: ["devices.client=2TFLOPS", "network.client.uplink=4Mbps"], pool: pool,
            build: "test")
        let varied = try RunLogReader(path: path).run(id)
        let expected = 2 * (0.1 + 2.5 + 2) + 2 * 1e-8 + 250_000 / 100e12
        #expect(abs(varied.virtualSeconds! - expected) < 1e-8)
        let again = try Replay(path: path, run: id)
        #expect(try again.verify(again.runs[0]).isWhole)
    }

    @Test(
        "A line that cannot be taken is told with its number and what is allowed",
        arguments: [
            ("not json", 1, "JSON"), ("[1]", 1, "JSON"), ("{}", 1, "'round' is missing"),
            (#"{"round": 1.5, "client": 0}"#, 1, "whole"), (#"{"round": -1}"#, 1, "from 0"),
            (#"{"round": 1, "client": 0, "seconds": 1}"#, 1, "'bytes' is missing"),
            (#"{"round": 1, "client": 0, "bytes": 5}"#, 1, "one of 'flops' and 'seconds'"),
            (#"{"round": 1, "client": 0, "bytes": 5, "seconds": 1, "flops": 1}"#, 1, "one of"),
            (#"{"round": 0, "client": 0, "bytes": 5, "seconds": 1}"#, 1, "from 1"),
            (#"{"round": 1, "client": 0, "bytes": "5", "seconds": 1}"#, 1, "'bytes' is 5"),
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

    @Test("A round that lacks a client's line is told, and no run is left behind")
    func missingLine() throws {
        let lines = Self.outcomes.split(separator: "\n").filter { !$0.contains(#""round": 2, "client": 1"#) }
        let error = #expect(throws: FederationError.self) { try imported(lines.joined(separator: "\n")) }
        #expect("\(error!)".contains("no line for 'train' at client 1 in round 2"), "\(error!)")
    }
}
