import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Small federations played for real: real rendering, real training, real log.
@Suite("Experiments", .serialized)
struct ExperimentTests {
    /// Real training where the size of the classifier is not the point.
    static let tiny =
        resNet + """

            model: { kind: tiny }
            """

    /// ResNet-18, for bytes and times, which are those of a timing-only run, too.
    static let resNet = """
        name: tiny
        seed: 7
        clients: 3
        methods: [fedavg]
        data:     { set: shapes, side: 32, train-per-class: 6, test-per-class: 4, partition: { kind: \
        dirichlet, beta: 0.5, minimum: 4 } }
        training: { rounds: 2, local-epochs: 1, batch: 8, learning-rate: 0.01, averaging: samples }
        centralized: { epochs: 2, batch: 16 }
        network:  { server: { uplink: 1Gbps, downlink: 1Gbps }, client: { uplink: 20Mbps, downlink: 100Mbps, \
        latency: 50ms } }
        devices:  { client: 0.5TFLOPS, server: 100TFLOPS, stragglers: { fraction: 0.34, slowdown: 5 } }
        """

    /// Runs a scenario into a fresh file and returns its path.
    static func run(_ text: String, overrides: [String] = [], jobs: Int = 2, seeds: [UInt64] = []) throws
        -> String
    {
        let scenario = try Scenario.parse(
            text, file: "test.yaml", overrides: overrides, knownMethods: FederatedMethods.names)
        let path = TestFiles.path("run.sqlite")
        try Experiment(scenario, seeds: seeds, output: path, jobs: jobs, build: "test").run { _, _ in
            SilentProgress()
        }
        return path
    }

    @Test("The same scenario and seed give the same log and model, for any number of workers")
    func determinism() throws {
        let runs = try [1, 2, 2].map { jobs in
            try RunLogReader(
                path: Self.run(Self.tiny, overrides: ["methods=[fedavg, centralized]"], jobs: jobs)
            ).runs()
        }
        for run in runs {
            #expect(run.map(\.logSHA256) == runs[0].map(\.logSHA256))
            #expect(run.map(\.modelSHA256) == runs[0].map(\.modelSHA256))
            #expect(run.allSatisfy { $0.status == .finished && $0.logSHA256 != nil && $0.modelSHA256 != nil })
        }
        let other = try RunLogReader(path: Self.run(Self.tiny, overrides: ["seed=8"])).runs()
        #expect(other[0].logSHA256 != runs[0][0].logSHA256)
        #expect(other[0].modelSHA256 != runs[0][0].modelSHA256)
    }

    @Test("In bfloat16 too any number of workers gives the same, and the run says what it was trained in")
    func bfloat16() throws {
        let files = try [1, 2].map { jobs in
            try Self.run(Self.tiny, overrides: ["training.precision=bf16"], jobs: jobs)
        }
        let runs = try files.map { try RunLogReader(path: $0).runs()[0] }
        #expect(runs[0].logSHA256 == runs[1].logSHA256 && runs[0].modelSHA256 == runs[1].modelSHA256)
        #expect(try RunTable.query(files[0], "SELECT scenario LIKE '% precision: bf16%' FROM run") == [["1"]])
        let plain = try Self.run(Self.tiny)
        #expect(try RunLogReader(path: plain).runs()[0].modelSHA256 != runs[0].modelSHA256)
        #expect(try RunTable.query(plain, "SELECT scenario LIKE '% precision: %' FROM run") == [["0"]])
        // Messages stay float32: the same bytes at the same times.
        let transfers = "SELECT round, client_id, direction, bytes, t_start, t_end FROM transfer"
        #expect(try RunTable.query(plain, transfers) == RunTable.query(files[0], transfers))
    }

    @Test("FedAvg moves one model down and one up per client and round, as large as a ResNet-18's state")
    func bytes() throws {
        let reader = try RunLogReader(path: Self.run(Self.resNet, overrides: ["training.mode=none"]))
        let transfers = try reader.transfers(run: 1, limit: 1000)
        #expect(transfers.count == 2 * 2 * 3)
        for transfer in transfers {
            #expect(transfer.payload == "weights")
            // 44,765,128 bytes of state and safetensors' header of names, shapes and offsets.
            #expect((44_765_128..<44_765_128 + 20_000).contains(transfer.bytes))
        }
        let comparison = try reader.comparison()[0]
        let up = transfers.filter { $0.direction == .up }.map(\.bytes).reduce(0, +)
        #expect(comparison.uplinkBytes == up)
        #expect(comparison.rounds == 2)
        #expect(comparison.uplinkBytesPerClient == Int((Double(up) / 3).rounded()))
    }

