import Models
import RunLog
import Simulator

/// A piece of real work: what it is, what it depends on, and what it costs on the virtual clock.
struct WorkOrder: Sendable {
    /// `train`, `synthesize`, `average`, `evaluate`, ….
    let kind: String
    /// 1-based round; 0 outside rounds.
    let round: Int
    /// The client that does it; `nil` for the server.
    let client: Int?
    /// Everything that the result depends on.
    let key: WorkKey
    /// Floating-point operations, from which the virtual duration follows.
    var flops: Double
    /// Whether other runs of the experiment may ask for the same work, which is then done once.
    var isShared = false
    /// The bytes that the work reads. They stay until its result is in the log: a run that is resumed before
    /// that does the work again.
    var inputs: [StoredBytes] = []
}

/// The result of a piece of work.
struct WorkOutcome<Output: RecordableOutput>: Sendable {
    let output: Output
    /// SHA-256 of the output's bytes; `nil` where nothing was really made.
    let sha256: String?
    /// How long the worker took, in seconds of wall time; not part of the log hash.
    var wallSeconds = 0.0
    /// Whether it was found where an earlier run had left it; not part of the log hash.
    var isCached = false

    /// What `work.metrics` says; nothing where nothing was really made.
    var metrics: JSONText? { sha256 == nil ? nil : JSONText(output.fields) }
}

extension RunContext {
    /// Work that has been submitted and has not been waited for.
    struct Pending<Output: RecordableOutput> {
        var order: WorkOrder
        let ticket: WorkTicket<WorkOutcome<Output>>
    }

    /// Takes the result of work from the records, or hands the work to the pool, where it begins as soon as a
    /// worker is free.
    func submit<Output: RecordableOutput>(
        _ order: WorkOrder, _ body: @escaping @Sendable () throws -> WorkOutcome<Output>
    ) -> Pending<Output> {
        var order = order
        let supply = machinery.supply
        let record = supply.source?.record(of: order)
        if let flops = record?.flops { order.flops = flops }
        if let record, !supply.redoes || Output.isWhole {
            return Pending(order: order, ticket: .completed(Result { try outcome(of: order, record) }))
        }
        if record == nil, let outcome: WorkOutcome<Output> = sharedOutcome(of: order) {
            return Pending(order: order, ticket: .completed(.success(outcome)))
        }
        guard supply.mayWork else {
            return Pending(order: order, ticket: .completed(.failure(WorkIsMissing())))
        }
        let timed = timed(body, recorded: record, order)
        return Pending(
            order: order,
            ticket: order.isShared
                ? machinery.pool.submitShared(key: order.key.sha256, group: "\(seed)", timed)
                : machinery.pool.submit(timed))
    }

    /// The work with its wall time; where it was done before, it must come to the same.
    private func timed<Output: RecordableOutput>(
        _ body: @escaping @Sendable () throws -> WorkOutcome<Output>, recorded record: WorkRecord?,
        _ order: WorkOrder
    ) -> @Sendable () throws -> WorkOutcome<Output> {
        {
            let start = ContinuousClock.now
            var outcome = try body()
            outcome.wallSeconds = (ContinuousClock.now - start) / .seconds(1)
            if let record, let found = outcome.sha256, record.sha256 != found {
                throw FederationError.notReproduced(
                    kind: order.kind, round: order.round, client: order.client, recorded: record.sha256,
                    found: found)
            }
            return outcome
        }
    }

    /// A result from its record.
    private func outcome<Output: RecordableOutput>(
        of order: WorkOrder, _ record: WorkRecord
    ) throws -> WorkOutcome<Output> {
        guard let output = Output(record: record, blobs: machinery.blobs) else {
            throw FederationError.unreadableRecord(what: "the result of '\(order.kind)' \(order.key.sha256)")
        }
        return WorkOutcome(output: output, sha256: record.sha256, wallSeconds: record.wallSeconds ?? 0)
    }

