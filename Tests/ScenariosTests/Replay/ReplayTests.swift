import Core
import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Recorded runs with real training, played again without it.
@Suite("Replay", .serialized)
struct ReplayTests {
    private func replay(_ path: String, run: Int64 = 1) throws -> Replay.Verification {
        let replay = try Replay(path: path, run: run)
        return try replay.verify(replay.runs[0])
    }

    /// Varies run 1 of a file and returns the new run.
    private func whatIf(_ path: String, _ overrides: [String], trainMissing: Bool = false) throws
        -> RunSummary
    {
        let pool = WorkerThreads(workers: 2)
        defer { pool.close() }
        let replay = try Replay(path: path, run: 1)
        let id = try replay.whatIf(
            replay.runs[0], overrides: overrides, trainMissing: trainMissing, pool: pool, build: "test"
        ).runID
        return try RunLogReader(path: path).run(id)
    }

    @Test("Every row of a run comes out again; the number of rows is that of the file")
    func verify() throws {
        let path = try ExperimentTests.run(
            GenerativeTests.tiny, overrides: ["methods=[fedavg, fgl-5-round-syn, centralized]"])
        for run in 1...3 {
            let result = try replay(path, run: Int64(run))
            let tables = ["client", "label_count", "event", "transfer", "metric", "prompt", "work"]
            let counts = try tables.map {
                Int(try RunTable.query(path, "SELECT count(*) FROM \($0) WHERE run_id = \(run)")[0][0])!
            }
            #expect(result.isWhole && result.rows == counts.reduce(0, +) && result.rows > 20)
        }
    }