    @Test("Three simultaneous uploads take what the links allow")
    func uploadTime() throws {
        // Links of 20 Mbit/s are the bottleneck of all three: bytes / 2.5e6 B/s + 0.05 s latency.
        let transfers = try RunLogReader(path: Self.run(Self.tiny)).transfers(run: 1, limit: 1000)
        for transfer in transfers where transfer.direction == .up {
            let expected = Double(transfer.bytes) / 2.5e6 + 0.05
            #expect(abs((transfer.end - transfer.start).seconds - expected) < 1e-6)
        }
        // Downloads share nothing either: three of 100 Mbit/s fit into the server's 1 Gbit/s.
        for transfer in transfers where transfer.direction == .down {
            let expected = Double(transfer.bytes) / 12.5e6 + 0.05
            #expect(abs((transfer.end - transfer.start).seconds - expected) < 1e-6)
        }
    }

    @Test("A straggler of slowdown 5 trains five times as long per image")
    func stragglers() throws {
        let path = try Self.run(Self.tiny)
        let events = try RunLogReader(path: path).events(run: 1, limit: 1000)
        func spans(_ client: Int) -> [Double] {
            let own = events.filter { $0.client == client && $0.round == 1 }
            guard let start = own.first(where: { $0.kind == "train-start" }),
                let end = own.first(where: { $0.kind == "train-end" })
            else { return [] }
            return [(end.instant - start.instant).seconds]
        }
        let table = try RunTable.clients(path)
        for client in table {
            // FLOPs = images drawn · 3 · forward pass; time = FLOPs / 0.5e12 · slowdown.
            let drawn = client.samples >= 8 ? client.samples / 8 * 8 : client.samples
            let flops = try RunTable.flops(path, client: client.id)
            #expect(abs(spans(client.id)[0] - flops / 0.5e12 * client.slowdown) < 1e-6)
            #expect(flops.truncatingRemainder(dividingBy: Double(drawn)) == 0)
        }
        #expect(table.map(\.slowdown).sorted() == [1, 1, 5])
    }

    @Test("Events are in virtual time, and each start has its end")
    func eventOrder() throws {
        let events = try RunLogReader(path: Self.run(Self.tiny)).events(run: 1, limit: 1000)
        for (earlier, later) in zip(events, events.dropFirst()) { #expect(earlier.instant <= later.instant) }
        for kind in ["train", "upload", "download", "average"] {
            let starts = events.count { $0.kind == "\(kind)-start" },
                ends = events.count { $0.kind == "\(kind)-end" }
            #expect(starts == ends && starts > 0, "\(kind)")
        }
    }

    @Test("Runs are added to a file, and those that are there stay; the same one again is not made")
    func append() throws {
        let path = try Self.run(Self.tiny, overrides: ["training.rounds=1"])
        let hash = try RunLogReader(path: path).runs().map(\.logSHA256)
        func make(_ overrides: [String]) throws {
            let scenario = try Scenario.parse(
                Self.tiny, file: "test.yaml", overrides: overrides, knownMethods: FederatedMethods.names)
            try Experiment(scenario, output: path, jobs: 2, build: "test").run { _, _ in SilentProgress() }
        }
        try make(["training.rounds=1"])
        #expect(try RunLogReader(path: path).runs().map(\.runID) == [1])
        try make(["training.rounds=2"])
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.map(\.runID) == [1, 2])
        #expect(runs.prefix(1).map(\.logSHA256) == hash && runs.allSatisfy { $0.status == .finished })
    }

    @Test("Seeds and variants are runs of their own, in order")
    func sweep() throws {
        let path = try Self.run(
            Self.tiny,
            overrides: [
                "training.rounds=1",
                "sweep={data.partition: [{kind: iid}, {kind: dirichlet, beta: 1, minimum: 2}]}",
            ],
            seeds: [1, 2])
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.map(\.seed) == [1, 1, 2, 2])
        #expect(Set(runs.map(\.name)).count == 2)
        #expect(runs.allSatisfy { $0.status == .finished })
    }

    @Test("More clients than images are refused before a run is begun")
    func tooManyClients() throws {
        #expect(throws: (any Error).self) {
            try Self.run(Self.tiny, overrides: ["clients=100", "data.partition={kind: iid}"])
        }
    }

    @Test("An interrupted experiment leaves its runs marked as interrupted, not running")
    func interruption() throws {
        let scenario = try Scenario.parse(
            Self.tiny, file: "test.yaml", overrides: ["training.rounds=500"],
            knownMethods: FederatedMethods.names)
        let path = TestFiles.path("run.sqlite")
        let experiment = Experiment(scenario, output: path, jobs: 2, build: "test")
        #expect(throws: FederationError.interrupted) {
            try experiment.run { _, _ in CancellingProgress(experiment: experiment) }
        }
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.map(\.status) == [.interrupted])
    }
}

/// Stops the experiment once the second round begins.
private struct CancellingProgress: RunProgress {
    let experiment: Experiment

