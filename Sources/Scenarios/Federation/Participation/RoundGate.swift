import Simulator

/// One round under way: how many clients were sent out, how many updates have come, and whether it is still
/// open.
final class RoundGate {
    /// The round, from 1.
    let round: Int
    /// Clients that were selected.
    let selected: Int
    /// Updates that have been accepted.
    private(set) var updates = 0
    /// Whether an update that arrives now counts.
    private(set) var isOpen = true
    private let goal: Int
    private var ended = 0
    private let signal: Mailbox<Void>
    private var hasSignalled = false

    init(_ simulation: Simulation, round: Int, selected: Int, goal: Int?) {
        self.round = round
        self.selected = selected
        self.goal = min(goal ?? selected, selected)
        signal = Mailbox(simulation, name: "updates of round \(round)")
    }

    /// Takes an update that has arrived.
    ///
    /// - Returns: whether it counts: the round is open, and it is not one too many.
    func admit() -> Bool {
        guard isOpen, updates < goal else { return false }
        updates += 1
        return true
    }

    /// Notes that a client has done what it was going to do, with an update or without.
    func clientEnded() {
        ended += 1
        let isDue = isOpen ? updates >= goal || ended == selected : ended == selected
        if isDue, !hasSignalled {
            hasSignalled = true
            signal.send(())
        }
    }

    /// Returns when enough updates have come, all clients have ended, or the deadline is there.
    ///
    /// - Returns: whether it was the deadline.
    func waitForEnd(_ simulation: Simulation, until deadline: SimInstant?) async throws -> Bool {
        defer {
            isOpen = false
            hasSignalled = false
        }
        guard selected > 0 else { return false }
        guard let deadline else {
            try await signal.receive()
            return false
        }
        return try await simulation.withDeadline(at: deadline) { [signal] in try await signal.receive() }
            == nil
    }

    /// Returns when the clients that were cut have ended.
    func waitForAll() async throws {
        if ended < selected { try await signal.receive() }
    }
}