    @Test(
        "A row that was changed is found, and both sides are told",
        arguments: [
            ("UPDATE event SET t = t + 0.5 WHERE seq = 4", "event"),
            ("UPDATE transfer SET bytes = bytes + 1 WHERE transfer_id = 2", "transfer"),
            ("UPDATE metric SET value = 0.99 WHERE name = 'accuracy' AND round = 2", "metric"),
            ("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)", "event"),
            (
                "INSERT INTO event SELECT run_id, seq + 1, t, 'ghost', round, client_id, bytes, detail FROM "
                    + "event "
                    + "ORDER BY seq DESC LIMIT 1", "event"
            ),
            ("UPDATE label_count SET samples = samples + 1 WHERE client_id = 1", "label_count"),
        ])
    func changedRow(statement: String, table: String) throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny)
        _ = try RunTable.change(path, statement)
        let error = #expect(throws: RunLogError.self) { try replay(path) }
        guard case .diverged(_, 1, let divergence)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(divergence.table == table)
        #expect(divergence.stored != divergence.recorded)
        #expect(error?.exitCode == 65)
    }

    @Test("A replay needs no images: those of a folder may be gone")
    func withoutImages() throws {
        let folder = try PhotoFolder()
        let path = try ExperimentTests.run(
            ExperimentTests.tiny,
            overrides: ["data={set: image-folder, path: \(folder.path), side: 32, partition: {kind: iid}}"])
        folder.remove()
        #expect(try replay(path).isWhole)
        let slow = try whatIf(path, ["network.client.uplink=1Mbps"])
        #expect(slow.virtualSeconds! > (try RunLogReader(path: path).run(1).virtualSeconds!))
    }

    @Test("A replay needs no trace files: those of links, devices and availability may be gone or changed")
    func withoutTraces() throws {
        let phones = try TestFiles.write(
            "client,uplink_Bps,slowdown\n0,2e6,1\n1,3e6,2\n2,4e6,1.5\n", "phones.csv")
        let times = try TestFiles.write(
            "# period_s: 400\nclient,start_s,end_s\n0,0,390\n1,0,395\n2,0,380\n", "times.csv")
        let path = try ExperimentTests.run(
            ExperimentTests.tiny,
            overrides: [
                "network.client.uplink={trace: \(phones)}", "devices.slowdown={trace: \(phones)}",
                "devices.stragglers=", "faults.availability={trace: \(times)}",
            ])
        try FileManager.default.removeItem(atPath: times)
        try Data("client,uplink_Bps,slowdown\n0,1,1\n1,1,1\n2,1,1\n".utf8).write(
            to: URL(fileURLWithPath: phones))
        #expect(try replay(path).isWhole)
        try FileManager.default.removeItem(atPath: phones)
        let slow = try whatIf(path, ["network.client.downlink=1Mbps"])
        #expect(slow.virtualSeconds! > (try RunLogReader(path: path).run(1).virtualSeconds!))
        #expect(try replay(path, run: slow.runID).isWhole)
    }

    @Test("Traces that an earlier version noted are taken as it took them, whatever is refused today")
    func formerTraces() throws {
        let phones = try TestFiles.write("client,uplink_Bps\n0,2e6\n1,3e6\n2,4e6\n", "phones.csv")
        let times = try TestFiles.write("client,start_s,end_s\n0,0,390\n1,0,395\n2,0,380\n", "times.csv")
        let path = try ExperimentTests.run(
            ExperimentTests.tiny,
            overrides: [
                "network.client.uplink={trace: \(phones)}", "faults.availability={trace: \(times)}",
            ])
        // Settings of another kind, a slip, and a setting that stands there twice were no more than comments.
        _ = try RunTable.change(
            path,
            """
            UPDATE input SET facts = json_set(facts, '$.text',
                '# period_s: 5' || char(10) || '# flops-per-sampel: 1' || char(10)
                || '# period_s: 5' || char(10) || json_extract(facts, '$.text'))
            WHERE kind = 'trace' AND settings = '\(phones)'
            """)
        #expect(try replay(path).isWhole)
        #expect(try replay(path, run: whatIf(path, ["network.client.downlink=1Mbps"]).runID).isWhole)
    }

    @Test(
        "A what-if is the run that the changed scenario would have made, to the last bit",
        arguments: [
            ("fedavg", ["network.client.uplink=1Mbps", "devices.stragglers.fraction=0.67"]),
            ("fgl-one-shot", ["network.client.latency=2s", "devices.server=1TFLOPS"]),
            (
                "fgl-5-round-syn",
                [
                    "network.server.downlink=10Mbps",
                    "devices.client={lognormal: {median: 1TFLOPS, sigma: 0.5}}",
                ]
            ),
        ])
    func whatIfIsExact(method: String, changes: [String]) throws {
        let path = try ExperimentTests.run(GenerativeTests.tiny, overrides: ["methods=[\(method)]"])
        let varied = try whatIf(path, changes)
        let freshPath = try ExperimentTests.run(
            GenerativeTests.tiny, overrides: ["methods=[\(method)]"] + changes)
        let fresh = try RunLogReader(path: freshPath).run(1)
        #expect(varied.logSHA256 == fresh.logSHA256 && fresh.logSHA256 != nil)
        #expect(varied.modelSHA256 == fresh.modelSHA256)
        #expect(varied.virtualSeconds == fresh.virtualSeconds)
        #expect(try figures(path, run: varied.runID) == figures(freshPath, run: 1))
        let reader = try RunLogReader(path: path)
        #expect(varied.virtualSeconds != (try reader.run(1).virtualSeconds))
        #expect(try reader.origin(run: varied.runID) == RunOrigin(parent: 1, changes: changes))
        #expect(try replay(path, run: varied.runID).isWhole)
    }

    /// Virtual times, bytes and accuracies of a run, as SQLite has them to the last bit.
    private func figures(_ path: String, run: Int64) throws -> [[String]] {
        let transfers =
            "SELECT client_id, direction, payload, bytes, quote(t_start), quote(t_end), status FROM transfer"
        let accuracies = "SELECT round, quote(t), bytes, quote(value) FROM accuracy"
        let events = "SELECT kind, quote(t), client_id, bytes FROM event"
        return try [transfers, accuracies, events].flatMap {
            try RunTable.query(path, "\($0) WHERE run_id = \(run)")
        }
    }

    /// Stragglers, who take 57 s for a round, are in time for a deadline of 60 s.
    private static let deadline = [
        "participation={policy: deadline, deadline: 60s}", "devices.client=0.5GFLOPS",
    ]

    @Test("As long as a deadline drops nobody, a what-if is exact")
    func deadlineMet() throws {
        let path = try ExperimentTests.run(ExperimentTests.resNet, overrides: Self.deadline)
        let change = "devices.stragglers.slowdown=4"
        let varied = try whatIf(path, [change])
        let fresh = try ExperimentTests.run(ExperimentTests.resNet, overrides: Self.deadline + [change])
        #expect(try figures(path, run: varied.runID) == figures(fresh, run: 1))
        #expect(try varied.logSHA256 == RunLogReader(path: fresh).run(1).logSHA256)
    }

    @Test(
        "Where other clients are in time, it stops at the first work with other inputs; --train-missing does it",
        arguments: [
            (ReplayTests.deadline, "devices.stragglers.slowdown=9"),
            (["participation={policy: k-of-m, select: 3, wait-for: 2}"], "participation.wait-for=3"),
        ])
    func otherParticipants(settings: [String], change: String) throws {
        let path = try ExperimentTests.run(ExperimentTests.resNet, overrides: settings)
        let error = #expect(throws: FederationError.self) { try whatIf(path, [change]) }
        guard case .missingWork(kind: .average, round: 1, client: nil, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(
            "\(error!)".contains("'average' at the server in round 1 has inputs that no recorded work had"))
        #expect(try RunTable.query(path, "SELECT count(*) FROM run") == [["1"]])
        let varied = try whatIf(path, [change], trainMissing: true)
        let fresh = try ExperimentTests.run(ExperimentTests.resNet, overrides: settings + [change])
        #expect(try figures(path, run: varied.runID) == figures(fresh, run: 1))
        #expect(try varied.modelSHA256 == RunLogReader(path: fresh).run(1).modelSHA256)
        #expect(try figures(path, run: 1) != figures(fresh, run: 1))
        #expect(try replay(path, run: varied.runID).isWhole)
    }

    @Test("After a what-if, one that fails too, the results are in the file itself: a copy of it has them")
    func wholeFile() throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny)
        func expectNothingBeside() {
            let log = try? FileManager.default.attributesOfItem(atPath: "\(path)-wal")[.size] as? Int
            #expect((log ?? 0) == 0)
        }
        let varied = try whatIf(path, ["network.client.uplink=1Mbps"])
        expectNothingBeside()
        let copy = TestFiles.path("copy.sqlite")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        #expect(try RunLogReader(path: copy).run(varied.runID) == varied)
        #expect(throws: FederationError.self) { try whatIf(path, ["training.local-epochs=2"]) }
        expectNothingBeside()
    }

    @Test("A what-if has the method of its run: another is refused, and so is a sweep")
    func otherMethod() throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny, overrides: ["training=none"])
        for (change, words) in [
            ("methods=[centralized]", "a what-if has the method of its run, fedavg; methods cannot be set"),
            ("methods=[fedavg]", "methods cannot be set"),
            ("sweep.training.batch=[4, 8]", "a run cannot become a sweep"),
        ] {
            let error = #expect(throws: FederationError.self) { try whatIf(path, [change]) }
            #expect("\(error!)".contains(words), "\(change): \(error!)")
            #expect(error?.exitCode == 65)
        }
        #expect(try RunTable.query(path, "SELECT count(*) FROM run") == [["1"]])
    }

    @Test("Changes are checked on a run that has not finished, too")
    func checkedChanges() throws {
        let path = try ResumeTests.interrupted(ExperimentTests.tiny, [], after: 2)
        let replay = try Replay(path: path)
        #expect(throws: ScenarioError.self) { try replay.check(["foo.bar=1"], on: replay.runs[0]) }
        try replay.check(["network.client.uplink=1Mbps"], on: replay.runs[0])
    }

    @Test("A change of what is trained stops at the missing work and leaves the file as it was")
    func missingWork() throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny)
        let error = #expect(throws: FederationError.self) { try whatIf(path, ["training.local-epochs=2"]) }
        guard case .missingWork(kind: .train, round: 1, _, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let reader = try RunLogReader(path: path)
        #expect(try reader.runs().count == 1)
        #expect(try RunTable.query(path, "SELECT count(*) FROM event WHERE run_id > 1") == [["0"]])
    }

    @Test(
        "With --train-missing the missing work is done, and what leads to it: the result is a fresh run's",
        arguments: ["training.local-epochs=2", "training.rounds=3", "data.partition.beta=5"])
    func trainMissing(change: String) throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny)
        let varied = try whatIf(path, [change], trainMissing: true)
        let fresh = try RunLogReader(path: ExperimentTests.run(ExperimentTests.tiny, overrides: [change]))
            .run(1)
        #expect(varied.logSHA256 == fresh.logSHA256 && varied.modelSHA256 == fresh.modelSHA256)
    }

    @Test("A hundred clients and two hundred rounds are verified, and re-timed, in seconds")
    func speed() throws {
        let path = try ExperimentTests.run(
            ExperimentTests.tiny,
            overrides: [
                "training=none", "clients=100", "data.train-per-class=100", "data.partition={kind: iid}",
                "training.rounds=200",
            ])
        let clock = ContinuousClock()
        var rows = 0
        let verifying = try clock.measure { rows = try replay(path).rows }
        #expect(rows > 150_000)
        let varying = try clock.measure { _ = try whatIf(path, ["network.client.uplink=1Mbps"]) }
        // In release mode, alone on two cores of 2026, each takes less than two seconds.
        let bound = Duration.seconds(Patience.seconds(5))
        #expect(verifying < bound && varying < bound, "\(verifying), \(varying)")
    }

    @Test("Equal runs are equal; else the inputs that differ are named, and the first event")
    func difference() throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny)
        let varied = try whatIf(path, ["network.client.uplink=1Mbps"])
        // The same what-if once more is the run that there is.
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let replay = try Replay(path: path, run: 1)
        let again = try replay.whatIf(
            replay.runs[0], overrides: ["network.client.uplink=1Mbps"], pool: pool, build: "test")
        #expect(again.runID == varied.runID && !again.isNew)
        #expect(try !replay.isWhatIf(replay.runs[0]) && replay.isWhatIf(varied))
        let reader = try RunLogReader(path: path)
        let runs = try reader.runs()
        let same = try RunDifference(runs[0], in: reader, runs[0], in: reader)
        #expect(same.isSame && same.events == nil && same.inputs.isEmpty)
        let other = try RunDifference(runs[0], in: reader, runs[1], in: reader)
        #expect(!other.isSame)
        #expect(other.inputs.map(\.name) == ["network.client.uplink"])
        let events = try #require(other.events)
        #expect(events.left?.kind == "upload-end" || events.right?.kind == "upload-end")
    }
}

/// Two classes of random pixels in the layout of `image-folder`.
struct PhotoFolder {
    let url = URL(fileURLWithPath: TestFiles.path("photos"))
    var path: String { url.path }

    init() throws {
        var stream = RandomStream(seed: 3, purpose: "photos")
        for part in ["train", "test"] {
            for name in ["cat", "dog"] {
                let folder = url.appendingPathComponent("\(part)/\(name)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                for number in 0..<9 {
                    let pixels = (0..<3 * 32 * 32).map { _ in UInt8.random(in: 0...255, using: &stream) }
                    let image = RGBImage(width: 32, height: 32, pixels: pixels)
                    try Data(ImageCodec.encodeJPEG(image, quality: 90))
                        .write(to: folder.appendingPathComponent("\(number).jpg"))
                }
            }
        }
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
}