    func began(round: Int, at instant: SimInstant) {
        if round == 2 { experiment.cancel() }
    }
    func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
    func measured(accuracy: Double, round: Int) {}
    func worked(kind: WorkKind, at instant: SimInstant) {}
    func ended(at instant: SimInstant) {}
}

/// Federated generative learning with the shipped foundation model, at a few steps and images.
@Suite("Federated generative learning", .serialized)
struct GenerativeTests {
    static let tiny =
        ExperimentTests.tiny + synthesis

    /// With ResNet-18, for what is not trained.
    static let resNet = ExperimentTests.resNet + synthesis

    private static let synthesis = """

        synthesis: { foundation: builtin, prompts: class, per-class: 4, steps: 2, guidance: 2.0, epochs: \
        2, batch: 8, fine-tune-epochs: 1, rounds: 2 }
        """

    @Test("One shot: prompts up, one model down, nothing else")
    func oneShot() throws {
        let path = try ExperimentTests.run(Self.tiny, overrides: ["methods=[fgl-one-shot]"])
        let transfers = try RunLogReader(path: path).transfers(run: 1, limit: 1000)
        let up = transfers.filter { $0.direction == .up }, down = transfers.filter { $0.direction == .down }
        #expect(up.count == 3 && up.allSatisfy { $0.payload == "prompts" })
        #expect(down.count == 3 && down.allSatisfy { $0.payload == "weights" })
        // The bytes of a client's message: label, tab, text and line break of each of its prompts.
        for client in 0..<3 {
            let rows = try RunTable.query(
                path, "SELECT sum(length(label) + 1 + bytes + 1) FROM prompt WHERE client_id = \(client)")
            #expect(up.first { $0.client == client }?.bytes == Int(rows[0][0]))
        }
    }

    @Test("The synthetic set has per-class images of every class that any client holds")
    func syntheticSet() throws {
        let path = try ExperimentTests.run(Self.tiny, overrides: ["methods=[fgl-one-shot]"])
        let classes = try RunTable.query(path, "SELECT count(DISTINCT label) FROM label_count")[0][0]
        let parts = try RunTable.query(path, "SELECT count(*) FROM work WHERE kind = 'synthesize'")[0][0]
        #expect(classes == "10" && parts == "10")
    }

    @Test("One shot does not depend on who holds which images")
    func independentOfPartition() throws {
        let path = try ExperimentTests.run(
            Self.tiny,
            overrides: [
                "methods=[fgl-one-shot]",
                "sweep={data.partition: [{kind: iid}, {kind: dirichlet, beta: 0.3, minimum: 2}]}",
            ])
        let models = try RunLogReader(path: path).runs().map(\.modelSHA256)
        #expect(models.count == 2 && models[0] == models[1] && models[0] != nil)
    }

    @Test("The multi-round variants go on with rounds of weights; fine-tuning changes the model")
    func multiRound() throws {
        let path = try ExperimentTests.run(
            Self.tiny, overrides: ["methods=[fgl-one-shot, fgl-5-round, fgl-5-round-syn]"])
        let reader = try RunLogReader(path: path)
        let comparison = try reader.comparison()
        #expect(comparison.map(\.rounds) == [1, 3, 3])
        for run in [Int64(2), 3] {
            let transfers = try reader.transfers(run: run, limit: 1000)
            // Three clients: prompts and 2 rounds of weights up, 1 + 2 models down.
            #expect(transfers.count { $0.direction == .up && $0.payload == "weights" } == 6)
            #expect(transfers.count { $0.direction == .up && $0.payload == "prompts" } == 3)
            #expect(transfers.count { $0.direction == .down } == 9)
        }
        let models = try reader.runs().map(\.modelSHA256)
        #expect(Set(models).count == 3)
        let tuned = try RunTable.query(
            path, "SELECT run_id, count(*) FROM metric WHERE name = 'accuracy_before_fine_tuning' GROUP BY 1")
        #expect(tuned == [["3", "2"]])
    }

    @Test("The same log for one worker and for two")
    func determinism() throws {
        let hashes = try [1, 2].map { jobs in
            try RunLogReader(
                path: ExperimentTests.run(Self.tiny, overrides: ["methods=[fgl-5-round-syn]"], jobs: jobs)
            ).runs()[0]
        }
        #expect(hashes[0].logSHA256 == hashes[1].logSHA256)
        #expect(hashes[0].modelSHA256 == hashes[1].modelSHA256)
    }

    @Test("A foundation folder with a missing file is told before a run is begun")
    func missingFile() throws {
        let folder = URL(fileURLWithPath: TestFiles.path("foundation"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #expect(throws: (any Error).self) {
            try ExperimentTests.run(
                Self.tiny, overrides: ["methods=[fgl-one-shot]", "synthesis.foundation=\(folder.path)"])
        }
    }
}
