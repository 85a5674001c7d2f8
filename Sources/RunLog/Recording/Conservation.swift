import Simulator

/// The books of a run: what must hold among its rows whatever the scenario.
///
/// - Virtual time never decreases from one event to the next, and intervals are not negative.
/// - Every byte of a message is accounted for by a transfer: moved, or given up with the status that says
///   why.
/// - Work that is not nothing takes virtual time. Where a scenario says that computing is free, its work has
///   no operations.
///
/// The first contradiction is kept, because what follows it is usually its consequence.
struct Conservation: Sendable {
    private(set) var contradiction: InconsistentRecord?
    private var latestEvent = SimInstant.start
    private var messageBytes = DirectedSum()
    private var transferBytes = DirectedSum()

    /// Notes the time of an event.
    mutating func event(kind: String, at instant: SimInstant) {
        if instant < latestEvent {
            note(.timeDecreased(kind: kind, from: latestEvent, to: instant))
        } else {
            latestEvent = instant
        }
    }

    /// Notes that `what` took from `start` to `end`.
    mutating func interval(
        _ what: @autoclosure () -> String, from start: SimInstant, to end: SimInstant
    ) {
        if start < .start || end < start {
            note(.impossibleInterval(what: what(), start: start, end: end))
        }
    }

    /// Notes that work of `flops` operations took from `start` to `end`.
    mutating func work(kind: String, flops: Double, from start: SimInstant, to end: SimInstant) {
        let isSound = flops >= 0 && flops.isFinite && start >= .start
        if !isSound || end < start || (flops > 0 && end == start) {
            note(.timelessWork(kind: kind, flops: flops, start: start, end: end))
        }
    }

    /// Notes a message of `bytes` encoded bytes that was handed to the network.
    mutating func message(bytes: Int, direction: TransferDirection) {
        messageBytes[direction] += bytes
    }

    /// Notes a transfer that moved `moved` bytes of a message of `message` bytes.
    mutating func transfer(moved: Int, of message: Int, direction: TransferDirection, status: TransferStatus)
    {
        let possible = status == .complete ? message...message : 0...max(0, message)
        if message < 0 || !possible.contains(moved) {
            note(.impossibleBytes(moved: moved, message: message, status: status))
        }
        transferBytes[direction] += message
    }

    /// Closes the books of a completed run: messages and transfers have the same bytes in total.
    mutating func close() {
        for direction in TransferDirection.allCases where messageBytes[direction] != transferBytes[direction]
        {
            note(
                .bytesDiffer(
                    direction: direction, messages: messageBytes[direction],
                    transfers: transferBytes[direction]))
        }
    }

    private mutating func note(_ found: InconsistentRecord) {
        if contradiction == nil { contradiction = found }
    }
}

/// A sum of bytes for each direction.
private struct DirectedSum: Sendable {
    private var up = 0
    private var down = 0

    subscript(direction: TransferDirection) -> Int {
        get { direction == .up ? up : down }
        set {
            switch direction {
            case .up: up = newValue
            case .down: down = newValue
            }
        }
    }
}