    /// The result that another run of the file has had, for work that runs share, if its bytes are there.
    private func sharedOutcome<Output: RecordableOutput>(of order: WorkOrder) -> WorkOutcome<Output>? {
        guard order.isShared, let record = machinery.supply.shared?.record(of: order) else { return nil }
        let count = record.amount("bytes") ?? 0
        guard Output.isWhole || machinery.blobs.holds(sha256: record.sha256, count: count) else { return nil }
        return try? outcome(of: order, record)
    }

    /// Does real work during a virtual interval: it is submitted when the interval begins and joined when it
    /// ends.
    ///
    /// - Parameter standIn: what takes the place of the result where nothing is really done.
    /// - Returns: the output, at the virtual instant at which `device` has done `order.flops`.
    /// - Throws: what the work throws; `CancellationError` when the process is cancelled.
    func perform<Output: RecordableOutput>(
        _ order: WorkOrder, on device: ClientDevice, standIn: @autoclosure () -> Output,
        _ body: @escaping @Sendable () throws -> WorkOutcome<Output>
    ) async throws -> WorkOutcome<Output> {
        try await join(begin(order, standIn: standIn(), body), on: device)
    }

    /// Does real work during a virtual interval, also in a run that is timing only: work on whose result the bytes
    /// of a message depend.
    func perform<Output: RecordableOutput>(
        _ order: WorkOrder, on device: ClientDevice,
        _ body: @escaping @Sendable () throws -> WorkOutcome<Output>
    ) async throws -> WorkOutcome<Output> {
        try await join(submit(order, body), on: device)
    }

    /// Spends the virtual time of work that was submitted, then waits for its real end. Work of the server waits
    /// in line where the server is busy.
    func join<Output: RecordableOutput>(
        _ pending: Pending<Output>, on device: ClientDevice
    ) async throws -> WorkOutcome<Output> {
        guard pending.order.client == nil else { return try await spend(pending, on: device) }
        let ahead = serverQueue.userCount + serverQueue.queueLength
        if ahead > 0 {
            log(
                "server-busy",
                detail: ["work": .text(pending.order.kind), "ahead": .integer(ahead)])
        }
        return try await serverQueue.use { try await spend(pending, on: device) }
    }

    private func spend<Output: RecordableOutput>(
        _ pending: Pending<Output>, on device: ClientDevice
    ) async throws -> WorkOutcome<Output> {
        let order = pending.order
        log("\(order.kind)-start", client: order.client)
        let start = simulation.now
        let outcome: WorkOutcome<Output>
        do {
            let end = try await end(of: order, on: device)
            outcome = try await simulation.join(at: end) { try result(of: pending) }
        } catch {
            // Who was cut or has dropped out asks for no result; another run may ask for shared work.
            if !order.isShared { pending.ticket.abandon() }
            throw error
        }
        simulation.noteProgress()
        recorder.computed(kind: order.kind, flops: order.flops, from: start, to: simulation.now)
        logWork(order, outcome)
        log("\(order.kind)-end", client: order.client)
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

    /// Waits for the real end of work. What was recorded is committed before a wait, so that others see it and
    /// a resumed run finds it.
    ///
    /// - Throws: what the work throws; nothing more is recorded then.
    func result<Output: RecordableOutput>(of pending: Pending<Output>) throws -> WorkOutcome<Output> {
        do {
            if machinery.pool.isCancelled { throw WorkCancelled() }
            if !pending.ticket.isComplete { try flush() }
            return try pending.ticket.wait()
        } catch {
            recorder.seal()
            guard error is WorkIsMissing else { throw error }
            let order = pending.order
            throw FederationError.missingWork(
                kind: order.kind, round: order.round, client: order.client, at: simulation.now)
        }
    }

    /// Records finished work.
    func logWork<Output: RecordableOutput>(_ order: WorkOrder, _ outcome: WorkOutcome<Output>) {
        recorder.work(
            kind: order.kind, round: order.round == 0 ? nil : order.round, client: order.client,
            key: order.key.sha256, outputSHA256: outcome.sha256, flops: order.flops,
            wallSeconds: outcome.wallSeconds, metrics: outcome.metrics, isCached: outcome.isCached)
        // The inputs must not go before the row is recorded.
        withExtendedLifetime(order) {}
    }

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
