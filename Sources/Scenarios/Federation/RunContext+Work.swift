import Models
import RunLog
import Simulator

/// Work that has been submitted and has not been waited for.
struct PendingWork<Output: RecordableOutput> {
    /// How its result is come by.
    enum Claim {
        /// It is known, or a worker is at it.
        case ticket(WorkTicket<WorkOutcome<Output>>)
        /// It is looked up by its occurrence when it is joined; where there is no record, the work is begun
        /// then.
        case occurrence(begin: () -> WorkTicket<WorkOutcome<Output>>)
    }

    var order: WorkOrder
    let claim: Claim
}

// None of these functions is specialized: thirty kinds of work would have a copy of each, which took a tenth
// of the time that this target compiles, and what they call takes milliseconds to hours.
extension RunContext {
    /// The order for a piece of work in the current round.
    @_semantics("optimize.sil.specialize.generic.never")
    private func order<Task: Work>(for work: Task, client: Int?, isShared: Bool) -> WorkOrder {
        WorkOrder(
            kind: Task.activity, round: round, client: client, key: WorkKey(work), flops: work.cost(facts),
            isShared: isShared, makesModel: Task.makesModel, inputs: work.inputs)
    }

    /// Begins work: hands it to the pool, or lets a stand-in take its place in a run that is timing only.
    @_semantics("optimize.sil.specialize.generic.never")
    func begin<Task: Work>(
        _ work: Task, client: Int? = nil, isShared: Bool = Task.isShared
    ) -> PendingWork<Task.Output> {
        let order = order(for: work, client: client, isShared: isShared)
        guard isTimingOnly, let standIn = work.standIn(facts, key: order.key) else {
            return submit(work, order)
        }
        return PendingWork(
            order: order, claim: .ticket(.completed(.success(WorkOutcome(output: standIn, sha256: nil)))))
    }

    /// Begins work that observes the federation, which takes no virtual time.
    @_semantics("optimize.sil.specialize.generic.never")
    func submit<Task: Work>(_ work: Task) -> PendingWork<Task.Output> {
        submit(work, order(for: work, client: nil, isShared: Task.isShared))
    }

    /// Does real work during a virtual interval: it is begun when the interval begins and joined when it
    /// ends.
    ///
    /// - Returns: the outcome, at the virtual instant at which `device` has done what the work costs.
    /// - Throws: what the work throws; `CancellationError` when the process is cancelled.
    @_semantics("optimize.sil.specialize.generic.never")
    func perform<Task: Work>(
        _ work: Task, client: Int? = nil, on device: ClientDevice
    ) async throws -> WorkOutcome<Task.Output> {
        try await join(begin(work, client: client), on: device)
    }

    /// Takes the result of work from the records, or hands the work to the pool, where it begins as soon as a
    /// worker is free.
    @_semantics("optimize.sil.specialize.generic.never")
    private func submit<Task: Work>(_ work: Task, _ given: WorkOrder) -> PendingWork<Task.Output> {
        var order = given
        let supply = machinery.supply
        if let former = supply.former, let next = former.row(recorded(order.occasion), of: order.occasion) {
            if let flops = next.record?.flops { order.flops = flops }
            let begin = { [self, order] in start(work, order) }
            return PendingWork(
                order: order,
                claim: supply.redoes && !Task.Output.isWhole ? .ticket(begin()) : .occurrence(begin: begin))
        }
        let record = supply.source?.record(of: order)
        if let flops = record?.flops { order.flops = flops }
        if let record, !supply.redoes || Task.Output.isWhole {
            return PendingWork(
                order: order, claim: .ticket(.completed(Result { try outcome(of: order, record) })))
        }
        return PendingWork(order: order, claim: .ticket(start(work, order)))
    }

    /// Hands work to the pool, unless another run of the file has done it.
    @_semantics("optimize.sil.specialize.generic.never")
    private func start<Task: Work>(_ work: Task, _ order: WorkOrder) -> WorkTicket<WorkOutcome<Task.Output>> {
        if let outcome: WorkOutcome<Task.Output> = sharedOutcome(of: order) {
            return .completed(.success(outcome))
        }
        guard machinery.supply.mayWork else { return .completed(.failure(WorkIsMissing())) }
        var own = environment
        own.isOfClient = order.client != nil
        let environment = own
        let body: @Sendable () throws -> WorkOutcome<Task.Output> = {
            let start = ContinuousClock.now
            var outcome = try work.performed(in: environment)
            outcome.wallSeconds = (ContinuousClock.now - start) / .seconds(1)
            return outcome
        }
        return machinery.pool.submit(
            WorkJob(
                body: body,
                sharing: order.isShared ? .init(group: "\(seed)", key: order.key.sha256) : nil,
                parcel: parcel(for: work, order)))
    }

