import RunLog
import Simulator

/// The account of a run's energy: how long everybody did what, at which watts, and how many bytes moved.
///
/// It depends on when work and transfers begin and end on the virtual clock, and on nothing else. A replay
/// therefore has an equal account, and a what-if with other watts computes a new one. Activities of one
/// device at the same time add up; a pause in an outage belongs to the activity that it interrupts.
final class EnergyBook {
    private let rates: EnergyRates
    /// What each client did that did something; looked up only.
    private var uses: [Int: ClientUse] = [:]
    private var busy: [Int: BusyTime] = [:]
    /// What all clients did, added up.
    private var all = ClientUse()
    private var server = ServerUse()
    /// The clients in the log, each of which is idle where it does nothing.
    private var clients: [Int] = []

    /// The account of a run; `nil` where its scenario counts no energy.
    init?(_ scenario: Scenario) {
        guard let rates = EnergyRates(scenario) else { return nil }
        self.rates = rates
    }

    /// A client is there from the beginning of the run.
    func register(_ client: Int) { clients.append(client) }

    /// Work begins or ends: of a client, or of the server for `nil`.
    func work(_ kind: WorkKind, client: Int?, begins: Bool, at now: SimInstant) {
        if let client { return change(.compute, of: client, begins: begins, at: now) }
        server.change(EnergyActivity(serverWork: kind), begins: begins, at: now)
    }

    /// A transfer begins or ends.
    func transfer(_ direction: TransferDirection, client: Int, begins: Bool, at now: SimInstant) {
        change(direction == .up ? .uplink : .downlink, of: client, begins: begins, at: now)
        server.change(.serverTransfer, begins: begins, at: now)
    }

    /// Bytes of a client have moved.
    func moved(_ bytes: Int, client: Int, _ direction: TransferDirection) {
        uses[client, default: ClientUse()].move(bytes, direction)
        all.move(bytes, direction)
    }

    private func change(_ activity: EnergyActivity, of client: Int, begins: Bool, at now: SimInstant) {
        uses[client, default: ClientUse()].change(activity, begins: begins, at: now)
        all.change(activity, begins: begins, at: now)
        if begins {
            if busy[client, default: BusyTime()].begin(at: now) { all.busy.begin(at: now) }
        } else if busy[client, default: BusyTime()].end(at: now) {
            all.busy.end(at: now)
        }
    }

    // MARK: Sums

    /// Energy and carbon.
    struct Amount {
        /// Joules.
        var joules = 0.0
        /// Grams of CO2 equivalent; `nil` where they are not counted.
        var grams: Double?
    }

    /// The run until `now`, by activity in a fixed order.
    func activities(at now: SimInstant) -> [(activity: EnergyActivity, amount: Amount)] {
        (all.joules(rates, clients: clients.count, at: now) + server.joules(rates, at: now)).map {
            ($0, amount(of: $0, $1))
        }
    }

    /// What each client drew until `now`, by number, each activity that it had.
    func clients(
        at now: SimInstant, _ body: (_ client: Int, _ activities: [(EnergyActivity, Amount)]) -> Void
    ) {
        guard rates.client != nil || rates.networkPerByte != nil else { return }
        for client in clients.sorted() {
            var use = uses[client] ?? ClientUse()
            use.busy = busy[client]?.time ?? RunningTime()
            let joules = use.joules(rates, clients: 1, at: now).filter { $0.1 != 0 }
            body(client, joules.map { ($0, amount(of: $0, $1)) })
        }
    }

    private func amount(of activity: EnergyActivity, _ joules: Double) -> Amount {
        let gramsPerJoule = activity.isOfServer ? rates.serverGramsPerJoule : rates.gramsPerJoule
        return Amount(joules: joules, grams: gramsPerJoule.map { $0 * joules })
    }
}

extension EnergyBook.Amount {
    /// The sum of amounts in their order; without carbon where one of them has none.
    init(_ amounts: [Self]) {
        joules = amounts.reduce(0) { $0 + $1.joules }
        let grams = amounts.compactMap(\.grams)
        self.grams = grams.count == amounts.count && !grams.isEmpty ? grams.reduce(0, +) : nil
    }
}

extension EnergyActivity {
    /// What work of the server is.
    fileprivate init(serverWork kind: WorkKind) {
        switch kind {
        case .synthesize: self = .serverSynthesis
        case .train: self = .serverTraining
        default: self = .serverOther
        }
    }
}
