import Simulator

/// An update that has reached the server of an asynchronous method.
struct AsynchronousUpdate {
    let client: Int
    /// The global model that the client was sent, and trained.
    let base: ModelState
    /// What it made of it.
    let local: StoredBytes
    /// Server updates since that model was sent.
    let staleness: Int
}

/// The global model that clients of an asynchronous method are sent, and where their updates go.
private final class AsynchronousServer {
    var global: ModelState
    /// Server updates so far.
    var version = 0
    /// Staleness of the updates since the last server update.
    var staleness: [Int] = []
    /// Updates that have arrived, and where to tell that the server has dealt with them.
    let inbox:
        Mailbox<(client: Int, base: ModelState, update: ModelUpdate, version: Int, done: Mailbox<Void>)>

    init(_ simulation: Simulation, global: ModelState) {
        self.global = global
        inbox = Mailbox(simulation, name: "asynchronous updates")
    }
}

extension Federation {
    /// Keeps clients at work without rounds, and hands each update to the server as it comes.
    ///
    /// At any time `asynchronous.concurrency` clients are downloading, training or uploading. When the server
    /// has dealt with a client's update, an idle client takes its place, chosen as `participation.selection`
    /// says, and is sent the model of that moment: so updates really are stale by the server updates made
    /// since. The server takes updates one after the other; while it is busy they wait in line. A server
    /// update counts as a round; the run ends after `training.rounds` of them or at `asynchronous.until`,
    /// whichever comes first. Clients still at work then are stopped, and what they were sending is logged as
    /// aborted.
    ///
    /// - Parameters:
    ///   - initial: the first global model.
    ///   - training: how clients train.
    ///   - aggregate: the new global model; `nil` where this update does not make one yet.
    func runAsynchronously(
        from initial: ModelState, training: LocalTraining = LocalTraining(),
        aggregate: @escaping (_ update: AsynchronousUpdate, _ global: ModelState) async throws -> ModelState?
    ) async throws {
        let state = AsynchronousServer(context.simulation, global: initial)
        begin(round: 1)
        for place in 0..<min(scenario.asynchronous.concurrency, clients.count) {
            spawnPlace(place, state, training)
        }
        let serve = { [self] in
            while state.version < scenario.training.rounds {
                try await serveNext(state, aggregate)
            }
        }
        guard let seconds = scenario.asynchronous.untilSeconds else { return try await serve() }
        // What there is where the time ends before the first update of the server.
        context.results.finalModel = initial
        context.results.finalModelIsMeasured = false
        _ = try await context.simulation.withDeadline(at: .start + .seconds(seconds), serve)
    }

    /// Takes one update from the inbox.
    private func serveNext(
        _ state: AsynchronousServer,
        _ aggregate: (AsynchronousUpdate, ModelState) async throws -> ModelState?
    ) async throws {
        let (client, base, sent, version, done) = try await state.inbox.receive()
        // Who has brought the last update is not sent another model.
        defer { if state.version < scenario.training.rounds { done.send(()) } }
        context.participation.noteProgress()
        let staleness = state.version - version
        context.log(.update, client: client, detail: ["staleness": .integer(staleness)])
        context.recorder.metric(
            at: context.simulation.now, round: context.round, client: client, split: .train,
            name: .staleness, value: Double(staleness))
        state.staleness.append(staleness)
        let local = try await server.decode(sent, from: client).state
        let update = AsynchronousUpdate(client: client, base: base, local: local, staleness: staleness)
        guard let model = try await aggregate(update, state.global) else { return }
        state.version += 1
        state.global = model
        context.recorder.metric(
            at: context.simulation.now, round: state.version, split: .participation, name: .meanStaleness,
            value: Double(state.staleness.reduce(0, +)) / Double(state.staleness.count))
        state.staleness = []
        clients.release(besides: model, keeping: context.participation.busy)
        try end(round: state.version, global: model)
        if state.version < scenario.training.rounds { begin(round: state.version + 1) }
    }

    /// One of the places at which clients work: a client after the other, until the run ends.
    private func spawnPlace(_ place: Int, _ state: AsynchronousServer, _ training: LocalTraining) {
        let done = Mailbox<Void>(context.simulation, name: "the server's answer to place \(place)")
        context.simulation.spawn("place \(place)", background: true) { [self] in
            while true {
                let occasion = context.participation.nextOccasion()
                // A selection counts the server's updates; before rules 3, clients chosen.
                let round = context.rules < .third ? occasion : max(1, context.round)
                let ids = context.participation.select(
                    1, round: round, occasion: occasion, of: clients, isEligible: context.isAvailable)
                guard let id = ids.first else {
                    try await context.waitForClient()
                    continue
                }
                let start = context.simulation.now, base = state.global, version = state.version
                if let update = try await update(of: base, at: id, training, occasion: occasion) {
                    state.inbox.send((id, base, update, version, done))
                    try await done.receive()
                } else if context.simulation.now == start {
                    // Whoever fails at once, again and again, must not stop the clock.
                    try await context.simulation.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// What a client makes of a model; `nil` where it fails.
    private func update(
        of base: ModelState, at id: Int, _ training: LocalTraining, occasion: Int
    ) async throws -> ModelUpdate? {
        let client = clients[id], start = context.simulation.now
        // The server's update for which it was chosen; before rules 3, that in which its own came.
        let chosen = context.round
        let attempt = context.participation.begin(client: id, gate: nil, occasion: occasion)
        defer { context.participation.end(attempt) }
        var update: ModelUpdate?
        try await context.attempt(at: id) {
            try await client.obtain(base)
            update = try await client.send(client.train(training, occasion: occasion))
        }
        if let update { context.memories.keep(of: update, client: id) }
        client.forget()
        let round = max(1, context.rules < .third ? context.round : chosen)
        context.participation.observe(
            ClientOutcome(
                client: id, round: round, samples: client.images.count, loss: client.lastLoss,
                duration: context.simulation.now - start, isComplete: update != nil))
        return update
    }
}
