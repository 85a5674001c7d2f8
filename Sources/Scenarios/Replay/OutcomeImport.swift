import Core
import Foundation
import Models
import RunLog
import Simulator

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
        if let (setting, allowed) = workBeside(outcomesOf: planned[0].method, in: scenario) {
            throw FederationError.badOutcome(
                path: scenarioPath, line: 0,
                reason: "\(setting) has work that outcomes do not tell; allowed: \(allowed)")
        }
        if file.lines.contains(where: { $0.round == 0 && !$0.metrics.isEmpty }) {
            notice(
                .note(
                    "\(path): the metrics of round 0 are left out; a run measures its model from round 1 on"))
        }
        if let text = unmeasured(in: file) { notice(.warning(text)) }
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
        if run.isNew {
            for text in try unusedLines(of: file, by: planned[0], run.runID, in: target) {
                notice(.warning(text))
            }
        }
        return (target, run.runID, run.isNew)
    }

    /// That no line tells the accuracy of a global model though lines have other metrics; `nil` where one
    /// does, or none was measured.
    private static func unmeasured(in file: OutcomeFile) -> String? {
        let metrics = file.lines.filter { $0.client == nil }.flatMap(\.metrics.keys)
        guard !metrics.isEmpty, !metrics.contains("accuracy") else { return nil }
        let names = Set(metrics).sorted().prefix(8).map { TerminalText.line($0) }.joined(separator: ", ")
        return "\(file.path): no line has the metric 'accuracy' of a global model, so the run has none; its "
            + "metrics: \(names)"
    }

    /// The setting whose work no line of outcomes can tell, with what is allowed; `nil` where there is none.
    private static func workBeside(
        outcomesOf method: any FederatedMethod, in scenario: Scenario
    ) -> (setting: String, allowed: String)? {
        guard method.takesOutcomes else {
            let allowed = scenario.catalogue.methods.filter(\.takesOutcomes).map(\.name)
            return ("methods: \(method.name)", allowed.joined(separator: ", "))
        }
        let form = scenario.compression
        let settings: [(key: String, value: String, isIdle: Bool)] = [
            ("aggregation.rule", scenario.aggregation.rule.rawValue, scenario.aggregation.rule == .mean),
            ("privacy.clip", scenario.privacy.clip.map(formatDecimal) ?? "", scenario.privacy.clip == nil),
            ("compression.kind", form.kind.rawValue, form.kind == .none),
            ("compression.zstd", "\(form.zstd)", !form.zstd),
            ("attack.kind", scenario.attack.kind.rawValue, scenario.attack.kind == .none),
        ]
        return settings.first { !$0.isIdle }.map { ("\($0.key): \($0.value)", "no value") }
    }

    /// Sentences about lines that a run has no use for.
    private static func unusedLines(
        of file: OutcomeFile, by run: PlannedRun, _ runID: Int64, in path: String
    ) throws -> [String] {
        var sentences: [String] = []
        let rounds = run.method.plannedRounds(in: run.scenario) ?? file.rounds
        let beyond = file.lines.count { $0.round > rounds }
        if beyond > 0 {
            sentences.append(
                "\(of(beyond, "the lines")) not used, of later rounds: methods: \(run.method.name) has "
                    + (rounds == 1 ? "1 round" : "\(rounds) rounds"))
        }
        let answer = try RunLogReader(path: path).query(
            "SELECT count(*) FROM work WHERE run_id = ? AND kind = 'train' AND client_id IS NOT NULL",
            [.integer(Int(runID))])
        let trainings = file.lines.count { $0.client != nil && $0.round <= rounds }
        let unused = trainings - (answer.rows.first?.first?.integer ?? 0)
        if unused > 0 {
            sentences.append(
                "\(of(unused, "the clients' lines")) not used: the scenario's participation or faults leave "
                    + (unused == 1 ? "its training out" : "their trainings out"))
        }
        return sentences
    }

    private static func of(_ count: Int, _ things: String) -> String {
        "\(count) of \(things) \(count == 1 ? "is" : "are")"
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
        let isNewFile = !FileManager.default.fileExists(atPath: path)
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
        let progress = Warnings()
        do {
            try player.play(recorder, blobs, WorkSupply(source: source, mayWork: false), progress)
        } catch {
            try log.discard(recorder.runID)
            if isNewFile {
                try log.close()
                try? FileManager.default.removeItem(atPath: path)
            }
            guard case FederationError.missingWork(let kind, let round, let client, _) = error else {
                throw error
            }
            let place = client.map { " at client \($0)" } ?? ""
            throw FederationError.badOutcome(
                path: file.path, line: 0, reason: "no line for '\(kind)'\(place) in round \(round)")
        }
        try log.close()
        for text in progress.texts { notice(.warning(text)) }
        return (recorder.runID, true)
    }

    /// Keeps what a run has to say.
    private final class Warnings: RunProgress {
        private let kept = Monitor<[String]>([])
        var texts: [String] { kept.update { $0 } }

        func warned(_ text: String) { kept.update { $0.append(text) } }
        func began(round: Int, at instant: SimInstant) {}
        func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
        func measured(accuracy: Double, round: Int) {}
        func worked(kind: WorkKind, at instant: SimInstant) {}
        func ended(at instant: SimInstant) {}
    }
}
