import HeapModule

/// What an event does when its instant has come. The set is closed: methods never add a kind.
enum EventTarget {
    /// Starts or resumes a process.
    case process(Process)
    /// Calls the action of an alarm.
    case alarm(Alarm)
}

/// An entry of the queue, ordered by `(time, sequence)`.
struct Event: Comparable {
    let instant: SimInstant
    /// Unique and ascending in the order of scheduling: the tie rule, and the generation by which a
    /// target recognises its live event among cancelled ones.
    let sequence: UInt64
    let target: EventTarget

    static func < (left: Event, right: Event) -> Bool {
        left.instant != right.instant
            ? left.instant < right.instant : left.sequence < right.sequence
    }

    static func == (left: Event, right: Event) -> Bool {
        left.sequence == right.sequence
    }

    /// Whether the target still waits for this event: one that was cancelled or replaced is a tombstone.
    var isLive: Bool {
        switch target {
        case .process(let process): process.pendingSequence == sequence
        case .alarm(let alarm): alarm.pendingSequence == sequence
        }
    }
}

/// The future of a simulation: events by instant, ties in the order in which they were scheduled.
///
/// Cancelling leaves a tombstone in place; it is dropped when it reaches the front.
/// `HeapModule.Heap` promises no order among equal elements, so the sequence number is part of the key.
struct EventQueue {
    private var heap = Heap<Event>()
    private var lastSequence: UInt64 = 0

    /// Entries in the queue, tombstones included.
    var count: Int { heap.count }

    /// Adds an event and returns its sequence number, never 0.
    ///
    /// - Complexity: O(log *n*).
    mutating func schedule(_ target: EventTarget, at instant: SimInstant) -> UInt64 {
        lastSequence += 1
        heap.insert(Event(instant: instant, sequence: lastSequence, target: target))
        return lastSequence
    }

    /// Removes and returns the first event that is no tombstone.
    ///
    /// - Complexity: O(log *n*), amortized over the events scheduled.
    mutating func popFirst() -> Event? {
        while let event = heap.popMin() {
            if event.isLive { return event }
        }
        return nil
    }
}
