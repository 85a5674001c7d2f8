import Simulator

// No function is specialized, as in RunContext+Work.swift.
extension RunContext {
    /// Spends the virtual time of work that was begun, then waits for its real end. Work of the server waits
    /// in line where the server is busy.
    @_semantics("optimize.sil.specialize.generic.never")
    func join<Output: RecordableOutput>(
        _ pending: PendingWork<Output>, on device: ClientDevice
    ) async throws -> WorkOutcome<Output> {
        if pending.order.client != nil { return try await spend(pending, on: device) }
        return try await waitInLine(pending, on: device)
    }

    @_semantics("optimize.sil.specialize.generic.never")
    @inline(never)
    private func waitInLine<Output: RecordableOutput>(
        _ pending: PendingWork<Output>, on device: ClientDevice
    ) async throws -> WorkOutcome<Output> {
        let ahead = serverQueue.userCount + serverQueue.queueLength
        if ahead > 0 {
            log(
                .serverBusy,
                detail: ["work": .text(pending.order.kind.rawValue), "ahead": .integer(ahead)])
        }
        return try await serverQueue.use { try await spend(pending, on: device) }
    }

    @_semantics("optimize.sil.specialize.generic.never")
    private func spend<Output: RecordableOutput>(
        _ pending: PendingWork<Output>, on device: ClientDevice
    ) async throws -> WorkOutcome<Output> {
        let start = simulation.now
        noteBegin(of: pending.order)
        defer { noteRest(after: pending.order) }
        do {
            return try await simulation.join(at: end(of: pending.order, on: device)) {
                try end(pending, begunAt: start)
            }
        } catch {
            // Who was cut or has dropped out asks for no result; another run may ask for shared work.
            if !pending.order.isShared, case .ticket(let ticket) = pending.claim { ticket.abandon() }
            throw error
        }
    }

    @inline(never)
    private func noteBegin(of order: WorkOrder) {
        log(.started(order.kind), client: order.client)
        energy?.work(order.kind, client: order.client, begins: true, at: simulation.now)
    }

    @inline(never)
    private func noteRest(after order: WorkOrder) {
        energy?.work(order.kind, client: order.client, begins: false, at: simulation.now)
    }

    /// Waits for the real end of work at its virtual end, and records it.
    @_semantics("optimize.sil.specialize.generic.never")
    @inline(never)
    private func end<Output: RecordableOutput>(
        _ pending: PendingWork<Output>, begunAt start: SimInstant
    ) throws -> WorkOutcome<Output> {
        let order = pending.order, outcome = try result(of: pending)
        simulation.noteProgress()
        recorder.computed(kind: order.kind, flops: order.flops, from: start, to: simulation.now)
        logWork(order, outcome)
        log(.ended(order.kind), client: order.client)
        noteNotANumber(in: outcome.output, of: order)
        progress.worked(kind: order.kind, at: simulation.now)
        return outcome
    }

    /// When work that begins now will be done, whoever does it being there or away.
    ///
    /// - Throws: `ClientDropped`, at the instant at which a client stops in the middle of it;
    ///   `FaultSchedule.Down` where it would never be done.
    private func end(of order: WorkOrder, on device: ClientDevice) async throws -> SimInstant {
        let span = device.computeTime(flops: order.flops)
        let target: FaultTarget = order.client.map { .client($0) } ?? .server
        if let client = order.client {
            if let fraction = droppedFractionOfWork(client) {
                try await faults.work(for: span.part(fraction), on: target)
                try dropDuringWork(client)
            }
            // Who abandons its work when it goes away is stopped then; see `whileThere`.
            if scenario.faults.whenAway == .abandon { return simulation.now.advanced(by: span) }
        }
        if let end = faults.end(of: span, on: target) { return end }
        // It never will be, and this says so.
        try await faults.work(for: span, on: target)
        return simulation.now
    }

    /// Waits for the real end of work. What was recorded is committed before a wait, so that others see it
    /// and a resumed run finds it.
    ///
    /// - Throws: what the work throws; nothing more is recorded then.
    @_semantics("optimize.sil.specialize.generic.never")
    func result<Output: RecordableOutput>(of pending: PendingWork<Output>) throws -> WorkOutcome<Output> {
        let order = pending.order
        do {
            if machinery.pool.isCancelled { throw WorkCancelled() }
            let known = formerRow(of: order.occasion)?.record
            switch pending.claim {
            case .ticket(let ticket):
                return try checked(
                    wait(for: ticket), order, known ?? machinery.supply.source?.record(of: order))
            case .occurrence(let begin):
                if let known { return try outcome(of: order, known) }
                return try wait(for: begin())
            }
        } catch {
            recorder.seal()
            guard error is WorkIsMissing else { throw error }
            throw FederationError.missingWork(
                kind: order.kind, round: order.round, client: order.client, at: simulation.now)
        }
    }

    @_semantics("optimize.sil.specialize.generic.never")
    private func wait<Output>(for ticket: WorkTicket<Output>) throws -> Output {
        if !ticket.isComplete { try flush() }
        return try ticket.wait()
    }

    /// Checks that work which was done again has the recorded result.
    @_semantics("optimize.sil.specialize.generic.never")
    private func checked<Output>(
        _ outcome: WorkOutcome<Output>, _ order: WorkOrder, _ record: WorkRecord?
    ) throws -> WorkOutcome<Output> {
        if let record, let found = outcome.sha256, record.sha256 != found {
            throw FederationError.notReproduced(
                kind: order.kind, round: order.round, client: order.client, recorded: record.sha256,
                found: found)
        }
        return outcome
    }
}
