import Core

/// The faults of one run on its clock: who is down now, until when, and what that does to what they do.
///
/// Timelines are made from (seed, client) when first asked for. All times are those of the simulation, so
/// like everything on the clock a schedule is confined to its thread.
///
/// ```swift
/// let faults = FaultSchedule(simulation, plan: plan, seed: seed)
/// // A client that abandons what it does when it leaves:
/// let update = try await faults.untilDown(.client(7)) { try await client.train() }   // nil: it left
/// // A client that pauses: the same work, later.
/// try await faults.work(for: .seconds(30), on: .client(7))
/// ```
public final class FaultSchedule {
    /// Thrown from the waits of somebody who went down; see ``untilDown(_:_:)``.
    public struct Down: Error, Sendable, Hashable, CustomStringConvertible {
        /// Who went down.
        public let target: FaultTarget
        /// From when to when.
        public let outage: Outage

        /// E.g. `client 7 is down from 120 s to 180 s`.
        public var description: String {
            "\(target) is down from \(outage.start)"
                + (outage.end < .distantFuture ? " to \(outage.end)" : " for good")
        }
    }

    /// What goes wrong.
    public let plan: FaultPlan
    private let simulation: Simulation
    private let seed: UInt64
    private let listed: [FaultTarget: [Outage]]
    private var timelines: [FaultTarget: OutageTimeline] = [:]
    /// The most outages of a run, beside those for each target that is asked for: a second of computing for
    /// each million.
    private static let outageLimit = 5_000_000
    private static let outagesPerTarget = 2000
    private var outagesLeft = FaultSchedule.outageLimit

    /// Makes the faults of a run.
    public init(_ simulation: Simulation, plan: FaultPlan, seed: UInt64) {
        self.simulation = simulation
        self.plan = plan
        self.seed = seed
        listed = Dictionary(grouping: plan.listed, by: \.target).mapValues { $0.map(\.outage) }
    }

    /// The outage in progress now, or the next to come; `nil` where there is none any more.
    ///
    /// - Complexity: O(1), amortized.
    public func outage(of target: FaultTarget) -> Outage? {
        guard canFail(target) else { return nil }
        // What repeats needs no memory: a million clients can be asked whether they are there.
        if let pattern = solePattern(of: target) { return pattern.outage(at: simulation.now) }
        return withTimeline(of: target) { $0.outage(at: simulation.now) }
    }

    /// Whether somebody is up now.
    public func isUp(_ target: FaultTarget) -> Bool {
        guard let outage = outage(of: target) else { return true }
        return !outage.contains(simulation.now)
    }

    /// When work that takes `span` is done that begins now and pauses while `target` is down; `nil`: never.
    public func end(of span: SimDuration, on target: FaultTarget) -> SimInstant? {
        guard canFail(target) else { return simulation.now.advanced(by: span) }
        return withTimeline(of: target) { $0.end(of: span, from: simulation.now) }
    }

    /// Waits for work that pauses while `target` is down.
    ///
    /// - Throws: ``Down`` where it would never be done; the reason of a cancellation.
    public nonisolated(nonsending) func work(for span: SimDuration, on target: FaultTarget) async throws {
        guard let end = end(of: span, on: target) else { throw downForGood(target) }
        try await simulation.sleep(until: end)
    }

    /// Waits until somebody is up; returns at once where they are.
    ///
    /// - Throws: ``Down`` where they never come back; the reason of a cancellation.
    public nonisolated(nonsending) func waitUntilUp(_ target: FaultTarget) async throws {
        while let outage = outage(of: target), outage.contains(simulation.now) {
            guard outage.end < .distantFuture else { throw Down(target: target, outage: outage) }
            try await simulation.sleep(until: outage.end)
        }
    }

    /// Runs `body` until it ends or `target` goes down, which ends each of its waits with ``Down``.
    ///
    /// What had moved of a transfer by then is told to its `onCancellation`, with that reason.
    ///
    /// - Returns: the value of `body`; `nil` when `target` went down first or is down already.
    /// - Throws: the error of `body`; the reason of a cancellation of the caller.
    public nonisolated(nonsending) func untilDown<T>(
        _ target: FaultTarget, _ body: @escaping () async throws -> T
    ) async throws -> T? {
        guard let outage = outage(of: target) else { return try await body() }
        if outage.contains(simulation.now) { return nil }
        return try await simulation.withDeadline(
            at: outage.start, throwing: Down(target: target, outage: outage), body)
    }

    /// Whether somebody may be down at any time.
    func canFail(_ target: FaultTarget) -> Bool {
        if listed[target] != nil { return true }
        return switch target {
        case .client: plan.availability != nil || plan.clientsLeave != nil
        case .link: plan.linksFail != nil
        case .server: plan.serverRestarts != nil
        }
    }

    /// The pattern of a client whose only outages are those outside of it.
    private func solePattern(of target: FaultTarget) -> AvailabilityPattern? {
        guard case .client(let client) = target, listed[target] == nil, plan.clientsLeave == nil else {
            return nil
        }
        return plan.availability?(client)
    }

    private func downForGood(_ target: FaultTarget) -> Down {
        Down(target: target, outage: outage(of: target) ?? Outage(start: simulation.now))
    }

    private func withTimeline<Result>(
        of target: FaultTarget, _ body: (inout OutageTimeline) -> Result
    ) -> Result {
        // Taken out while it is changed, so that its arrays are not copied.
        var timeline = timelines.removeValue(forKey: target) ?? makeTimeline(of: target)
        timeline.forget(before: simulation.now)
        timeline.allow(outages: outagesLeft)
        defer {
            outagesLeft = timeline.budget
            if timeline.isExhausted { failOfOutages(target) }
            timelines[target] = timeline
        }
        return body(&timeline)
    }

    /// Ends the run: what would go on without outages is not what was asked for.
    private func failOfOutages(_ target: FaultTarget) {
        let outages = Self.outageLimit + Self.outagesPerTarget * timelines.count
        simulation.fail(
            SimulatorError.tooManyOutages(at: simulation.now, target: "\(target)", outages: outages))
    }

    private func makeTimeline(of target: FaultTarget) -> OutageTimeline {
        outagesLeft += Self.outagesPerTarget
        var causes: [OutageTimeline.Cause] = []
        if let outages = listed[target] { causes.append(.listed(outages)) }
        switch target {
        case .client(let client):
            if let pattern = plan.availability?(client) { causes.append(.outside(pattern)) }
            addDraws(plan.clientsLeave, "leaves", client)
        case .link(let client):
            addDraws(plan.linksFail, "link fails", client)
        case .server:
            addDraws(plan.serverRestarts, "server restarts", nil)
        }
        return OutageTimeline(causes)

        func addDraws(_ rate: FaultRate?, _ purpose: String, _ client: Int?) {
            guard let rate else { return }
            causes.append(.drawn(rate, RandomStream(seed: seed, entity: client, purpose: purpose)))
        }
    }
}

extension FaultTarget: CustomStringConvertible {
    /// E.g. `client 7`, `the link of client 7`, `the server`.
    public var description: String {
        switch self {
        case .client(let client): "client \(client)"
        case .link(let client): "the link of client \(client)"
        case .server: "the server"
        }
    }
}
