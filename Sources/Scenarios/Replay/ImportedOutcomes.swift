import Core
import Models
import RunLog
import Simulator

/// Outcomes that were recorded elsewhere, in the place of real work.
struct ImportedOutcomes: OutcomeSource {
    private let trained: [[Int]: OutcomeLine]
    private let global: [Int: OutcomeLine]
    /// Speeds of the clients' devices, in floating-point operations per second.
    private let speeds: [Double]
    /// Size of a model whose line says none.
    private let defaultBytes: Int
    private let sha256: String

    init(_ file: OutcomeFile, sha256: String, speeds: [Double]) {
        let clients = file.lines.compactMap { line in line.client.map { ([line.round, $0], line) } }
        trained = Dictionary(clients, uniquingKeysWith: { first, _ in first })
        let rounds = file.lines.filter { $0.client == nil }.map { ($0.round, $0) }
        global = Dictionary(rounds, uniquingKeysWith: { first, _ in first })
        defaultBytes = file.lines.compactMap(\.bytes).max() ?? 0
        self.speeds = speeds
        self.sha256 = sha256
    }

    func record(of order: WorkOrder) -> WorkRecord? {
        switch (order.kind, order.client) {
        case (.train, let client?):
            return trained[[order.round, client]].map { training($0, at: client, order) }
        case (.initialize, _): return model(round: 0, inputs: 1, order)
        case (.average, _): return model(round: order.round, inputs: order.inputs.count, order)
        case (.evaluate, _):
            let metrics = global[order.round]?.metrics ?? [:]
            return WorkRecord(
                sha256: hash(of: order),
                fields: [
                    "accuracy": .real(metrics["accuracy"] ?? .nan), "loss": .real(metrics["loss"] ?? .nan),
                    "images": 0,
                ])
        default: return nil
        }
    }

    private func training(_ line: OutcomeLine, at client: Int, _ order: WorkOrder) -> WorkRecord {
        let loss = JSONScalar.real(line.metrics["loss"] ?? .nan)
        var fields: [String: JSONScalar] = [
            "bytes": .integer(line.bytes ?? 0), "samples": .integer(line.samples ?? 0), "epochs": 1,
            "loss": loss, "losses": .list([loss]),
        ]
        for (name, value) in line.metrics where fields[name] == nil { fields[name] = .real(value) }
        let flops = line.flops ?? (line.seconds ?? 0) * speeds[client]
        return WorkRecord(sha256: line.sha256 ?? hash(of: order), fields: fields, flops: flops)
    }

    /// A model at the server: an operation a weight of four bytes, two for each that is averaged.
    private func model(round: Int, inputs: Int, _ order: WorkOrder) -> WorkRecord {
        let line = global[round]
        let bytes = line?.bytes ?? defaultBytes
        let operations = Double(bytes) / 4 * (order.kind == .average ? 2 * Double(inputs) : 1)
        return WorkRecord(
            sha256: line?.sha256 ?? hash(of: order), fields: ["bytes": .integer(bytes), "samples": 0],
            flops: line?.flops ?? operations)
    }

    /// Stands for the hash of an output that nobody has.
    private func hash(of order: WorkOrder) -> String {
        CanonicalText.sha256(
            kind: "imported", version: 1, Identity(outcomes: sha256, work: order.key.sha256))
    }

    private struct Identity: Encodable {
        let outcomes: String
        let work: String

        enum CodingKeys: String, CodingKey { case outcomes, work }
    }
}