    /// A result from its record.
    @_semantics("optimize.sil.specialize.generic.never")
    private func outcome<Output: RecordableOutput>(
        of order: WorkOrder, _ record: WorkRecord
    ) throws -> WorkOutcome<Output> {
        guard let output = Output(record: record, blobs: machinery.blobs) else {
            throw FederationError.unreadableRecord(what: "the result of '\(order.kind)' \(order.key.sha256)")
        }
        var outcome = WorkOutcome(output: output, sha256: record.sha256)
        outcome.wallSeconds = record.wallSeconds ?? 0
        return outcome
    }

    /// The result that another run of the file has had, for work that runs share, if its bytes are there.
    @_semantics("optimize.sil.specialize.generic.never")
    private func sharedOutcome<Output: RecordableOutput>(of order: WorkOrder) -> WorkOutcome<Output>? {
        guard order.isShared, let record = machinery.supply.shared?.record(of: order) else { return nil }
        let count = record.amount("bytes") ?? 0
        guard Output.isWhole || machinery.blobs.holds(sha256: record.sha256, count: count) else { return nil }
        return try? outcome(of: order, record)
    }
}

// MARK: - Joining

extension RunContext {
    /// Spends the virtual time of work that was begun, then waits for its real end. Work of the server waits
    /// in line where the server is busy.
    @_semantics("optimize.sil.specialize.generic.never")
    func join<Output: RecordableOutput>(
        _ pending: PendingWork<Output>, on device: ClientDevice
    ) async throws -> WorkOutcome<Output> {
        guard pending.order.client == nil else { return try await spend(pending, on: device) }
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
        let order = pending.order
        log(.started(order.kind), client: order.client)
        let start = simulation.now
        energy?.work(order.kind, client: order.client, begins: true, at: start)
        defer { energy?.work(order.kind, client: order.client, begins: false, at: simulation.now) }
        let outcome: WorkOutcome<Output>
        do {
            let end = try await end(of: order, on: device)
            outcome = try await simulation.join(at: end) { try result(of: pending) }
        } catch {
            // Who was cut or has dropped out asks for no result; another run may ask for shared work.
            if !order.isShared, case .ticket(let ticket) = pending.claim { ticket.abandon() }
            throw error
        }
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

    /// Checks that work that was done before has come to the same.
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

// MARK: - The log

extension RunContext {
    /// Records finished work.
    @_semantics("optimize.sil.specialize.generic.never")
    func logWork<Output: RecordableOutput>(_ order: WorkOrder, _ outcome: WorkOutcome<Output>) {
        let row = formerRow(of: order.occasion)
        if let record = row?.record { machinery.supply.upgrade?.note(order.key, record) }
        if machinery.supply.former != nil { results.recordedWork[order.occasion, default: 0] += 1 }
        recorder.work(
            kind: order.kind, round: order.round == 0 ? nil : order.round, client: order.client,
            key: row?.key ?? order.key.sha256, outputSHA256: outcome.sha256, flops: order.flops,
            wallSeconds: outcome.wallSeconds, metrics: outcome.metrics, isCached: outcome.isCached,
            performer: outcome.performer.map {
                ($0.name, $0.machine, $0.attempts, $0.beganSeconds, $0.waitedSeconds)
            })
        progress.finished(
            FinishedWork(
                order.occasion, operations: order.flops, seconds: outcome.wallSeconds,
                share: order.isShared ? order.key.sha256 : nil))
        // The inputs must not go before the row is recorded.
        withExtendedLifetime(order) {}
    }

    /// The former row of the next piece of work of an occasion.
    private func formerRow(of occasion: WorkOccasion) -> FormerRecords.Row? {
        machinery.supply.former?.row(recorded(occasion), of: occasion)
    }

    /// How many pieces of work of an occasion are in the log.
    private func recorded(_ occasion: WorkOccasion) -> Int { results.recordedWork[occasion, default: 0] }

    /// Commits what was recorded, then removes the files of bytes that the run had let go of before.
    ///
    /// - Throws: `RunLogError`.
    func flush() throws {
        // Without states beside the log nobody depends on the instant of a commit: the simulation goes on.
        if isTimingOnly { return try recorder.flush(waits: false) }
        let mark = machinery.blobs.mark()
        try recorder.flush()
        try recorder.synchronize()
        machinery.blobs.committed(upTo: mark)
    }
}

/// Work is neither recorded nor to be done.
private struct WorkIsMissing: Error {}
