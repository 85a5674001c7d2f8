import RunLog
import Simulator

extension Federation {
    /// Does something at the clients that take part in this round, and returns when the scenario's policy
    /// ends it.
    ///
    /// The policy chooses the clients, and says after how many updates or after what time the round ends.
    /// Then clients still at work are cut — their work and their transfer end there — or go on, as the
    /// scenario says.
    ///
    /// - Parameters:
    ///   - uploads: whether clients upload; otherwise a client that has come to the end of `body` in time
    ///     counts as present.
    ///   - body: what a client does; its upload is its update.
    /// - Returns: how many updates came in time.
    /// - Throws: the first client's error.
    @discardableResult
    public func atParticipants(
        uploads: Bool = true, _ body: @escaping (Client) async throws -> Void
    ) async throws -> Int {
        let participation = context.participation, simulation = context.simulation
        let ids = try await selectParticipants()
        let start = simulation.now
        let gate = RoundGate(
            simulation, round: context.round, selected: ids.count, goal: participation.plan.goal)
        var ready = 0
        let attempts = sendOut(ids).map { id in
            begin(id, gate, start) { client in
                try await body(client)
                ready += 1
            }
        }
        let deadline = participation.plan.deadline.map { start.advanced(by: $0) }
        let isDeadline = try await gate.waitForEnd(simulation, until: deadline)
        let late = attempts.filter { $0.process?.isFinished == false }
        switch participation.settings.late {
        case .drop:
            cut(late, because: isDeadline ? "deadline" : "enough-updates")
            try await gate.waitForAll()
        case .acceptStale:
            for attempt in late { context.log(.clientLate, client: attempt.client) }
        }
        // Late updates of earlier rounds that the server accepts bring it on as well.
        let updates = max(gate.updates, server.updateCount)
        let counted = context.rules < .third ? gate.updates : updates
        for (name, count) in [(MetricName.selected, gate.selected), (.updates, counted)] {
            context.recorder.metric(
                at: simulation.now, round: context.round, split: .participation, name: name,
                value: Double(count))
        }
        participation.roundEnded(participants: ids)
        if updates >= participation.settings.minimum { participation.noteProgress() }
        participation.attendance.ended(
            round: context.round, updates: uploads ? updates : ready, of: context.askedUpdates)
        return gate.updates
    }

    /// The order in which clients are sent out: of updates that come at the same instant, that of the first
    /// one sent out comes first. Where a round waits for some of them, it is drawn, so that it is not always
    /// the clients of low numbers; else nothing depends on it, and it is theirs.
    private func sendOut(_ ids: [Int]) -> [Int] {
        guard let goal = context.participation.plan.goal, goal < ids.count, context.rules >= .third else {
            return ids
        }
        var stream = context.stream("order/\(context.round)")
        return ids.shuffled(using: &stream)
    }

    /// Sends one client out.
    private func begin(
        _ id: Int, _ gate: RoundGate, _ start: SimInstant, _ body: @escaping (Client) async throws -> Void
    ) -> Participation.Attempt {
        let participation = context.participation, context = context
        let client = clients[id]
        let attempt = participation.begin(client: id, gate: gate, occasion: gate.round)
        attempt.process = context.simulation.spawn("client \(id)", background: true) {
            defer { participation.end(attempt, of: client, after: context.simulation.now - start) }
            try await context.attempt(at: id) { try await body(client) }
        }
        return attempt
    }

    /// Chooses the clients of a round. Where fewer are there than a round needs, waits for more to come.
    private func selectParticipants() async throws -> [Int] {
        let participation = context.participation
        var isFirst = true
        while true {
            let ids = participation.select(
                participation.plan.selected, round: context.round, of: clients,
                isEligible: context.isAvailable)
            if ids.count >= participation.settings.minimum { return ids }
            if isFirst { context.log(.roundWaits, detail: ["available": .integer(ids.count)]) }
            isFirst = false
            try await context.waitForClient(chosen: ids.count)
        }
    }

    /// Ends the work of clients that the round no longer waits for.
    private func cut(_ attempts: [Participation.Attempt], because reason: String) {
        for attempt in attempts {
            context.log(.clientCut, client: attempt.client, detail: ["reason": .text(reason)])
            attempt.process?.cancel(throwing: ClientCut())
        }
    }

    /// Checks that the first round has brought something to begin with.
    ///
    /// - Throws: `FederationError.tooFewUpdates`.
    func requireEnough(updates: Int) throws {
        guard !isEnough(updates: updates) else { return }
        throw FederationError.tooFewUpdates(
            round: context.round, updates: updates, minimum: context.participation.settings.minimum)
    }

    /// Whether a round has enough updates to go on from; logs where it has not.
    func isEnough(updates: Int) -> Bool {
        let minimum = context.participation.settings.minimum
        if updates >= minimum { return true }
        context.log(
            .roundAbandoned, detail: ["updates": .integer(updates), "minimum": .integer(minimum)])
        return false
    }
}

extension Participation {
    /// Notes that a client has ended what it did in a round, and tells the round.
    @inline(never)
    fileprivate func end(_ attempt: Attempt, of client: Client, after duration: SimDuration) {
        guard let gate = attempt.gate else { preconditionFailure("client \(client.id) is in no round") }
        end(attempt)
        observe(
            ClientOutcome(
                client: client.id, round: gate.round, samples: client.images.count, loss: client.lastLoss,
                duration: duration, isComplete: attempt.isAccepted))
        gate.clientEnded()
    }
}
