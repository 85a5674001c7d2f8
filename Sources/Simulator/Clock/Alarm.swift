/// A synchronous action at one instant of virtual time, which can be moved or cleared until it comes.
///
/// Resource models wait with an alarm: one pending event, moved whenever their state changes.
///
/// ```swift
/// let alarm = Alarm(simulation) { network.update() }
/// alarm.set(at: network.nextChange)
/// ```
public final class Alarm {
    private unowned let simulation: Simulation
    private let action: () -> Void
    /// The instant it is set to, `nil` while it is not set.
    public private(set) var instant: SimInstant?
    /// Sequence number of the live event, 0 while not set.
    var pendingSequence: UInt64 = 0

    /// Makes an alarm that is not set.
    public init(_ simulation: Simulation, action: @escaping () -> Void) {
        self.simulation = simulation
        self.action = action
    }

    /// Sets or moves the alarm. Among events of one instant it comes after those scheduled before this call.
    ///
    /// - Precondition: `instant` is not in the past.
    /// - Complexity: O(log *n*) in the number of pending events.
    public func set(at instant: SimInstant) {
        self.instant = instant
        simulation.schedule(self, at: instant)
    }

    /// Clears the alarm; its event stays in the queue as a tombstone.
    ///
    /// - Complexity: O(1).
    public func clear() {
        instant = nil
        pendingSequence = 0
    }

    /// Called by the loop.
    func fire() {
        clear()
        action()
    }
}
