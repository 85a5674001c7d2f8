import Core
import Models
import RunLog
import Simulator

/// What all parts of one federation share while it runs: the clock, the network, the log, the workers and
/// the data.
///
/// Confined, like everything on the virtual clock, to the thread that runs the simulation.
final class RunContext {
    let scenario: Scenario
    let seed: UInt64
    let simulation: Simulation
    let network: StarNetwork
    /// Who is down, and when.
    let faults: FaultSchedule
    let recorder: RunRecorder
    let data: FederatedData
    let machinery: Machinery
    let progress: RunProgress
    /// Who takes part, and what they are at.
    let participation: Participation
    /// Where the server's work waits for it.
    let serverQueue: Resource
    /// What clients keep from round to round.
    let memories = ClientMemories()
    /// What has been spent of the clients' privacy.
    let privacy: PrivacyBook
    /// What in the run's models is not a number any more.
    let divergence = DivergenceBook()
    /// By which rules the run is made.
    let rules: RunRules
    /// The round that is going on, 1-based; 0 before the first.
    var round = 0
    /// The global model of the round that ended last.
    var finalModel: ModelState?
    /// The clients' own models after that round, in methods that have such.
    var finalPersonalModels: [PersonalModel] = []
    /// Whether that model has been evaluated, or is being.
    var finalModelIsMeasured = true
    /// What the server has synthesized last, where the end of the run asks for it.
    var lastSyntheticSet: SyntheticSet?
    private var measurements: [Measurement] = []

    init(
        scenario: Scenario, seed: UInt64, simulation: Simulation, network: StarNetwork,
        faults: FaultSchedule, recorder: RunRecorder, data: FederatedData, machinery: Machinery,
        progress: RunProgress, rules: RunRules = .current
    ) {
        self.scenario = scenario
        self.seed = seed
        self.simulation = simulation
        self.network = network
        self.faults = faults
        self.recorder = recorder
        self.data = data
        self.machinery = machinery
        self.progress = progress
        self.rules = rules
        privacy = PrivacyBook(scenario, rules: rules)
        participation = Participation(
            scenario, seed: seed, simulation: simulation, rules: rules,
            countsEligible: scenario.privacy.clip != nil && privacy.accounting == .sampled)
        participation.listed = machinery.participants
        serverQueue = Resource(simulation, name: "the server")
        network.onOutage = { [unowned self] in log($0, $1) }
    }

    /// Logs what stops transfers, with the instant at which they go on where there is one.
    private func log(_ target: FaultTarget, _ outage: Outage) {
        let detail: JSONText? = outage.isForGood ? nil : ["until": .real(outage.end.seconds)]
        switch target {
        case .client(let client): log("client-away", client: client, detail: detail)
        case .link(let client): log("link-down", client: client, detail: detail)
        case .server: log("server-down", detail: detail)
        }
    }

    /// Hash of the global model of the round that ended last, or of all clients' models in methods without one;
    /// `nil` where it exists only as a number of bytes.
    var finalModelSHA256: String? {
        if let finalModel { return finalModel.bytes.areAbsent ? nil : finalModel.bytes.sha256 }
        guard !finalPersonalModels.isEmpty, !isTimingOnly else { return nil }
        let models = finalPersonalModels.map { "\($0.client) \($0.weights.key)" }
        return WorkKey("personal models", ["models": models.joined(separator: "\n")]).sha256
    }

    /// The random stream of this run for one purpose of one entity; `nil` is the server.
    func stream(_ purpose: String, client: Int? = nil) -> RandomStream {
        RandomStream(seed: seed, entity: client, purpose: purpose)
    }

    /// A seed for real work, from the stream of its purpose, entity and round.
    func workSeed(_ purpose: String, client: Int? = nil, round: Int = 0) -> UInt64 {
        var stream = RandomStream(seed: seed, entity: client, purpose: "\(purpose)/\(round)")
        return stream.next()
    }

    /// Logs an event of the current round at the current instant.
    func log(_ kind: String, client: Int? = nil, bytes: Int? = nil, detail: JSONText? = nil) {
        recorder.event(
            at: simulation.now, kind: kind, round: round == 0 ? nil : round, client: client, bytes: bytes,
            detail: detail)
    }
}

/// What a run works with: worker threads and the foundation model, which it shares with the other runs of its
/// experiment, and its own store of model states.
struct Machinery: Sendable {
    let pool: WorkPool
    let blobs: BlobStore
    /// The foundation models and captioners that methods need.
    let models: ModelProviders
    /// How long encoded model states are.
    let sizes = StateSizes()
    /// Trace files, each read once.
    var traces = TraceStore()
    /// Where the run takes the results of work from.
    var supply = WorkSupply.live
    /// Images that were synthesized before; `nil` draws all of them.
    var cache: SynthesisCache?
    /// Who takes part in each round, where that was recorded elsewhere; otherwise the scenario's policy chooses.
    var participants: ListedParticipants?
}

// MARK: - Messages

extension RunContext {
    /// Whether a message that has arrived counts. Logs it where it comes too late for its round.
    func admits(_ message: Message, from client: Int) -> Bool {
        guard let attempt = participation.attempts[client], let gate = attempt.gate else { return true }
        if gate.admit() {
            attempt.isAccepted = true
            return true
        }
        let staleness = round - gate.round
        guard participation.settings.late == .acceptStale, message.payload == .weights else {
            log("update-late", client: client, bytes: message.byteCount)
            return false
        }
        log(
            "update-stale", client: client, bytes: message.byteCount,
            detail: ["staleness": .integer(staleness)])
        recorder.metric(
            at: simulation.now, round: round, client: client, split: "train", name: "staleness",
            value: Double(staleness))
        return true
    }

