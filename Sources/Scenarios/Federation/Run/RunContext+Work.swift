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
            evaluations: work.evaluations, isShared: isShared, makesModel: Task.makesModel,
            inputs: work.inputs)
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
    func outcome<Output: RecordableOutput>(
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

/// Work is neither recorded nor to be done.
struct WorkIsMissing: Error {}