/// Makes a run from outcomes that were recorded elsewhere: by PyTorch, Flower or any other program.
///
/// Its transfers and virtual times are the scenario's; the results of training are the file's. The run can be
/// compared, verified and re-timed like any other.
public enum OutcomeImport {
    /// Reads outcomes and adds a run to a results file.
    ///
    /// The numbers of clients and rounds are the file's.
    ///
    /// - Parameters:
    ///   - path: the outcomes, JSON lines.
    ///   - scenarioPath: the scenario file.
    ///   - overrides: as for `run`.
    ///   - output: the results file; `nil` for `results/<name>.sqlite`.
    ///   - build: what `run.build` is to say about the program.
    ///   - notice: told where the file holds this import already; it is not made again.
    /// - Returns: the results file, the run's id, and whether it was made now.
    /// - Throws: `FederationError.badOutcome`, `.missingWork`; `ScenarioError`; `RunLogError`.
    public static func run(
        _ path: String, scenario scenarioPath: String, overrides: [String], output: String?, build: String,
        notice: (Notice) -> Void = { _ in }
    ) throws -> (path: String, runID: Int64, isNew: Bool) {
        let data = try read(path)
        let file = try OutcomeFile(data, path: path)
        let (clients, rounds) = (file.clients, file.rounds)
        let scenario = try Scenario.load(
            path: scenarioPath, overrides: overrides + ["clients=\(clients)", "training.rounds=\(rounds)"])
        guard scenario.training.mode == .real else {
            throw FederationError.badOutcome(
                path: scenarioPath, line: 0,
                reason: "training.mode: none does not go with outcomes, which it would not look at; "
                    + "allowed: real")
        }
        let planned = scenario.plannedRuns(seeds: [])
        guard planned.count == 1 else {
            throw FederationError.badOutcome(
                path: scenarioPath, line: 0,
                reason:
                    "the scenario describes \(planned.count) runs; outcomes are of one, such as methods: "
                        + "[fedavg]"
            )
        }
        guard planned[0].method.takesOutcomes else {
            let allowed = scenario.catalogue.methods.filter(\.takesOutcomes).map(\.name)
            throw FederationError.badOutcome(
                path: scenarioPath, line: 0,
                reason: "methods: \(planned[0].method.name) has work that outcomes do not tell; allowed: "
                    + allowed.joined(separator: ", "))
        }
        if file.lines.contains(where: { $0.round == 0 && !$0.metrics.isEmpty }) {
            notice(
                .note(
                    "\(path): the metrics of round 0 are left out; a run measures its model from round 1 on"))
        }
        let sha256 = WorkKey.hash(of: data)
        let known = file.lines.compactMap { line in
            line.client.flatMap { client in line.samples.map { (client, $0) } }
        }
        let samples = Dictionary(known) { first, _ in first }
        let shares = (0..<clients).map { client in
            samples[client] ?? 0
        }
        var inputs = RunInputs()
        inputs.set(FederatedData(sharesOf: shares, sha256: sha256, in: scenario), for: planned[0])
        try inputs.loadClassifier(for: planned[0])
        inputs.participants = ListedParticipants(file.participants)
        let target = output ?? "results/\(scenario.name).sqlite"
        let run = try play(planned[0], file, sha256, inputs, into: target, build, notice)
        let unused = run.isNew ? try unusedLines(of: file, by: run.runID, in: target) : 0
        if unused > 0 {
            notice(
                .warning(
                    "\(unused) of the clients' lines are not used: the scenario's participation or faults "
                        + "leave their trainings out"))
        }
        return (target, run.runID, run.isNew)
    }

    /// How many lines of clients a run has no training of in its log.
    private static func unusedLines(of file: OutcomeFile, by runID: Int64, in path: String) throws -> Int {
        let answer = try RunLogReader(path: path).query(
            "SELECT count(*) FROM work WHERE run_id = ? AND kind = 'train' AND client_id IS NOT NULL",
            [.integer(Int(runID))])
        return file.trainings - (answer.rows.first?.first?.integer ?? 0)
    }

    /// A file's bytes.
    private static func read(_ path: String) throws -> [UInt8] {
        do throws(RegularFile.Failure) {
            return try RegularFile.bytes(of: path, limit: 1 << 30)
        } catch {
            guard case .tooLarge(let size, _) = error else {
                throw FederationError.cannotRead(path: path, reason: "\(error)")
            }
            throw FederationError.badOutcome(
                path: path, line: 0, reason: "\(size) bytes; allowed are outcomes of at most 1 GiB")
        }
    }

    private static func play(
        _ run: PlannedRun, _ file: OutcomeFile, _ sha256: String, _ inputs: RunInputs, into path: String,
        _ build: String, _ notice: (Notice) -> Void
    ) throws -> (runID: Int64, isNew: Bool) {
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let player = RunPlayer(run: run, inputs: inputs, pool: pool)
        let blobs = BlobStore(folder: "\(path)-import", memoryBudgetBytes: 0)
        try inputs.traces.load(for: run.scenario)
        let population = try player.assembly(blobs, .live).population()
        let speeds = (0..<run.scenario.clients).map { population.device(of: $0).flopsPerSecond }
        let source = ImportedOutcomes(file, sha256: sha256, speeds: speeds)
        let log = try RunLog(path: path)
        // Also after an error, what is committed goes into the file itself.
        defer { try? log.close() }
        let noted =
            inputs.noted(for: run) + [
                RunInput(
                    kind: .outcomes, settings: "", sha256: sha256,
                    facts: inputs.participants?.facts ?? "{}")
            ]
        let description = run.description(build: build)
        let key = RunKey(description, inputs: noted, origin: .imported)
        let stored = try log.reader.storedRuns()
        // What a process left that was killed while it made this import.
        if let remnant = stored.unfinished[key] { try log.discard(remnant) }
        if let known = stored.completed[key] {
            try log.close()
            notice(.note("these outcomes are run \(known) of \(path): not imported again"))
            return (known, false)
        }
        let recorder = try log.begin(description, inputs: noted)
        do {
            try player.play(recorder, blobs, WorkSupply(source: source, mayWork: false), SilentProgress())
        } catch {
            try log.discard(recorder.runID)
            guard case FederationError.missingWork(let kind, let round, let client, _) = error else {
                throw error
            }
            let place = client.map { " at client \($0)" } ?? ""
            throw FederationError.badOutcome(
                path: file.path, line: 0, reason: "no line for '\(kind)'\(place) in round \(round)")
        }
        try log.close()
        return (recorder.runID, true)
    }
}
