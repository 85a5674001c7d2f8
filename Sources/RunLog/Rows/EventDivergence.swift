/// The first place at which the events of two runs differ.
public struct EventDivergence: Sendable, Hashable {
    /// How many events the runs have in common: the position, from 0, of the first that differ.
    public let index: Int
    /// The first run's event at `index`; `nil` if it has no more.
    public let left: EventRow?
    /// The second run's event at `index`; `nil` if it has no more.
    public let right: EventRow?
    /// The last common events before `index`, at most three.
    public let context: [EventRow]
}

/// Compares the events of two runs in order and finds the first that differ, or `nil` if there are none.
///
/// Events differ when the log hash tells them apart: texts are compared byte for byte, not by canonical
/// equivalence as Swift's `==` does.
///
/// - Throws: `RunLogError`.
/// - Complexity: O(*n*) time for *n* common events; memory for a page of each run.
public func firstDivergence(
    between first: RunRows<EventRow>, and second: RunRows<EventRow>
) throws -> EventDivergence? {
    var (first, second) = (first, second)
    var index = 0
    var context: [EventRow] = []
    while true {
        let (left, right) = (try first.next(), try second.next())
        guard left?.canonicalBytes == right?.canonicalBytes else {
            return EventDivergence(index: index, left: left, right: right, context: context)
        }
        guard let left else { return nil }
        if context.count == 3 { context.removeFirst() }
        context.append(left)
        index += 1
    }
}
