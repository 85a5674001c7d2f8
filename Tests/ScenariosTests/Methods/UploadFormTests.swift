import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Compression and differential privacy of uploads, in small federations.
@Suite("Compressed and private uploads", .serialized)
struct UploadFormTests {
    private static let forms = ["fp16", "int8", "top-k"]

    private func uploads(_ path: String) throws -> [Int] {
        try RunTable.query(path, "SELECT DISTINCT bytes FROM transfer WHERE direction = 'up' ORDER BY 1").map
        {
            Int($0[0])!
        }
    }

    @Test(
        "The bytes are those of the form, the model is another than without, and the same again",
        arguments: forms)
    func compressed(form: String) throws {
        let text = ["methods=[fedavg]", "compression={kind: \(form), fraction: 0.05}"]
        let path = try MethodRunTests.run(text)
        let run = try RunLogReader(path: path).run(1)
        let codec: UpdateCodec =
            form == "fp16" ? .float16 : form == "int8" ? .int8(bucket: 512) : .topK(fraction: 0.05)
        let network = LayeredNetwork(TinyArchitecture(classes: 10))
        let layout = network.store.declarations
        #expect(try uploads(path) == [codec.byteCount(of: layout, metadata: ["samples": "20"])])
        let down = try RunTable.query(path, "SELECT DISTINCT bytes FROM transfer WHERE direction = 'down'")
        #expect(down.allSatisfy { Int($0[0])! > network.store.stateByteCount })
        let again = try RunLogReader(path: MethodRunTests.run(text, jobs: 1)).run(1)
        #expect(again.logSHA256 == run.logSHA256 && again.modelSHA256 == run.modelSHA256)
        let replay = try Replay(path: path, run: 1)
        #expect(try replay.verify(replay.runs[0]).isWhole)
        // Timing only: the same course.
        let none = try MethodRunTests.run(text + ["training.mode=none"])
        #expect(try TimingOnlyTests.lines(path) == TimingOnlyTests.lines(none))
    }

    @Test(
        "Sending everything is sending the change as it is: FedAvg to rounding, and the residual stays zero")
    func topKOfAll() throws {
        let path = try MethodRunTests.run([
            "methods=[fedavg]", "training.evaluate-every=1",
            "sweep={compression: [none, {kind: top-k, fraction: 1}]}",
        ])
        let losses = try RunTable.query(
            path, "SELECT value FROM metric WHERE name = 'loss' AND split = 'test' ORDER BY run_id, round"
        ).map { Double($0[0])! }
        #expect(losses.count == 6)
        // base + (local - base) is local but for the last bit.
        for (plain, whole) in zip(losses.prefix(3), losses.suffix(3)) { #expect(abs(plain - whole) < 2e-2) }
    }

    @Test("Zstandard loses nothing: the same model as without, and fewer bytes")
    func zstd() throws {
        let path = try MethodRunTests.run([
            "methods=[fedavg]", "sweep={compression: [{zstd: false}, {zstd: true}]}",
        ])
        let runs = try RunLogReader(path: path).runs()
        #expect(runs[0].modelSHA256 == runs[1].modelSHA256 && runs[0].logSHA256 != runs[1].logSHA256)
        let comparison = try RunLogReader(path: path).comparison()
        #expect(comparison[1].uplinkBytes < comparison[0].uplinkBytes)
    }

    @Test("Any method that uploads weights is compressed, the asynchronous ones and FGL's rounds too")
    func anyMethod() throws {
        let methods =
            ["fedavg", "fedasync", "fedbuff", "fgl-5-round"] + MethodRunTests.methods.filter { $0 != "local" }
        let path = try ExperimentTests.run(
            PolicyTests.scenario,
            overrides: ["methods=[\(methods.joined(separator: ", "))]", "compression=int8"])
        let rows = try RunTable.query(
            path,
            """
            SELECT method, max(bytes) FROM transfer JOIN run USING (run_id)
            WHERE direction = 'up' AND payload = 'weights' GROUP BY run_id
            """)
        #expect(rows.map { $0[0] } == methods)
        for row in rows { #expect((11_100_000..<11_400_000).contains(Int(row[1])!), "\(row)") }
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.count == methods.count && runs.allSatisfy { $0.status == .finished })
    }

    @Test("A late upload is decoded by the model that its client was sent")
    func stale() throws {
        let path = try ExperimentTests.run(
            PolicyTests.scenario,
            overrides: [
                "training={mode: none, rounds: 6}", "compression=top-k",
                "participation={ policy: k-of-m, select: 3, wait-for: 2, late: accept-stale }",
            ])
        #expect(try RunLogReader(path: path).run(1).status == .finished)
        #expect(
            Int(try RunTable.query(path, "SELECT count(*) FROM event WHERE kind = 'update-stale'")[0][0])! > 0
        )
    }

