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
    /// By which rules the run is made.
    let rules: RunRules
    /// The classifier that is trained; made when it is first asked for, since not every run has one.
    private(set) lazy var classifier = ClassifierReference(
        machinery.models.architecture(
            of: scenario, classes: data.train.classNames.count, side: data.train.side))
    /// The scenario as workers elsewhere read it.
    private(set) lazy var scenarioText: StoredBytes = {
        let text = Array(scenario.resolvedYAML.utf8)
        return StoredBytes(
            memory: text, file: nil, count: text.count, sha256: WorkKey.hash(of: text), owner: nil)
    }()
    /// What workers give to this run's work.
    let environment: WorkerEnvironment
    /// What is known of the inputs of this run's work.
    let facts: WorkFacts
    /// The training images that clients hold, where they do not hold all; `nil` for all.
    let heldImages: IndexList?
    /// What clients keep from round to round.
    let memories = ClientMemories()
    /// Who attacks.
    let attackers: Attackers
    /// What has been spent of the clients' privacy.
    let privacy: PrivacyBook
    /// What has been drawn of energy; `nil` where the scenario counts none.
    let energy: EnergyBook?
    /// What in the run's models is not a number any more.
    let divergence = DivergenceBook()
    /// What the run has come to so far.
    var results = RunResults()

    init(
        scenario: Scenario, seed: UInt64, simulation: Simulation, network: StarNetwork,
        faults: FaultSchedule, recorder: RunRecorder, data: FederatedData, machinery: Machinery,
        progress: RunProgress, rules: RunRules = .current, heldImages: IndexList? = nil
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
        self.heldImages = heldImages
        let pool = machinery.pool
        environment = WorkerEnvironment(
            data: data, models: machinery.models, blobs: machinery.blobs, cache: machinery.cache,
            progress: progress, isCancelled: { pool.isCancelled })
        facts = WorkFacts(sizes: machinery.sizes, models: machinery.models, rules: rules)
        attackers = Attackers(scenario, seed: seed)
        privacy = PrivacyBook(scenario, rules: rules)
        energy = EnergyBook(scenario)
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
        case .client(let client): log(.clientAway, client: client, detail: detail)
        case .link(let client): log(.linkDown, client: client, detail: detail)
        case .server: log(.serverDown, detail: detail)
        }
    }

    /// Whether models are only pretended to be trained (`training: none`): the same scenario, messages,
    /// bytes, faults and log, without a tensor. Work takes its virtual time and is logged with its key, but
    /// nobody does it: its stand-in has the size that the result would have, and no content.
    var isTimingOnly: Bool { scenario.training.mode == .none }

    /// The round that is going on, 1-based; 0 before the first.
    var round: Int { results.round }

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
    func log(_ kind: EventKind, client: Int? = nil, bytes: Int? = nil, detail: JSONText? = nil) {
        recorder.event(
            at: simulation.now, kind: kind, round: round == 0 ? nil : round, client: client, bytes: bytes,
            detail: detail)
    }
}

/// What a run works with: worker threads and the foundation model, which it shares with the other runs of its
/// experiment, and its own store of model states.
struct Machinery: Sendable {
    let pool: any WorkPool
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
    /// Who takes part in each round, where that was recorded elsewhere; otherwise the scenario's policy
    /// chooses.
    var participants: ListedParticipants?
}