    /// Sends a message between a client and the server and returns when its last byte has arrived.
    ///
    /// - Throws: the reason of the cancellation when the sending process is cancelled; what moved until then
    ///   is logged, as aborted where the run ends and as lost where the client was cut, or client, link or server
    ///   went down.
    func send(_ message: Message, client: Int, direction: TransferDirection) async throws {
        let bytes = message.byteCount
        let detail = JSONText(["payload": .text(message.payload.rawValue)])
        recorder.messageSent(bytes: bytes, direction: direction)
        log(
            direction == .up ? "upload-start" : "download-start", client: client, bytes: bytes, detail: detail
        )
        let round = round, start = simulation.now
        let stopsAfter = direction == .up ? droppedBytes(of: client, upload: bytes) : nil
        var moved = 0
        let times: TransferTimes
        do {
            times = try await network.transfer(
                bytes: stopsAfter ?? bytes, client: client, direction: direction
            ) { moved = $0.deliveredBytes }
        } catch {
            recorder.transfer(
                round: round, client: client, direction: direction, payload: message.payload.rawValue,
                bytes: moved, messageBytes: bytes, start: start, end: simulation.now,
                status: error is CancellationError ? .aborted : .lost)
            progress.moved(bytes: moved, direction: direction, at: simulation.now)
            log(
                direction == .up ? "upload-lost" : "download-lost", client: client, bytes: moved,
                detail: detail)
            throw error
        }
        recorder.transfer(
            round: round, client: client, direction: direction, payload: message.payload.rawValue,
            bytes: stopsAfter ?? bytes, messageBytes: bytes, start: times.start, end: times.end,
            status: stopsAfter == nil ? .complete : .lost)
        if let stopsAfter {
            log("upload-lost", client: client, bytes: stopsAfter, detail: detail)
            progress.moved(bytes: stopsAfter, direction: direction, at: simulation.now)
            try dropDuringUpload(client)
        }
        simulation.noteProgress()
        log(direction == .up ? "upload-end" : "download-end", client: client, bytes: bytes, detail: detail)
        progress.moved(bytes: bytes, direction: direction, at: simulation.now)
    }
}

// MARK: - Measurements

/// An evaluation under way that costs no virtual time.
struct Measurement {
    let name: String
    let round: Int
    let instant: SimInstant
    /// One of the global model, or one of each client's own.
    let pending: [(client: Int?, work: RunContext.Pending<Classifier.Evaluation>)]
}

extension RunContext {
    /// Evaluates a global model on the test images, beside the clock.
    ///
    /// Its metrics are logged, with the instant of this call, when the next measurement is asked for or the
    /// run ends:
    /// points that do not depend on how long the evaluation really takes.
    func measure(_ model: ModelState, name: String = "accuracy") throws {
        try completeMeasurements()
        guard !isTimingOnly else { return }
        measurements.append(
            Measurement(
                name: name, round: round, instant: simulation.now,
                pending: [(nil, pendingEvaluation(of: .state(model.bytes)))]))
    }

    /// Evaluates the clients' own models, beside the clock. Their mean stands for the global model's.
    func measure(_ models: [PersonalModel]) throws {
        try completeMeasurements()
        guard !isTimingOnly, !models.isEmpty else { return }
        measurements.append(
            Measurement(
                name: "accuracy", round: round, instant: simulation.now,
                pending: models.map { ($0.client, pendingEvaluation(of: $0.weights)) }))
    }

    private func pendingEvaluation(of weights: TrainingTask.Start) -> Pending<Classifier.Evaluation> {
        submit(orderForEvaluation(of: weights), evaluation(of: weights))
    }

    /// Waits for the measurements under way and logs them.
    func completeMeasurements() throws {
        for measurement in measurements {
            var accuracy = 0.0, loss = 0.0, domains: [String: Double] = [:]
            let share = 1 / Double(measurement.pending.count)
            if measurement.name == "accuracy" { beginEvaluation() }
            for (client, pending) in measurement.pending {
                let outcome = try result(of: pending)
                logWork(pending.order, outcome)
                note(outcome.output, of: pending.order.inputs, pending.order, round: measurement.round)
                accuracy += share * outcome.output.accuracy
                loss += share * outcome.output.loss
                for (domain, value) in outcome.output.domains.sorted(by: { $0.key < $1.key }) {
                    domains[domain, default: 0] += share * value
                }
                guard let client else { continue }
                recorder.metric(
                    at: measurement.instant, round: measurement.round, client: client, split: "test",
                    name: measurement.name, value: outcome.output.accuracy)
            }
            recorder.metric(
                at: measurement.instant, round: measurement.round, split: "test", name: measurement.name,
                value: accuracy)
            guard measurement.name == "accuracy" else { continue }
            logDomains(domains, at: measurement.instant, round: measurement.round)
            recorder.metric(
                at: measurement.instant, round: measurement.round, split: "test", name: "loss", value: loss)
            progress.measured(accuracy: accuracy, round: measurement.round)
        }
        measurements = []
        try flush()
    }

    /// Logs the accuracy on each domain of the test images, as the split `test/<domain>`; nothing where there is
    /// but one.
    func logDomains(_ accuracies: [String: Double], at instant: SimInstant, round: Int) {
        for (domain, accuracy) in accuracies.sorted(by: { $0.key < $1.key }) {
            recorder.metric(
                at: instant, round: round, split: "test/\(domain)", name: "accuracy", value: accuracy)
        }
    }
}