    @Test("The server's noise: ε of every round is the accountant's, and the noise is the seed's")
    func centralPrivacy() throws {
        let text = [
            "methods=[fedavg]", "training.averaging=uniform", "privacy={clip: 0.5, noise: 1.5, delta: 1e-3}",
        ]
        let path = try MethodRunTests.run(text)
        let found = try RunTable.query(
            path,
            "SELECT round, value FROM metric WHERE split = 'privacy' AND name = 'epsilon' ORDER BY round")
        var accountant = RenyiAccountant()
        for (round, row) in zip(1...3, found) {
            accountant.add(noise: 1.5, rate: 1)
            #expect(row[0] == "\(round)" && abs(Double(row[1])! - accountant.epsilon(delta: 1e-3)) < 1e-9)
        }
        #expect(found.count == 3)
        let run = try RunLogReader(path: path).run(1)
        #expect(
            try RunLogReader(path: MethodRunTests.run(text, jobs: 1)).run(1).modelSHA256 == run.modelSHA256)
        let plain = try MethodRunTests.run(Array(text.prefix(2)))
        #expect(try RunLogReader(path: plain).run(1).modelSHA256 != run.modelSHA256)
        // Clipping and noise take their time at client and server, and no byte.
        #expect(
            try RunTable.query(
                path, "SELECT kind, count(*) FROM work WHERE kind IN ('privatize', 'noise') GROUP BY 1")
                == [["noise", "3"], ["privatize", "6"]])
        #expect(try uploads(path) == uploads(plain) && uploads(path).count == 1)
    }

    @Test("A part of the clients spends less; clients' own noise counts each of their uploads in full")
    func sampledAndLocal() throws {
        func epsilons(_ overrides: [String]) throws -> [Double] {
            let path = try PolicyTests.run(
                "{ policy: fraction, fraction: 0.4 }",
                ["methods=[fedavg]", "privacy={clip: 1, noise: 2}", "training.rounds=10"] + overrides)
            return try RunTable.query(
                path, "SELECT value FROM metric WHERE name = 'epsilon' ORDER BY rowid"
            ).map { Double($0[0])! }
        }
        var sampled = RenyiAccountant()
        sampled.add(noise: 2, rate: 0.4, rounds: 10)
        let central = try epsilons([])
        #expect(central.count == 10 && abs(central[9] - sampled.epsilon(delta: 1e-5)) < 1e-9)
        let local = try epsilons(["privacy.at=client"])
        // One line each time that some client has made more uploads than any before: 1, 2, 3, ….
        for (index, value) in local.enumerated() {
            var accountant = RenyiAccountant()
            accountant.add(noise: 2, rate: 1, rounds: index + 1)
            #expect(abs(value - accountant.epsilon(delta: 1e-5)) < 1e-9)
        }
        #expect(local.count >= 4 && local.count <= 10)
    }

    @Test("What does not go together is refused")
    func badCombinations() {
        let cases = [
            (
                "compression: { kind: gzip }",
                "22: compression.kind: gzip is not allowed; allowed: none, fp16, int8, top-k"
            ),
            (
                "compression: { kind: top-k, fraction: 0 }",
                "39: compression.fraction: 0 is not allowed; allowed: a number above 0, at most 1"
            ),
            (
                "compression: { bucket: 0 }",
                "24: compression.bucket: 0 is not allowed; allowed: a whole number from 1 to 1000000000"
            ),
            (
                "compression: { level: 20 }",
                "23: compression.level: 20 is not allowed; allowed: a whole number from 1 to 19"
            ),
            (
                "privacy: { clip: 0 }",
                "18: privacy.clip: 0 is not allowed; allowed: a number above 0, at most 1000000"
            ),
            (
                "privacy: { noise: -1 }",
                "19: privacy.noise: -1 is not allowed; allowed: a number from 0 to 1000"
            ),
            ("privacy: { at: home }", "16: privacy.at: home is not allowed; allowed: server, client"),
            (
                "privacy: { delta: 1 }",
                "19: privacy.delta: 1 is not allowed; allowed: a number above 0, below 1"
            ),
        ]
        for (text, sentence) in cases {
            #expect(scenarioSentences(minimalScenario + text + "\n") == ["test.yaml:3:" + sentence])
        }
        func sentences(_ text: String) -> [String] {
            do {
                _ = try Scenario.parse(text, file: "test.yaml", knownMethods: FederatedMethods.names)
                return []
            } catch {
                return error.description.components(separatedBy: "\n")
            }
        }
        #expect(
            sentences("name: x\nmethods: [fedavg]\ntraining: none\ncompression: { zstd: true }\n") == [
                "test.yaml:4:22: compression.zstd: true does not go with training.mode: none; "
                    + "allowed: false: the length of a Zstandard frame depends on the weights"
            ])
        #expect(
            sentences("name: x\nmethods: [fedavg]\ntraining: { averaging: samples }\nprivacy: { clip: 1 }\n")
                .first?
                .contains("training.averaging: samples does not go with privacy.clip; allowed: uniform")
                == true)
        #expect(
            sentences("name: x\nmethods: [fedavg, fednova]\nprivacy: { clip: 1 }\n").first?
                .contains("privacy.at: server does not go with methods: fednova; allowed: client") == true)
        #expect(
            sentences("name: x\nmethods: [scaffold]\nprivacy: { clip: 1, at: client }\n").first?
                .contains("privacy.at: client does not go with methods: scaffold; allowed: other methods")
                == true)
        #expect(sentences("name: x\nmethods: [fedavg, fedbn]\nprivacy: { clip: 1 }\n").isEmpty)
    }
}
