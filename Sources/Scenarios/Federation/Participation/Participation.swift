import Core
import Simulator

/// Who takes part in the rounds of one federation, what they are at, and what becomes of those that are late.
final class Participation {
    /// One client in one round.
    final class Attempt {
        let client: Int
        /// The round it was selected for; `nil` in methods without rounds.
        let gate: RoundGate?
        var process: Process?
        /// What goes wrong with it.
        let dropout: DropoutPlan
        /// Whether its message was accepted while the round was open.
        var isAccepted = false

        init(client: Int, gate: RoundGate?, dropout: DropoutPlan) {
            self.client = client
            self.gate = gate
            self.dropout = dropout
        }
    }

    let settings: Scenario.Participation
    let plan: RoundPlan
    private let seed: UInt64
    private let dropoutRates: Scenario.Dropout
    private var selector: any ClientSelector
    private let ended: Mailbox<Void>
    /// Processes that wait for a client to end what it does.
    private var waiters = 0
    /// What each client is at, by number; the late ones of earlier rounds among them.
    private(set) var attempts: [Int: Attempt] = [:]
    /// Clients that took part in the round that ended last, ascending.
    private(set) var participants: [Int] = []
    /// How many updates the rounds had.
    var attendance = Attendance()
    /// The fraction of the clients that were there which the latest selection chose: each one's chance, where
    /// all have the same. Counted only where the accounting of privacy needs it.
    private(set) var selectedFraction = 1.0
    private let countsEligible: Bool

    private let simulation: Simulation
    /// Attempts that have ended since a round had its updates, or the server of a method without rounds one.
    private var attemptsInVain = 0
    /// The most of them.
    private let vainLimit: Int

    /// Who takes part, where that was recorded elsewhere.
    var listed: ListedParticipants?

    /// Clients chosen one by one so far, in methods without rounds.
    private var occasions = 0

    init(
        _ scenario: Scenario, seed: UInt64, simulation: Simulation, rules: RunRules, countsEligible: Bool
    ) {
        settings = scenario.participation
        self.seed = seed
        dropoutRates = scenario.faults.dropout
        ended = Mailbox(simulation, name: "clients that have ended their work")
        guard let policy = scenario.catalogue.policy(settings.policy),
            let selection = scenario.catalogue.selection(settings.selection)
        else { preconditionFailure("a valid scenario names an unknown policy or selection: \(settings)") }
        plan = policy.plan(settings, clients: scenario.clients)
        self.simulation = simulation
        // Without rounds, as many attempts end between two updates as clients are at work.
        vainLimit = max(20_000, 100 * plan.selected, 10 * scenario.asynchronous.concurrency)
        selector = selection.selector(
            for: SelectionSettings(rules: rules, mostRounds: settings.mostRounds))
        self.countsEligible = countsEligible
    }

    /// Clients that are still at work for an earlier round.
    var busy: Set<Int> { Set(attempts.keys) }

    /// Chooses `count` clients for a round among those that are eligible and have nothing to do.
    ///
    /// - Parameter occasion: what no other selection of the run has; the round unless given.
    func select(
        _ count: Int, round: Int, occasion: Int? = nil, of clients: RegisteredClients,
        isEligible: @escaping (Int) -> Bool
    ) -> [Int] {
        let occasion = occasion ?? round
        let busy = attempts
        if let listed {
            return listed.clients(round: occasion).filter {
                $0 < clients.count && busy[$0] == nil && isEligible($0)
            }
        }
        var stream = RandomStream(seed: seed, purpose: "selection/\(occasion)")
        let candidates = ClientCandidates(
            registered: clients.count, isEligible: { busy[$0] == nil && isEligible($0) },
            samples: clients.samples, expectedSeconds: clients.expectedSeconds)
        let chosen = selector.select(count, round: round, from: candidates, using: &stream)
        if countsEligible {
            let eligible = (0..<clients.count).count(where: candidates.isEligible)
            selectedFraction = eligible > 0 ? Double(chosen.count) / Double(eligible) : 1
        }
        return chosen
    }

    /// The number of the next client that is chosen by itself, from 1.
    func nextOccasion() -> Int {
        occasions += 1
        return occasions
    }

    /// Notes what became of a client, for the next selection.
    func observe(_ outcome: ClientOutcome) { selector.observe(outcome) }

    /// Notes that a client begins something.
    ///
    /// - Parameter occasion: the round, or a number of its own in methods without rounds.
    func begin(client: Int, gate: RoundGate?, occasion: Int) -> Attempt {
        var stream = RandomStream(seed: seed, entity: client, purpose: "dropout/\(occasion)")
        let attempt = Attempt(
            client: client, gate: gate, dropout: DropoutPlan(dropoutRates, using: &stream))
        attempts[client] = attempt
        return attempt
    }

    /// Notes that it has ended.
    func end(_ attempt: Attempt) {
        attempts[attempt.client] = nil
        attemptsInVain += 1
        if attemptsInVain > vainLimit {
            simulation.fail(FederationError.noProgress(attempts: vainLimit, at: simulation.now))
        }
        for _ in 0..<waiters { ended.send(()) }
    }

    /// Notes that the server has got what it waits for.
    func noteProgress() { attemptsInVain = 0 }

    /// Returns when a client has ended what it does.
    func waitForEnd() async throws {
        waiters += 1
        defer { waiters -= 1 }
        try await ended.receive()
    }

    /// Notes who took part in a round that has ended.
    func roundEnded(participants: [Int]) { self.participants = participants }
}
