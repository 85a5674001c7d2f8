/// Structured concurrency on the virtual clock: children that never outlive the call that made them.
extension Simulation {
    /// Runs `body` for each item in a process of its own, and returns when all have ended.
    ///
    /// The children start in the order of `items`. The first error cancels the others and is rethrown after
    /// they have ended; a cancellation of the caller is passed on to the children.
    ///
    /// - Parameters:
    ///   - items: one child process is made for each.
    ///   - name: the name of an item's process in reports.
    ///   - body: what to do with an item.
    /// - Throws: the first error of a child; `CancellationError` when the caller was cancelled.
    public nonisolated(nonsending) func concurrently<T>(
        _ items: [T], name: (T) -> String, _ body: @escaping (T) async throws -> Void
    ) async throws {
        let children = items.map { item in (name(item), { try await body(item) }) }
        try await runChildren(children, deadline: nil)
    }

    /// Runs `body` in a child process and cuts it off at an instant.
    ///
    /// What `body` did until the deadline stays done; it is cancelled there and ends before this returns.
    /// If it completes at the very instant of the deadline, the event scheduled first decides.
    ///
    /// - Parameters:
    ///   - deadline: when it is cut off; an instant in the past cuts it off before it begins.
    ///   - reason: what its waits throw from then on; see ``Process/cancel(throwing:)``.
    ///   - body: what is cut off.
    /// - Returns: the value of `body`, or `nil` when the deadline came first.
    /// - Throws: the error of `body`; `CancellationError` when the caller was cancelled.
    public nonisolated(nonsending) func withDeadline<T>(
        at deadline: SimInstant, throwing reason: any Error = CancellationError(),
        _ body: @escaping () async throws -> T
    ) async throws -> T? {
        var value: T?
        let name = "\(currentProcess?.name ?? "") until \(deadline)"
        try await runChildren(
            [(name, { value = try await body() })], deadline: (max(deadline, now), reason))
        return value
    }

    /// Spawns the children, waits for all, and rethrows the first error that is not the effect of a
    /// cancellation made here.
    private nonisolated(nonsending) func runChildren(
        _ bodies: [(name: String, body: () async throws -> Void)],
        deadline: (instant: SimInstant, reason: any Error)?
    ) async throws {
        let parent = currentProcess
        if let parent, parent.isCancelled { throw parent.cancellationReason }
        guard !bodies.isEmpty else { return }
        let family = Family(simulation: self)
        for (name, body) in bodies { family.spawn(name, body) }
        let alarm = deadline.map { deadline in Alarm(self) { family.cancelAll(throwing: deadline.reason) } }
        if let alarm, let deadline { alarm.set(at: deadline.instant) }
        try await suspend(
            awaiting: .children(of: bodies.count), onCancel: { family.cancelAll(throwing: $0) }
        ) {
            family.parent = $0
        }
        alarm?.clear()
        if let error = family.firstError { throw error }
        if let parent, parent.isCancelled { throw parent.cancellationReason }
    }
}

/// The children of one call, whose errors it handles.
private final class Family {
    let simulation: Simulation
    var parent: WaitToken?
    var firstError: (any Error)?
    private var members: [Process] = []
    private var liveCount = 0
    private var reason: (any Error)?

    init(simulation: Simulation) {
        self.simulation = simulation
    }

    func spawn(_ name: String, _ body: @escaping () async throws -> Void) {
        liveCount += 1
        let child = simulation.spawn(name, background: false, supervised: true) {
            do {
                try await body()
            } catch {
                self.childFailed(error)
            }
            self.childEnded()
        }
        members.append(child)
    }

    func cancelAll(throwing reason: any Error) {
        if self.reason == nil { self.reason = reason }
        for child in members { child.cancel(throwing: reason) }
    }

    private func childFailed(_ error: any Error) {
        // After a cancellation made here, its reason is its effect and not news.
        if let reason, isEffect(error, of: reason) { return }
        if firstError == nil { firstError = error }
        cancelAll(throwing: CancellationError())
    }

    private func childEnded() {
        liveCount -= 1
        if liveCount == 0, let parent { simulation.wake(parent) }
    }
}
